import Datasets
import Foundation
import Layers
import Tensor
import Testing

@testable import Models
@testable import Training

/// A training that is stopped and goes on comes to the same bytes as one that is not.
@Suite struct ResumeTests {
  /// A training that can be compared whatever its model is.
  struct Case: Sendable, CustomTestStringConvertible {
    let testDescription: String
    /// Trains on `images` up to a step, from the checkpoint in a file if there is one, and writes one to it; returns
    /// the metrics of each step.
    let train: @Sendable (_ images: ImageSet, _ steps: Int, _ path: String) throws -> [Metrics]
    /// The height and width of the images.
    let side: Int

    init<Model: GenerativeModel>(_ name: String, _ model: Model, from initialState: State? = nil, side: Int = 4) {
      testDescription = name
      self.side = side
      train = { images, steps, path in
        var trainer = Trainer(
          model, length: .steps(steps), batchSize: 3, seed: 5, schedule: .cosine(to: 0.5, steps: 6))
        trainer.initialState = initialState
        let isThere = FileManager.default.fileExists(atPath: path)
        let registry = ModelRegistry.standard.registering(Model.self)
        let checkpoint = isThere ? try TrainingCheckpoint.load(path, registry: registry) : nil
        var metrics: [Metrics] = []
        _ = try trainer.train(on: images, from: checkpoint) { progress in
          metrics.append(progress.metrics)
          #expect(progress.firstStep == checkpoint?.step ?? 0)
          if progress.step == steps { try progress.checkpoint.save(to: path) }
        }
        return metrics
      }
    }
  }

  private static func gan(_ configuration: GANConfiguration) -> GANConfiguration {
    var configuration = configuration
    (configuration.height, configuration.width, configuration.latentSize) = (4, 4, 3)
    (configuration.generatorFeatures, configuration.discriminatorFeatures) = (2, 2)
    configuration.discriminatorSteps = min(2, configuration.discriminatorSteps)
    return configuration
  }

  /// A GAN with remedies, those that keep something from step to step first of all.
  private static func gan(_ change: (inout GANConfiguration) -> Void) throws -> GAN {
    var configuration = gan(.dcgan)
    configuration.normalization = .none
    change(&configuration)
    return try GAN(configuration)
  }

  private static func remedies() throws -> [Case] {
    [
      Case(
        "historical averaging", try gan { $0.techniques.historicalAveraging = HistoricalAveraging(weight: 0.1) }),
      Case(
        "adaptive augmentation",
        try gan { $0.techniques.augmentation = Augmentation(adaptation: .init(target: -0.9, sampleCount: 20)) }),
      Case(
        "virtual batch",
        try gan { ($0.techniques.virtualBatchSize, $0.techniques.instanceNoise) = (5, InstanceNoise(steps: 5)) }),
      Case(
        "packs and lazy R1",
        try gan {
          ($0.techniques.packSize, $0.regularizer) = (3, DiscriminatorRegularizer(R1Penalty(period: 3)))
        }),
      Case(
        "comparisons",
        try gan {
          ($0.loss, $0.techniques.featureMatching) = (.relativisticAverage, FeatureMatching())
          ($0.techniques.hasMinibatchDiscrimination, $0.techniques.consistency) = (true, ConsistencyRegularization())
        }),
    ]
  }

  /// Restorers that a discriminator and features judge from the fourth step on, and a style.
  private static func perceptual() throws -> [Case] {
    var phase = PerceptualPhase(start: 3, features: .random(filters: 2, levels: 1))
    phase.discriminatorFeatures = 2
    var larger = SuperResolution.Configuration(height: 8, width: 8, factor: 2)
    (larger.features, larger.blockCount, larger.perceptualPhase) = (2, 1, phase)
    var holes = Inpainting.Configuration(height: 8, width: 8, holeSize: 3)
    (holes.features, holes.perceptualPhase) = (2, phase)
    var noise = Denoiser.Configuration(height: 8, width: 8)
    (noise.features, noise.perceptualPhase) = (2, phase)
    var style = StyleTransfer.Configuration(height: 8, width: 8)
    (style.stylistFeatures, style.blockCount, style.features) = (2, 1, .random(filters: 2, levels: 2))
    let stylist = try StyleTransfer(style)
    var random = RandomGenerator(seed: 1)
    let picture = Tensor.uniform([1, 9, 12, 1], using: &random)
    return try [
      Case("adversarial super-resolution", SuperResolution(larger), side: 8),
      Case("adversarial inpainting", Inpainting(holes), side: 8), Case("denoiser", Denoiser(noise), side: 8),
      Case("style-transfer", stylist, from: stylist.initialState(style: picture, seed: 5), side: 8),
    ]
  }

