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
}
