import LatentSystem
import Layers
import Tensor

/// Makes images of one kind out of images of another: down to a quarter of the size, residual blocks there, and back.
///
/// Each sample is normalized by itself, and edges are padded by reflection, so that no frame appears.
///
/// Reference: Johnson, Alahi and Fei-Fei, "Perceptual losses for real-time style transfer and super-resolution",
/// arXiv:1603.08155, as used by Zhu et al., arXiv:1703.10593, section 4; images are enlarged by repeated pixels and a
/// convolution instead of a transposed one.
public final class ResidualTranslator: Layer {
  /// Pixels to features.
  public let entry: Conv2D
  /// To a half and a quarter of the size, each with twice as many features.
  public let shrink: [Conv2D]
  /// At a quarter of the size.
  public let blocks: [TranslatorBlock]
  /// To a half and the whole of the size.
  public let enlarge: [Conv2D]
  /// Features to pixels.
  public let paint: Conv2D

  /// A network for images whose height and width are multiples of 4.
  ///
  /// - Parameters:
  ///   - channels: of an image that is translated.
  ///   - targetChannels: of its translation.
  ///   - features: channels at full size; there are twice as many at a half and four times as many at a quarter.
  ///   - blockCount: how many residual blocks there are.
  /// - Precondition: there are channels and features, and no fewer blocks than none.
  public init(from channels: Int, to targetChannels: Int, features: Int, blockCount: Int) {
    require(
      channels >= 1 && targetChannels >= 1 && features >= 1 && blockCount >= 0,
      """
      ResidualTranslator: \(channels) channels to \(targetChannels), \(features) features, \(blockCount) blocks; the \
      least is 1 of each, and 0 blocks
      """)
    entry = .reflecting(from: channels, to: features, kernelSize: 7)
    shrink = [1, 2].map { .reflecting(from: $0 * features, to: 2 * $0 * features, kernelSize: 3, stride: 2) }
    blocks = (0..<blockCount).map { _ in TranslatorBlock(4 * features) }
    enlarge = [4, 2].map { .reflecting(from: $0 * features, to: $0 * features / 2, kernelSize: 3) }
    paint = .reflecting(from: features, to: targetChannels, kernelSize: 7, hasBias: true)
  }

  /// `[N, H, W, channels]` → `[N, H, W, targetChannels]`, both in -1...1.
  public func callAsFunction(_ images: Tensor, in context: Context) -> Tensor {
    var map = entry(images, in: context).normalizedMaps().relu()
    for layer in shrink { map = layer(map, in: context).normalizedMaps().relu() }
    for block in blocks { map = block(map, in: context) }
    for layer in enlarge { map = layer(map.upsampledNearest2d(factor: 2), in: context).normalizedMaps().relu() }
    return paint(map, in: context).tanh()
  }
}

/// Two convolutions whose result is added to what they were given.
public final class TranslatorBlock: Layer {
  /// The first.
  public let first: Conv2D
  /// The second.
  public let second: Conv2D

  /// A block of `channels`.
  public init(_ channels: Int) {
    first = .reflecting(from: channels, to: channels, kernelSize: 3)
    second = .reflecting(from: channels, to: channels, kernelSize: 3)
  }

  /// `[N, H, W, channels]` → `[N, H, W, channels]`.
  public func callAsFunction(_ map: Tensor, in context: Context) -> Tensor {
    let inner = first(map, in: context).normalizedMaps().relu()
    return map + second(inner, in: context).normalizedMaps()
  }
}

extension Conv2D {
  /// A convolution that keeps the size of an image but for its stride, padded by reflection. Without a bias, which a
  /// normalization of each channel would take away again.
  fileprivate static func reflecting(
    from inputChannels: Int, to outputChannels: Int, kernelSize: Int, stride: Int = 1, hasBias: Bool = false
  ) -> Conv2D {
    Conv2D(
      from: inputChannels, to: outputChannels, kernelSize: Tensor.Size2D(kernelSize), stride: Tensor.Size2D(stride),
      padding: Tensor.Padding2D(kernelSize / 2), paddingMode: .reflect, hasBias: hasBias, initializer: .ganWeight,
      biasInitializer: .uniformByFanIn)
  }
}
