import Datasets
import LatentSystem
import Layers
import Tensor

/// A generator of images that reads captions: the vector of a caption stands beside the latent.
///
/// In the refined design both go through layers that let each word decide what the latent does, and vectors also decide the
/// scales and offsets of the painter's normalizations.
public final class CaptionedGenerator: Generator {
  /// Captions to vectors.
  public let reader: CaptionReader
  /// Latents and vectors to what is painted; in the refined design.
  public let mixer: Sequential?
  /// Latents and vectors to images.
  public let painter: ImageGenerator

  /// A generator with a reader of its own.
  /// - Precondition: the configuration is one that ``TextToImage`` accepts.
  public init(_ configuration: TextToImage.Configuration) {
    reader = configuration.makeReader()
    var inner = configuration.painter
    guard configuration.design == .refined else {
      (mixer, painter) = (nil, ImageGenerator(inner))
      return
    }
    let size = configuration.mixtureSize
    mixer = Sequential(
      Dense.ofGAN(from: inner.latentSize, to: size, hasBias: false), BatchNorm.ofGAN(size), .relu,
      Dense.ofGAN(from: size, to: size, hasBias: false), BatchNorm.ofGAN(size), .relu)
    inner.latentSize = size
    painter = ImageGenerator(inner) { ModulatedBatchNorm($0, vectorSize: configuration.captionSize) }
  }

  /// `[N, latentSize]` → `[N, H, W, C]` in -1...1.
  /// - Precondition: the condition is a caption for each latent.
  public func callAsFunction(_ latents: Tensor, given condition: Condition, in context: Context) -> Tensor {
    let captions = CaptionReader.captions(condition, latents.shape[0], "CaptionedGenerator")
    return paint(latents, reader(captions, in: context), in: context)
  }

  /// Images of latents `[N, latentSize]` and vectors of captions `[N, captionSize]`, in -1...1.
  public func paint(_ latents: Tensor, _ vectors: Tensor, in context: Context) -> Tensor {
    let both = Tensor.concatenated([latents, vectors], axis: 1)
    return painter(mixer.map { $0(both, in: context) } ?? both, given: .tensor(vectors), in: context)
  }
}

/// A discriminator of images with captions.
///
/// As published (Reed et al., arXiv:1605.05396, section 4.1) the vector of the caption stands beside the features of each
/// place of the smallest map, and a convolution sees both; features are normalized over the batch.
///
/// In the refined design a product of the features with a vector made of the caption's is added to the score (Miyato and
/// Koyama, arXiv:1802.05637, equation 3, whose classes are captions here), further features see the whole image, which it
/// takes to count things, and weights are spectrally normalized, but for the reader's.
public final class CaptionedDiscriminator: FeatureJudging {
  /// Captions to vectors.
  public let reader: CaptionReader
  /// Images to features.
  public let trunk: ImageTrunk
  /// Features and vectors to features, at each place; as published.
  public let joint: Conv2D?
  /// Normalizes them.
  public let jointNorm: BatchNorm?
  /// The features of all places to further ones; in the refined design.
  public let whole: Dense?
  /// Vectors to factors of the features; in the refined design.
  public let projection: Dense?
  /// Features to a score.
  public let score: Dense

  /// A discriminator with a reader of its own.
  /// - Precondition: the configuration is one that ``TextToImage`` accepts.
  public init(_ configuration: TextToImage.Configuration) {
    let features = configuration.discriminatorFeatures
    let isJoint = configuration.design == .published
    let transforms: [WeightTransform] = isJoint ? [] : [.spectralNorm()]
    let wholeCount = isJoint ? 0 : configuration.mixtureSize
    reader = configuration.makeReader()
    trunk = ImageTrunk(
      height: configuration.height, width: configuration.width, channels: configuration.channels, features: features,
      isNormalized: isJoint, transforms: transforms)
    joint =
      isJoint
      ? Conv2D(
        from: 2 * features + configuration.captionSize, to: 2 * features, kernelSize: 1, hasBias: false,
        initializer: .ganWeight) : nil
    jointNorm = isJoint ? .ofGAN(2 * features) : nil
    whole = isJoint ? nil : .ofGAN(from: trunk.featureCount, to: wholeCount, transforms: transforms)
    projection =
      isJoint
      ? nil
      : Dense(
        from: configuration.captionSize, to: trunk.featureCount + wholeCount, hasBias: false, initializer: .ganWeight,
        transforms: transforms)
    score = .ofGAN(from: trunk.featureCount + wholeCount, to: 1, transforms: transforms)
  }

  /// `[N, H, W, C]` in -1...1 → scores `[N]`, and features of the images without their captions.
  /// - Precondition: the condition is a caption for each image.
  public func callAsFunction(_ images: Tensor, given condition: Condition, in context: Context) -> DiscriminatorOutput {
    let features = trunk(images, in: context)
    let all = whole.map { whole in
      Tensor.concatenated([features, whole(features, in: context).leakyReLU(slope: 0.2)], axis: 1)
    }
    return output(ofFeatures: all ?? features, given: condition, in: context)
  }

  /// Features of images → scores, and the same features.
  /// - Precondition: the condition is a caption for each image.
  public func output(
    ofFeatures features: Tensor, given condition: Condition, in context: Context
  ) -> DiscriminatorOutput {
    let count = features.shape[0]
    let vectors = reader(CaptionReader.captions(condition, count, "CaptionedDiscriminator"), in: context)
    let both = joint.map { beside(features, vectors, $0, in: context) } ?? features
    var scores = score(both, in: context).squeezed(axis: 1)
    if let projection { scores = scores + (projection(vectors, in: context) * features).sum(axes: [1]) }
    return DiscriminatorOutput(scores: scores, features: features)
  }

  /// Features made of those of the images and of the captions' vectors, `[N, features]`.
  private func beside(_ features: Tensor, _ vectors: Tensor, _ joint: Conv2D, in context: Context) -> Tensor {
    let (count, mapShape) = (features.shape[0], trunk.mapShape)
    let map = features.reshaped(to: Tensor.Shape([count] + mapShape))
    let beside = vectors.reshaped(to: [count, 1, 1, vectors.shape[1]])
      .broadcast(to: [count, mapShape[0], mapShape[1], vectors.shape[1]])
    let both = joint(.concatenated([map, beside], axis: 3), in: context)
    return (jointNorm.map { $0(both, in: context) } ?? both).leakyReLU(slope: 0.2).flattened()
  }
}
