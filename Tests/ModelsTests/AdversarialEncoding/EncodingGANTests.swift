import Datasets
import Layers
import Tensor
import Testing

@testable import Models
@testable import Training

/// What all GANs of images with an encoder have in common.
@Suite struct EncodingGANTests {
  private static func tiny(_ configuration: inout some EncodingGANConfiguration, _ channels: Int) {
    (configuration.height, configuration.width, configuration.channels) = (8, 12, channels)
    (configuration.latentSize, configuration.generatorFeatures, configuration.discriminatorFeatures) = (5, 6, 4)
  }

  static func tinyAlpha(_ channels: Int = 1) -> AlphaGAN.Configuration {
    var configuration = AlphaGAN.Configuration()
    tiny(&configuration, channels)
    configuration.codeHiddenSize = 7
    return configuration
  }

  static func models(_ channels: Int = 1) throws -> [any EncodingGAN] {
    var (first, last) = (VAEGAN.Configuration(), BiGAN.Configuration())
    tiny(&first, channels)
    tiny(&last, channels)
    last.pairHiddenSize = 7
    return [try VAEGAN(first), try AlphaGAN(tinyAlpha(channels)), try BiGAN(last)]
  }

  /// A rate for a whole training scales both.
  @Test func learningRatesOfDiscriminators() throws {
    func rates(_ model: some EncodingGAN, _ learningRate: Float?) -> [String: Float] {
      model.makeOptimizers(learningRate: learningRate).compactMapValues { ($0 as? Adam)?.learningRate }
    }
    func rated<Configuration: EncodingGANConfiguration>(_ configuration: Configuration) -> Configuration {
      var configuration = configuration
      (configuration.learningRate, configuration.discriminatorLearningRate) = (1e-3, 0.25e-3)
      return configuration
    }
    let three: [String: Float] = ["encoder": 1e-3, "generator": 1e-3, "discriminator": 0.25e-3]
    #expect(rates(try VAEGAN(rated(VAEGAN.Configuration())), nil) == three)
    #expect(rates(try BiGAN(rated(BiGAN.Configuration())), nil) == three)
    let alpha = try AlphaGAN(rated(AlphaGAN.Configuration()))
    #expect(rates(alpha, nil) == three.merging(["code_discriminator": 0.25e-3]) { $1 })
    #expect(rates(alpha, 4e-3) == rates(alpha, nil).mapValues { $0 * 4 })
    #expect(Set(rates(try VAEGAN(), nil).values) == [2e-4])
    var wrong = VAEGAN.Configuration()
    wrong.discriminatorLearningRate = 0
    #expect(throws: ConfigurationError.self) { try VAEGAN(wrong) }
  }

  private func images(_ count: Int, channels: Int = 1) -> Tensor {
    var random = RandomGenerator(seed: 2)
    return .uniform([count, 8, 12, channels], using: &random)
  }

  @Test(arguments: 0..<3, [1, 3]) func shapesAndRows(index: Int, channels: Int) throws {
    let model = try Self.models(channels)[index]
    var training = model.makeTraining(seed: 1)
    var feed = BatchFeed.noise(for: model, batchSize: 6)
    // One step, so that running statistics are not those of the start.
    let metrics = try model.trainingStep(&feed, &training)
    #expect(metrics.firstNonFinite == nil)
    for name in ["discriminator_loss", "generator_loss", "encoder_loss", "real_spread", "fake_spread"] {
      #expect(metrics[name] != nil, "\(name)")
    }
    let trained = TrainedModel(model: model, state: training.state)
    let images = images(8, channels: channels)
    let (codes, again) = (try trained.encode(images), try trained.reconstruct(images))
    #expect(codes.shape == [8, 5] && again.shape == images.shape && again.scalars.allSatisfy { (0...1).contains($0) })
    #expect(try trained.interpolate(from: images[0], to: images[1], count: 4).shape == [4, 8, 12, channels])
    #expect(try trained.sample(3).shape == [3, 8, 12, channels])
    let scores = try trained.scores(of: images)
    #expect(scores.shape == [8] && Set(scores.scalars).count > 1)
    // A batch is its rows, and twice the same has the same bits.
    #expect(try trained.encode(images) == codes)
    for row in 0..<8 {
      let one = images[row..<row + 1]
      #expect((try trained.encode(one)[0] - codes[row]).maximumMagnitude < 1e-5)
      #expect((try trained.scores(of: one)[0] - scores[row]).maximumMagnitude < 1e-5)
    }
    let figures = model.evaluate(on: TrainingData(TensorSet(images)), with: training.state)
    let error = (again - images).square().mean().scalar
    #expect(abs(Double(error) - (figures["squared_error"] ?? 0)) < 1e-5)
    #expect(try trained.latentDirections(count: 2).values.count == 2)
  }

  /// The numbers of encoder and generator are averaged, those of the discriminators are not.
  @Test(arguments: 0..<3) func averages(index: Int) throws {
    let model = try Self.models()[index]
    var training = model.makeTraining(seed: 1)
    var feed = BatchFeed.noise(for: model, batchSize: 6)
    for _ in 0..<3 {
      _ = try model.trainingStep(&feed, &training)
      training.step += 1
    }
    let average = try #require(training.average)
    #expect(Set(average.names.map { String($0.prefix { $0 != "." }) }) == ["encoder", "generator"])
    #expect(average["generator.paint.weight"] != training.state["generator.paint.weight"])
    #expect(average.names.contains { $0.hasSuffix("runningMean") })
  }

