import Datasets
import Layers
import Tensor
import Testing

@testable import Evaluation
@testable import Models
@testable import Training

/// Labelled samples of models, and what they are worth to a classifier.
@Suite struct AugmentationTests {
  private static let digits = BuiltInDigits.make(count: 900, seed: 3)

  private func classifier(shift: Int = 0) throws -> ImageClassifier {
    try ImageClassifier(
      ImageClassifier.Configuration(classCount: 10, convolutionFeatures: 8, featureCount: 16, shift: shift))
  }

  private func judge() throws -> Judge {
    try Judge(Trainer(classifier(), length: .epochs(5), batchSize: 50, seed: 1).train(on: Self.digits))
  }

  private func vae(classCount: Int?, steps: Int = 800) throws -> TrainedModel {
    let vae = try VAE(VAE.Configuration(latentSize: 4, hiddenSize: 100, classCount: classCount))
    return try Trainer(vae, length: .steps(steps), batchSize: 50, seed: 1).train(on: Self.digits)
  }

  @Test func ofAModelThatIsToldClasses() throws {
    let model = try vae(classCount: 10, steps: 2)
    var drawn = 0
    let samples = try LabelledSamples(perClass: 7, of: model, classCount: 3, seed: 5) { drawn += $0 }
    let images = try #require(samples.images)
    #expect(samples.counts == [7, 7, 7] && samples.drawnCount == 21 && drawn == 21)
    #expect(images.labels == (0..<21).map { $0 % 3 })
    // They are the model's, in order, as bytes.
    let expected = try model.sample(21, given: .labels((0..<21).map { $0 % 3 }), seed: 5)
    #expect(try images == ImageSet(expected, labels: images.labels))
  }

