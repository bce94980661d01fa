import Datasets
import LatentSystem
import Tensor
import Training

// What takes a model, or a training, beside samples.

extension SampleReference {
  /// How much the samples of a model change along spherical ways between latents of its prior, in the judge's features.
  ///
  /// - Parameters:
  ///   - count: how many ways, 1 or more; each is looked at in one random point. Of models that are told classes, both ends
  ///     are of one class.
  ///   - seed: decides which.
  /// - Returns: nil if the model has no latents, or has to be told more than a class.
  /// - Throws: ``CapabilityError`` if its samples are of another shape than the judge's.
  public func pathLength(of model: TrainedModel, count: Int = 1000, seed: UInt64 = 0) throws -> PathLength? {
    require(count >= 1, "pathLength: \(count) ways; at least 1 is needed")
    guard let decoder = model.model as? any LatentDecoding else { return nil }
    let classes: [Int]?
    switch decoder.sampleConditions {
    case .none: classes = nil
    case .classes(let classCount): classes = (0..<count).map { $0 % classCount }
    case .tokens, .tensor: return nil
    }
    func condition(_ places: Range<Int>) -> Condition {
      classes.map { .labels(Array($0[places] + $0[places])) } ?? .none
    }
    let latents = try model.drawLatents(2 * count, given: condition(0..<count), seed: seed)
    var (generator, done) = (RandomGenerator(seed: seed, stream: Self.placeStream), 0)
    return try PathLength(
      from: latents[0..<count], to: latents[count..<2 * count], along: .spherical, using: &generator
    ) { latents in
      let places = done..<done + latents.shape[0] / 2
      done = places.upperBound
      return try judge.view(of: model.decode(latents, given: condition(places))).features
    }
  }

  /// How much the samples of a model that maps its latents change along straight ways between mapped latents of its prior,
  /// in the judge's features: the same latents and points as those of ``pathLength(of:count:seed:)``.
  ///
  /// - Parameters: as that.
  /// - Returns: nil if the model does not map latents, or has to be told something.
  /// - Throws: ``CapabilityError`` if its samples are of another shape than the judge's.
  public func mappedPathLength(of model: TrainedModel, count: Int = 1000, seed: UInt64 = 0) throws -> PathLength? {
    require(count >= 1, "mappedPathLength: \(count) ways; at least 1 is needed")
    guard let decoder = model.model as? any LatentMapping, decoder.sampleConditions == .none else { return nil }
    let mapped = try model.map(model.drawLatents(2 * count, seed: seed))
    var generator = RandomGenerator(seed: seed, stream: Self.placeStream)
    return try PathLength(
      from: mapped[0..<count], to: mapped[count..<2 * count], along: .straight, using: &generator
    ) { try judge.view(of: model.decode(mapped: $0)).features }
  }

  /// What the samples of a model that is told classes are worth to a classifier, by one with the judge's network.
  ///
  /// - Parameters:
  ///   - model: makes images for the classifier to learn from, as many of each class.
  ///   - count: how many.
  ///   - updates: of the classifier.
  ///   - seed: decides the images, and the classifier's first values and randomness.
  ///   - floor: what ``classificationFloor(_:updates:seed:onStep:)`` gives for the same count, updates and seed: it is the
  ///     same for all models.
  ///   - onStep: called after every update.
  /// - Throws: ``CapabilityError`` if the model makes no images of classes, or the judge and the test samples know none;
  ///   ``TrainingError`` if the training goes wrong.
  public func classification(
    ofSamples count: Int = 10_000, from model: TrainedModel, updates: Int = 500, seed: UInt64 = 0,
    floor: ClassificationAccuracy? = nil, onStep: () throws -> Void = {}
  ) throws -> SampleClassification {
    let training = try classifierTraining(updates)
    guard let classes = test.classes, let labels = test.labels else {
      throw CapabilityError("a classifier is tested on samples with labels, found none")
    }
    var classCount = judge.classCount ?? 0
    if case .classes(let known) = sources.test.conditions { classCount = max(classCount, known) }
    let images = try labelledSamples(count, model, seed)
    return SampleClassification(
      trainedOnSamples: try accuracy(training, images, seed, onStep),
      testedOnSamples: try ClassificationAccuracy(of: judge.trained, on: images),
      real: ClassificationAccuracy(of: classes, labels: labels, classCount: classCount), floor: floor)
  }

