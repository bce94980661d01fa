import Datasets
import Layers
import Tensor
import Testing

@testable import Models
@testable import Training

/// The networks of a StyleGAN and what comes of latents.
@Suite struct StyleGANTests {
  static func tiny(
    _ height: Int = 8, _ width: Int = 8, channels: Int = 1, _ change: (inout StyleGAN.Configuration) -> Void = { _ in }
  ) throws -> StyleGAN {
    var configuration = StyleGAN.Configuration(
      height: height, width: width, channels: channels, latentSize: 6, mappingLayerCount: 2, features: 2,
      mostFeatures: 4)
    change(&configuration)
    return try StyleGAN(configuration)
  }

  /// First values with strengths of noise other than 0.
  static func noisy(_ gan: StyleGAN) -> State {
    var state = gan.makeTraining(seed: 1).state
    for name in state.names where name.hasSuffix("noise.strength") { state[name] = Tensor(0.5) }
    return state
  }

  private var random = RandomGenerator(seed: 3)

  @Test func namesAndShapesOfTheReferenceNetworks() throws {
    let gan = try StyleGAN()
    let shapes = Dictionary(uniqueKeysWithValues: gan.network.parameters.map { ($0.name, $0.parameter.shape) })
    let some: [String: Tensor.Shape] = [
      "generator.mapping.layers.2.weight": [128, 128], "generator.synthesis.constant": [4, 4, 64],
      "generator.synthesis.convolutions.0.convolution.weight": [64, 3, 3, 64],
      "generator.synthesis.convolutions.5.convolution.weight": [16, 3, 3, 32],
      "generator.synthesis.convolutions.5.affine.weight": [128, 32],
      "generator.synthesis.convolutions.6.noise.strength": [],
      "generator.synthesis.images.3.convolution.weight": [1, 1, 1, 16],
      "discriminator.fromImage.weight": [16, 1, 1, 1], "discriminator.blocks.0.second.weight": [32, 3, 3, 16],
      "discriminator.blocks.2.skip.weight": [64, 1, 1, 64], "discriminator.last.weight": [64, 3, 3, 65],
      "discriminator.hidden.weight": [1024, 64], "discriminator.score.weight": [64, 1],
    ]
    for (name, shape) in some { #expect(shapes[name] == shape, "\(name)") }
    #expect(gan.layerCount == 8 && gan.network.parameterCount == 262_235 + 218_417)
    #expect(Set(gan.network.buffers.map(\.name)) == ["generator.mapping.average", "discriminator.usualDeviation"])
  }

  /// Sizes that are those of a frame, and others, which lie in its middle; grey and in colour.
  @Test(arguments: [(28, 28, 1), (32, 32, 3), (64, 64, 1), (128, 128, 3), (9, 14, 2), (4, 4, 1)])
  func sizes(_ height: Int, _ width: Int, _ channels: Int) throws {
    let gan = try Self.tiny(height, width, channels: channels)
    let trained = TrainedModel(model: gan, state: Self.noisy(gan))
    let images = try trained.sample(3, seed: 1)
    #expect(images.shape == [3, height, width, channels] && images.scalars.allSatisfy { (0...1).contains($0) })
    #expect(try trained.scores(of: images).shape == [3])
    var training = gan.makeTraining(seed: 1)
    var feed = BatchFeed.noise(for: gan, batchSize: 4)
    #expect(try gan.trainingStep(&feed, &training).firstNonFinite == nil)
  }

  /// At the start, what convolutions make is about as large as what goes into them.
  @Test func sizesOfFeaturesAtTheStart() throws {
    let gan = try StyleGAN()
    let context = Context(gan.network, gan.makeTraining(seed: 2).state, mode: .inference)
    var random = random
    let mapped = MappedLatents.repeated(
      gan.generator.mapping(.normal([8, 128], using: &random), in: context), layers: gan.layerCount)
    let noise = gan.generator.synthesis.fixedNoise(seed: 1, count: 8)
    var sizes: [Float] = []
    _ = gan.generator.synthesis(mapped, noise: noise, in: context) {
      sizes.append($0.square().mean().scalar.squareRoot())
    }
    #expect(sizes.count == 7 && sizes.allSatisfy { (0.45...1.4).contains($0) }, "\(sizes)")
  }

  /// A result depends on its own latent, image or place alone.
  @Test func aBatchIsItsRows() throws {
    let gan = try Self.tiny()
    let state = Self.noisy(gan)
    var (random, training) = (random, gan.makeTraining(seed: 1))
    var feed = BatchFeed.noise(for: gan, batchSize: 4)
    _ = try gan.trainingStep(&feed, &training)
    #expect(training.state["discriminator.usualDeviation"] ?? Tensor(0) != Tensor(0))
    let latents = Tensor.normal([5, 6], using: &random)
    let images = gan.decode(latents, given: .none, with: state)
    #expect(gan.decode(latents[3..<4], given: .none, with: state)[0] == images[3])
    let scores = gan.scores(of: images, given: .none, with: training.state)
    let alone = gan.scores(of: images[3..<4], given: .none, with: training.state)
    #expect(abs(scores[3].scalar - alone[0].scalar) < 1e-5)
    let trained = TrainedModel(model: gan, state: state)
    for mixed in 1...3 {
      let some = try trained.styled { $0.mixedLatents = mixed }
      #expect(try some.sample(7, seed: 4)[0..<2] == some.sample(2, seed: 4), "\(mixed)")
    }
  }

  /// The mapped latent of a layer reaches that layer's features and those after it, and no others.
  @Test func layersComeOneAfterTheOther() throws {
    let gan = try Self.tiny()
    let context = Context(gan.network, Self.noisy(gan), mode: .inference)
    var random = random
    let (first, second) = (Tensor.normal([2, 6], using: &random), Tensor.normal([2, 6], using: &random))
    let noise = gan.generator.synthesis.fixedNoise(seed: 1, count: 2)
    func features(_ crossover: Int) -> (features: [Tensor], image: Tensor) {
      var all: [Tensor] = []
      let mapped = MappedLatents.mixed(
        [first, second], crossovers: [[crossover], [crossover]], layers: gan.layerCount)
      let image = gan.generator.synthesis(mapped, noise: noise, in: context) { all.append($0) }
      return (all, image)
    }
    #expect(gan.layerCount == 4)
    let whole = features(gan.layerCount)
    for layer in 0..<gan.layerCount {
      let mixed = features(layer)
      for (index, (own, other)) in zip(mixed.features, whole.features).enumerated() {
        #expect((own == other) == (index < layer), "from \(layer) on: \(index)")
      }
      #expect(mixed.image != whole.image)
    }
  }

  /// With the share 0 and the same noise all are the sample of the mean.
  @Test func truncation() throws {
    let gan = try Self.tiny()
    var state = Self.noisy(gan)
    var random = random
    let average = Tensor.normal([6], using: &random)
    state["generator.mapping.average"] = average
    let trained = TrainedModel(model: gan, state: state)
    let latents = Tensor.normal([3, 6], using: &random)
    let usual = try trained.styled { $0.truncation = 0 }
    let images = try usual.decode(latents)
    let ofMean = try trained.decode(mapped: average.expanded(axis: 0))
    #expect(images[0] == images[1] && images[0] == images[2] && images[0] == ofMean[0])
    #expect(try usual.sample(1, seed: 1) != usual.sample(1, seed: 2), "noise is drawn")
    #expect(try usual.styled { $0.noiseSeed = 9 }.decode(latents) != images)
    let half = try trained.styled { ($0.truncation, $0.truncatedLayers) = (0.5, 2) }
    let mapped = MappedLatents.repeated(try trained.map(latents), layers: 4)
    let moved = MappedLatents.truncated(mapped, towards: average, by: 0.5, layers: 2)
    #expect(try half.decode(latents) == trained.decode(mapped: moved))
    #expect(try half.averaged == nil && half.styled { $0 = Styling() }.decode(latents) == trained.decode(latents))
  }

  /// As many latents as layers: each layer has its own, drawn one after the other.
  @Test func mixtures() throws {
    let gan = try Self.tiny()
    let trained = TrainedModel(model: gan, state: gan.makeTraining(seed: 1).state)
    let mixed = try trained.styled { $0.mixedLatents = 4 }.sample(3, seed: 8)
    var random = SampleRandom(RandomGenerator(seed: 8), places: 0..<3)
    let layers = (0..<4).map { _ in
      gan.map(random.normal([3, 6]), given: .none, with: trained.state).expanded(axis: 1)
    }
    let byHand = try trained.decode(mapped: .concatenated(layers, axis: 1))
    #expect(mixed.isApproximatelyEqual(to: byHand, absoluteTolerance: 1e-5))
    // Of one latent it is the sample of that.
    let latents = try trained.drawLatents(3, seed: 8)
    #expect(try trained.sample(3, seed: 8).isApproximatelyEqual(to: trained.decode(latents), absoluteTolerance: 1e-5))
  }

  /// In training, a sample has one latent up to a layer from the second one on, and another from there; or one alone.
  @Test(arguments: [0, 0.5, 1] as [Float]) func mixingInTraining(_ mixing: Float) throws {
    let gan = try Self.tiny(16, 16) { $0.mixing = mixing }
    let state = gan.makeTraining(seed: 1).state
    let context = Context(gan.network, state, mode: .training, random: RandomGenerator(seed: 5))
    var random = random
    let latents = Tensor.normal([400, 6], using: &random)
    let mapped = gan.generator.mapped(latents, in: context)
    let own = gan.map(latents, given: .none, with: state)
    var places: [Int] = []
    for sample in 0..<400 {
      let rows = (0..<gan.layerCount).map { mapped[sample, $0] }
      #expect(rows[0] == own[sample])
      let place = rows.firstIndex { $0 != own[sample] } ?? gan.layerCount
      #expect(rows.dropFirst(place).allSatisfy { $0 == rows[gan.layerCount - 1] })
      places.append(place)
    }
    let counts = (1...gan.layerCount).map { layer in places.count { $0 == layer } }
    #expect(counts.reduce(0, +) == 400 && abs(Float(counts[gan.layerCount - 1]) / 400 - (1 - mixing)) < 0.08)
    if mixing == 1 { #expect(counts.dropLast().allSatisfy { abs($0 - 80) < 35 }, "\(counts)") }
    // The mean is that of the first latents alone.
    let mean = try #require(context.bufferUpdates["generator.mapping.average"])
    #expect(mean.isApproximatelyEqual(to: own.mean(axes: [0]) * 0.005, absoluteTolerance: 1e-6))
  }

  /// In training, the discriminator sees the deviation among samples i, i + N/4, i + N/2, i + 3N/4.
  @Test func groups() throws {
    let gan = try Self.tiny()
    let state = gan.makeTraining(seed: 1).state
    var random = random
    let images = Tensor.uniform([8, 8, 8, 1], in: -1..<1, using: &random)
    func score(_ changed: Int?) -> Float {
      var images = images
      if let changed { images[changed] = -images[changed] }
      let context = Context(gan.network, state, mode: .training, random: RandomGenerator(seed: 1))
      return gan.procedure.discriminator(images, given: .none, in: context).scores[0].scalar
    }
    let score0 = score(nil)
    for other in 1..<8 { #expect((score(other) == score0) == (other % 2 == 1), "\(other)") }
  }

  private static let bad: [(text: String, change: @Sendable (inout StyleGAN.Configuration) -> Void)] = [
    ("height is 3, expected 4 to 256", { $0.height = 3 }), ("width is 257, expected 4 to 256", { $0.width = 257 }),
    ("channels is 0", { $0.channels = 0 }), ("latentSize is 0", { $0.latentSize = 0 }),
    ("mappingLayerCount is 0", { $0.mappingLayerCount = 0 }), ("features is 0", { $0.features = 0 }),
    ("mixing is 1.5, expected 0 to 1", { $0.mixing = 1.5 }), ("mixing is nan", { $0.mixing = .nan }),
    ("learningRate is 0.0, expected a positive number", { $0.learningRate = 0 }),
    ("mappingRate is inf", { $0.mappingRate = .infinity }), ("beta2 is 1.0, expected at least 0", { $0.beta2 = 1 }),
    ("averageHalfLife is 0.0", { $0.averageHalfLife = 0 }),
    ("the weight of the penalty is -1.0, expected 0 or more", { $0.penalty?.weight = -1 }),
    ("the period of the penalty is 0", { $0.penalty?.period = 0 }),
    ("the pace of the penalty is 2.0, expected above 0 and up to 1", { $0.penalty?.pace = 2 }),
    (
      "the pace of the penalty is 0.5, but without updates of its own there are none to make up for: expected 1",
      { $0.penalty = LazyRegularization(weight: 1, period: 4, hasOwnUpdate: false, pace: 0.5) }
    ),
    (
      "the path length has no updates of its own, which it needs",
      { $0.pathLength = LazyRegularization(weight: 2, period: 4, hasOwnUpdate: false) }
    ),
  ]

  @Test func badConfigurations() throws {
    for (text, change) in Self.bad {
      var configuration = StyleGAN.Configuration()
      change(&configuration)
      let error = #expect(throws: ConfigurationError.self) { try StyleGAN(configuration) }
      #expect(error?.description.hasPrefix("stylegan: \(text)") == true, "\(String(describing: error))")
    }
    let error = #expect(throws: ConfigurationError.self) { try StyleGAN().check(batchSize: 6) }
    #expect(error?.description == "stylegan: batches of 6 do not divide into groups of 4 samples, which are compared")
    for size in [1, 3, 4, 8] { try StyleGAN().check(batchSize: size) }
  }

  @Test func configurationsAsText() {
    var configuration = StyleGAN.Configuration()
    configuration.penalty = LazyRegularization(weight: 1, period: 8, hasOwnUpdate: false, pace: 1)
    #expect(
      configuration.description == """
        height 28  width 28  channels 1  latentSize 128  mappingLayerCount 3  mappingRate 0.01  features 16  \
        mostFeatures 64  mixing 0.5  penalty 1.0 every 8 steps, in the loss, pace 1.0  pathLength none  \
        averageHalfLife 10000.0  learningRate 0.002  beta1 0.0  beta2 0.99  noiseSeed 0
        """)
  }

  @Test func whatCannotBeStyled() throws {
    let vae = try VAE(VAE.Configuration(height: 8, width: 8, latentSize: 2, hiddenSize: 4))
    let other = TrainedModel(model: vae, state: vae.makeTraining(seed: 1).state)
    var error = #expect(throws: CapabilityError.self) { try other.styled { $0.truncation = 0.5 } }
    #expect(error?.description == "vae cannot style samples: it does not map its latents")
    let gan = try Self.tiny()
    let trained = TrainedModel(model: gan, state: gan.makeTraining(seed: 1).state)
    error = #expect(throws: CapabilityError.self) { try trained.styled { $0.mixedLatents = 5 } }
    #expect(
      error?.description == "stylegan cannot style samples: expected 1 to 4 latents to mix, one for each layer, found 5"
    )
    error = #expect(throws: CapabilityError.self) { try trained.styled { $0.truncation = -1 } }
    #expect(error?.description == "stylegan cannot style samples: expected a truncation of 0 or more, found -1.0")
    error = #expect(throws: CapabilityError.self) { try trained.decode(mapped: .zeros([1, 3, 6])) }
    #expect(
      error?.description == "stylegan cannot decode mapped latents: expected a tensor [N, 4, 6], found [1, 3, 6]")
  }
}
