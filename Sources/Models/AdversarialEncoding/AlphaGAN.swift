import Datasets
import LatentSystem
import Layers
import Tensor
import Training

/// A variational autoencoder of images in which discriminators of images and of codes stand for the likelihood and for the
/// divergence from the prior.
///
/// ```swift
/// let model = try AlphaGAN()
/// let trained = try Trainer(model, length: .epochs(5), batchSize: 64).train(on: images)
/// ```
///
/// Reference: Rosca, Lakshminarayanan, Warde-Farley and Mohamed, "Variational approaches for auto-encoding generative
/// adversarial networks", arXiv:1706.04987.
public struct AlphaGAN: EncodingGAN {
  public static let kind = "alpha-gan"
  public let configuration: Configuration
  /// The four networks and how they are trained.
  public let procedure: AlphaGANTraining
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
    var procedure = AlphaGANTraining(
      network: game.network, encoder: parts.encoder, generator: parts.generator, discriminator: parts.discriminator,
      codeDiscriminator: parts.codeDiscriminator, prior: prior)
    procedure.reconstructionWeight = configuration.reconstructionWeight
    procedure.fooling = configuration.fooling
    procedure.averageDecay = configuration.averageDecay
    self.procedure = procedure
  }

  public var optimizerNames: [String] {
    typealias Name = AlphaGANTraining.OptimizerName
    return [Name.encoder, Name.generator, Name.discriminator, Name.codeDiscriminator]
  }

  public var discriminatorOptimizerNames: Set<String> {
    [AlphaGANTraining.OptimizerName.discriminator, AlphaGANTraining.OptimizerName.codeDiscriminator]
  }

  public func latents(of images: Tensor, in context: Context) -> Tensor { procedure.encoder(images, in: context) }

  public func trainingStep(_ training: inout TrainingState, real: Tensor) throws -> Metrics {
    try procedure.trainingStep(&training, real: real)
  }

  public func warnings(for trend: TrainingTrend) -> [TrainingWarning] {
    game.warnings(for: trend) + [codesApart(trend)].compactMap { $0 }
  }

  /// The kinds of warnings that this model has beside those of other GANs.
  public enum WarningKind {
    /// Codes of the encoder that are all told from those of the prior.
    public static let codesApart = "codes-apart"
  }

  private func codesApart(_ trend: TrainingTrend) -> TrainingWarning? {
    guard let loss = trend[EncodingMetric.codeLoss], loss < Self.leastCodeLoss else { return nil }
    return TrainingWarning(
      kind: WarningKind.codesApart,
      text: """
        the encoder's codes are all told from those of the prior: the loss of their discriminator is \
        \(DecimalText.significant(loss, digits: 2)), where 1.4 is that of guessing; a smaller weight of the \
        reconstruction or a lower learning rate may help
        """)
  }

  private static let leastCodeLoss = 0.01

  /// What the names of the parameters begin with: `encoder.…`, `generator.…`, `discriminator.…`, `codeDiscriminator.…`.
  private final class Parts: Module {
    let encoder: ImageEncoder
    let generator: ImageGenerator
    let discriminator: ImageDiscriminator
    let codeDiscriminator: CodeDiscriminator

    init(_ configuration: Configuration) {
      encoder = ImageEncoder(configuration.trunk(isNormalized: true), latentSize: configuration.latentSize)
      generator = ImageGenerator(configuration.gan)
      discriminator = ImageDiscriminator(configuration.gan)
      codeDiscriminator = CodeDiscriminator(
        latentSize: configuration.latentSize, hiddenSize: configuration.codeHiddenSize)
    }
  }
}

extension AlphaGAN {
  /// The sizes and choices of an ``AlphaGAN``.
  public struct Configuration: EncodingGANConfiguration, Equatable {
    public var height = 28
    public var width = 28
    public var channels = 1
    public var latentSize = 64
    public var generatorFeatures = 64
    public var discriminatorFeatures = 64
    /// The width of the three hidden layers of the discriminator of codes.
    public var codeHiddenSize = 750
    /// The weight λ of the mean absolute error of a pixel.
    public var reconstructionWeight: Float = 10
    /// What encoder and generator minimize to pass for prior and data.
    public var fooling = FoolingLoss.nonSaturating
    public var optimizer = OptimizerChoice.adam(beta1: 0.5, beta2: 0.9)
    public var learningRate: Float = 2e-4
    public var discriminatorLearningRate: Float?
    public var averageDecay: Float? = 0.999

    /// A model of 28×28 grey digits.
    public init() {}

    func validate() throws {
      try gan.validate(kind: AlphaGAN.kind)
      guard (1...65536).contains(codeHiddenSize) else {
        throw ConfigurationError("\(AlphaGAN.kind): codeHiddenSize is \(codeHiddenSize), expected 1 to 65536")
      }
      guard reconstructionWeight >= 0, reconstructionWeight.isFinite else {
        throw ConfigurationError(
          "\(AlphaGAN.kind): reconstructionWeight is \(reconstructionWeight), expected 0 or more")
      }
    }
  }
}

extension AlphaGAN.Configuration: CustomStringConvertible {
  /// The values by name, in the order of their declaration.
  public var description: String { ConfigurationText.line(self) }
}
