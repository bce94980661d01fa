import Latent
import LatentSystem

/// Which images a model is looked at with.
public struct ComparisonSource: Sendable {
  /// A file or a folder; the built-in digits if nil.
  public var path: String?
  /// What is left out of images of another shape than the model's.
  public var crop = ImagePreparation.Crop.none
  /// What is seen through transparent pixels.
  public var background = ImageBackground.black
  /// What the axes of an array are; nil if they are plain.
  public var layout: ArrayLayout?

  /// The images at `path`.
  public init(_ path: String?, crop: ImagePreparation.Crop = .none) { (self.path, self.crop) = (path, crop) }

  /// What brings images to a shape, if it is one of grey or coloured images.
  func preparation(like shape: Tensor.Shape?) -> ImagePreparation {
    var result = ImagePreparation(background: background, layout: layout)
    guard let shape, shape.rank == 3, shape[2] == 1 || shape[2] == 3 else { return result }
    (result.size, result.crop) = (Tensor.Size2D(height: shape[0], width: shape[1]), crop)
    result.channels = shape[2]
    return result
  }
}

/// The options that say which images a model is looked at with.
public struct ComparisonOptions {
  let data: Option<String?>
  let crop: Option<ImagePreparation.Crop>
  let files: FileOptions

  /// What they say.
  /// - Throws: ``UsageError``.
  public func source(_ arguments: Arguments) throws -> ComparisonSource {
    var (source, read) = (ComparisonSource(arguments[data], crop: arguments[crop]), ImagePreparation())
    try files.set(&read, arguments)
    try files.checkLayout(arguments, of: arguments[data])
    (source.background, source.layout) = (read.background, read.layout)
    return source
  }

  /// Checks that neither was given to a program that looks at no images now.
  public func checkAbsent(_ arguments: Arguments, _ where: String) throws {
    try arguments.check(data, hasMeaning: false, `where`)
    try arguments.check(crop, hasMeaning: false, `where`)
    try files.checkAbsent(arguments, `where`)
  }
}

/// Images that a model is looked at with: those that it should resemble, and those that models learn from.
public struct ComparisonData {
  /// What no model has learned from, if there is such a thing; else all images.
  public let test: ImageSet
  /// What models learn from, if that is something else than the test images.
  public let training: ImageSet?
  /// What was done to images of another shape.
  let preparation: ImagePreparation
  /// What they are, for a person.
  public let description: String

  /// The images of a source. Only of folders with files of test images are any known that models
  /// have not learned from.
  ///
  /// - Parameters:
  ///   - shape: the shape that images are brought to, if it is one of grey or coloured images; nil for that which they have.
  /// - Throws: ``FileError`` if they cannot be read.
  public init(_ source: ComparisonSource, like shape: Tensor.Shape?) throws {
    preparation = source.preparation(like: shape)
    guard let path = source.path else {
      training = preparation(BuiltInDigits.make(count: 30_000, seed: 0))
      test = preparation(BuiltInDigits.make(count: 10_000, seed: 1))
      description = "the built-in digits, 10000 that are not learned from"
      return
    }
    let images = try ImageSet.load(path, split: .train, preparation: preparation)
    if ImageSet.exists(at: path, split: .test) {
      training = images
      test = try ImageSet.load(path, split: .test, preparation: preparation)
      description = "\(path): \(test.count) test images\(Self.remark(test))"
    } else {
      training = nil
      test = images
      description =
        "\(path): \(counted(images.count, "image"))\(Self.remark(images)), none of which is known as a test image; figures of a model that learned from "
        + "them flatter it, and copies cannot be told"
    }
  }

  /// What became of the images, if they were something else in their files; else nil.
  public var preparationRemark: String? { Self.preparationRemark(on: test) }

  /// What became of some images, if they were something else in their files; else nil.
  public static func preparationRemark(on images: ImageSet) -> String? {
    images.preparedCount == 0
      ? nil : "\(images.preparedCount) of \(counted(images.count, "image")) brought to \(images.sampleShape)"
  }

  /// How many of some images were something else in their files, in words.
  static func remark(_ images: ImageSet) -> String {
    images.preparedCount == 0 ? "" : ", \(images.preparedCount) of them brought to \(images.sampleShape)"
  }
}
