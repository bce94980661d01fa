import Datasets
import LatentSystem
import Layers
import Tensor

/// The discriminator of the reference DCGAN, and without normalization the critic of the reference WGAN-GP: two
/// convolutions that halve the image, with leaky rectifiers, and a dense layer to one score. Images whose shorter side
/// has more than 32 pixels are halved further, to 8 positions or fewer where the size allows.
///
/// It may be told how the samples of a batch differ, by channels and features that compare them. In use, a sample is
/// judged as if it were alone.
///
/// With classes it tells in one of two ways what it thinks of a sample as one of its class: the score gains a product of
/// the features with a vector of the class, or a head names the class.
public final class ImageDiscriminator: Discriminator, ShrinkingImages {
  /// To half the image size.
  public let shrink: Conv2D
  /// To a quarter of it.
  public let shrinkAgain: Conv2D
  /// Normalizes its features, if they are.
  public let norm: (any Layer)?
  /// Halve larger images further.
  public let further: [ShrinkingStage]
  /// Adds a channel that tells how the samples of a batch differ, if that is chosen.
  public let deviation: MinibatchStandardDeviation?
  /// Adds features that tell how close a sample is to the others of its batch, if that is chosen.
  public let minibatch: MinibatchDiscrimination?
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
    let features = configuration.discriminatorFeatures
    let normalization = configuration.normalization
    let pyramid = ConvolutionPyramid(
      height: configuration.height, width: configuration.width, features: features, module: "ImageDiscriminator")
    let transforms: [WeightTransform] = normalization == .spectral ? [.spectralNorm()] : []
    (shrink, shrinkAgain, norm, further) = Self.convolutions(
      pyramid, from: configuration.channels * configuration.techniques.packSize,
      isCentred: normalization == .batch || normalization == .instance, transforms: transforms
    ) { halvings in
      normalization.layer(
        height: configuration.height >> halvings, width: configuration.width >> halvings, channels: 2 * features)
    }
    let (height, width) = (pyramid.mapShape[0], pyramid.mapShape[1])
    let featureCount = pyramid.mapShape.reduce(1, *)
    deviation = configuration.techniques.hasMinibatchDeviation ? MinibatchStandardDeviation() : nil
    let judgedCount = featureCount + (deviation.map { height * width * $0.newChannels } ?? 0)
    minibatch = configuration.techniques.hasMinibatchDiscrimination ? MinibatchDiscrimination(judgedCount) : nil
    score = .ofGAN(from: judgedCount + (minibatch?.rows ?? 0), to: 1, transforms: transforms)
    var (projection, classifier): (Embedding?, Dense?) = (nil, nil)
    switch configuration.conditioning {
    case .none: break
    case .projection(let classes):
      projection = Embedding(count: classes, size: featureCount, initializer: .ganWeight, transforms: transforms)
    case .auxiliary(let classes, _):
      classifier = .ofGAN(from: featureCount, to: classes)
    }
    (self.projection, self.classifier) = (projection, classifier)
  }

  /// `[N, H, W, C]` in -1...1, or packs of such, → scores `[N]`, features `[N, features]`, and with a classifier the head
  /// ``AuxiliaryClassifier/head`` `[N, classes]`. Features are those of a sample alone.
  /// - Precondition: with a projection, the condition is a label for each image.
  public func callAsFunction(_ images: Tensor, given condition: Condition, in context: Context) -> DiscriminatorOutput {
    let map = context.output(of: shrinkingLayers(.leakyReLU(slope: Self.slope)), for: images)
    let features = map.flattened()
    var scores = score(compared(map, features, in: context), in: context).squeezed(axis: 1)
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

  /// What the score is made of: features, and how they differ from those of the other samples.
  private func compared(_ map: Tensor, _ features: Tensor, in context: Context) -> Tensor {
    let isAlone = context.mode == .inference
    let deviation = isAlone && deviation != nil ? MinibatchStandardDeviation(groupSize: 1) : deviation
    let result = deviation.map { $0(map, in: context).flattened() } ?? features
    guard let minibatch else { return result }
    return isAlone
      ? .concatenated([result, .zeros([result.shape[0], minibatch.rows])], axis: 1) : minibatch(result, in: context)
  }

  private static let slope: Float = 0.2
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
