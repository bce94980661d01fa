import LatentSystem
import Layers
import Tensor

/// How the networks of images of one size go from pixels to a small map of features and back: by halves, twice, and more
/// often for larger images, until the shorter side has eight positions or fewer.
///
/// At half the image size there are `features` channels, further on twice as many.
struct ConvolutionPyramid {
  let height: Int
  let width: Int
  let features: Int
  /// How often the image is halved.
  let halvings: Int

  /// The pyramid of images of `height`×`width` pixels, both multiples of 4.
  init(height: Int, width: Int, features: Int, module: StaticString) {
    require(
      height % 4 == 0 && width % 4 == 0 && height > 0 && width > 0,
      "\(module): an image of \(height)×\(width); it is halved twice, so height and width must be multiples of 4")
    (self.height, self.width, self.features) = (height, width, features)
    halvings = Self.halvings(height: height, width: width)
  }

  /// How often an image of this size is halved.
  static func halvings(height: Int, width: Int) -> Int {
    var halvings = 2
    while min(height, width) >> halvings > 8, (height | width) % (1 << (halvings + 1)) == 0 { halvings += 1 }
    return halvings
  }

  /// The shape of the small map, height, width and channels.
  var mapShape: [Int] { [height >> halvings, width >> halvings, 2 * features] }
  /// How many halvings there are beyond a quarter of the image size; each keeps the number of channels.
  var furtherHalvings: Int { halvings - 2 }
}

/// Doubles a map of features, normalizes it and rectifies it.
public final class EnlargingStage: Module {
  /// To twice the size.
  public let enlarge: ConvTranspose2D
  /// Normalizes the features.
  public let norm: any Module

  /// A stage that keeps the number of channels.
  init(_ channels: Int, norm: any Module) {
    enlarge = ConvTranspose2D(
      from: channels, to: channels, kernelSize: 4, stride: 2, padding: 1, hasBias: false, initializer: .ganWeight)
    self.norm = norm
  }

  /// `[N, H, W, C]` → `[N, 2 H, 2 W, C]`; where classes have normalizations of their own, with a label for each map.
  func callAsFunction(_ input: Tensor, labels: [Int] = [], in context: Context) -> Tensor {
    ImageGenerator.rectified([enlarge], norm, input, labels, context)
  }
}

/// Halves a map of features, and normalizes it if asked for.
public final class ShrinkingStage: Module {
  /// To half the size.
  public let shrink: Conv2D
  /// Normalizes the features, if they are.
  public let norm: (any Layer)?

  /// A stage.
  ///
  /// - Parameters:
  ///   - hasBias: not if a normalization would take it away again.
  ///   - norm: of the new features, if they are normalized.
  init(
    from inputs: Int, to outputs: Int, hasBias: Bool, norm: (any Layer)?, transforms: [WeightTransform] = []
  ) {
    shrink = Conv2D(
      from: inputs, to: outputs, kernelSize: 4, stride: 2, padding: 1, hasBias: hasBias, initializer: .ganWeight,
      biasInitializer: .uniformByFanIn, transforms: transforms)
    self.norm = norm
  }

  /// Its layers, `[N, H, W, C]` → `[N, H / 2, W / 2, outputs]`, the given activation last.
  func layers(_ activation: Activation) -> [any Layer] { [shrink] + [norm].compactMap { $0 } + [activation] }
}
