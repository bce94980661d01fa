import Datasets
import Evaluation
import Layers
import Models
import Tensor
import Testing
import Training

/// Scores of strangeness by all that they can be told from.
@Suite struct AnomalyDetectionTests {
  /// Models of 8×8 pixels, of which none has learned anything.
  enum Untrained: String, CaseIterable {
    case vae, gan
    case fAnoGAN = "f-anogan"
    case made
    case pixelCNN = "pixelcnn"

    /// What it can tell scores from.
    var evidence: [AnomalyEvidence] {
      switch self {
      case .vae: [.model, .likelihood, .reconstruction]
      case .gan: [.discriminator]
      case .fAnoGAN: [.model, .reconstruction, .discriminator]
      case .made, .pixelCNN: [.model, .likelihood]
      }
    }

    func model() throws -> TrainedModel {
      func begun(_ model: some GenerativeModel) -> TrainedModel {
        TrainedModel(model: model, state: model.makeTraining(seed: 1).state)
      }
      switch self {
      case .vae: return begun(try AnomalyDetectionTests.vae())
      case .gan: return begun(try WGANGP(AnomalyDetectionTests.ganConfiguration()))
      case .fAnoGAN:
        let model = try AnomalyDetectionTests.fAnoGAN()
        return TrainedModel(model: model, state: try model.initialState(over: Untrained.gan.model(), seed: 2))
      case .made: return begun(try AnomalyDetectionTests.made())
      case .pixelCNN:
        return begun(
          try PixelCNN(
            PixelCNN.Configuration(
              height: 8, width: 8, features: 6, layerCount: 2, firstKernelSize: 5, headFeatures: 5)))
      }
    }
  }

  private static func vae() throws -> VAE {
    try VAE(VAE.Configuration(height: 8, width: 8, latentSize: 3, hiddenSize: 21))
  }

  private static func ganConfiguration(_ discriminatorFeatures: Int = 4) -> GANConfiguration {
    var configuration = GANConfiguration.wganGP
    (configuration.height, configuration.width, configuration.latentSize) = (8, 8, 3)
    (configuration.generatorFeatures, configuration.discriminatorFeatures) = (6, discriminatorFeatures)
    return configuration
  }

  private static func fAnoGAN() throws -> FAnoGAN {
    var configuration = FAnoGAN.Configuration(ganConfiguration())
    configuration.encoderFeatures = 4
    return try FAnoGAN(configuration)
  }

  private static func made() throws -> MADE {
    try MADE(MADE.Configuration(height: 8, width: 8, hiddenSizes: [16]))
  }

  // MARK: Of each image alone

  @Test("A score does not depend on the images beside it, to the last bit", arguments: Untrained.allCases)
  func alone(_ kind: Untrained) throws {
    let trained = try kind.model()
    for evidence in kind.evidence {
      func scores(_ count: Int) throws -> [Double] {
        try trained.anomalyScores(of: Noise([8, 8, 1], count: count), by: evidence, draws: 3, seed: 4)
      }
      let (all, first) = (try scores(12), try scores(5))
      #expect(first == Array(all.prefix(5)), "\(evidence)")
      // No two images have the same score, so that each is that of its own image.
      #expect(all.count == 12 && Set(all).count == 12, "\(evidence): \(all)")
    }
  }

  @Test("All that scores can be told from is tested") func complete() {
    #expect(Set(Untrained.allCases.flatMap(\.evidence)) == Set(AnomalyEvidence.allCases))
  }

  // MARK: Strange images have the higher score

  /// Images that are bright above and dark below, each a little otherwise: `[count, 8, 8, 1]`.
  private static func usual(_ count: Int, seed: UInt64) -> Tensor {
    var random = RandomGenerator(seed: seed)
    let noise = Tensor.uniform([count, 8, 8, 1], using: &random) * 0.1
    return .concatenated([1 - noise[.all, 0..<4], noise[.all, 4..<8]], axis: 1)
  }

  /// White noise: `[count, 8, 8, 1]`.
  private static func noise(_ count: Int) -> Tensor {
    var random = RandomGenerator(seed: 7)
    return .uniform([count, 8, 8, 1], using: &random)
  }

