import LatentSystem
import Tensor

/// Images of one size with what is known of them: an ``ImageSet`` in memory, or ``StreamedImages`` on a disk.
public protocol ImageCollection: SampleSource {
  /// The number of rows of an image.
  var height: Int { get }
  /// The number of columns of an image.
  var width: Int { get }
  /// 1 for grey, 3 for red, green and blue.
  var channels: Int { get }
  /// The class of each image, from 0; nil if unknown.
  var labels: [Int]? { get }
  /// The number of classes; nil without labels.
  var classCount: Int? { get }
  /// The paths of the files that the images were read from, one each, in their folder; nil for what did not come so.
  var fileNames: [String]? { get }
  /// The names of the classes, if they have any.
  var classNames: [String]? { get }
  /// How many images had another size or other colours in their files than they have here, of all that were read if these
  /// are a part of them.
  var preparedCount: Int { get }
  /// In how many files a background is seen through the images, wholly or in part; of all that were read, too.
  var transparentCount: Int { get }
  /// How many files beside those of the images were left out though they look like pictures.
  var leftOutCount: Int { get }
  /// What is so poor about these images that nothing can be learned from them, in words; nil if nothing is.
  var poverty: String? { get }
  /// Whether no pixel is brighter than 1 of 255, and some are that: then 0 and 1 probably stand for black and white.
  var isNearlyBlack: Bool { get }

  /// The images at `indices`, in that order. Their classes are those of all.
  /// - Precondition: there is at least one, and each lies in `0..<count`.
  func subset(_ indices: some Sequence<Int>) -> Self

  /// These images with other classes, or with none.
  /// - Precondition: there is a label for each image, from 0 to below `classCount`; or neither.
  func labeled(_ labels: [Int]?, classCount: Int?, classNames: [String]?) -> Self
}

extension ImageSet: ImageCollection {}

extension ImageCollection {
  /// The first `limit` images, or all if there are not so many. Their classes are those of all.
  ///
  /// - Precondition: `limit > 0`.
  public func prefix(_ limit: Int) -> Self {
    require(limit > 0, "ImageCollection.prefix: a limit of \(limit), expected at least 1")
    return limit < count ? subset(0..<limit) : self
  }

  /// Which of how many images these are, if they were chosen from those that were read.
  package var choice: ImageSet.Choice? { (self as? ImageSet)?.choice ?? (self as? StreamedImages)?.choice }

  /// What class `label` is called: its number if it has no name.
  public func className(_ label: Int) -> String {
    guard let classNames, classNames.indices.contains(label) else { return String(label) }
    return classNames[label]
  }

  /// These images with their classes numbered as those of others: the same class is what is called the same, by its name or,
  /// if it has none, by its number.
  ///
  /// - Returns: nil if these or the others have no labels, or some of these are of a class that the others do not have.
  public func numberingClasses(as others: some ImageCollection) -> Self? {
    guard let labels, let otherCount = others.classCount else { return nil }
    var numbers: [Int: Int] = [:]
    for label in Set(labels) {
      let name = className(label)
      let number = others.classNames.map { $0.firstIndex { $0.isEqual(to: name) } } ?? Int(name)
      guard let number, (0..<otherCount).contains(number) else { return nil }
      numbers[label] = number
    }
    return labeled(labels.compactMap { numbers[$0] }, classCount: otherCount, classNames: others.classNames)
  }

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
  ) -> (train: Self, heldOut: Self?) {
    require(share > 0 && share < 1, "ImageSet.split: a share of \(share); it lies between 0 and 1")
    guard count > 1 else { return (self, nil) }
    let heldOutCount = min(count - 1, max(1, Int((Double(count) * share).rounded())))
    let order = generator.permutation(count)
    return (subset(order[heldOutCount...].sorted()), subset(order[..<heldOutCount].sorted()))
  }

  /// `count` images of each class drawn at random, in random order; all those of a class that has fewer. Their classes are
  /// those of all.
  ///
  /// Of the same generator, a smaller `count` gives a part of what a larger one gives.
  ///
  /// - Precondition: the images have labels; `count >= 1`.
  public func subset(perClass count: Int, using generator: inout RandomGenerator) -> Self {
    require(count >= 1, "ImageSet.subset: \(count) images of each class; at least 1 is needed")
    let labels = requireSome(labels, "ImageSet.subset: images of each class, but they have no labels")
    var taken: [Int: Int] = [:]
    return subset(
      generator.permutation(self.count).filter { index in
        taken[labels[index], default: 0] += 1
        return taken[labels[index], default: 0] <= count
      })
  }
}
