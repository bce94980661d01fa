import Datasets
import Foundation
import Layers
import Tensor
import Testing

@testable import Models
@testable import Training

/// Remedies as choices of a configuration.
@Suite struct GANTechniquesTests {
  /// Images of 8×12 pixels, narrow networks.
  private static func tiny(
    _ configuration: GANConfiguration = .dcgan, _ change: (inout GANConfiguration) -> Void = { _ in }
  ) -> GANConfiguration {
    var configuration = configuration
    (configuration.height, configuration.width) = (8, 12)
    (configuration.latentSize, configuration.generatorFeatures, configuration.discriminatorFeatures) = (5, 6, 4)
    change(&configuration)
    return configuration
  }

  private static let each: [(name: String, configuration: GANConfiguration)] = [
    ("feature matching", tiny { $0.techniques.featureMatching = FeatureMatching() }),
    (
      "feature matching alone",
      tiny { ($0.techniques.featureMatching, $0.techniques.adversarialWeight) = (FeatureMatching(), 0) }
    ),
    ("minibatch discrimination", tiny { $0.techniques.hasMinibatchDiscrimination = true }),
    ("minibatch deviation", tiny { $0.techniques.hasMinibatchDeviation = true }),
    ("packs", tiny { $0.techniques.packSize = 2 }),
    ("virtual batch", tiny { $0.techniques.virtualBatchSize = 7 }),
    ("historical averaging", tiny { $0.techniques.historicalAveraging = HistoricalAveraging(weight: 0.1) }),
    ("consistency", tiny { $0.techniques.consistency = ConsistencyRegularization() }),
    ("augmentation", tiny { $0.techniques.augmentation = Augmentation() }),
    ("adaptive augmentation", tiny { $0.techniques.augmentation = Augmentation(adaptation: .init(sampleCount: 40)) }),
    ("instance noise", tiny { $0.techniques.instanceNoise = InstanceNoise(steps: 2) }),
    ("relativistic average", tiny { $0.loss = .relativisticAverage }),
    (
      "lazy R1",
      tiny { ($0.regularizer, $0.normalization) = (DiscriminatorRegularizer(R1Penalty(period: 2)), .none) }
    ),
    (
      "all in a Wasserstein GAN",
      tiny(.wganGP) {
        $0.techniques.packSize = 2
        $0.techniques.virtualBatchSize = 3
        $0.techniques.featureMatching = FeatureMatching(isSummed: true)
        $0.techniques.historicalAveraging = HistoricalAveraging()
        $0.techniques.consistency = ConsistencyRegularization(weight: 1)
        $0.techniques.augmentation = Augmentation([.cutout])
        $0.techniques.instanceNoise = InstanceNoise()
      }
    ),
    (
      "all in a batch that is compared",
      tiny {
        ($0.loss, $0.labelSmoothing, $0.discriminatorLearningRate) = (.relativisticAverage, 0.1, 1e-3)
        ($0.techniques.hasMinibatchDiscrimination, $0.techniques.hasMinibatchDeviation) = (true, true)
        $0.techniques.packSize = 2
        $0.techniques.consistency = ConsistencyRegularization(weight: 1)
      }
    ),
  ]

  /// Two steps move every parameter, and what is saved opens as the same model.
  @Test(arguments: each) func stepsOfEachTechnique(_ name: String, _ configuration: GANConfiguration) throws {
    let gan = try GAN(configuration)
    var training = gan.makeTraining(seed: 1)
    let before = training.state
    var feed = BatchFeed.noise(for: gan, batchSize: 8)
    for _ in 0..<2 {
      let metrics = try gan.trainingStep(&feed, &training)
      training.step += 1
      #expect(metrics.firstNonFinite == nil)
      #expect((metrics["consistency"] != nil) == (configuration.techniques.consistency != nil))
      #expect((metrics["augmentation"] != nil) == (configuration.techniques.augmentation?.adaptation != nil))
    }
    for name in before.names where name != "discriminator.score.bias" {
      #expect((training.state[name] != before[name]) == (name != "generator.reference"), "\(name)")
    }
    #expect(training.memory.names == gan.makeTraining(seed: 2).memory.names && training.memory.firstNonFinite == nil)
    let folder = try TemporaryFolder()
    try TrainedModel(gan, training).save(to: folder.path("model"))
    let opened = try #require(try ModelRegistry.standard.load(folder.path("model")).model as? GAN)
    #expect(opened.configuration == configuration)
  }

