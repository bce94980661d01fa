import Foundation
import Latent
import Testing

/// The code of the documentation's articles, compiled and run.
@Suite struct ArticleTests {
  @Test func trainingAClassifier() throws {
    // Article: TrainingAClassifier
    let digits = BuiltInDigits.make(count: 2000, seed: 1)
    let classifier = Sequential(
      Conv2D(from: 1, to: 8, kernelSize: 4, stride: 2, padding: 1, hasBias: false), BatchNorm(8), .relu, .flatten,
      Dense(from: 14 * 14 * 8, to: 64), .relu, Dropout(0.25), Dense(from: 64, to: 10))
    let network = Network(classifier)
    print(network.summary)

    var random = RandomGenerator(seed: 1)
    var state = network.initialState(using: &random)

    var optimizer = Adam(learningRate: 2e-3)
    optimizer.schedule = .cosine(to: 0.05, steps: 120)
    var batches = BatchStream(digits, batchSize: 50, generator: random.split())
    while optimizer.progress.step < 120 {
      let batch = batches.next()
      let labels = batch.labels ?? []
      let (loss, accuracy) = network.update(&state, with: &optimizer, using: &random) { context in
        let logits = classifier(batch.samples, in: context)
        return (logits.softmaxCrossEntropy(labels: labels).mean(), logits.accuracy(labels: labels))
      }
      if optimizer.progress.step % 40 == 0 { print("loss \(loss), accuracy \(accuracy)") }
    }

    let unseen = BuiltInDigits.make(count: 500, seed: 2)
    let all = unseen.batch(at: Array(0..<unseen.count))
    let logits = classifier(all.samples, in: Context(network, state, mode: .inference))
    print("accuracy on unseen digits: \(logits.accuracy(labels: all.labels ?? []))")

    let batch = batches.next()
    let result = network.valueAndGradients(at: state, using: &random) { context in
      classifier(batch.samples, in: context).softmaxCrossEntropy(labels: batch.labels ?? []).mean()
    }
    var gradients = result.gradients
    let norm = gradients.clip(toNorm: 1)
    optimizer.update(&state, with: gradients)
    state.merge(result.bufferUpdates)
    // End of the article
    #expect(logits.accuracy(labels: all.labels ?? []) > 0.9)
    #expect(norm > 0 && state["layers.1.runningMean"] != Tensor.zeros([8]))
    try expectArticle("TrainingAClassifier")
  }

  @Test func howGoodAreTheSamples() throws {
    let temporary = try TemporaryFolder()
    let folder = temporary.path("enlarged")
    // Article: HowGoodAreTheSamples
    let digits = BuiltInDigits.make(count: 3000)
    let unseen = BuiltInDigits.make(count: 500, seed: 1)
    let classifier = try ImageClassifier(
      ImageClassifier.Configuration(classCount: 10, convolutionFeatures: 8, featureCount: 32, shift: 1))
    let judge = try Judge(Trainer(classifier, length: .epochs(2), batchSize: 50, seed: 1).train(on: digits))

    let vae = try VAE(VAE.Configuration(latentSize: 6, hiddenSize: 200))
    let trained = try Trainer(vae, length: .epochs(5), batchSize: 50, seed: 1).train(on: digits)
    let reference = try SampleReference(test: unseen, training: digits, judge: judge)
    let report = try reference.report(on: trained, count: 500)
    print("Fréchet distance \(report.frechetDistance), of training images \(report.frechetFloor ?? 0)")
    print("precision \(report.precision), recall \(report.recall)")
    print("shares of the classes: \(report.classShares ?? [])")
    print("nearer to training images: \(report.nearerToTraining ?? 0)")
    print("path length: \(report.pathLength ?? 0)")

    let ofClasses = try VAE(VAE.Configuration(latentSize: 4, hiddenSize: 200, classCount: 10))
    let told = try Trainer(ofClasses, length: .epochs(5), batchSize: 50, seed: 1).train(on: digits)
    let floor = try reference.classificationFloor(500, updates: 100)
    let worth = try reference.classification(ofSamples: 500, from: told, updates: 100, floor: floor)
    print("GAN-train \(worth.trainedOnSamples.share), of training images \(floor?.share ?? 0)")
    print("GAN-test \(worth.testedOnSamples.share), of test images \(worth.real.share)")

    let experiment = try AugmentationExperiment(
      ClassifierTraining(classifier, steps: 60), training: digits, test: unseen)
    let trials = try (0..<2).map { seed in
      try experiment.trial(labelsPerClass: 5, seed: UInt64(seed)) { images in
        let generator = try Trainer(ofClasses, length: .steps(100), batchSize: 50).train(on: images)
        return try LabelledSamples(perClass: 5, of: generator, classCount: 10, seed: UInt64(seed)).images
      }
    }
    let gain = AugmentationGain(trials)
    print("\(gain.accuracy) without samples, a gain of \(gain.gain) ± \(gain.gainDeviation ?? 0)")

    let samples = try LabelledSamples(perClass: 30, of: told, classCount: 10)
    let enlarged = ImageSet.concatenated([digits, samples.images].compactMap(\.self))
    try enlarged.save(to: folder)  // every training program takes it as --data

    if let likelihood = try LikelihoodReport(on: trained, unseen, draws: 20) {
      print("\(likelihood.negativeLogLikelihood ?? 0) nats, \(likelihood.likelihoodKind ?? "")")
      print("\(likelihood.activeUnits ?? 0) of \(likelihood.latentSize ?? 0) latent variables are used")
      print("reconstructions: \(likelihood.psnr ?? 0) dB")
    }

    let traversal = try ImageSet(trained.traversal(count: 8))  // a row of 8 for each latent variable
    let manifold = try ImageSet(trained.manifold(side: 10))  // the plane of the first two
    let strangeness = try trained.anomalyScores(of: unseen, by: .reconstruction)
    let latents = try trained.encode(unseen.batch(at: Array(0..<100)).samples)
    let plane = PrincipalComponents(of: latents).project(latents)
    // End of the article
    #expect(report.frechetDistance > report.frechetFloor ?? .infinity && report.frechetFloor ?? 0 > 0)
    #expect(traversal.count == 48 && manifold.count == 100 && strangeness.count == 500 && plane.shape == [100, 2])
    #expect(report.pathLength ?? 0 > 0 && worth.trainedOnSamples.share > 0.3 && floor?.share ?? 0 > 0.3)
    #expect(trials.count == 2 && trials.allSatisfy { $0.sampleCount == 50 && $0.accuracy > 0.2 })
    #expect(try ImageSet.load(folder).classCounts == digits.classCounts?.map { $0 + 30 })
    try expectArticle("HowGoodAreTheSamples")
  }

