import Datasets
import Layers
import Tensor

/// The generator of the reference InfoGAN: two dense layers to a quarter of the image size, then two transposed
/// convolutions that double it, with batch normalization and rectifiers between them. Images whose shorter side has more
/// than 32 pixels begin smaller, with 8 positions or fewer where the size allows, and are doubled more often.
///
/// Reference: Chen et al., arXiv:1606.03657, appendix C.1; its last activation is a hyperbolic tangent here.
public final class InfoGANGenerator: Generator, EnlargingImages {
  /// Latents to features.
  public let widen: Dense
  /// Normalizes them.
  public let widenNorm: BatchNorm
  /// Those to a small map of features.
  public let project: Dense
  /// Normalizes them.
  public let projectNorm: any Module
  /// To a quarter of the image size, where the map is smaller.
  public let further: [EnlargingStage]
  /// To half the image size.
  public let enlarge: ConvTranspose2D
  /// Normalizes them.
  public let enlargeNorm: any Module
  /// To pixels.
  public let paint: ConvTranspose2D
  let mapShape: [Int]

  /// A generator of images of `height`×`width` pixels, both multiples of 4, with so many channels at half the image size.
  public init(height: Int, width: Int, channels: Int, latentSize: Int, features: Int) {
    let pyramid = ConvolutionPyramid(height: height, width: width, features: features, module: "InfoGANGenerator")
    widen = .ofGAN(from: latentSize, to: 16 * features, hasBias: false)
    widenNorm = .ofGAN(16 * features)
    mapShape = pyramid.mapShape
    (project, projectNorm, further, enlarge, enlargeNorm, paint) = Self.layers(
      pyramid, from: 16 * features, to: channels
    ) { BatchNorm.ofGAN($0) }
  }

  /// `[N, latent]` → `[N, H, W, C]` in -1...1.
  public func callAsFunction(_ latents: Tensor, given condition: Condition, in context: Context) -> Tensor {
    images(of: context.output(of: [widen, widenNorm, .relu], for: latents), in: context)
  }
}

/// The discriminator of the reference InfoGAN: two convolutions and a dense layer, and on these a score and a head for the
/// codes, with batch normalization and leaky rectifiers of slope 0.1.
///
/// Reference: Chen et al., arXiv:1606.03657, appendix C.1.
public final class InfoGANDiscriminator: Discriminator {
  /// Images to features.
  public let trunk: ImageTrunk
  /// Those to features that score and head share.
  public let shared: Dense
  /// Normalizes them.
  public let sharedNorm: BatchNorm
  /// Shared features to a score.
  public let score: Dense
  /// Shared features to those of the head.
  public let head: Dense
  /// Normalizes them.
  public let headNorm: BatchNorm
  /// The head's features to logits of categorical codes and means of continuous ones.
  public let codes: Dense

  /// A discriminator of images of `height`×`width` pixels, both multiples of 4.
  ///
  /// - Parameters:
  ///   - features: channels at half the image size.
  ///   - headFeatures: of the head.
  ///   - codeSize: what the head gives.
  public init(height: Int, width: Int, channels: Int, features: Int, headFeatures: Int, codeSize: Int) {
    trunk = ImageTrunk(
      height: height, width: width, channels: channels, features: features, isNormalized: true, slope: Self.slope)
    shared = .ofGAN(from: trunk.featureCount, to: 16 * features, hasBias: false)
    sharedNorm = .ofGAN(16 * features)
    score = .ofGAN(from: 16 * features, to: 1)
    head = .ofGAN(from: 16 * features, to: headFeatures, hasBias: false)
    headNorm = .ofGAN(headFeatures)
    codes = .ofGAN(from: headFeatures, to: codeSize)
  }

  /// `[N, H, W, C]` in -1...1 → scores `[N]`, the shared features, and the head ``MutualInformation/head`` `[N, codes]`.
  public func callAsFunction(_ images: Tensor, given condition: Condition, in context: Context) -> DiscriminatorOutput {
    let features = sharedNorm(shared(trunk(images, in: context), in: context), in: context)
      .leakyReLU(slope: Self.slope)
    let ofHead = headNorm(head(features, in: context), in: context).leakyReLU(slope: Self.slope)
    return DiscriminatorOutput(
      scores: score(features, in: context).squeezed(axis: 1), features: features,
      heads: [MutualInformation.head: codes(ofHead, in: context)])
  }

  private static let slope: Float = 0.1
}
