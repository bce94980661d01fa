import Datasets
import Tensor

/// Parts of pictures, all of one size, each from a random place, turned over or not, with less contrast and lighter or
/// darker: what they have in common with the picture is its texture.
struct TextureCrops: Sendable {
  /// The pictures of each class, of any size.
  var classes: [ImageSet]
  let height: Int
  let width: Int

  /// A crop of each of some classes, `[N, height, width, C]`.
  func batch(of labels: [Int], using random: inout RandomGenerator) -> Tensor {
    let channels = classes[0].channels
    var scalars: [Float] = []
    scalars.reserveCapacity(labels.count * height * width * channels)
    for label in labels { add(classes[label], to: &scalars, using: &random) }
    return Tensor(scalars, shape: [labels.count, height, width, channels])
  }

  private func add(_ pictures: ImageSet, to scalars: inout [Float], using random: inout RandomGenerator) {
    let picture = pictures[Int.random(in: 0..<pictures.count, using: &random)]
    let rows = Self.places(height, of: pictures.height, using: &random)
    let columns = Self.places(width, of: pictures.width, using: &random)
    let contrast = 0.5 + 0.5 * random.uniform()
    let brightness = 0.4 * random.uniform() - 0.2
    for row in rows {
      for column in columns {
        let place = picture.startIndex + (row * pictures.width + column) * pictures.channels
        for byte in picture[place..<place + pictures.channels] {
          scalars.append(min(max(0.5 + contrast * (Float(byte) / 255 - 0.5) + brightness, 0), 1))
        }
      }
    }
  }

  /// `size` places along an axis, one beside the other from a random one on, in either direction. A picture that is too
  /// small goes on with its mirror image.
  private static func places(_ size: Int, of length: Int, using random: inout RandomGenerator) -> [Int] {
    let last = size <= length ? length - size : 2 * length - 1
    let start = Int.random(in: 0...last, using: &random)
    let places = (start..<start + size).map { place in
      let part = place % (2 * length)
      return part < length ? part : 2 * length - 1 - part
    }
    return Bool.random(using: &random) ? places : places.reversed()
  }
}
