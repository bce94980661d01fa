import LatentSystem
import Layers
import Tensor

/// The generator of the reference DCGAN: a dense layer to a quarter of the image size, then two transposed convolutions
/// that double it, with batch normalization and rectifiers between them.
///
/// Reference: Radford, Metz and Chintala, arXiv:1511.06434, at the sizes of MNIST.
public final class ImageGenerator: Layer {
  /// Latents to features at a quarter of the image size.
  public let project: Dense
  /// Normalizes them.
  public let projectNorm: BatchNorm
  /// To half the image size.
  public let enlarge: ConvTranspose2D
  /// Normalizes them.
  public let enlargeNorm: BatchNorm
  /// To pixels.
  public let paint: ConvTranspose2D
  private let projectedShape: [Int]

  /// A generator of images of the configured size.
  /// - Precondition: the configuration is one that ``DCGAN`` accepts: height and width are multiples of 4.
  public init(_ configuration: GANConfiguration) {
    configuration.requireWholeQuarters("ImageGenerator")
    let features = configuration.generatorFeatures
    projectedShape = [configuration.height / 4, configuration.width / 4, 2 * features]
    project = Dense(
      from: configuration.latentSize, to: projectedShape.reduce(1, *), hasBias: false, initializer: .ganWeight)
    projectNorm = .ofGAN(2 * features)
    enlarge = ConvTranspose2D(
      from: 2 * features, to: features, kernelSize: 4, stride: 2, padding: 1, hasBias: false, initializer: .ganWeight)
    enlargeNorm = .ofGAN(features)
    paint = ConvTranspose2D(
      from: features, to: configuration.channels, kernelSize: 4, stride: 2, padding: 1, initializer: .ganWeight,
      biasInitializer: .uniformByFanIn)
  }

  /// `[N, latentSize]` → `[N, H, W, C]` in -1...1.
  public func callAsFunction(_ latents: Tensor, in context: Context) -> Tensor {
    let projected = project(latents, in: context).reshaped(
      to: Tensor.Shape(projectedShape).prepending(latents.shape[0]))
    let small = projectNorm(projected, in: context).relu()
    let large = enlargeNorm(enlarge(small, in: context), in: context).relu()
    return paint(large, in: context).tanh()
  }
}

/// The discriminator of the reference DCGAN, and without normalization the critic of the reference WGAN-GP: two
/// convolutions that halve the image, with leaky rectifiers, and a dense layer to one score.
public final class ImageDiscriminator: Layer {
  /// To half the image size.
  public let shrink: Conv2D
  /// To a quarter of it.
  public let shrinkAgain: Conv2D
  /// Normalizes its features, if they are.
  public let norm: (any Layer)?
  /// Features to a score.
  public let score: Dense

  /// A discriminator of images of the configured size.
  /// - Precondition: the configuration is one that ``DCGAN`` accepts: height and width are multiples of 4.
  public init(_ configuration: GANConfiguration) {
    configuration.requireWholeQuarters("ImageDiscriminator")
    let features = configuration.discriminatorFeatures
    let (height, width) = (configuration.height / 4, configuration.width / 4)
    let transforms: [WeightTransform] = configuration.normalization == .spectral ? [.spectralNorm()] : []
    norm = configuration.normalization.layer(height: height, width: width, channels: 2 * features)
    shrink = Conv2D(
      from: configuration.channels, to: features, kernelSize: 4, stride: 2, padding: 1, initializer: .ganWeight,
      biasInitializer: .uniformByFanIn, transforms: transforms)
    // A normalization of each channel would take its bias away again.
    let isEachChannelCentred = configuration.normalization == .batch || configuration.normalization == .instance
    shrinkAgain = Conv2D(
      from: features, to: 2 * features, kernelSize: 4, stride: 2, padding: 1, hasBias: !isEachChannelCentred,
      initializer: .ganWeight, biasInitializer: .uniformByFanIn, transforms: transforms)
    score = Dense(
      from: height * width * 2 * features, to: 1, initializer: .ganWeight, biasInitializer: .uniformByFanIn,
      transforms: transforms)
  }

  /// `[N, H, W, C]` in -1...1 → scores `[N]`.
  public func callAsFunction(_ images: Tensor, in context: Context) -> Tensor {
    let half = shrink(images, in: context).leakyReLU(slope: Self.slope)
    let quarter = shrinkAgain(half, in: context)
    let features = (norm.map { $0(quarter, in: context) } ?? quarter).leakyReLU(slope: Self.slope)
    return score(features.flattened(), in: context).squeezed(axis: 1)
  }

  private static let slope: Float = 0.2
}

extension GANConfiguration {
  fileprivate func requireWholeQuarters(_ module: StaticString) {
    require(
      height % 4 == 0 && width % 4 == 0 && height > 0 && width > 0,
      "\(module): an image of \(height)×\(width); it is halved twice, so height and width must be multiples of 4")
  }
}

extension DiscriminatorNormalization {
  /// The layer that normalizes features `[N, height, width, channels]`, if there is one.
  fileprivate func layer(height: Int, width: Int, channels: Int) -> (any Layer)? {
    switch self {
    case .batch: BatchNorm.ofGAN(channels)
    case .layer: LayerNorm([height, width, channels])
    case .instance: InstanceNorm(channels)
    case .spectral, .none: nil
    }
  }
}

extension Initializer {
  /// The first weights of both networks (arXiv:1511.06434, section 4).
  fileprivate static var ganWeight: Initializer { .normal(standardDeviation: 0.02) }
}

extension BatchNorm {
  /// Batch normalization whose scales start around 1.
  fileprivate static func ofGAN(_ channels: Int) -> BatchNorm {
    BatchNorm(channels, scaleInitializer: .normal(mean: 1, standardDeviation: 0.02))
  }
}
