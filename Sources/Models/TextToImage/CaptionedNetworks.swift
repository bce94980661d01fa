import Datasets
import LatentSystem
import Layers
import Tensor

/// A generator of images that reads captions: the vector of a caption stands beside the latent.
public final class CaptionedGenerator: Generator {
  /// Captions to vectors.
  public let reader: CaptionReader
  /// Latents and vectors to images.
  public let painter: ImageGenerator

  /// A generator with a reader of its own.
  /// - Precondition: the configuration is one that ``TextToImage`` accepts.
  public init(_ configuration: TextToImage.Configuration) {
    reader = configuration.makeReader()
    painter = ImageGenerator(configuration.painter)
  }

  /// `[N, latentSize]` → `[N, H, W, C]` in -1...1.
  /// - Precondition: the condition is a caption for each latent.
  public func callAsFunction(_ latents: Tensor, given condition: Condition, in context: Context) -> Tensor {
    let captions = CaptionReader.captions(condition, latents.shape[0], "CaptionedGenerator")
    return paint(latents, reader(captions, in: context), in: context)
  }

  /// Images of latents `[N, latentSize]` and vectors of captions `[N, captionSize]`, in -1...1.
  public func paint(_ latents: Tensor, _ vectors: Tensor, in context: Context) -> Tensor {
    painter(.concatenated([latents, vectors], axis: 1), given: .none, in: context)
  }
}

/// A discriminator of images with captions: the vector of a caption stands beside the features of each place of
/// the smallest map, and a convolution sees both.
///
/// Reference: Reed et al., arXiv:1605.05396, section 4.1.
public final class CaptionedDiscriminator: FeatureJudging {
  /// Captions to vectors.
  public let reader: CaptionReader
  /// Images to features.
  public let trunk: ImageTrunk
  /// Features and vectors to features, at each place.
  public let joint: Conv2D
  /// Normalizes them.
  public let jointNorm: BatchNorm
  /// Those to a score.
  public let score: Dense

  /// A discriminator with a reader of its own.
  /// - Precondition: the configuration is one that ``TextToImage`` accepts.
  public init(_ configuration: TextToImage.Configuration) {
    let features = configuration.discriminatorFeatures
    reader = configuration.makeReader()
    trunk = ImageTrunk(
      height: configuration.height, width: configuration.width, channels: configuration.channels, features: features,
      isNormalized: true)
    joint = Conv2D(
      from: 2 * features + configuration.captionSize, to: 2 * features, kernelSize: 1, hasBias: false,
      initializer: .ganWeight)
    jointNorm = .ofGAN(2 * features)
    score = .ofGAN(from: trunk.featureCount, to: 1)
  }

  /// `[N, H, W, C]` in -1...1 → scores `[N]`, and features of the images without their captions.
  /// - Precondition: the condition is a caption for each image.
  public func callAsFunction(_ images: Tensor, given condition: Condition, in context: Context) -> DiscriminatorOutput {
    output(ofFeatures: trunk(images, in: context), given: condition, in: context)
  }

  /// Features of images → scores, and the same features.
  /// - Precondition: the condition is a caption for each image.
  public func output(
    ofFeatures features: Tensor, given condition: Condition, in context: Context
  ) -> DiscriminatorOutput {
    let count = features.shape[0]
    let vectors = reader(CaptionReader.captions(condition, count, "CaptionedDiscriminator"), in: context)
    let mapShape = trunk.mapShape
    let map = features.reshaped(to: Tensor.Shape([count] + mapShape))
    let beside = vectors.reshaped(to: [count, 1, 1, vectors.shape[1]])
      .broadcast(to: [count, mapShape[0], mapShape[1], vectors.shape[1]])
    let both = jointNorm(joint(.concatenated([map, beside], axis: 3), in: context), in: context)
    let scores = score(both.leakyReLU(slope: 0.2).flattened(), in: context).squeezed(axis: 1)
    return DiscriminatorOutput(scores: scores, features: features)
  }
}