  /// Expects a higher score of each of the `strange` images than of any of the `usual` ones.
  private func expectHigher(
    _ trained: TrainedModel, _ evidence: AnomalyEvidence, of strange: Tensor, than usual: Tensor
  ) throws {
    let images = TensorSet(.concatenated([usual, strange]))
    let scores = try trained.anomalyScores(of: images, by: evidence, seed: 1)
    try #require(scores.count == images.count)
    let (ofUsual, ofStrange) = (scores[..<usual.shape[0]], scores[usual.shape[0]...])
    #expect(
      try #require(ofStrange.min()) > #require(ofUsual.max()),
      "\(evidence): \(ofStrange) of strange images, \(ofUsual) of usual ones")
  }

  @Test("What was not learned is reconstructed badly, and its bound is lower") func afterTrainingOfAVAE() throws {
    let trained = try Trainer(Self.vae(), length: .steps(200), batchSize: 16, seed: 1, learningRate: 1e-2)
      .train(on: TensorSet(Self.usual(64, seed: 1)))
    let unseen = Self.usual(8, seed: 2)
    for evidence in [AnomalyEvidence.model, .likelihood, .reconstruction] {
      try expectHigher(trained, evidence, of: 1 - unseen, than: unseen)
      try expectHigher(trained, evidence, of: Self.noise(8), than: unseen)
    }
  }

  @Test("What was not learned is improbable") func afterTrainingOfAMADE() throws {
    let trained = try Trainer(Self.made(), length: .steps(200), batchSize: 16, seed: 1, learningRate: 1e-2)
      .train(on: TensorSet(Self.usual(64, seed: 1)))
    let unseen = Self.usual(8, seed: 2)
    for evidence in [AnomalyEvidence.model, .likelihood] {
      try expectHigher(trained, evidence, of: 1 - unseen, than: unseen)
      try expectHigher(trained, evidence, of: Self.noise(8), than: unseen)
    }
  }

  /// A discriminator that takes brightness for real: each weight is one over the number of a unit's inputs. Rectifiers leave
  /// a fifth of what is below 0, twice.
  @Test("What the discriminator does not take for real is strange") func discriminator() throws {
    let gan = try WGANGP(Self.ganConfiguration(1))
    var state = gan.makeTraining(seed: 1).state
    for name in state.names where name.hasPrefix("discriminator.") {
      state[name] = state[name].map { .zeros(like: $0) }
    }
    for (name, inputs) in [("shrink", 16), ("shrinkAgain", 16), ("score", 8)] as [(String, Float)] {
      let weight = "discriminator.\(name).weight"
      state[weight] = try #require(state[weight]) * 0 + 1 / inputs
    }
    let trained = TrainedModel(model: gan, state: state)
    let levels: [Float] = [1, 0.5, 0]
    let images = Tensor.stacked(levels.map { Tensor(repeating: $0, shape: [8, 8, 1]) })
    let scores = try trained.anomalyScores(of: TensorSet(images), by: .discriminator)
    // Of the 4 taps along an axis 3, 4, 4 and 3 are inside at the first halving; 3 of these four numbers at either place
    // of the second, where they sum to 11. Two features at four places have the weight ⅛ each.
    let white = 121.0 / 256
    for (score, expected) in zip(scores, [-white, 0, 0.04 * white]) { #expect(abs(score - expected) < 1e-6) }
    let bright = 1 - Self.noise(4) * 0.2
    try expectHigher(trained, .discriminator, of: 1 - bright, than: bright)
  }

  /// A generator that makes one image only, nearly black, whatever the encoder says.
  @Test("What the generator cannot make is strange") func generator() throws {
    let model = try Self.fAnoGAN()
    var state = try model.initialState(over: Untrained.gan.model(), seed: 2)
    state["generator.paint.weight"] = state["generator.paint.weight"].map { .zeros(like: $0) }
    state["generator.paint.bias"] = Tensor([-2])
    let trained = TrainedModel(model: model, state: state)
    let dark = Self.noise(8) * 0.1
    #expect(try trained.reconstruct(dark).max().scalar < 0.02)
    for evidence in [AnomalyEvidence.model, .reconstruction] {
      try expectHigher(trained, evidence, of: 1 - dark, than: dark)
      try expectHigher(trained, evidence, of: Self.noise(8), than: dark)
    }
  }
}
