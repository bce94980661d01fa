import LatentSystem
import Layers
import Tensor

/// Judges patches of an image instead of the whole: each score is of a part of it, so that it tells textures and strokes
/// from others and leaves what the image shows to other losses.
///
/// Reference: Isola, Zhu, Zhou and Efros, "Image-to-image translation with conditional adversarial networks",
/// arXiv:1611.07004, section 3.2.2.
public final class PatchDiscriminator: Layer {
  /// Convolutions that halve the image.
  public let shrink: [Conv2D]
  /// Features to scores.
  public let score: Conv2D

  /// A discriminator of images whose height and width are multiples of 2 to the power of `depth`.
  ///
  /// - Parameters:
  ///   - channels: of an image; of input and output together, where both are looked at.
  ///   - features: channels at half the size, twice as many at each half of that, up to eight times as many.
  ///   - depth: how often the size is halved. A score sees 18 pixels in a row with 2, 38 with 3.
  /// - Precondition: all numbers are at least 1.
  public init(from channels: Int, features: Int, depth: Int = 2) {
    require(
      channels >= 1 && features >= 1 && depth >= 1,
      "PatchDiscriminator: \(channels) channels, \(features) features, \(depth) halves; the least is 1 of each")
    func width(_ level: Int) -> Int { features << min(level, 3) }
    shrink = (0..<depth).map { level in
      // All but the first are normalized, which would take a bias away again.
      Conv2D(
        from: level == 0 ? channels : width(level - 1), to: width(level), kernelSize: 4, stride: 2, padding: 1,
        hasBias: level == 0, initializer: .ganWeight, biasInitializer: .uniformByFanIn)
    }
    score = Conv2D(
      from: width(depth - 1), to: 1, kernelSize: 3, padding: 1, initializer: .ganWeight,
      biasInitializer: .uniformByFanIn)
  }

  /// `[N, H, W, channels]` → a score for each patch, `[N, H / 2^depth, W / 2^depth]`.
  public func callAsFunction(_ images: Tensor, in context: Context) -> Tensor {
    let map = shrink.enumerated().reduce(images) { map, layer in
      let convolved = layer.element(map, in: context)
      return (layer.offset == 0 ? convolved : convolved.normalizedMaps()).leakyReLU(slope: 0.2)
    }
    return score(map, in: context).squeezed(axis: 3)
  }
}
