import Datasets
import Evaluation
import LatentTestSupport
import Layers
import Tensor
import Testing
import Training

@testable import Models

@Suite struct FAnoGANTests {
  private static func configuration(_ channels: Int = 1) -> GANConfiguration {
    var configuration = GANConfiguration.wganGP
    (configuration.height, configuration.width, configuration.channels) = (8, 12, channels)
    (configuration.latentSize, configuration.generatorFeatures, configuration.discriminatorFeatures) = (5, 6, 4)
    configuration.discriminatorSteps = 1
    return configuration
  }

  /// A GAN after a few steps, so that its running statistics are not those of the start.
  private static func gan(_ configuration: GANConfiguration = configuration()) throws -> TrainedModel {
    try Trainer(WGANGP(configuration), length: .steps(3), batchSize: 8, seed: 5)
      .train(on: Noise([configuration.height, configuration.width, configuration.channels]))
  }

  private static func model(over gan: TrainedModel, featureWeight: Float = 1) throws -> FAnoGAN {
    var configuration = FAnoGAN.Configuration(try FAnoGAN.configuration(of: gan))
    (configuration.encoderFeatures, configuration.featureWeight) = (4, featureWeight)
    return try FAnoGAN(configuration)
  }

  /// What the names of the golden cases' parameters begin with.
  private final class Parts: Module {
    let encoder = GoldenNetworks.Coder()
    let generator = GoldenNetworks.Decoder()
    let discriminator = GoldenNetworks.Critic()
  }

  @Test("Scores, loss and gradients are those of an independent implementation")
  func golden() throws {
    for golden in try EncodingGolden.cases("fAnoGAN") {
      let parts = Parts()
      let network = Network(parts)
      let procedure = FAnoGANTraining(
        network: network, encoder: parts.encoder, generator: parts.generator, critic: parts.discriminator)
      let (state, samples) = (try golden.state(network), try golden.input("x"))
      let expected = try #require(golden.outputs["score"]).data
      #expect(isClose(procedure.scores(of: samples, with: state), expected, tolerance: 2e-6))
      // A step of plain gradient descent shows the gradient, and that nothing else moves.
      var training = TrainingState(
        state: state, optimizers: [FAnoGANTraining.OptimizerName.encoder: SGD(learningRate: 1)],
        random: RandomGenerator(seed: 1))
      let metrics = try procedure.trainingStep(&training, real: samples)
      #expect(abs(try #require(metrics["loss"]) - (try golden.output("loss"))) < 1e-6)
      for name in network.parameterNames {
        let moved = try #require(state[name]) - (try #require(training.state[name]))
        guard let gradient = golden.gradients[EncodingGolden.name(of: name)]?.data else {
          #expect(moved.maximumMagnitude == 0 && !name.hasPrefix("encoder."), "\(name)")
          continue
        }
        #expect(isClose(moved, gradient, tolerance: 2e-4), "\(name)")
      }
    }
  }

