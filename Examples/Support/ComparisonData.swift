import Latent

/// Images that a model is looked at with: those that it should resemble, and those that models learn from.
public struct ComparisonData {
  /// What no model has learned from.
  public let test: ImageSet
  /// What models learn from.
  public let training: ImageSet
  /// What they are, for a person.
  public let description: String

  /// The images at `path`; the built-in digits if nil. A folder with files of test images has both kinds; of others,
  /// every second image is a test image.
  /// - Throws: ``FileError`` if they cannot be read, ``UsageError`` if there are too few.
  public init(_ path: String?) throws {
    guard let path else {
      training = BuiltInDigits.make(count: 30_000, seed: 0)
      test = BuiltInDigits.make(count: 10_000, seed: 1)
      description = "the built-in digits"
      return
    }
    let images = try ImageSet.load(path, split: .train)
    if ImageSet.exists(at: path, split: .test) {
      training = images
      test = try ImageSet.load(path, split: .test)
      description = "\(path): \(test.count) test images"
    } else {
      guard images.count >= 2 else { throw UsageError("--data: expected at least 2 images, found 1") }
      training = images.subset(stride(from: 0, to: images.count, by: 2))
      test = images.subset(stride(from: 1, to: images.count, by: 2))
      description = "\(path): every second image as a test image, \(test.count)"
    }
  }
}

extension ImageSet {
  /// The images at `indices`, with their labels.
  public func subset(_ indices: some Sequence<Int>) -> ImageSet {
    let indices = Array(indices)
    let batch = batch(at: indices)
    guard let set = try? ImageSet(batch.samples, labels: batch.labels) else {
      fatalError("ImageSet: \(indices.count) images of \(count) are none")
    }
    return set
  }
}