  @Test func whenATrainingFails() throws {
    let images = BuiltInDigits.make(count: 200)
    // Article: WhenATrainingFails
    let vae = try VAE(VAE.Configuration())
    let trainer = Trainer(vae, length: .epochs(10))
    let trained = try trainer.train(on: images) { progress in
      for warning in progress.newWarnings { print(progress.step, warning.kind, warning.text) }
    }

    func warnings(for trend: TrainingTrend) -> [TrainingWarning] {
      guard let used = trend["codes_in_use"], used < 2 else { return [] }
      return [TrainingWarning(kind: "code-collapse", text: "all images have the same code")]
    }
    // End of the article
    var trend = TrainingTrend()
    for _ in 0..<TrainingWarning.leastSteps { trend.add(["codes_in_use": 1]) }
    #expect(trained.step == 10 && warnings(for: trend).map(\.kind) == ["code-collapse"])
    try expectArticle("WhenATrainingFails")
  }

  @Test func yourOwnPictures() async throws {
    let own = try TemporaryFolder()
    for index in 0..<6 {
      let pixels = (0..<20 * (18 + index) * 3).map { UInt8($0 * 37 % 256) }
      try own.add("\(index).png", PNG.encode(pixels, height: 20, width: 18 + index, channels: 3))
    }
    let folder = own.path
    // Article: YourOwnPictures
    let images = try ImageSet.open(
      folder, preparation: ImagePreparation(size: 16, crop: .centre), memory: 1 << 30)  // streamed if they take more
    let vae = try VAE(
      VAE.Configuration(
        height: images.height, width: images.width, channels: images.channels, latentSize: 4, hiddenSize: 32))
    var trainer = Trainer(vae, length: .steps(30), batchSize: 4, seed: 1)
    trainer.augmentation = ImageAugmentation(isMirrored: true, isShifted: true)
    let trained = try trainer.train(on: images) { progress in
      // Samples that cannot be read any more end the training; this is the last step that had all of its own.
      if progress.failure != nil { try progress.checkpoint.save(to: folder + "/model.safetensors") }
    }
    let samples = try trained.sample(16, seed: 1)

    let painter = trained.prepared()
    let pictures = try await withThrowingTaskGroup(of: Tensor.self) { tasks in
      for seed in 0..<4 { tasks.addTask { try painter.sample(1, seed: UInt64(seed)) } }
      return try await tasks.reduce(into: []) { $0.append($1) }
    }
    // End of the article
    #expect(images is ImageSet && trained.step == 30 && samples.shape == [16, 16, 16, 3])
    #expect(try pictures.contains(trained.sample(1, seed: 3)))
    try expectArticle("YourOwnPictures")
  }

  /// What stands between the two comments is what the article shows.
  func expectArticle(_ name: String, file: String = #filePath) throws {
    let own = try String(contentsOfFile: file, encoding: .utf8).components(separatedBy: "// Article: \(name)\n")
    let compiled = try #require(own.dropFirst().first?.components(separatedBy: "// End of the article").first)
    let root = URL(fileURLWithPath: file).deletingLastPathComponent().deletingLastPathComponent()
      .deletingLastPathComponent()
    let article = try String(
      contentsOf: root.appendingPathComponent("Sources/Latent/Latent.docc/\(name).md"), encoding: .utf8)
    let blocks = article.components(separatedBy: "```swift\n").dropFirst().compactMap {
      $0.components(separatedBy: "```").first
    }
    func lines(_ text: String) -> [String] {
      text.split(separator: "\n").map { $0.trimmingCharacters(in: .whitespaces) }.filter { !$0.isEmpty }
    }
    #expect(!blocks.isEmpty && lines(compiled) == lines(blocks.joined()))
  }
}