  private static func encoding<Configuration: EncodingGANConfiguration>(
    _ configuration: Configuration
  ) -> Configuration {
    var configuration = configuration
    (configuration.height, configuration.width, configuration.latentSize) = (4, 4, 3)
    (configuration.generatorFeatures, configuration.discriminatorFeatures) = (2, 2)
    return configuration
  }

  private static var infoGAN: InfoGAN.Configuration {
    var configuration = InfoGAN.Configuration()
    (configuration.height, configuration.width, configuration.features, configuration.headFeatures) = (4, 4, 2, 3)
    configuration.codes = LatentCodes(noiseSize: 3, categories: [3], continuousCount: 1)
    return configuration
  }

  static func cases() throws -> [Case] {
    let dense = VAE.Configuration(height: 4, width: 4, latentSize: 2, hiddenSize: 8)
    var larger = SuperResolution.Configuration(height: 4, width: 4, factor: 2)
    (larger.features, larger.blockCount) = (2, 1)
    var holes = Inpainting.Configuration(height: 4, width: 4, holeSize: 2)
    holes.features = 2
    let convolutional = VAE.Configuration(
      height: 4, width: 4, latentSize: 2, architecture: .convolutional, convolutionFeatures: 2)
    return try [
      Case("vae", try VAE(dense)), Case("convolutional vae", try VAE(convolutional)),
      Case("dcgan", try DCGAN(gan(.dcgan))), Case("spectral dcgan", try DCGAN(gan(.spectralNorm))),
      Case("wgan", try DCGAN(gan(.wgan))), Case("wgan-gp", try WGANGP(gan(.wganGP))),
      Case("vae-gan", try VAEGAN(encoding(VAEGAN.Configuration()))),
      Case("alpha-gan", try AlphaGAN(encoding(AlphaGAN.Configuration()))),
      Case("infogan", try InfoGAN(infoGAN)),
      Case("bigan", try BiGAN(encoding(BiGAN.Configuration()))),
      Case(
        "stylegan",
        try StyleGAN(
          StyleGAN.Configuration(
            height: 4, width: 4, latentSize: 3, mappingLayerCount: 1, features: 2, mostFeatures: 2,
            penalty: LazyRegularization(weight: 0.1, period: 3),
            pathLength: LazyRegularization(weight: 2, period: 2)))),
      Case(
        "vqvae",
        try VQVAE(
          VQVAE.Configuration(
            height: 4, width: 4, codeCount: 3, codeSize: 2, features: 2, priorFeatures: 2, priorLayerCount: 1,
            codeSteps: 3))),
      Case(
        "pixelcnn",
        try PixelCNN(PixelCNN.Configuration(height: 4, width: 4, features: 3, layerCount: 2, headFeatures: 2))),
      Case(
        "pixelrnn",
        try PixelRNN(
          PixelRNN.Configuration(
            height: 4, width: 4, recurrence: .diagonal, features: 2, layerCount: 2, firstKernelSize: 3,
            headFeatures: 2))),
      Case("super-resolution", try SuperResolution(larger)), Case("inpainting", try Inpainting(holes)),
      Case(
        "made",
        try MADE(MADE.Configuration(height: 4, width: 4, hiddenSizes: [5], ordering: .random, orderCount: 3))),
    ] + remedies() + perceptual()
  }

  /// Ten images make three batches of three: the stops lie at ends of epochs and within them.
  @Test(arguments: try cases()) func sameBytes(_ model: Case) throws {
    let folder = try TemporaryFolder()
    let images = try tinyImages(10, side: model.side)
    let whole = try model.train(images, 8, folder.path("whole"))
    let bytes = try Data(contentsOf: URL(fileURLWithPath: folder.path("whole")))
    for stop in 1...7 {
      let path = folder.path("stop\(stop)")
      let metrics = try model.train(images, stop, path) + model.train(images, 8, path)
      #expect(metrics == whole, "\(stop)")
      let isSame = try Data(contentsOf: URL(fileURLWithPath: path)) == bytes
      #expect(isSame, "\(stop)")
    }
    // Stopped after every step.
    for step in 1...8 { _ = try model.train(images, step, folder.path("many")) }
    let isSame = try Data(contentsOf: URL(fileURLWithPath: folder.path("many"))) == bytes
    #expect(isSame)
    // More steps than asked for: nothing happens.
    #expect(try model.train(images, 5, folder.path("many")).isEmpty)
  }

