import LatentSystem
import Layers
import Tensor

/// A residual network that adds to an image, enlarged by cubic interpolation, what interpolation cannot know.
///
/// The convolutions run at the small size; channels become pixels at the end. It knows nothing of the size, so it
/// enlarges images of any.
///
/// References: Ledig et al., "Photo-realistic single image super-resolution using a generative adversarial network",
/// arXiv:1609.04802, figure 4, without batch normalization as in Lim et al., "Enhanced deep residual networks for single
/// image super-resolution", arXiv:1707.02921; Shi et al., arXiv:1609.05158.
public final class EnlargingNetwork: Layer {
  /// Pixels to features.
  public let entry: Conv2D
  /// What changes the features.
  public let blocks: [Block]
  /// Features to blocks of pixels, once for each of ``factors``.
  public let stages: [Conv2D]
  /// Features to pixels. It starts at 0, so that the network starts as cubic interpolation.
  public let exit: Conv2D
  /// By how much the stages enlarge, one after the other.
  public let factors: [Int]

  /// A network that enlarges `factor` times in height and width.
  /// - Precondition: all numbers are at least 1.
  public init(channels: Int, factor: Int, features: Int, blockCount: Int) {
    require(
      channels >= 1 && factor >= 1 && features >= 1 && blockCount >= 1,
      "EnlargingNetwork: \(channels) channels, factor \(factor), \(features) features, \(blockCount) blocks; each is at least 1"
    )
    entry = Conv2D(from: channels, to: features, kernelSize: 9, padding: 4, initializer: .heNormal)
    blocks = (0..<blockCount).map { _ in Block(features) }
    factors = Self.stages(factor)
    stages = factors.map {
      Conv2D(from: features, to: features * $0 * $0, kernelSize: 3, padding: 1, initializer: .heNormal)
    }
    exit = Conv2D(
      from: features, to: channels, kernelSize: 9, padding: 4, initializer: .zeros, biasInitializer: .zeros)
  }

  /// `[N, H, W, C]` → `[N, H · factor, W · factor, C]`.
  public func callAsFunction(_ images: Tensor, in context: Context) -> Tensor {
    var features = entry(images, in: context).relu()
    for block in blocks { features = block(features, in: context) }
    for (stage, factor) in zip(stages, factors) {
      features = stage(features, in: context).pixelShuffled(factor: .init(factor)).relu()
    }
    let size = Tensor.Size2D(height: features.shape[1], width: features.shape[2])
    return images.resized(to: size, method: .bicubic) + exit(features, in: context)
  }

  /// How far from a pixel of the small image the result depends on it, in pixels of the small image.
  public var reach: Int { 4 + 2 * blocks.count + stages.count + 4 }

  /// The prime factors, the smallest first: small stages are cheap.
  private static func stages(_ factor: Int) -> [Int] {
    var (rest, found, divisor) = (factor, [Int](), 2)
    while rest > 1 {
      while rest % divisor == 0 {
        found.append(divisor)
        rest /= divisor
      }
      divisor += 1
    }
    return found
  }

  /// `x + second(relu(first(x)))`.
  public final class Block: Layer {
    /// The first convolution.
    public let first: Conv2D
    /// The second one, which starts small, so that a block starts near the identity.
    public let second: Conv2D

    init(_ features: Int) {
      first = Conv2D(from: features, to: features, kernelSize: 3, padding: 1, initializer: .heNormal)
      second = Conv2D(
        from: features, to: features, kernelSize: 3, padding: 1,
        initializer: .normal(standardDeviation: 0.1 / Float(9 * features).squareRoot()))
    }

    /// `[N, H, W, C]` → `[N, H, W, C]`.
    public func callAsFunction(_ input: Tensor, in context: Context) -> Tensor {
      input + second(first(input, in: context).relu(), in: context)
    }
  }
}
