import LatentSystem
import Layers
import Tensor

/// Makes images of one kind out of images of another: down to few pixels with many features, and back up, with everything
/// that was seen on the way down at hand at each size, so that outlines stay where they are.
///
/// In training, some of the features at the smallest sizes are left out at random; in use none.
///
/// Reference: Isola, Zhu, Zhou and Efros, "Image-to-image translation with conditional adversarial networks",
/// arXiv:1611.07004, section 3.2.1 and appendix 6.1; after Ronneberger, Fischer and Brox, "U-Net", arXiv:1505.04597. Each
/// sample is normalized by itself here, and maps of fewer than 4×4 pixels not at all.
public final class UNetTranslator: Layer {
  /// Each to half the size.
  public let shrink: [Conv2D]
  /// At the smallest size.
  public let bottom: Conv2D
  /// Each to twice the size; that to the whole size comes last and gives pixels.
  public let enlarge: [ConvTranspose2D]
  /// What is left out at the smallest sizes.
  private let dropout: Dropout

  /// A network for images whose height and width are multiples of 2 to the power of `depth`.
  ///
  /// - Parameters:
  ///   - channels: of an image that is translated.
  ///   - targetChannels: of its translation.
  ///   - features: channels at half the size, twice as many at each half of that, up to eight times as many.
  ///   - depth: how often the size is halved, 1 or more.
  ///   - dropout: the share of features that is left out in training at the two smallest sizes on the way up.
  public init(from channels: Int, to targetChannels: Int, features: Int, depth: Int, dropout: Float) {
    require(depth >= 1, "UNetTranslator: \(depth) halves; the least is 1")
    func width(_ level: Int) -> Int { features << min(level, 3) }
    shrink = (0..<depth).map { level in
      // All but the first are normalized, which would take a bias away again.
      Conv2D(
        from: level == 0 ? channels : width(level - 1), to: width(level), kernelSize: 4, stride: 2, padding: 1,
        hasBias: level == 0, initializer: .ganWeight, biasInitializer: .uniformByFanIn)
    }
    bottom = Conv2D(
      from: width(depth - 1), to: width(depth - 1), kernelSize: 3, padding: 1, hasBias: false, initializer: .ganWeight)
    enlarge = (0..<depth).reversed().map { level in
      // What comes from below, and what was seen at that size on the way down.
      ConvTranspose2D(
        from: 2 * width(level), to: level == 0 ? targetChannels : width(level - 1), kernelSize: 4, stride: 2,
        padding: 1, hasBias: level == 0, initializer: .ganWeight, biasInitializer: .uniformByFanIn)
    }
    self.dropout = Dropout(dropout)
  }

  /// `[N, H, W, channels]` → `[N, H, W, targetChannels]`, both in -1...1.
  public func callAsFunction(_ images: Tensor, in context: Context) -> Tensor {
    var maps: [Tensor] = []
    var map = images
    for (level, layer) in shrink.enumerated() {
      let convolved = layer(map, in: context)
      map = (level == 0 ? convolved : normalized(convolved)).leakyReLU(slope: 0.2)
      maps.append(map)
    }
    map = normalized(bottom(map, in: context)).relu()
    for (place, layer) in enlarge.enumerated() {
      let seen = maps.removeLast()
      map = layer(.concatenated([map, seen], axis: 3), in: context)
      if maps.isEmpty { break }
      map = normalized(map).relu()
      if place < 2 { map = dropout(map, in: context) }
    }
    return map.tanh()
  }

  /// Maps of few pixels stay as they are: of two, normalization would leave nothing but which of them is the larger.
  private func normalized(_ map: Tensor) -> Tensor {
    map.shape[1] * map.shape[2] < 16 ? map : map.normalizedMaps()
  }
}