  @Test func momentumOfOptimizersThatAUserChooses() throws {
    struct Heavy: Sampling {
      static let kind = "heavy"
      let inner: Recorder
      var configuration: Recorder.Configuration { inner.configuration }
      var network: Network { inner.network }
      var inputs: [InputRequirement] { inner.inputs }
      init(_ configuration: Recorder.Configuration) throws { inner = try Recorder(configuration) }
      func makeOptimizers(learningRate: Float?) -> [String: any Optimizer] {
        ["sgd": SGD(learningRate: learningRate ?? 0.1, momentum: 0.9)]
      }
      func trainingStep(_ feed: inout BatchFeed, _ training: inout TrainingState) throws -> Metrics {
        try inner.trainingStep(&feed, &training)
      }
      func sample(
        _ count: Int, given condition: Condition, with state: State, using random: inout SampleRandom
      ) -> Tensor { inner.sample(count, given: condition, with: state, using: &random) }
    }
    try sameBytes(Case("heavy", Heavy(Recorder.Configuration(side: 4))))
  }

  /// Warnings look at the recent past, which a checkpoint carries: they come and stay at the same steps.
  @Test func warningsAndEpochs() throws {
    func record(_ steps: Int, from checkpoint: TrainingCheckpoint?) throws -> ([String], TrainingCheckpoint?) {
      let trainer = Trainer(
        try Recorder(Recorder.Configuration()), length: .steps(steps), batchSize: 3, learningRate: 1,
        schedule: .linear(to: 0, steps: 80))
      var lines: [String] = []
      var last: TrainingCheckpoint?
      _ = try trainer.train(on: tinyImages(10), heldOut: tinyImages(2), from: checkpoint) { progress in
        last = progress.checkpoint
        lines.append(
          "\(progress.step) \(progress.epoch) \(progress.warnings) \(progress.newWarnings) \(progress.metrics)")
      }
      return (lines, last)
    }
    let whole = try record(240, from: nil).0
    let first = try #require(whole.firstIndex { $0.contains("slow") })
    // Before and after the means count, and before and after the warning is new.
    for stop in [49, 50, first, first + 1, 239] {
      let (lines, checkpoint) = try record(stop, from: nil)
      let isSame = try lines + record(240, from: checkpoint).0 == whole
      #expect(isSame, "\(stop)")
    }
  }

  /// A checkpoint of a training opens for sampling like any other.
  @Test func samplingFromATrainingsCheckpoint() throws {
    let folder = try TemporaryFolder()
    let gan = try DCGAN(Self.gan(.dcgan))
    let trainer = Trainer(gan, length: .steps(2), batchSize: 3)
    let trained = try trainer.train(on: tinyImages(10, side: 4)) { try $0.checkpoint.save(to: folder.path("model")) }
    let loaded = try ModelRegistry.standard.load(folder.path("model"))
    #expect(loaded.state == trained.state && loaded.average == trained.average && loaded.step == 2)
    #expect(try loaded.sample(3, seed: 4) == trained.sample(3, seed: 4))
    let moments = try SafeTensors.read(folder.path("model")).tensors.keys.filter { $0.hasPrefix("optimizer/") }
    #expect(moments.contains("optimizer/discriminator/discriminator.score.bias.square"))
    #expect(moments.count == 2 * gan.network.parameterNames.count)
  }

  // MARK: Other trainings

  private func checkpoint() throws -> TrainingCheckpoint {
    var last: TrainingCheckpoint?
    let trainer = Trainer(try Recorder(Recorder.Configuration()), length: .steps(2), batchSize: 4, seed: 1)
    _ = try trainer.train(on: tinyImages(9)) { last = $0.checkpoint }
    return try #require(last)
  }

  private func differences(
    _ checkpoint: TrainingCheckpoint, _ images: ImageSet, side: Int = 2,
    _ change: (inout Trainer<Recorder>) -> Void = { _ in }
  ) throws -> [String] {
    var trainer = Trainer(
      try Recorder(Recorder.Configuration(side: side)), length: .steps(4), batchSize: 4, seed: 1)
    change(&trainer)
    do {
      _ = try trainer.train(on: images, from: checkpoint)
      return []
    } catch TrainingError.otherTraining(let differences) {
      return differences
    }
  }

