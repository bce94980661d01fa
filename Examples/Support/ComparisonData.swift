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
  ///
  /// - Parameters:
  ///   - shape: the shape that images are brought to, if it is one of grey or coloured images, stretched to its size; nil
  ///     for that which they have.
  /// - Throws: ``FileError`` if they cannot be read.
  public init(_ path: String?, like shape: Tensor.Shape? = nil) throws {
    let preparation = Self.preparation(shape)
    guard let path else {
      training = preparation(BuiltInDigits.make(count: 30_000, seed: 0))
      test = preparation(BuiltInDigits.make(count: 10_000, seed: 1))
      description = "the built-in digits, 10000 that are not learned from"
      return
    }
    let images = try ImageSet.load(path, split: .train, preparation: preparation)
    if ImageSet.exists(at: path, split: .test) {
      training = images
      test = try ImageSet.load(path, split: .test, preparation: preparation)
      description = "\(path): \(test.count) test images"
    } else {
      training = nil
      test = images
      description =
        "\(path): \(images.count) images, none of which is known as a test image; figures of a model that learned from "
        + "them flatter it, and copies cannot be told"
    }
  }

  private static func preparation(_ shape: Tensor.Shape?) -> ImagePreparation {
    guard let shape, shape.rank == 3, shape[2] == 1 || shape[2] == 3 else { return ImagePreparation() }
    return ImagePreparation(size: Tensor.Size2D(height: shape[0], width: shape[1]), channels: shape[2])
  }

  /// How many of the images were something else in their files, in words; nil if none was.
  public var preparation: String? {
    guard test.preparedCount > 0 else { return nil }
    return "\(test.preparedCount) of \(test.count) images brought to \(test.sampleShape)"
  }
}
