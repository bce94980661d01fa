import Datasets
import LatentSystem
import Layers
import Tensor

/// A GAN of images, whose kinds differ in what their configuration is by default.
///
/// A program's own kind needs a name, and an initializer that makes its procedure with
/// ``AdversarialTraining/init(_:kind:)``; all else is here.
public protocol ConvolutionalGAN: GenerativeModel where Configuration == GANConfiguration {
  /// The two networks and how they are trained.
  var procedure: AdversarialTraining { get }
}

extension ConvolutionalGAN {
  public var network: Network { procedure.network }
  public var imageShape: Tensor.Shape { [configuration.height, configuration.width, configuration.channels] }
  public var batchesPerStep: Int { configuration.discriminatorSteps }

  public func makeOptimizers(learningRate: Float?) -> [String: any Optimizer] {
    let rate = learningRate ?? configuration.learningRate
    let ratio = (configuration.discriminatorLearningRate ?? configuration.learningRate) / configuration.learningRate
    return [
      AdversarialTraining.OptimizerName.generator: configuration.optimizer.makeCheckedOptimizer(learningRate: rate),
      AdversarialTraining.OptimizerName.discriminator: configuration.optimizer.makeCheckedOptimizer(
        learningRate: rate * ratio),
    ]
  }

  public func trainingStep(_ nextBatch: () -> Batch, _ training: inout TrainingState) throws -> Metrics {
    try procedure.step(&training) { Self.signed(nextBatch().images) }
  }

  public func warnings(for recent: Metrics) -> [TrainingWarning] { procedure.warnings(for: recent) }

  public func sample(_ count: Int, from state: State, using generator: inout RandomGenerator) -> Tensor {
    generate(.normal([count, configuration.latentSize], using: &generator), state)
  }

  /// The image of each latent: `[N, latentSize]` → `[N, H, W, C]` in 0...1. Latents are standard normal; images of
  /// latents on the way from one to another interpolate between them.
  public func generate(_ latents: Tensor, _ state: State) -> Tensor {
    require(
      latents.rank == 2 && latents.shape[1] == configuration.latentSize,
      "generate: latents of shape \(latents.shape), expected [N, \(configuration.latentSize)]")
    return (procedure.generator(latents, in: Context(network, state, mode: .inference)) + 1) * 0.5
  }

  /// The discriminator's score of each image, the higher the more it takes it for real: `[N, H, W, C]` in 0...1 → `[N]`.
  public func scores(_ images: Tensor, _ state: State) -> Tensor {
    require(
      images.rank == 4 && Array(images.shape.sizes.dropFirst()) == imageShape.sizes,
      "scores: images of shape \(images.shape), expected [N] + \(imageShape)")
    return procedure.discriminator(Self.signed(images), in: Context(network, state, mode: .inference))
  }

  /// Pixels in 0...1 as the networks see them, in -1...1.
  private static func signed(_ images: Tensor) -> Tensor { images * 2 - 1 }
}

extension AdversarialTraining {
  /// The reference networks of a configuration, and its choices.
  /// - Parameters:
  ///   - configuration: of the networks, and how they are trained.
  ///   - kind: the model's name, for messages.
  /// - Throws: ``ConfigurationError`` if a value is out of range or two do not go together.
  public init(_ configuration: GANConfiguration, kind: String) throws {
    try configuration.validate(kind: kind)
    let parts = GANParts(configuration)
    self.init(
      network: Network(parts), generator: parts.generator, discriminator: parts.discriminator,
      latentSize: configuration.latentSize)
    loss = configuration.loss
    regularizer = configuration.regularizer
    discriminatorSteps = configuration.discriminatorSteps
    labelSmoothing = configuration.labelSmoothing
    averageDecay = configuration.averageDecay
  }
}

/// What the names of the parameters begin with: `generator.…`, `discriminator.…`.
private final class GANParts: Module {
  let generator: ImageGenerator
  let discriminator: ImageDiscriminator

  init(_ configuration: GANConfiguration) {
    generator = ImageGenerator(configuration)
    discriminator = ImageDiscriminator(configuration)
  }
}