  @Test func eachDifferenceIsNamed() throws {
    let checkpoint = try checkpoint()
    let images = try tinyImages(9)
    #expect(try differences(checkpoint, images).isEmpty)
    #expect(try differences(checkpoint, images) { $0.length = .epochs(7) }.isEmpty)
    #expect(try differences(checkpoint, images) { $0.batchSize = 3 } == ["batch size was 4, is 3"])
    #expect(try differences(checkpoint, images) { $0.seed = 2 } == ["seed was 1, is 2"])
    // Learning rate and schedule may change.
    #expect(try differences(checkpoint, images) { $0.learningRate = 0.25 }.isEmpty)
    #expect(try differences(checkpoint, images) { $0.schedule = .linear(to: 0, steps: 9) }.isEmpty)
    #expect(try differences(checkpoint, tinyImages(8)) == ["number of images was 9, is 8"])
    var pixels = images.pixels
    pixels[17] ^= 1
    let others = try ImageSet(pixels: pixels, height: 2, width: 2)
    #expect(try differences(checkpoint, others) == ["the images are others"])
    #expect(
      try differences(checkpoint, tinyImages(9, side: 3), side: 3) { $0.seed = 3 }
        == ["side was 2, is 3", "seed was 1, is 3", "shape of images was [2, 2, 1], is [3, 3, 1]"])
  }

  @Test func heldOutImages() throws {
    var last: TrainingCheckpoint?
    let images = try tinyImages(9)
    let trainer = Trainer(try Recorder(Recorder.Configuration()), length: .steps(2), batchSize: 4, seed: 1)
    _ = try trainer.train(on: images, heldOut: tinyImages(5)) { last = $0.checkpoint }
    let checkpoint = try #require(last)
    func differences(_ heldOut: ImageSet?, from checkpoint: TrainingCheckpoint) -> [String] {
      do {
        try trainer.validate(
          checkpoint, on: TrainingData(images), heldOut: heldOut.map { TrainingData($0) })
        return []
      } catch TrainingError.otherTraining(let differences) {
        return differences
      } catch {
        return ["\(error)"]
      }
    }
    #expect(differences(try tinyImages(5), from: checkpoint).isEmpty)
    #expect(differences(nil, from: checkpoint) == ["number of held-out samples was 5, is 0"])
    #expect(differences(try tinyImages(6), from: checkpoint) == ["number of held-out images was 5, is 6"])
    var pixels = try tinyImages(5).pixels
    pixels[3] ^= 1
    let others = try ImageSet(pixels: pixels, height: 2, width: 2)
    #expect(differences(others, from: checkpoint) == ["the held-out images are others"])
    #expect(differences(others, from: try self.checkpoint()).isEmpty)
    let longer = Trainer(try Recorder(Recorder.Configuration()), length: .steps(4), batchSize: 4, seed: 1)
    _ = try longer.train(on: images, heldOut: others, from: self.checkpoint()) { last = $0.checkpoint }
    #expect(differences(try tinyImages(5), from: try #require(last)) == ["the held-out images are others"])
  }

  @Test func anotherModel() throws {
    let checkpoint = try checkpoint()
    let vae = try VAE(VAE.Configuration(height: 2, width: 2, latentSize: 2, hiddenSize: 3))
    let error = try #require(throws: TrainingError.self) {
      try Trainer(vae, length: .steps(4), batchSize: 4, seed: 1).train(on: tinyImages(9), from: checkpoint)
    }
    #expect(
      error.description
        == "the checkpoint is one of another training: model was recorder, is vae; to go on takes the same options and "
        + "samples as before")
  }

  @Test func optionalsOfAConfiguration() throws {
    var last: TrainingCheckpoint?
    let images = try tinyImages(9, side: 4)
    _ = try Trainer(DCGAN(Self.gan(.dcgan)), length: .steps(1), batchSize: 4).train(on: images) { last = $0.checkpoint }
    var other = Self.gan(.dcgan)
    (other.averageDecay, other.discriminatorLearningRate, other.loss) = (nil, 0.5, .hinge)
    let checkpoint = try #require(last)
    let error = try #require(throws: TrainingError.self) {
      try Trainer(DCGAN(other), length: .steps(2), batchSize: 4).train(on: images, from: checkpoint)
    }
    #expect(
      error
        == .otherTraining([
          "loss was nonSaturating, is hinge", "averageDecay was 0.999, is none",
          "discriminatorLearningRate was none, is 0.5",
        ]))
  }
}
