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

extension Initializer {
  /// The first weights of both networks (Radford et al., arXiv:1511.06434, section 4).
  static var ganWeight: Initializer { .normal(standardDeviation: 0.02) }
}

extension BatchNorm {
  /// Batch normalization whose scales start around 1.
  static func ofGAN(_ channels: Int) -> BatchNorm {
    BatchNorm(channels, scaleInitializer: .normal(mean: 1, standardDeviation: 0.02))
  }
}

extension Dense {
  /// A dense layer with the first values of GANs (Radford et al., arXiv:1511.06434, section 4).
  static func ofGAN(
    from inputSize: Int, to outputSize: Int, hasBias: Bool = true, transforms: [WeightTransform] = []
  ) -> Dense {
    Dense(
      from: inputSize, to: outputSize, hasBias: hasBias, initializer: .ganWeight, biasInitializer: .uniformByFanIn,
      transforms: transforms)
  }
}
