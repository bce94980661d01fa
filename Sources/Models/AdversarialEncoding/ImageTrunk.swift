import Datasets
import LatentSystem
import Layers
import Tensor

/// Two convolutions that halve an image, with leaky rectifiers: what discriminators and encoders of images begin with.
/// Images whose shorter side has more than 32 pixels are halved further, to 8 positions or fewer where the size allows.
///
/// Reference: Radford, Metz and Chintala, arXiv:1511.06434, at the sizes of MNIST.
public final class ImageTrunk: Layer, ShrinkingImages {
  /// To half the image size.
  public let shrink: Conv2D
  /// To a quarter of it.
  public let shrinkAgain: Conv2D
  /// Normalizes its features over the batch, if they are.
  public let norm: (any Layer)?
  /// Halve larger images further.
  public let further: [ShrinkingStage]
  /// The shape of an image's features: height, width and channels.
  let mapShape: [Int]
  private let slope: Float

  /// How many features of an image there are.
  public var featureCount: Int { mapShape.reduce(1, *) }

  /// A trunk for images of `height`×`width` pixels, both multiples of 4.
  ///
  /// - Parameters:
  ///   - channels: of an image.
  ///   - features: channels at half the image size; where it is smaller there are twice as many.
  ///   - isNormalized: whether these are normalized over the batch, which mixes samples.
  ///   - slope: of the rectifiers below 0.
  ///   - transforms: of the convolutions' weights.
  public init(
    height: Int, width: Int, channels: Int, features: Int, isNormalized: Bool, slope: Float = 0.2,
    transforms: [WeightTransform] = []
  ) {
    let pyramid = ConvolutionPyramid(height: height, width: width, features: features, module: "ImageTrunk")
    (shrink, shrinkAgain, norm, further) = Self.convolutions(
      pyramid, from: channels, isCentred: isNormalized, transforms: transforms
    ) { _ in
      isNormalized ? BatchNorm.ofGAN(2 * features) : nil
    }
    mapShape = pyramid.mapShape
    self.slope = slope
  }

  /// `[N, H, W, C]` → `[N, features]`, after the last activation.
  public func callAsFunction(_ images: Tensor, in context: Context) -> Tensor {
    context.output(of: shrinkingLayers(.leakyReLU(slope: slope)) + [.flatten], for: images)
  }
}

/// A trunk and a layer that gives the code of each image.
public final class ImageEncoder: Layer {
  /// Images to features.
  public let trunk: ImageTrunk
  /// Features to codes.
  public let code: Dense

  /// An encoder with the given trunk.
  public init(_ trunk: ImageTrunk, latentSize: Int) {
    self.trunk = trunk
    code = .ofGAN(from: trunk.featureCount, to: latentSize)
  }

  /// `[N, H, W, C]` → `[N, latent]`.
  public func callAsFunction(_ images: Tensor, in context: Context) -> Tensor {
    code(trunk(images, in: context), in: context)
  }
}

/// What tells codes that an encoder made from those of the prior: three hidden layers without normalization.
public final class CodeDiscriminator: Layer {
  /// Codes to features, layer by layer.
  public let hidden: [Dense]
  /// Features to a score.
  public let score: Dense

  /// A discriminator of codes of `latentSize` numbers, with three hidden layers of `hiddenSize`.
  public init(latentSize: Int, hiddenSize: Int) {
    hidden = (0..<3).map { .ofGAN(from: $0 == 0 ? latentSize : hiddenSize, to: hiddenSize) }
    score = .ofGAN(from: hiddenSize, to: 1)
  }

  /// `[N, latent]` → `[N]`.
  public func callAsFunction(_ codes: Tensor, in context: Context) -> Tensor {
    let features = hidden.reduce(codes) { $1($0, in: context).leakyReLU(slope: 0.2) }
    return score(features, in: context).squeezed(axis: 1)
  }
}

/// What tells pairs of images and codes: features of both, a hidden layer that sees all of them, and a score.
public final class PairDiscriminator: Discriminator {
  /// Images to features.
  public let trunk: ImageTrunk
  /// Codes to features.
  public let code: Dense
  /// Features of both to features.
  public let joint: Dense
  /// Those to a score.
  public let score: Dense

  /// A discriminator with the given trunk, and so many features of a code and of a pair.
  public init(_ trunk: ImageTrunk, latentSize: Int, hiddenSize: Int) {
    self.trunk = trunk
    code = .ofGAN(from: latentSize, to: hiddenSize)
    joint = .ofGAN(from: trunk.featureCount + hiddenSize, to: hiddenSize)
    score = .ofGAN(from: hiddenSize, to: 1)
  }

  /// `[N, H, W, C]` → scores `[N]`, features of the pairs `[N, hidden]`.
  /// - Precondition: the condition is a code for each image, `[N, latent]`.
  public func callAsFunction(_ images: Tensor, given condition: Condition, in context: Context) -> DiscriminatorOutput {
    let codes = requireSome(condition.tensor, "PairDiscriminator: a code for each image is needed as the condition")
    let ofCodes = code(codes, in: context).leakyReLU(slope: 0.2)
    let both = Tensor.concatenated([trunk(images, in: context), ofCodes], axis: 1)
    let features = joint(both, in: context).leakyReLU(slope: 0.2)
    return DiscriminatorOutput(scores: score(features, in: context).squeezed(axis: 1), features: features)
  }
}
