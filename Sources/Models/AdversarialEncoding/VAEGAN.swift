import Datasets
import Layers
import Tensor
import Training

/// A variational autoencoder of images whose reconstructions are compared in the features of a discriminator, and whose
/// decoder is the generator of a GAN.
///
/// ```swift
/// let model = try VAEGAN()
/// let trained = try Trainer(model, length: .epochs(5), batchSize: 64).train(on: images)
/// let again = try trained.reconstruct(images)
/// ```
///
/// The features are those after the second convolution of the discriminator and its activation.
///
/// Reference: Larsen, Sønderby, Larochelle and Winther, "Autoencoding beyond pixels using a learned similarity metric",
/// arXiv:1512.09300.
public struct VAEGAN: EncodingGAN {
  public static let kind = "vae-gan"
  public let configuration: Configuration
  /// The three networks and how they are trained.
  public let procedure: VAEGANTraining
  public let game: AdversarialTraining

  /// A model of the given sizes and choices.
  /// - Throws: ``ConfigurationError`` if a value is out of range.
  public init(_ configuration: Configuration = Configuration()) throws {
    try configuration.validate()
    self.configuration = configuration
    let parts = Parts(configuration)
    let prior = NormalPrior(configuration.latentSize)
    game = AdversarialTraining(
      network: Network(parts), generator: parts.generator, discriminator: parts.discriminator, prior: prior)
    var procedure = VAEGANTraining(
      network: game.network, encoder: parts.encoder, generator: parts.generator, discriminator: parts.discriminator,
      prior: prior)
    procedure.featureWeight = configuration.featureWeight
    procedure.divergenceWeight = configuration.divergenceWeight ?? 1
    procedure.reconstructionWeight = configuration.reconstructionShare
    procedure.sampleWeight = 1 - configuration.reconstructionShare
    procedure.equilibrium = configuration.equilibrium
    procedure.averageDecay = configuration.averageDecay
    self.procedure = procedure
  }

  public var optimizerNames: [String] {
    typealias Name = VAEGANTraining.OptimizerName
    return [Name.encoder, Name.generator, Name.discriminator]
  }

  public func latents(of images: Tensor, in context: Context) -> Tensor {
    procedure.encoder.posterior(of: images, given: .none, in: context).center
  }

  public func trainingStep(_ training: inout TrainingState, real: Tensor) throws -> Metrics {
    try procedure.trainingStep(&training, real: real)
  }

  public func warnings(for trend: TrainingTrend) -> [TrainingWarning] {
    let collapse = trend.posteriorCollapse(
      of: EncodingMetric.divergence, advice: "a lower learning rate may help")
    return game.warnings(for: trend) + [collapse].compactMap { $0 }
  }

  /// What the names of the parameters begin with: `encoder.…`, `generator.…`, `discriminator.…`.
  private final class Parts: Module {
    let encoder: GaussianEncoder
    let generator: ImageGenerator
    let discriminator: ImageDiscriminator

    init(_ configuration: Configuration) {
      let trunk = configuration.trunk(isNormalized: true)
      encoder = GaussianEncoder(
        body: trunk, mean: .ofGAN(from: trunk.featureCount, to: configuration.latentSize),
        logVariance: .ofGAN(from: trunk.featureCount, to: configuration.latentSize),
        logVarianceRange: VAE.logVarianceRange)
      generator = ImageGenerator(configuration.gan)
      discriminator = ImageDiscriminator(configuration.gan)
    }
  }
}

extension VAEGAN {
  /// The sizes and choices of a ``VAEGAN``.
  public struct Configuration: EncodingGANConfiguration, Equatable {
    public var height = 28
    public var width = 28
    public var channels = 1
    public var latentSize = 64
    public var generatorFeatures = 64
    public var discriminatorFeatures = 64
    /// The weight γ of the distance of features in the generator's loss; in the encoder's it counts once.
    public var featureWeight: Float = 0.1
    /// The weight β of the divergence in the encoder's loss; 1 if nil.
    public var divergenceWeight: Float?
    /// How much of the generated samples in the adversarial loss are reconstructions, in 0...1; the rest are samples of the
    /// prior.
    public var reconstructionShare: Float = 0.5
    /// Who moves; both always if nil.
    public var equilibrium: Equilibrium? = Equilibrium()
    public var optimizer = OptimizerChoice.adam(beta1: 0.5, beta2: 0.999)
    public var learningRate: Float = 2e-4
    public var discriminatorLearningRate: Float?
    public var averageDecay: Float? = 0.999

    /// A model of 28×28 grey digits.
    public init() {}

    func validate() throws {
      try gan.validate(kind: VAEGAN.kind)
      func check(_ condition: Bool, _ text: @autoclosure () -> String) throws {
        if !condition { throw ConfigurationError("\(VAEGAN.kind): \(text())") }
      }
      try check(
        featureWeight >= 0 && featureWeight.isFinite, "featureWeight is \(featureWeight), expected 0 or more")
      if let divergenceWeight {
        try check(
          divergenceWeight >= 0 && divergenceWeight.isFinite,
          "divergenceWeight is \(divergenceWeight), expected 0 or more")
      }
      try check(
        (0...1).contains(reconstructionShare), "reconstructionShare is \(reconstructionShare), expected 0 to 1")
      do { try equilibrium?.validate() } catch let error as ConfigurationError { try check(false, error.description) }
    }
  }
}

extension VAEGAN.Configuration: CustomStringConvertible {
  /// The values by name, in the order of their declaration.
  public var description: String { ConfigurationText.line(self) }
}
