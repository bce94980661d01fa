import LatentSystem
import Tensor

extension ImageSet {
  /// The edges in each image, bright on black: the length of the gradient that Sobel's filters find, a quarter of it and
  /// at most white, with black around the image. Each channel has its own. Labels stay.
  public func edges() -> ImageSet {
    var result = [UInt8](repeating: 0, count: pixels.count)
    let size = imageSize
    pixels.withUnsafeBufferPointer { source in
      for image in 0..<count {
        for row in 0..<height {
          for place in 0..<width * channels {
            let (column, channel) = (place / channels, place % channels)
            func pixel(_ down: Int, _ right: Int) -> Int {
              let (y, x) = (row + down, column + right)
              guard y >= 0, y < height, x >= 0, x < width else { return 0 }
              return Int(source[image * size + (y * width + x) * channels + channel])
            }
            let across =
              pixel(-1, 1) + 2 * pixel(0, 1) + pixel(1, 1) - pixel(-1, -1) - 2 * pixel(0, -1) - pixel(1, -1)
            let down =
              pixel(1, -1) + 2 * pixel(1, 0) + pixel(1, 1) - pixel(-1, -1) - 2 * pixel(-1, 0) - pixel(-1, 1)
            let length = Float(across * across + down * down).squareRoot() / 4
            result[image * size + row * width * channels + place] = UInt8(min(255, length.rounded()))
          }
        }
      }
    }
    return derived(result, count, height, width, channels, labels)
  }
}