  /// GAN-train alone: ``SampleClassification/trainedOnSamples``, without a look of the judge at the samples.
  ///
  /// - Parameters: as ``classification(ofSamples:from:updates:seed:floor:onStep:)``.
  /// - Throws: as that.
  public func accuracy(
    learningFromSamples count: Int = 10_000, of model: TrainedModel, updates: Int = 500, seed: UInt64 = 0,
    onStep: () throws -> Void = {}
  ) throws -> ClassificationAccuracy {
    try accuracy(classifierTraining(updates), labelledSamples(count, model, seed), seed, onStep)
  }

  /// The accuracy on the test samples of the same classifier that learns from training samples instead, as many of each
  /// class, drawn at random: what samples as good as real ones would give. All of a class that has fewer. Nil without
  /// training samples that have labels.
  ///
  /// - Parameters: as ``classification(ofSamples:from:updates:seed:floor:onStep:)``.
  /// - Throws: as that.
  public func classificationFloor(
    _ count: Int = 10_000, updates: Int = 500, seed: UInt64 = 0, onStep: () throws -> Void = {}
  ) throws -> ClassificationAccuracy? {
    let training = try classifierTraining(updates)
    guard let source = sources.training, source.conditions != .none, let labels = self.training?.labels else {
      return nil
    }
    let perClass = perClass(count)
    var taken: [Int: Int] = [:]
    let places = Self.drawn(from: labels.count).filter { place in
      taken[labels[place], default: 0] += 1
      return taken[labels[place], default: 0] <= perClass
    }
    return try accuracy(training, SomeSamples(source, places), seed, onStep)
  }

  /// How many samples of each class make `count` or a few more.
  private func perClass(_ count: Int) -> Int {
    let classCount = judge.classCount ?? 1
    return max(1, (count + classCount - 1) / classCount)
  }

  private func labelledSamples(_ count: Int, _ model: TrainedModel, _ seed: UInt64) throws -> ImageSet {
    let samples = try LabelledSamples(
      perClass: perClass(count), of: model, classCount: judge.classCount ?? 1, seed: seed)
    guard let images = samples.images else { throw CapabilityError("\(model.kind) makes no images of classes") }
    return images
  }

  private func classifierTraining(_ updates: Int) throws -> ClassifierTraining {
    guard let classifier = judge.trained.model as? any Classifying else {
      throw CapabilityError("\(judge.trained.kind) cannot tell what samples are worth to a classifier: it is none")
    }
    return ClassifierTraining(classifier, steps: updates)
  }

  private func accuracy(
    _ training: ClassifierTraining, _ samples: any SampleSource, _ seed: UInt64, _ onStep: () throws -> Void
  ) throws -> ClassificationAccuracy {
    var training = training
    training.batchSize = min(training.batchSize, samples.count)
    return try training.accuracy(
      learningFrom: samples, seed: seed, testedOn: sources.test, limit: test.features.shape[0], onStep: onStep)
  }

  /// Not one of those that trainings and samples of the same seed have.
  static let placeStream: UInt64 = 0x706C_6163_6573
}

/// Some samples of a source.
private struct SomeSamples: SampleSource {
  private let source: any SampleSource
  private let places: [Int]

  init(_ source: any SampleSource, _ places: [Int]) { (self.source, self.places) = (source, places) }

  var count: Int { places.count }
  var sampleShape: Tensor.Shape { source.sampleShape }
  var conditions: ConditionSpace { source.conditions }
  var missingConditions: String? { source.missingConditions }
  func batch(at indices: [Int]) -> Batch { source.batch(at: indices.map { places[$0] }) }
  func fingerprint(withConditions: Bool) -> UInt32 {
    places.reduce(source.fingerprint(withConditions: withConditions)) { $0 &* 31 &+ UInt32(truncatingIfNeeded: $1) }
  }
}
