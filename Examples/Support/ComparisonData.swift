import Latent

/// Images that a model is looked at with: those that it should resemble, and those that models learn from.
public struct ComparisonData {
  /// What no model has learned from, if there is such a thing; else all images.
  public let test: ImageSet
  /// What models learn from, if that is something else than the test images.
  public let training: ImageSet?
  /// What they are, for a person.
  public let description: String

  /// The images at `path`; the built-in digits if nil. Only of folders with files of test images are any known that models
  /// have not learned from.
  /// - Throws: ``FileError`` if they cannot be read.
  public init(_ path: String?) throws {
    guard let path else {
      training = BuiltInDigits.make(count: 30_000, seed: 0)
      test = BuiltInDigits.make(count: 10_000, seed: 1)
      description = "the built-in digits, 10000 that are not learned from"
      return
    }
    let images = try ImageSet.load(path, split: .train)
    if ImageSet.exists(at: path, split: .test) {
      training = images
      test = try ImageSet.load(path, split: .test)
      description = "\(path): \(test.count) test images"
    } else {
      training = nil
      test = images
      description =
        "\(path): \(images.count) images, none of which is known as a test image; figures of a model that learned from "
        + "them flatter it, and copies cannot be told"
    }
  }
}