  // MARK: Configurations

  /// Files of configurations without techniques are as they were before there were any.
  @Test func asJSON() throws {
    let plain = try JSONEncoder().encode(GANConfiguration.wganGP)
    #expect(!String(decoding: plain, as: UTF8.self).contains("techniques"))
    #expect(try JSONDecoder().decode(GANConfiguration.self, from: plain) == .wganGP)
    for (_, configuration) in Self.each {
      let data = try JSONEncoder().encode(configuration)
      #expect(try JSONDecoder().decode(GANConfiguration.self, from: data) == configuration)
    }
    let some = #"{"techniques":{"packSize":3,"featureMatching":{"weight":2,"isSummed":true}}}"#
    let read = try JSONDecoder().decode(GANConfiguration.self, from: Data(some.utf8))
    #expect(
      read.techniques.packSize == 3 && read.techniques.featureMatching == FeatureMatching(weight: 2, isSummed: true))
    #expect(read.techniques.adversarialWeight == 1 && read.techniques.augmentation == nil)
  }

  @Test func asText() {
    var techniques = GANTechniques()
    #expect("\(techniques)" == "none")
    (techniques.packSize, techniques.historicalAveraging) = (2, HistoricalAveraging(weight: 3))
    #expect("\(techniques)" == "packSize 2, historicalAveraging HistoricalAveraging(weight: 3.0)")
    #expect("\(Augmentation([.cutout]))" == "cutout")
    techniques.historicalAveraging = nil
    techniques.augmentation = Augmentation([.colour, .cutout], probability: 0.5)
    #expect("\(techniques)" == "packSize 2, augmentation colour, cutout with probability 0.5")
    techniques.augmentation?.adaptation = Augmentation.Adaptation(target: 0.25, sampleCount: 1)
    #expect(
      "\(techniques)" == """
        packSize 2, augmentation colour, cutout with probability 0.5 at first, for a mean sign of 0.25 within 1 sample
        """)
  }

  private static let refused: [(text: String, configuration: GANConfiguration)] = {
    var list: [(String, GANConfiguration)] = []
    func add(_ text: String, _ base: GANConfiguration = .dcgan, _ change: (inout GANConfiguration) -> Void) {
      list.append((text, tiny(base, change)))
    }
    add("the weight of featureMatching is -1.0") { $0.techniques.featureMatching = FeatureMatching(weight: -1) }
    add("adversarialWeight is 0, which leaves the generator nothing to learn from without feature matching") {
      $0.techniques.adversarialWeight = 0
    }
    add("adversarialWeight is nan") { $0.techniques.adversarialWeight = .nan }
    add("packSize is 0, expected 1 to 64") { $0.techniques.packSize = 0 }
    add("virtualBatchSize is 0") { $0.techniques.virtualBatchSize = 0 }
    add("the weight of historicalAveraging is inf") {
      $0.techniques.historicalAveraging = HistoricalAveraging(weight: .infinity)
    }
    add("the weight of consistency is -2.0") { $0.techniques.consistency = ConsistencyRegularization(weight: -2) }
    add("the augmentation has the kinds []") { $0.techniques.augmentation = Augmentation([]) }
    add("the augmentation has the kinds") { $0.techniques.augmentation = Augmentation([.cutout, .cutout]) }
    add("the augmentation's probability is 1.5") { $0.techniques.augmentation = Augmentation(probability: 1.5) }
    add("the augmentation's target is 1.0") {
      $0.techniques.augmentation = Augmentation(adaptation: .init(target: 1))
    }
    add("the deviation of the instance noise is 0.0") { $0.techniques.instanceNoise = InstanceNoise(deviation: 0) }
    add("the instance noise ends after 0 steps") { $0.techniques.instanceNoise = InstanceNoise(steps: 0) }
    add("the penalty's period is 0") { $0.regularizer = DiscriminatorRegularizer(R1Penalty(period: 0)) }
    // What does not go together.
    add("packSize is 2, but the conditioning projection(classCount: 10) is by the class of each image") {
      ($0.techniques.packSize, $0.conditioning) = (2, .projection(classCount: 10))
    }
    add("the generator is normalized by a virtual batch, but the conditioning auxiliary") {
      ($0.techniques.virtualBatchSize, $0.conditioning) = (8, .auxiliary(classCount: 10))
    }
    add(
      "the penalty GradientPenalty(weight: 10.0) is one of each sample's gradient, but minibatch discrimination",
      .wganGP
    ) {
      $0.techniques.hasMinibatchDiscrimination = true
    }
    add("the minibatch deviation mixes the samples", .wganGP) { $0.techniques.hasMinibatchDeviation = true }
    for loss in [AdversarialLoss.wasserstein, .leastSquares, .relativisticAverage] {
      add("the adaptive augmentation follows the signs of scores, but those of the loss \(loss) do not") {
        ($0.loss, $0.techniques.augmentation) = (loss, Augmentation(adaptation: .init()))
      }
    }
    return list
  }()

  @Test(arguments: refused) func refusals(_ text: String, _ configuration: GANConfiguration) throws {
    let error = try #require(throws: ConfigurationError.self) { try GAN(configuration) }
    #expect(error.description.hasPrefix("gan: ") && error.description.contains(text), "\(error)")
  }

  @Test func batchSizes() throws {
    func refuse(_ size: Int, _ text: String, _ change: (inout GANTechniques) -> Void) throws {
      let gan = try GAN(Self.tiny { change(&$0.techniques) })
      let error = try #require(throws: ConfigurationError.self) { try gan.check(batchSize: size) }
      #expect(error.description.contains(text), "\(error)")
    }
    try refuse(7, "gan: batches of 7 do not make packs of 2") { $0.packSize = 2 }
    try refuse(6, "compares groups of 4, but a batch has 6") { $0.hasMinibatchDeviation = true }
    try refuse(12, "compares groups of 4, but a batch has 6") { ($0.hasMinibatchDeviation, $0.packSize) = (true, 2) }
    try refuse(1, "the discriminator compares samples, but a batch has 1") { $0.hasMinibatchDiscrimination = true }
    try GAN(Self.tiny { ($0.techniques.hasMinibatchDeviation, $0.techniques.packSize) = (true, 2) }).check(batchSize: 6)
  }

  // MARK: Networks

  /// Samples depend on no other of their batch, in training and in use, and the reference stays what it was.
  @Test func virtualBatchNormalization() throws {
    let gan = try GAN(Self.tiny { $0.techniques.virtualBatchSize = 7 })
    var training = gan.makeTraining(seed: 1)
    let reference = try #require(training.state["generator.reference"])
    #expect(reference.shape == [7, 5] && abs(reference.variance().scalar - 1) < 0.6)
    var random = RandomGenerator(seed: 4)
    let latents = Tensor.normal([4, 5], using: &random)
    let others = Tensor.concatenated([latents[0..<2], .normal([2, 5], using: &random)])
    func samples(_ latents: Tensor, _ mode: Context.Mode) -> Tensor {
      let context = Context(gan.network, training.state, mode: mode, random: RandomGenerator(seed: 1))
      let images = gan.procedure.generator(latents, given: .none, in: context)
      #expect(context.bufferUpdates.names.isEmpty)
      return images
    }
    for mode in [Context.Mode.training, .inference] {
      #expect(samples(latents, mode)[0..<2] == samples(others, mode)[0..<2])
      #expect(samples(latents, mode) == samples(latents, mode))
    }
    #expect(samples(latents, .training) == samples(latents, .inference))
    var feed = BatchFeed.noise(for: gan, batchSize: 6)
    for _ in 0..<3 {
      _ = try gan.trainingStep(&feed, &training)
      training.step += 1
    }
    #expect(training.state["generator.reference"] == reference && training.average?["generator.reference"] == nil)
    let averaged = try #require(TrainedModel(gan, training).averaged)
    #expect(averaged.state["generator.reference"] == reference)
  }

  /// In training the discriminator sees how samples differ; in use each is judged as if it were alone.
  @Test(arguments: [true, false]) func comparingLayers(_ isDeviation: Bool) throws {
    let gan = try GAN(
      Self.tiny {
        $0.normalization = .none
        ($0.techniques.hasMinibatchDeviation, $0.techniques.hasMinibatchDiscrimination) = (isDeviation, !isDeviation)
      })
    #expect(gan.network.mixesSamples(in: gan.procedure.discriminator))
    let state = gan.makeTraining(seed: 1).state
    var random = RandomGenerator(seed: 4)
    // Large, so that differences of narrow networks' small features count.
    let images = Tensor.uniform([4, 8, 12, 1], in: 0..<300, using: &random)
    let alike = images[0..<1].broadcast(to: images.shape)
    func score(_ images: Tensor, _ mode: Context.Mode) -> Float {
      let context = Context(gan.network, state, mode: mode, random: RandomGenerator(seed: 1))
      return gan.procedure.discriminator(images, given: .none, in: context).scores.scalars[0]
    }
    #expect(abs(score(images, .inference) - score(alike, .inference)) < 1e-6)
    #expect(abs(score(images, .training) - score(alike, .training)) > 1e-4)
    let features = { (mode: Context.Mode) in
      gan.procedure.discriminator(
        images, given: .none, in: Context(gan.network, state, mode: mode, random: RandomGenerator(seed: 1))
      ).features
    }
    #expect(features(.training) == features(.inference))
  }

  // MARK: Lazy penalties

  @Test(arguments: try AdversarialCase.cases("lazyAdam")) func paceAsGolden(_ golden: AdversarialCase) throws {
    let parameters = golden.params
    let interval = try #require(parameters.interval)
    let rate = try #require(parameters.learningRate)
    var configuration = GANConfiguration(
      regularizer: DiscriminatorRegularizer(R1Penalty(weight: 1, period: interval)), normalization: .none,
      optimizer: .adam(beta1: try #require(parameters.beta1), beta2: try #require(parameters.beta2)),
      learningRate: rate)
    configuration.discriminatorLearningRate = rate
    let optimizers = try GAN(configuration).makeOptimizers(learningRate: nil)
    let adam = try #require(optimizers["discriminator"] as? Adam)
    for (found, name) in [(adam.learningRate, "learningRate"), (adam.beta1, "beta1"), (adam.beta2, "beta2")] {
      #expect(abs(Double(found) - (try golden.output(name)[0])) < 1e-7, "\(name) \(found)")
    }
    let generator = try #require(optimizers["generator"] as? Adam)
    #expect(generator.learningRate == rate && generator.beta2 == parameters.beta2)
    // A penalty in every step's loss changes nothing.
    configuration.regularizer = .r1(weight: 1)
    #expect((try GAN(configuration).makeOptimizers(learningRate: nil)["discriminator"] as? Adam)?.learningRate == rate)
  }

  /// After 16 steps the discriminator has moved 17 times with a penalty that has an update of its own, 16 times with one
  /// in the loss.
  @Test(arguments: [(16, 17), (1, 16)]) func updatesOfLazyPenalties(period: Int, updates: Int) throws {
    let gan = try GAN(
      Self.tiny {
        ($0.regularizer, $0.normalization) = (DiscriminatorRegularizer(R1Penalty(period: period)), .none)
      })
    var training = gan.makeTraining(seed: 1)
    var feed = BatchFeed.noise(for: gan, batchSize: 4)
    for _ in 0..<16 {
      _ = try gan.trainingStep(&feed, &training)
      training.step += 1
    }
    #expect(training.optimizers["discriminator"]?.progress.step == updates)
    #expect(training.optimizers["generator"]?.progress.step == 16)
  }
}
