import LatentSystem
import Tensor
import Training

/// Square holes, one in each image, at places that are drawn.
public struct SquareHoles: Sendable, Hashable {
  /// The height and width of a hole in pixels.
  public let side: Int

  /// Holes of a size.
  /// - Precondition: `side` is at least 1.
  public init(side: Int) {
    require(side >= 1, "SquareHoles: a side of \(side); the least is 1")
    self.side = side
  }

  /// Masks of `count` images, 0 in the hole and 1 elsewhere, `[count, H, W, 1]`. All places that a hole fits in are equally
  /// likely.
  ///
  /// - Parameters:
  ///   - count: of images.
  ///   - size: their height and width.
  ///   - random: gives each image two numbers.
  /// - Precondition: the images are as large as a hole at least.
  public func masks(_ count: Int, of size: Tensor.Size2D, using random: inout SampleRandom) -> Tensor {
    let (height, width) = (size.height, size.width)
    require(
      side <= min(height, width), "SquareHoles: holes of \(side)×\(side) pixels in images of \(height)×\(width)")
    let draws = random.uniform([count, 2]).scalars
    var known = [Float](repeating: 1, count: count * height * width)
    for index in 0..<count {
      // A draw just below 1 may be rounded up.
      let top = min(height - side, Int(draws[2 * index] * Float(height - side + 1)))
      let left = min(width - side, Int(draws[2 * index + 1] * Float(width - side + 1)))
      for row in top..<top + side {
        for column in left..<left + side { known[(index * height + row) * width + column] = 0 }
      }
    }
    return Tensor(known, shape: [count, height, width, 1])
  }
}