  /// Classes need not be all that there are numbers for.
  @Test func ofSomeClasses() throws {
    let model = try vae(classCount: 10, steps: 2)
    let samples = try LabelledSamples(perClass: 40, of: model, classCount: 6, classes: [1, 5], seed: 5)
    let images = try #require(samples.images)
    let labels = (0..<80).map { [1, 5][$0 % 2] }
    #expect(samples.counts == [0, 40, 0, 0, 0, 40] && samples.drawnCount == 80 && images.classCount == 6)
    #expect(try images == ImageSet(model.sample(80, given: .labels(labels), seed: 5), labels: labels))
    // A judge may see others.
    let any = try LabelledSamples.Labelling(by: judge(), confidence: 0, mostTries: 100)
    let plain = try vae(classCount: nil)
    let judged = try LabelledSamples(
      perClass: 2, of: plain, classCount: 10, classes: [3, 7], labelling: any, seed: 1)
    #expect(Set(judged.images?.labels ?? []).isSubset(of: [3, 7]) && judged.counts[3] > 0)
    let error = #expect(throws: CapabilityError.self) {
      try LabelledSamples(perClass: 1 << 40, of: model, classCount: 10)
    }
    #expect(error?.description.hasSuffix("images of each of 10 classes are too many: more than 64 GiB") == true)
  }

  /// Nobody asks for more of a class that is full, so it takes fewer images than asking for all in turn.
  @Test func fullClassesAreNotAskedFor() throws {
    let (model, judge) = (try vae(classCount: 10), try judge())
    let labelling = LabelledSamples.Labelling(by: judge, confidence: 0, mostTries: 20)
    let samples = try LabelledSamples(perClass: 25, of: model, classCount: 10, labelling: labelling, seed: 1)
    let drawn = try model.sample(5000, given: .labels((0..<5000).map { $0 % 10 }), seed: 1)
    let classes = try judge.trained.classProbabilities(of: drawn).argmax(axis: 1)
    var (counts, inTurn) = ([Int](repeating: 0, count: 10), 0)
    while inTurn < 5000, counts.contains(where: { $0 < 25 }) {
      if classes[inTurn] == inTurn % 10 { counts[inTurn % 10] += 1 }
      inTurn += 1
    }
    #expect(samples.drawnCount < inTurn, "\(samples.counts), \(counts)")
    #expect(zip(samples.counts, counts).allSatisfy { $0 >= min(25, $1) })
  }

  /// Without classes, each image has the class that the judge sees; what it is not sure of is left out.
  @Test func ofAModelThatAJudgeLabels() throws {
    let (model, judge) = (try vae(classCount: nil), try judge())
    let drawn = try model.sample(120, seed: 1)
    let probabilities = try judge.trained.classProbabilities(of: drawn)
    let (best, classes) = (probabilities.max(axes: [1]).scalars, probabilities.argmax(axis: 1))
    let median = best.sorted()[60]
    let kept = (0..<10).map { label in classes.indices.filter { classes[$0] == label && best[$0] >= median } }
    let sure = LabelledSamples.Labelling(by: judge, confidence: Double(median), mostTries: 1)
    let samples = try LabelledSamples(perClass: 12, of: model, classCount: 10, labelling: sure, seed: 1)
    let images = try #require(samples.images)
    #expect(samples.drawnCount == 120 && samples.counts == kept.map { min(12, $0.count) })
    let order = (0..<12).flatMap { place in kept.compactMap { $0.indices.contains(place) ? $0[place] : nil } }
    #expect(try images == ImageSet(drawn, labels: classes).subset(order) && images.classCounts == samples.counts)
    // Whatever the judge sees is taken: as soon as all classes are full the sampling ends.
    let any = LabelledSamples.Labelling(by: judge, confidence: 0, mostTries: 1000)
    let all = try LabelledSamples(perClass: 1, of: model, classCount: 10, labelling: any, seed: 1)
    #expect(all.drawnCount < 10_000 && all.counts == [Int](repeating: 1, count: 10))
  }

  /// With classes, a judge keeps what looks to it like its class.
  @Test func ofAModelThatAJudgeChecks() throws {
    let (model, judge) = (try vae(classCount: 10), try judge())
    let labelling = LabelledSamples.Labelling(by: judge, confidence: 0.5, mostTries: 3)
    let samples = try LabelledSamples(perClass: 20, of: model, classCount: 10, labelling: labelling, seed: 1)
    let images = try #require(samples.images)
    #expect(try ClassificationAccuracy(of: judge.trained, on: images).share > 0.99)
    let unchecked = try LabelledSamples(perClass: 20, of: model, classCount: 10, seed: 1)
    #expect(try ClassificationAccuracy(of: judge.trained, on: #require(unchecked.images)).share < 0.99)
  }

  @Test func whoMakesNone() throws {
    func message(_ model: TrainedModel, _ classCount: Int, _ labelling: LabelledSamples.Labelling? = nil) -> String? {
      #expect(throws: CapabilityError.self) {
        try LabelledSamples(perClass: 1, of: model, classCount: classCount, labelling: labelling)
      }?.description
    }
    let plain = try vae(classCount: nil, steps: 1)
    #expect(message(plain, 10) == "vae makes images of no class: a classifier has to name theirs")
    #expect(message(try vae(classCount: 10, steps: 1), 11) == "vae cannot make images of 11 classes: it was told 10")
    let model = try classifier()
    let trained = TrainedModel(model: model, state: model.makeTraining(seed: 1).state)
    #expect(message(trained, 10) == "image-classifier cannot enlarge a set of images: it makes none")
    let labelling = try LabelledSamples.Labelling(by: Judge(trained))
    #expect(
      message(plain, 12, labelling)
        == "image-classifier cannot name the classes of these images: it knows 10 of 12")
    #expect(
      message(plain, 10, try LabelledSamples.Labelling(by: Judge(plain)))
        == "vae cannot name the classes of images: it knows none")
  }

  /// Nothing but the images differs: without samples both accuracies are the same, and they follow from the seed.
  @Test func bothArmsAreEqual() throws {
    var steps = 0
    let experiment = try AugmentationExperiment(
      ClassifierTraining(classifier(shift: 1), steps: 12, batchSize: 64), training: Self.digits,
      test: BuiltInDigits.make(count: 200, seed: 4))
    var given: ImageSet?
    func remember(_ images: ImageSet) -> ImageSet? {
      given = images
      return nil
    }
    let none = try experiment.trial(labelsPerClass: 3, seed: 2, onStep: { steps += 1 }, makeSamples: remember)
    #expect(none.accuracy == none.augmentedAccuracy && none.gain == 0 && none.sampleCount == 0 && steps == 24)
    #expect(given?.classCounts == [Int](repeating: 3, count: 10) && none.labelsPerClass == 3 && none.seed == 2)
    // Real images as samples: the same accuracy without them, another one with them.
    let more = try experiment.trial(labelsPerClass: 3, seed: 2) { _ in Self.digits }
    #expect(more.accuracy == none.accuracy && more.sampleCount == 900 && more.augmentedAccuracy != more.accuracy)
    #expect(try experiment.labelled(3, seed: 2) == given && experiment.labelled(3, seed: 5) != given)
    let error = #expect(throws: CapabilityError.self) { try experiment.labelled(91, seed: 2) }
    #expect(error?.description == "expected 91 labelled images of each class, found 90 of class 0")
  }

  /// Samples that the classifier could not learn from are refused before it learns.
  @Test func samplesOfAnotherKind() throws {
    var steps = 0
    let experiment = try AugmentationExperiment(
      ClassifierTraining(classifier(), steps: 2), training: Self.digits, test: Self.digits)
    func message(_ samples: ImageSet) -> String? {
      #expect(throws: CapabilityError.self) {
        try experiment.trial(labelsPerClass: 3, seed: 2, onStep: { steps += 1 }, makeSamples: { _ in samples })
      }?.description
    }
    let pixels = Self.digits.batch(at: [0, 1]).samples
    #expect(
      message(try ImageSet(.ones([2, 8, 8, 1]), labels: [0, 1]))
        == "expected samples of shape [28, 28, 1], found [8, 8, 1]")
    #expect(message(try ImageSet(pixels)) == "expected samples with labels, found none")
    #expect(
      message(try ImageSet(pixels, labels: [0, 10]))
        == "expected samples of the classifier's 10 classes, found class 10")
    #expect(steps == 0)
  }

  /// Of few labels, real images are worth a lot.
  @Test func realImagesAreAGain() throws {
    let experiment = try AugmentationExperiment(
      ClassifierTraining(classifier(), steps: 60), training: Self.digits,
      test: BuiltInDigits.make(count: 300, seed: 4))
    let trials = try (0..<2).map { seed in
      try experiment.trial(labelsPerClass: 2, seed: UInt64(seed)) { _ in Self.digits }
    }
    #expect(AugmentationGain(trials).gain > 0.1)
  }

  @Test func imagesWithoutLabels() throws {
    let images = try ImageSet(Self.digits.batch(at: [0, 1]).samples)
    #expect(throws: CapabilityError.self) {
      try AugmentationExperiment(ClassifierTraining(classifier()), training: images, test: Self.digits)
    }
    let error = #expect(throws: CapabilityError.self) { try ClassificationAccuracy(of: judge().trained, on: images) }
    #expect(error?.description == "a classifier is tested on samples with labels, found none")
  }

  @Test func accuracyOfAClassifier() throws {
    let judge = try judge()
    let accuracy = try ClassificationAccuracy(of: judge.trained, on: Self.digits, limit: 200)
    let predicted = try judge.trained.classProbabilities(of: Self.digits.prefix(200).batch(at: Array(0..<200)).samples)
    #expect(
      accuracy
        == ClassificationAccuracy(
          of: predicted.argmax(axis: 1), labels: Array((Self.digits.labels ?? []).prefix(200)), classCount: 10))
    #expect(accuracy.share > 0.9)
  }
}
