import Datasets
import LatentSystem
import Layers
import Tensor

/// The generator of the reference DCGAN: a dense layer to a quarter of the image size, then two transposed convolutions
/// that double it, with batch normalization and rectifiers between them.
///
/// With classes, the class stands beside the latent as a one-hot vector, and the normalization's scales and offsets are
/// those of the class.
///
/// Reference: Radford, Metz and Chintala, arXiv:1511.06434, at the sizes of MNIST.
public final class ImageGenerator: Generator {
  /// Latents to features at a quarter of the image size.
  public let project: Dense
  /// Normalizes them.
  public let projectNorm: any Module
  /// To half the image size.
  public let enlarge: ConvTranspose2D
  /// Normalizes them.
  public let enlargeNorm: any Module
  /// To pixels.
  public let paint: ConvTranspose2D
  private let projectedShape: [Int]
  private let classCount: Int?

  /// A generator of images of the configured size.
  /// - Precondition: the configuration is one that ``DCGAN`` accepts: height and width are multiples of 4.
  public init(_ configuration: GANConfiguration) {
    configuration.requireWholeQuarters("ImageGenerator")
    let features = configuration.generatorFeatures
    let classCount = configuration.conditioning.classCount
    projectedShape = [configuration.height / 4, configuration.width / 4, 2 * features]
    project = Dense(
      from: configuration.latentSize + (classCount ?? 0), to: projectedShape.reduce(1, *), hasBias: false,
      initializer: .ganWeight)
    projectNorm = Self.norm(2 * features, classCount)
    enlarge = ConvTranspose2D(
      from: 2 * features, to: features, kernelSize: 4, stride: 2, padding: 1, hasBias: false, initializer: .ganWeight)
    enlargeNorm = Self.norm(features, classCount)
    paint = ConvTranspose2D(
      from: features, to: configuration.channels, kernelSize: 4, stride: 2, padding: 1, initializer: .ganWeight,
      biasInitializer: .uniformByFanIn)
    self.classCount = classCount
  }

  /// `[N, latentSize]` → `[N, H, W, C]` in -1...1.
  /// - Precondition: with classes, the condition is a label for each latent.
  public func callAsFunction(_ latents: Tensor, given condition: Condition, in context: Context) -> Tensor {
    var (input, labels) = (latents, [Int]())
    if let classCount {
      labels = condition.labels ?? []
      require(
        labels.count == latents.shape[0],
        "ImageGenerator: \(labels.count) labels for \(latents.shape[0]) latents; one is needed for each")
      input = .concatenated([latents, .oneHot(labels, classCount: classCount)], axis: 1)
    }
    let projected = project(input, in: context)
      .reshaped(to: Tensor.Shape([latents.shape[0]] + projectedShape))
    let small = Self.normalize(projected, projectNorm, labels, context).relu()
    let large = Self.normalize(enlarge(small, in: context), enlargeNorm, labels, context).relu()
    return paint(large, in: context).tanh()
  }

  private static func norm(_ channels: Int, _ classCount: Int?) -> any Module {
    guard let classCount else { return BatchNorm.ofGAN(channels) }
    return ConditionalBatchNorm(
      channels, classCount: classCount, scaleInitializer: .normal(mean: 1, standardDeviation: 0.02))
  }

  private static func normalize(_ input: Tensor, _ norm: any Module, _ labels: [Int], _ context: Context) -> Tensor {
    switch norm {
    case let norm as BatchNorm: norm(input, in: context)
    case let norm as ConditionalBatchNorm: norm(input, labels: labels, in: context)
    default: fatalError("ImageGenerator: a \(type(of: norm)) is no normalization")
    }
  }
}

/// The discriminator of the reference DCGAN, and without normalization the critic of the reference WGAN-GP: two
/// convolutions that halve the image, with leaky rectifiers, and a dense layer to one score.
///
/// With classes it tells in one of two ways what it thinks of a sample as one of its class: the score gains a product of
/// the features with a vector of the class, or a head names the class.
public final class ImageDiscriminator: Discriminator {
  /// To half the image size.
  public let shrink: Conv2D
  /// To a quarter of it.
  public let shrinkAgain: Conv2D
  /// Normalizes its features, if they are.
  public let norm: (any Layer)?
  /// Features to a score.
  public let score: Dense
  /// A vector for each class, whose product with the features is added to the score. Reference: Miyato and Koyama, "cGANs
  /// with projection discriminator", arXiv:1802.05637, equation 3.
  public let projection: Embedding?
  /// Features to logits of classes. Reference: Odena et al., arXiv:1610.09585, section 3.
  public let classifier: Dense?

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
    let featureCount = height * width * 2 * features
    score = Dense(
      from: featureCount, to: 1, initializer: .ganWeight, biasInitializer: .uniformByFanIn, transforms: transforms)
    var (projection, classifier): (Embedding?, Dense?) = (nil, nil)
    switch configuration.conditioning {
    case .none: break
    case .projection(let classes):
      projection = Embedding(count: classes, size: featureCount, initializer: .ganWeight, transforms: transforms)
    case .auxiliary(let classes, _):
      classifier = Dense(
        from: featureCount, to: classes, initializer: .ganWeight, biasInitializer: .uniformByFanIn)
    }
    (self.projection, self.classifier) = (projection, classifier)
  }

  /// `[N, H, W, C]` in -1...1 → scores `[N]`, features `[N, features]`, and with a classifier the head
  /// ``AuxiliaryClassifier/head`` `[N, classes]`.
  /// - Precondition: with a projection, the condition is a label for each image.
  public func callAsFunction(_ images: Tensor, given condition: Condition, in context: Context) -> DiscriminatorOutput {
    let half = shrink(images, in: context).leakyReLU(slope: Self.slope)
    let quarter = shrinkAgain(half, in: context)
    let features = (norm.map { $0(quarter, in: context) } ?? quarter).leakyReLU(slope: Self.slope).flattened()
    var scores = score(features, in: context).squeezed(axis: 1)
    if let projection {
      let labels = condition.labels ?? []
      require(
        labels.count == images.shape[0],
        "ImageDiscriminator: \(labels.count) labels for \(images.shape[0]) images; one is needed for each")
      scores = scores + (projection(labels, in: context) * features).sum(axes: [1])
    }
    let heads = classifier.map { [AuxiliaryClassifier.head: $0(features, in: context)] } ?? [:]
    return DiscriminatorOutput(scores: scores, features: features, heads: heads)
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
