import LatentSystem
import Tensor

extension ImageSet {
  /// These images in two parts, drawn at random: those to learn from, and those held out. Both are in the order of these,
  /// and have their classes.
  ///
  /// The same generator gives the same parts of as many images.
  ///
  /// - Parameters:
  ///   - share: the part that is held out, to the nearest image; at least one, and one remains.
  ///   - generator: draws.
  /// - Returns: nil for the images held out if there is only one image.
  /// - Precondition: `0 < share < 1`.
  public func split(
    heldOut share: Double, using generator: inout RandomGenerator
  ) -> (train: ImageSet, heldOut: ImageSet?) {
    require(share > 0 && share < 1, "ImageSet.split: a share of \(share); it lies between 0 and 1")
    guard count > 1 else { return (self, nil) }
    let heldOutCount = min(count - 1, max(1, Int((Double(count) * share).rounded())))
    let order = generator.permutation(count)
    return (subset(order[heldOutCount...].sorted()), subset(order[..<heldOutCount].sorted()))
  }
}
