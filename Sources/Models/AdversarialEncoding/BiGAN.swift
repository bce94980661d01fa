import Datasets
import Layers
import Tensor
import Training

/// A GAN of images whose discriminator sees pairs of an image and its code, so that an encoder learns the inverse of the
/// generator without any distance between images.
///
/// ```swift
/// let model = try BiGAN()
/// let trained = try Trainer(model, length: .epochs(5), batchSize: 64).train(on: images)
/// ```
///
/// Reconstructions are images alike in kind, a digit in another hand, rather than copies.
///
/// Reference: Donahue, Krähenbühl and Darrell, "Adversarial feature learning", arXiv:1605.09782; Dumoulin et al.,
/// "Adversarially learned inference", arXiv:1606.00704.
public struct BiGAN: EncodingGAN {
  public static let kind = "bigan"
  public let configuration: Configuration
  /// The three networks and how they are trained.
  public let procedure: BiGANTraining
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
    var procedure = BiGANTraining(
      network: game.network, encoder: parts.encoder, generator: parts.generator, discriminator: parts.discriminator,
      prior: prior)
    procedure.averageDecay = configuration.averageDecay
    self.procedure = procedure
  }

  public var optimizerNames: [String] {
    typealias Name = BiGANTraining.OptimizerName
    return [Name.encoder, Name.generator, Name.discriminator]
  }

  public func latents(of images: Tensor, in context: Context) -> Tensor { procedure.encoder(images, in: context) }

  public func trainingStep(_ training: inout TrainingState, real: Tensor) throws -> Metrics {
    try procedure.trainingStep(&training, real: real)
  }

  /// The scores of images with their codes: `[N, H, W, C]` → `[N]`.
  public func scores(of images: Tensor, given condition: Condition, with state: State) -> Tensor {
    let context = Context(network, state, mode: .inference)
    let images = images.signedPixels
    return procedure.discriminator(images, given: .tensor(latents(of: images, in: context)), in: context).scores
  }

  /// What the names of the parameters begin with: `encoder.…`, `generator.…`, `discriminator.…`.
  private final class Parts: Module {
    let encoder: ImageEncoder
    let generator: ImageGenerator
    let discriminator: PairDiscriminator

    init(_ configuration: Configuration) {
      encoder = ImageEncoder(configuration.trunk(isNormalized: true), latentSize: configuration.latentSize)
      generator = ImageGenerator(configuration.gan)
      discriminator = PairDiscriminator(
        configuration.trunk(isNormalized: false), latentSize: configuration.latentSize,
        hiddenSize: configuration.pairHiddenSize)
    }
  }
}

extension BiGAN {
  /// The sizes and choices of a ``BiGAN``.
  public struct Configuration: EncodingGANConfiguration, Equatable {
    public var height = 28
    public var width = 28
    public var channels = 1
    public var latentSize = 64
    public var generatorFeatures = 64
    public var discriminatorFeatures = 64
    /// How many features the discriminator has of a code, and of a pair.
    public var pairHiddenSize = 512
    public var optimizer = OptimizerChoice.adam(beta1: 0.5, beta2: 0.999)
    public var learningRate: Float = 2e-4
    public var discriminatorLearningRate: Float?
    public var averageDecay: Float? = 0.999

    /// A model of 28×28 grey digits.
    public init() {}

    func validate() throws {
      try gan.validate(kind: BiGAN.kind)
      guard (1...65536).contains(pairHiddenSize) else {
        throw ConfigurationError("\(BiGAN.kind): pairHiddenSize is \(pairHiddenSize), expected 1 to 65536")
      }
    }
  }
}

extension BiGAN.Configuration: CustomStringConvertible {
  /// The values by name, in the order of their declaration.
  public var description: String { ConfigurationText.line(self) }
}
