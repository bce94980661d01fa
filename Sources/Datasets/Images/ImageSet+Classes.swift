import LatentSystem
import Tensor

extension ImageSet {
  /// How many images there are of each class, from class 0; nil without labels.
  public var classCounts: [Int]? {
    guard let labels, let classCount else { return nil }
    return labels.reduce(into: [Int](repeating: 0, count: classCount)) { $0[$1] += 1 }
  }

  /// The images of several sets, one set after the other. They have labels if those of all sets have.
  ///
  /// - Precondition: at least one set, all of images of one shape.
  public static func concatenated(_ sets: [ImageSet]) -> ImageSet {
    let first = requireSome(sets.first, "ImageSet.concatenated: no sets; at least one is needed")
    for set in sets {
      require(
        set.sampleShape == first.sampleShape,
        "ImageSet.concatenated: images of shapes \(first.sampleShape) and \(set.sampleShape); they must be equal")
    }
    let labels = sets.compactMap(\.labels)
    var pixels = first.pixels
    pixels.reserveCapacity(sets.reduce(0) { $0 + $1.pixels.count })
    for set in sets.dropFirst() { pixels += set.pixels }
    var result = ImageSet(
      unchecked: pixels, sets.reduce(0) { $0 + $1.count }, first.height, first.width, first.channels,
      labels.count == sets.count ? Array(labels.joined()) : nil)
    result.missingConditions = sets.compactMap(\.missingConditions).first
    result.classCount = result.labels == nil ? nil : sets.compactMap(\.classCount).max()
    return result
  }
}