  @Test("Only the encoder learns: generator and critic keep their bits", arguments: [1, 3])
  func frozen(channels: Int) throws {
    let gan = try Self.gan(Self.configuration(channels))
    let model = try Self.model(over: gan)
    let first = try model.initialState(over: gan, seed: 3)
    var trainer = Trainer(model, length: .steps(5), batchSize: 6, seed: 3)
    trainer.initialState = first
    let trained = try trainer.train(on: Noise([8, 12, channels]))
    // The moving average of the generator, and the critic of the last step.
    let averaged = try #require(gan.averaged).state
    for (name, tensor) in averaged.tensors { #expect(trained.state[name] == tensor, "\(name)") }
    let encoder = trained.state.names.filter { $0.hasPrefix("encoder.") }
    #expect(encoder.contains("encoder.trunk.norm.runningMean"))
    for name in encoder { #expect(trained.state[name] != first[name], "\(name)") }
    let images = Noise([8, 12, channels]).batch(at: [1, 2, 3]).samples
    #expect(try trained.scores(of: images) == gan.averaged?.scores(of: images))
    // A score is the sum of its terms, whatever images are beside it.
    let scores = try trained.anomalyScores(of: images)
    let again = try trained.reconstruct(images)
    #expect(again.scalars.allSatisfy { (0...1).contains($0) })
    let context = Context(model.network, trained.state, mode: .inference)
    func features(_ images: Tensor) -> Tensor? {
      model.procedure.critic(images * 2 - 1, given: .none, in: context).features
    }
    let distance = try #require(features(again)) - (try #require(features(images)))
    let expected = (again - images).square().flattened().mean(axes: [1]) * 4 + distance.square().mean(axes: [1])
    #expect((scores - expected).maximumMagnitude < 1e-5)
    #expect((try trained.anomalyScores(of: images[1..<2]) - scores[1..<2]).maximumMagnitude < 1e-6)
    let figures = model.evaluate(on: TrainingData(TensorSet(images)), with: trained.state)
    #expect(abs(try #require(figures["score"]) - Double(scores.mean().scalar)) < 1e-5)
  }

  @Test("Without features, only pixels count, and a critic that tells none will do")
  func pixelsOnly() throws {
    let gan = try Self.gan()
    let model = try Self.model(over: gan, featureWeight: 0)
    let state = try model.initialState(over: gan)
    let images = Noise([8, 12, 1]).batch(at: [1, 2]).samples
    let trained = TrainedModel(model: model, state: state)
    let expected = (try trained.reconstruct(images) - images).square().flattened().mean(axes: [1]) * 4
    #expect((try trained.anomalyScores(of: images) - expected).maximumMagnitude < 1e-6)
    #expect(model.evaluate(on: TrainingData(TensorSet(images)), with: state).entries.map(\.name).count == 2)
    let preview = try #require(try model.preview(with: state, from: TrainingData(TensorSet(images))) { _ in })
    #expect(preview.images.count == 4)
  }

  @Test("One file holds generator, critic and encoder")
  func checkpoint() throws {
    let gan = try Self.gan()
    let model = try Self.model(over: gan)
    let trained = TrainedModel(model: model, state: try model.initialState(over: gan, seed: 2), step: 4)
    let images = Noise([8, 12, 1]).batch(at: [7, 8]).samples
    try withTemporaryFolder { folder in
      try trained.save(to: folder + "/model.safetensors")
      let opened = try ModelRegistry.standard.load(folder + "/model.safetensors")
      #expect((opened.model as? FAnoGAN)?.configuration == model.configuration)
      #expect(try opened.anomalyScores(of: images) == trained.anomalyScores(of: images))
    }
  }

  @Test func errors() throws {
    let gan = try Self.gan()
    let vae = try VAE(VAE.Configuration(latentSize: 2, hiddenSize: 4))
    let other = TrainedModel(model: vae, state: vae.makeTraining(seed: 1).state)
    #expect(throws: CapabilityError.self) { try FAnoGAN(over: other) }
    var larger = Self.configuration()
    larger.latentSize = 6
    let model = try FAnoGAN(FAnoGAN.Configuration(larger))
    #expect(throws: CapabilityError.self) { try model.initialState(over: gan) }
    var configuration = FAnoGAN.Configuration(Self.configuration())
    configuration.gan.conditioning = .projection(classCount: 3)
    #expect(throws: ConfigurationError("f-anogan: the GAN makes images of classes, expected one that is told none")) {
      try FAnoGAN(configuration)
    }
    configuration = FAnoGAN.Configuration(Self.configuration())
    configuration.gan.techniques.packSize = 2
    #expect(throws: ConfigurationError.self) { try FAnoGAN(configuration) }
    configuration = FAnoGAN.Configuration(Self.configuration())
    configuration.featureWeight = -1
    #expect(throws: ConfigurationError.self) { try FAnoGAN(configuration) }
    configuration = FAnoGAN.Configuration(Self.configuration())
    configuration.encoderFeatures = 0
    #expect(throws: ConfigurationError.self) { try FAnoGAN(configuration) }
  }

  @Test("A critic without features is misuse")
  func criticWithoutFeatures() async {
    let result = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      final class Parts: Module {
        let encoder = Dense(from: 6, to: 2)
        let generator = GoldenNetworks.Decoder()
        let critic = DiscriminatorLayer(Dense(from: 6, to: 1))
      }
      let parts = Parts()
      let network = Network(parts)
      var random = RandomGenerator(seed: 1)
      let procedure = FAnoGANTraining(
        network: network, encoder: parts.encoder, generator: parts.generator, critic: parts.critic)
      _ = procedure.scores(of: .ones([2, 6]), with: network.initialState(using: &random))
    }
    expect(result, saysWhy: "FAnoGANTraining: the critic gives no features to compare samples by")
  }

  @Test("Each class is the anomaly once, or all but one are")
  func protocols() throws {
    let digits = BuiltInDigits.make(count: 40)
    let labels = try #require(digits.labels)
    for rule in AnomalyProtocol.allCases {
      let normal = try #require(rule.normal(of: digits, whenTurnOf: 3))
      let kept = try #require(normal.labels)
      #expect(kept.allSatisfy { !rule.isAnomaly($0, whenTurnOf: 3) })
      #expect(kept.count == labels.count { !rule.isAnomaly($0, whenTurnOf: 3) })
    }
    #expect(
      AnomalyProtocol.oneNormal.isAnomaly(2, whenTurnOf: 3) && !AnomalyProtocol.oneHeldOut.isAnomaly(2, whenTurnOf: 3))
    #expect(AnomalyProtocol.oneNormal.normal(of: digits, whenTurnOf: 11) == nil)
  }
}
