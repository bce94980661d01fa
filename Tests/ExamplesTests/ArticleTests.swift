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

  @Test func volumesAndMeshes() throws {
    // Article: VolumesAndMeshes
    let shapes = VoxelShapes(count: 2000, side: 16)
    let vae = try VoxelVAE(VoxelVAE.Configuration(side: 16, latentSize: 16))
    let trained = try Trainer(vae, length: .steps(40), batchSize: 32).train(on: shapes)
    let samples = try trained.sample(8)  // [8, 16, 16, 16, 1]
    let meshes = (0..<8).map { SurfaceMesh(of: samples[$0], threshold: 0.4) }
    let text = meshes.map { "\($0.triangles.count) triangles, volume \($0.volume), area \($0.area)" }
    let pictures = try VolumeView(size: 96).pictures(of: samples)

    let learned = shapes.batch(at: Array(0..<64)).samples
    let best = VolumeFigures.bestThreshold(of: try trained.reconstruct(learned), and: learned)
    let unseen = VoxelShapes(count: 64, side: 16, seed: 1).batch(at: Array(0..<64)).samples
    let overlaps = VolumeFigures.intersectionsOverUnions(
      of: try trained.reconstruct(unseen), and: unseen, threshold: best.threshold)

    let judge = Sequential(
      Conv3D(from: 1, to: 16, kernelSize: 4, stride: 2, padding: 1), .relu,
      Conv3D(from: 16, to: 32, kernelSize: 4, stride: 2, padding: 1), .relu, .flatten,
      Dense(from: 4 * 4 * 4 * 32, to: VoxelFamily.allCases.count))
    let network = Network(judge)
    var random = RandomGenerator(seed: 1)
    var state = network.initialState(using: &random)
    var optimizer = Adam(learningRate: 2e-3)
    var batches = BatchStream(shapes, batchSize: 32, generator: random.split())
    for _ in 0..<120 {
      let batch = batches.next()
      network.update(&state, with: &optimizer, using: &random) { context in
        judge(batch.samples, in: context).softmaxCrossEntropy(labels: batch.labels ?? []).mean()
      }
    }
    let probabilities = judge(samples, in: Context(network, state, mode: .inference)).softmax()
    let certainties = probabilities.max(axes: [1])
    let families = probabilities.argmax(axis: 1).map { VoxelFamily.allCases[$0] }
    // End of the article
    #expect(meshes.allSatisfy(\.isClosed) && text.count == 8 && pictures.sampleShape == [96, 96, 1])
    #expect(best.mean > 0.3 && overlaps.reduce(0, +) / 64 > 0.3)
    let test = judge(unseen, in: Context(network, state, mode: .inference))
    #expect(test.accuracy(labels: (0..<64).map { $0 % 8 }) > 0.8)
    #expect(certainties.scalars.allSatisfy { $0 > 0.12 } && families.count == 8)
    try expectArticle("VolumesAndMeshes")
  }

  @Test func anomalies() throws {
    // Article: Anomalies
    let digits = BuiltInDigits.make(count: 3000)
    let threes = AnomalyProtocol.oneNormal.normal(of: digits, whenTurnOf: 3) ?? digits
    let vae = try VAE(VAE.Configuration(latentSize: 8, hiddenSize: 100))
    let autoencoder = try Trainer(vae, length: .steps(300), batchSize: 50).train(on: threes)
    let test = BuiltInDigits.make(count: 500, seed: 1)
    let errors = try autoencoder.anomalyScores(of: test, by: .reconstruction)
    let isStrange = (test.labels ?? []).map { AnomalyProtocol.oneNormal.isAnomaly($0, whenTurnOf: 3) }
    let quality = RankingQuality(scores: errors, isPositive: isStrange)
    print(quality.auroc, quality.averagePrecision)

    var configuration = GANConfiguration.wganGP
    (configuration.generatorFeatures, configuration.discriminatorFeatures, configuration.latentSize) = (16, 16, 8)
    let gan = try Trainer(WGANGP(configuration), length: .steps(10), batchSize: 32).train(on: threes)
    let model = try FAnoGAN(over: gan)
    var trainer = Trainer(model, length: .steps(20), batchSize: 32)
    trainer.initialState = try model.initialState(over: gan)
    let trained = try trainer.train(on: threes)
    let scores = try trained.anomalyScores(of: test, by: .model)
    // End of the article
    #expect(quality.auroc > 0.9)
    #expect(scores.count == 500 && scores.allSatisfy { $0 > 0 })
    try expectArticle("Anomalies")
  }

  @Test func codesAndEncoders() throws {
    // Article: CodesAndEncoders
    let digits = BuiltInDigits.make(count: 1000)
    var configuration = VAEGAN.Configuration()
    configuration.latentSize = 10
    (configuration.generatorFeatures, configuration.discriminatorFeatures) = (16, 16)
    let model = try VAEGAN(configuration)
    let trained = try Trainer(model, length: .steps(10), batchSize: 50, seed: 1).train(on: digits)

    let images = digits.batch(at: [0, 1]).samples
    let again = try trained.reconstruct(images)
    let way = try trained.interpolate(from: images[0], to: images[1], count: 8)

    var sizes = InfoGAN.Configuration()
    sizes.features = 8
    let infoGAN = try Trainer(try InfoGAN(sizes), length: .steps(10), batchSize: 50, seed: 1).train(on: digits)
    let (rows, columns) = try infoGAN.codeTraversal(from: infoGAN.drawLatents(1)[0])
    if let agreement = try CodeAgreement(on: infoGAN, digits, limit: 500) {
      print(agreement.share, agreement.table)
    }
    // End of the article
    #expect(again.shape == [2, 28, 28, 1] && way.shape == [8, 28, 28, 1])
    #expect(rows.shape == [30, 28, 28, 1] && columns == 10)
    try expectArticle("CodesAndEncoders")
  }

  @Test func imageToImage() throws {
    // Article: ImageToImage
    let digits = BuiltInDigits.make(count: 200)
    let others = BuiltInDigits.make(count: 200, seed: 1).edges()
    var configuration = CycleGAN.Configuration()
    (configuration.features, configuration.blockCount, configuration.discriminatorFeatures) = (2, 1, 4)
    let unpaired = TrainingData(streams: [CycleGAN.streamA: digits, CycleGAN.streamB: others])
    let model = try CycleGAN(configuration)
    let trained = try Trainer(model, length: .steps(4), batchSize: 4, schedule: .linear(steps: 4)).train(on: unpaired)
    let images = digits.batch(at: [0, 1]).samples
    let edges = try trained.translate(images, direction: "a-to-b")
    let again = try trained.translate(edges, direction: "b-to-a")

    var sizes = Pix2Pix.Configuration()
    (sizes.features, sizes.discriminatorFeatures) = (4, 4)
    let pairs = PairedSource(digits, given: digits.edges())
    let painter = try Trainer(try Pix2Pix(sizes), length: .steps(4), batchSize: 4).train(on: pairs)
    let painted = try painter.translate(digits.edges().batch(at: [0, 1]).samples)
    // End of the article
    #expect(edges.shape == images.shape && again.shape == images.shape && painted.shape == images.shape)
    #expect(trained.step == 4 && edges != images && again != edges)
    try expectArticle("ImageToImage")
  }

  @Test func textToImage() throws {
    // Article: TextToImage
    let digits = BuiltInDigits.make(count: 500)
    let scenes = try CaptionedDigits(digits, count: 2000)
    print(scenes.caption(at: 0), scenes.batch(at: [0]).samples.shape)

    var configuration = TextToImage.Configuration(vocabulary: scenes.vocabulary)
    (configuration.generatorFeatures, configuration.discriminatorFeatures) = (4, 4)
    let model = try TextToImage(configuration)
    let trained = try Trainer(model, length: .steps(4), batchSize: 16).train(on: scenes)

    let captions = try trained.captions(["three thin fours", "seven"])
    let images = try trained.sample(2, given: captions, seed: 1)
    let way = try trained.captionPath(from: "two large thin twos", to: "four small thick nines", rows: 2, columns: 6)

    let classifier = try ImageClassifier(
      ImageClassifier.Configuration(classCount: 4, convolutionFeatures: 4, featureCount: 16, shift: 0))
    let ofCounts = try Trainer(classifier, length: .steps(20), batchSize: 50).train(on: scenes.labelled(by: .count))
    let judge = try SceneJudge([.count: ofCounts])
    let agreement = try judge.agreement(of: trained, on: DigitScene.all.filter(\.isUnseen), samplesPerScene: 2)
    print(agreement.share(of: .count), agreement.count)

    let pictures = try CaptionedImages(digits.prefix(3), captions: ["a round one", "a thin one", "a crooked one"])
    print(pictures.vocabulary.words)
    // End of the article
    #expect(images.shape == [2, 28, 28, 1] && way.shape == [12, 28, 28, 1] && agreement.count == 32)
    #expect(pictures.vocabulary.words == ["a", "crooked", "one", "round", "thin"])
    try expectArticle("TextToImage")
  }

  @Test func variationalAutoencoders() throws {
    // Article: VariationalAutoencoders
    var configuration = VAE.Configuration(latentSize: 8, hiddenSize: 64, binarization: .dynamic)
    configuration.posterior = .iaf
    configuration.flowHiddenSize = 32
    configuration.freeBits = 0.05
    let vae = try VAE(configuration)
    let trained = try Trainer(vae, length: .steps(100), batchSize: 50).train(on: BuiltInDigits.make(count: 1000))
    // End of the article
    #expect(try trained.sample(2).shape == [2, 28, 28, 1])
    try expectArticle("VariationalAutoencoders")
  }

  @Test func imagesPixelByPixel() throws {
    // Article: ImagesPixelByPixel
    let digits = BuiltInDigits.make(count: 1000)
    let unseen = BuiltInDigits.make(count: 200, seed: 1)
    let model = try PixelCNN(PixelCNN.Configuration(features: 8, layerCount: 3, headFeatures: 16))
    let trained = try Trainer(model, length: .epochs(1), batchSize: 10, seed: 1, learningRate: 4e-3).train(on: digits)

    if let report = try LikelihoodReport(on: trained, unseen) {
      print("\(report.negativeLogLikelihood ?? 0) nats, \(report.likelihoodKind ?? "")")  // exact
    }

    let samples = try trained.sample(16, seed: 1)
    let images = model.prepared(unseen).batch(at: [0, 1, 2, 3]).samples
    var mask = Tensor.zeros(images.shape)
    mask[.all, 0..<14] = Tensor(1)  // the upper half is known
    let completed = try trained.complete(images, mask: mask, seed: 2) { share in
      if share == 1 { print("done") }
    }
    // End of the article
    #expect(samples.shape == [16, 28, 28, 1])
    #expect(completed[.all, 0..<14] == images[.all, 0..<14] && completed != images)
    #expect(try #require(LikelihoodReport(on: trained, unseen)?.negativeLogLikelihood) < 150)
    try expectArticle("ImagesPixelByPixel")
  }

  @Test func styleBasedGenerators() throws {
    let folder = try TemporaryFolder()
    let file = folder.path("mix.png")
    // Article: StyleBasedGenerators
    let digits = BuiltInDigits.make(count: 300)
    let configuration = StyleGAN.Configuration(latentSize: 16, features: 4, mostFeatures: 8)
    let model = try StyleGAN(configuration)
    let trained = try Trainer(model, length: .steps(20), batchSize: 16, seed: 1).train(on: digits)

    let usual = try trained.averaged?.styled { $0.truncation = 0.7 }
    let mixed = try trained.styled { $0.mixedLatents = 2 }
    let images = try mixed.sample(8, seed: 1)
    let table = try trained.mixtures(rows: 3, columns: 4)
    try PNG.writeGrid(table.images, columns: table.columns, to: file)

    let latents = try trained.drawLatents(2, seed: 3)
    let mapped = try trained.map(latents)
    let between = LatentPath.straight.points(from: mapped[0], to: mapped[1], count: 5)
    let way = try trained.decode(mapped: between)
    // End of the article
    #expect(try usual?.sample(2).shape == [2, 28, 28, 1] && images.shape == [8, 28, 28, 1])
    #expect(way[0] == (try trained.decode(latents))[0] && table.images.count == 20)
    #expect(try !folder.contents("mix.png").isEmpty)
    try expectArticle("StyleBasedGenerators")
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

  @Test func adversarialTechniques() throws {
    // Article: AdversarialTechniques
    var configuration = GANConfiguration(loss: .relativisticAverage, normalization: .spectral)
    configuration.techniques.packSize = 2
    configuration.techniques.augmentation = Augmentation([.translation, .cutout])
    let gan = try GAN(configuration)
    let trained = try Trainer(gan, length: .steps(4), batchSize: 8).train(on: BuiltInDigits.make(count: 100))

    final class Judge: Discriminator {
      let hidden = Dense(from: 4, to: 16)
      let score = Dense(from: 16, to: 1)

      func callAsFunction(_ samples: Tensor, given condition: Condition, in context: Context) -> DiscriminatorOutput {
        let features = hidden(samples, in: context).leakyReLU(slope: 0.2)
        return DiscriminatorOutput(scores: score(features, in: context).squeezed(axis: 1), features: features)
      }
    }

    final class Maker: Generator {
      let layers = Sequential(Dense(from: 2, to: 16), .relu, Dense(from: 16, to: 2))

      func callAsFunction(_ latents: Tensor, given condition: Condition, in context: Context) -> Tensor {
        layers(latents, in: context)
      }
    }

    final class Points: Module {
      let generator = Maker()
      let discriminator = Judge()
    }

    let points = Points()
    var procedure = AdversarialTraining(
      network: Network(points), generator: points.generator, discriminator: points.discriminator, prior: NormalPrior(2))
    procedure.packSize = 2  // the discriminator gets two points of two numbers as one of four
    procedure.terms = [FeatureMatching(weight: 0.1), HistoricalAveraging(weight: 0.01)]
    procedure.views = [InstanceNoise(deviation: 0.1, steps: 100)]
    var training = procedure.makeTraining(seed: 1, generator: Adam(), discriminator: Adam())
    var random = RandomGenerator(seed: 2)
    for _ in 0..<5 {
      let metrics = try procedure.step(&training) { .normal([16, 2], using: &random) }
      print(metrics)
    }
    // End of the article
    #expect(trained.step == 4 && training.step == 5 && training.memory.firstNonFinite == nil)
    try expectArticle("AdversarialTechniques")
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