  /// Half of a batch beside an equal half makes the step that the half alone would make.
  @Test(arguments: [1, 2] as [UInt64]) func twoEqualHalves(seed: UInt64) throws {
    struct Twice: BatchReduction {
      func sum(_ partial: Tensor) -> Tensor { partial * 2 }
    }
    final class Plain: Module {
      let encoder = GoldenNetworks.Coder()
      let generator = GoldenNetworks.Decoder()
      let discriminator = GoldenNetworks.Critic()
      let codeDiscriminator = GoldenNetworks.CodeCritic()
    }
    // Without batch normalization: the unbiased variance of a half is not that of the whole.
    let parts = Plain()
    let network = Network(parts)
    let procedure = AlphaGANTraining(
      network: network, encoder: parts.encoder, generator: parts.generator, discriminator: parts.discriminator,
      codeDiscriminator: parts.codeDiscriminator, prior: NormalPrior(2))
    let start = TrainingState(
      network,
      optimizers: [
        "encoder": Adam(), "generator": Adam(), "discriminator": Adam(), "code_discriminator": Adam(),
      ], seed: seed)
    var random = RandomGenerator(seed: 3)
    let samples = Tensor.uniform([4, 6], using: &random)
    var (alone, half, whole) = (start, start, start)
    half.reduction = Twice()
    half.samples = Context.Samples(0..<4, of: 8)
    let metrics = try procedure.trainingStep(&alone, real: samples)
    #expect(try procedure.trainingStep(&half, real: samples) == metrics)
    #expect(half.state == alone.state)
    // The generator has moved on as for the whole batch.
    _ = try procedure.trainingStep(&whole, real: .concatenated([samples, samples]))
    #expect(half.random == whole.random)
  }

  /// A real pair that the discriminator takes for a generated one moves the encoder, and the code counts.
  @Test func pairs() throws {
    let model = try #require(try Self.models()[2] as? BiGAN)
    var training = model.makeTraining(seed: 1)
    let images = images(6) * 2 - 1
    let round = model.procedure.round(images, &training)
    #expect(round.moves.map(\.name) == ["encoder", "generator", "discriminator"])
    #expect(round.moves.allSatisfy { !$0.gradients.isZero })
    let context = Context(model.network, training.state, mode: .inference)
    func scores(_ codes: Tensor) -> Tensor {
      model.procedure.discriminator(images, given: .tensor(codes), in: context).scores
    }
    let codes = model.latents(of: images, in: context)
    #expect(scores(codes) != scores(codes + 1))
    // Where it scores everything 0, nobody knows better than ln 2 a pair.
    for name in training.state.names where name.hasPrefix("discriminator.score") {
      training.state[name] = training.state[name].map { $0 * 0 }
    }
    let ignorant = model.procedure.round(images, &training)
    #expect(abs((ignorant["discriminator_loss"] ?? 0) - 2 * 0.693_147) < 1e-5)
    #expect(abs((ignorant["encoder_loss"] ?? 0) - 0.693_147) < 1e-5)
  }

  /// Each of them learns to reconstruct the built-in digits better than a grey image does, from few steps.
  @Test func learnsTheBuiltInDigits() throws {
    var configuration = VAEGAN.Configuration()
    (configuration.latentSize, configuration.generatorFeatures, configuration.discriminatorFeatures) = (8, 8, 8)
    (configuration.learningRate, configuration.featureWeight, configuration.averageDecay) = (2e-3, 1, nil)
    var other = AlphaGAN.Configuration()
    (other.latentSize, other.generatorFeatures, other.discriminatorFeatures) = (8, 8, 8)
    (other.learningRate, other.averageDecay, other.codeHiddenSize) = (2e-3, nil, 32)
    let digits = BuiltInDigits.make(count: 1000)
    let unseen = BuiltInDigits.make(count: 100, seed: 9)
    func error(_ model: some EncodingGAN, after steps: Int) throws -> Double {
      let trained = try Trainer(model, length: .steps(steps), batchSize: 32, seed: 1).train(on: digits)
      return try #require(model.evaluate(on: TrainingData(unseen), with: trained.state)["squared_error"])
    }
    let pixels = unseen.batch(at: Array(0..<100)).samples
    let variance = Double(pixels.variance().scalar)
    #expect(try error(VAEGAN(configuration), after: 300) < 0.7 * variance)
    #expect(try error(AlphaGAN(other), after: 600) < 0.5 * variance)
  }

  @Test func mistakes() async {
    await #expect(processExitsWith: .failure) {
      final class Shared: Module {
        let encoder = GoldenNetworks.Coder()
        let generator = GoldenNetworks.Decoder()
        let discriminator = GoldenNetworks.Critic()
      }
      let parts = Shared()
      _ = AlphaGANTraining(
        network: Network(parts), encoder: parts.encoder, generator: parts.generator,
        discriminator: parts.discriminator, codeDiscriminator: parts.encoder, prior: NormalPrior(2))
    }
    await #expect(processExitsWith: .failure) {
      let model = try BiGAN()
      let context = Context(model.network, model.makeTraining(seed: 1).state, mode: .inference)
      _ = model.procedure.discriminator(.zeros([1, 28, 28, 1]), given: .none, in: context)
    }
  }
}
