import LatentSystem
import Tensor

extension ImageSet {
  /// How many images there are of each class, from class 0; nil without labels.
  public var classCounts: [Int]? {
    guard let labels, let classCount else { return nil }
    return labels.reduce(into: [Int](repeating: 0, count: classCount)) { $0[$1] += 1 }
  }

  public func labeled(_ labels: [Int]?, classCount: Int?, classNames: [String]?) -> ImageSet {
    Self.check(labels, classCount: classCount, of: count)
    var result = derived(pixels, count, height, width, channels, labels)
    (result.classCount, result.classNames) = (classCount, classNames)
    (result.fileNames, result.choice) = (fileNames, choice)
    return result
  }

  /// Stops unless there is a label below `classCount` for each of `count` images, or neither.
  static func check(_ labels: [Int]?, classCount: Int?, of count: Int) {
    require(
      (labels == nil) == (classCount == nil) && labels?.count ?? count == count
        && (labels ?? []).allSatisfy { (0..<(classCount ?? 0)).contains($0) },
      "ImageCollection.labeled: \(labels?.count ?? 0) labels of \(classCount ?? 0) classes for \(count) images; each has one"
    )
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
