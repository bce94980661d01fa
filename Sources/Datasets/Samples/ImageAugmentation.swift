import LatentSystem
import Tensor

/// How images are changed at random each time that a training uses them, so that few images are worth more: mirrored,
/// left for right, with a probability of one half, and moved in each direction by up to an eighth of their smaller side,
/// where the pixels at the edge are repeated.
///
/// A mirrored digit or letter is none, and a face that is moved is one still: whether it makes sense depends on the images.
public struct ImageAugmentation: SampleTransform, Hashable, Codable {
  /// Whether they are mirrored.
  public var isMirrored: Bool
  /// Whether they are moved.
  public var isShifted: Bool

  /// Images that are mirrored, moved, or both.
  public init(isMirrored: Bool = false, isShifted: Bool = false) {
    (self.isMirrored, self.isShifted) = (isMirrored, isShifted)
  }

  /// `mirror`, `shift` or `mirror,shift`.
  public var description: String {
    [isMirrored ? "mirror" : nil, isShifted ? "shift" : nil].compactMap(\.self).joined(separator: ",")
  }

  /// - Precondition: `images` is `[N, H, W, C]`.
  public func callAsFunction(_ images: Tensor, using generator: inout RandomGenerator) -> Tensor {
    require(images.rank == 4, "ImageAugmentation: samples of shape \(images.shape); images [N, H, W, C] are needed")
    let (count, height, width, channels) = (images.shape[0], images.shape[1], images.shape[2], images.shape[3])
    let limit = isShifted ? max(1, min(height, width) / 8) : 0
    // Drawn whatever is done with them, so that one change does not depend on the other.
    let draws = Tensor.uniform([count, 3], using: &generator).scalars
    func shift(_ draw: Float) -> Int { min(2 * limit, Int(draw * Float(2 * limit + 1))) - limit }
    var result = [Float](repeating: 0, count: images.scalarCount)
    images.withScalars { source in
      for image in 0..<count {
        let isTurned = isMirrored && draws[3 * image] < 0.5
        let (down, right) = (shift(draws[3 * image + 1]), shift(draws[3 * image + 2]))
        for row in 0..<height {
          let line = (image * height + min(max(row - down, 0), height - 1)) * width
          for column in 0..<width {
            let place = min(max(column - right, 0), width - 1)
            let origin = (line + (isTurned ? width - 1 - place : place)) * channels
            let target = ((image * height + row) * width + column) * channels
            for channel in 0..<channels { result[target + channel] = source[origin + channel] }
          }
        }
      }
    }
    return Tensor(result, shape: images.shape)
  }
}
