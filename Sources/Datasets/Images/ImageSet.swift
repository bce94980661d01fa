import LatentFormats
import LatentSystem
import Tensor

/// Images of one size in memory, with labels or without: the form in which every source of images is handed on.
public struct ImageSet: Sendable {
  /// The pixels `[count, height, width, channels]` in row-major order, 0 (black) … 255.
  public let pixels: [UInt8]

  /// The number of images, at least 1.
  public let count: Int

  /// The number of rows of an image.
  public let height: Int

  /// The number of columns of an image.
  public let width: Int

  /// 1 for grey, 3 for red, green and blue, or any other number of values a pixel.
  public let channels: Int

  /// The class of each image, from 0; `nil` if unknown.
  public let labels: [Int]?

  /// The number of classes: one more than the highest label, of all images if these are the first of more; `nil` without
  /// labels.
  public package(set) var classCount: Int?

  /// How many images had another size or other colours in their files than they have here, of all that were read if these
  /// are a part of them.
  public package(set) var preparedCount = 0

  /// In how many files a background is seen through the images, wholly or in part; of all that were read, too.
  public package(set) var transparentCount = 0

  /// How many files beside those of the images were left out though they look like pictures.
  public package(set) var leftOutCount = 0

  /// The names of the classes, if they have any.
  public package(set) var classNames: [String]?

  /// The paths of the files that the images were read from, one each, in their folder; nil for what did not come so, as
  /// what was made of such images. A choice of images has those of its own.
  public internal(set) var fileNames: [String]?

  /// Which of how many images these are, if they were chosen from those that were read.
  package internal(set) var choice: Choice?

  /// Some of several images.
  package struct Choice: Sendable, Equatable {
    /// Where each stood among all.
    package let places: [Int]
    /// How many there were in all.
    package let count: Int
  }

  /// Where labels were looked for in vain, if they were.
  public internal(set) var missingConditions: String?

  /// The number of bytes of an image: `height * width * channels`.
  public var imageSize: Int { height * width * channels }

  /// Makes a set of images from their pixels.
  ///
  /// - Parameters:
  ///   - pixels: `[N, height, width, channels]` in row-major order; N follows from the length.
  ///   - height: rows.
  ///   - width: columns.
  ///   - channels: the values of a pixel, 1 or more.
  ///   - labels: one per image, none negative.
  ///   - path: names the source in errors.
  /// - Throws: ``FileError`` for no images at all, empty images, pixels that are not a whole number of
  ///   images, and labels that do not match.
  public init(
    pixels: [UInt8], height: Int, width: Int, channels: Int = 1, labels: [Int]? = nil, path: String = "images"
  ) throws {
    func error(_ expected: String, _ found: String) -> FileError {
      FileError(path: path, expected: expected, found: found)
    }
    guard height > 0, width > 0 else { throw error("images of at least 1×1 pixels", "\(height)×\(width)") }
    guard channels > 0 else { throw error("at least 1 channel", "\(channels)") }
    let (area, areaOverflows) = height.multipliedReportingOverflow(by: width)
    let (size, sizeOverflows) = area.multipliedReportingOverflow(by: channels)
    guard !areaOverflows, !sizeOverflows, pixels.count % size == 0 else {
      throw error("a whole number of images of \(height)×\(width)×\(channels) bytes", counted(pixels.count, "byte"))
    }
    guard !pixels.isEmpty else { throw error("at least one image", "none") }
    if let labels {
      guard labels.count == pixels.count / size else {
        throw error(counted(pixels.count / size, "label"), "\(labels.count)")
      }
      if let index = labels.firstIndex(where: { $0 < 0 }) {
        throw error("labels from 0 on", "\(labels[index]) as label \(index)")
      }
    }
    self.pixels = pixels
    self.count = pixels.count / size
    self.height = height
    self.width = width
    self.channels = channels
    self.labels = labels
    classCount = Self.classCount(labels)
  }

  /// A set of one image.
  public init(_ image: DecodedImage) {
    self.init(unchecked: image.pixels, 1, image.height, image.width, image.channels, nil)
    transparentCount = image.isTransparent ? 1 : 0
  }

  /// The bytes `[height, width, channels]` of image `index`.
  ///
  /// - Precondition: `0 <= index < count`.
  public subscript(index: Int) -> ArraySlice<UInt8> {
    require((0..<count).contains(index), "ImageSet: image \(index) of \(count)")
    return pixels[index * imageSize..<(index + 1) * imageSize]
  }

  /// The first `limit` images, or all if there are not so many. Their classes are those of all.
  ///
  /// - Precondition: `limit > 0`.
  public func prefix(_ limit: Int) -> ImageSet {
    require(limit > 0, "ImageSet.prefix: a limit of \(limit), expected at least 1")
    guard limit < count else { return self }
    return chosen(Array(0..<limit), Array(pixels[..<(limit * imageSize)]))
  }

  /// The images at `indices`, in that order. Their classes are those of all.
  ///
  /// - Precondition: there is at least one, and each lies in `0..<count`.
  public func subset(_ indices: some Sequence<Int>) -> ImageSet {
    let indices = Array(indices)
    require(
      !indices.isEmpty && indices.allSatisfy { $0 >= 0 && $0 < count },
      "ImageSet.subset: the images at \(indices.prefix(8)) of \(count); at least one is needed")
    var bytes: [UInt8] = []
    bytes.reserveCapacity(indices.count * imageSize)
    for index in indices { bytes += self[index] }
    return chosen(indices, bytes)
  }

  /// The images at `indices`, whose pixels are `pixels`.
  private func chosen(_ indices: [Int], _ pixels: [UInt8]) -> ImageSet {
    var result = derived(
      pixels, indices.count, height, width, channels, labels.map { labels in indices.map { labels[$0] } })
    result.fileNames = fileNames.map { names in indices.map { names[$0] } }
    result.choice = Choice(places: indices.map { choice?.places[$0] ?? $0 }, count: choice?.count ?? count)
    return result
  }

  /// Images that are made of these and have the same classes.
  func derived(
    _ pixels: [UInt8], _ count: Int, _ height: Int, _ width: Int, _ channels: Int, _ labels: [Int]?
  ) -> ImageSet {
    var result = ImageSet(unchecked: pixels, count, height, width, channels, labels)
    result.missingConditions = missingConditions
    (result.classCount, result.classNames) = (classCount, classNames)
    result.preparedCount = preparedCount
    (result.transparentCount, result.leftOutCount) = (transparentCount, leftOutCount)
    return result
  }

  /// Skips the checks: for callers that keep the rules of the public initializer by construction.
  init(unchecked pixels: [UInt8], _ count: Int, _ height: Int, _ width: Int, _ channels: Int, _ labels: [Int]?) {
    self.pixels = pixels
    self.count = count
    self.height = height
    self.width = width
    self.channels = channels
    self.labels = labels
    classCount = Self.classCount(labels)
  }

  static func classCount(_ labels: [Int]?) -> Int? {
    labels.map { min($0.max() ?? 0, .max - 1) + 1 }
  }
}

extension ImageSet: Equatable {
  /// Whether both hold the same pixels and labels, in images of the same shape.
  public static func == (a: ImageSet, b: ImageSet) -> Bool {
    (a.height, a.width, a.channels) == (b.height, b.width, b.channels) && a.labels == b.labels && a.pixels == b.pixels
  }
}

extension ImageSet {
  /// What is so poor about these images that nothing can be learned from them, in words: all are the same, for
  /// instance; nil if nothing is.
  public var poverty: String? {
    guard count > 1 else { return nil }
    let first = self[0]
    guard (1..<count).allSatisfy({ self[$0].elementsEqual(first) }) else { return nil }
    return Self.poverty(ofAll: count, like: Array(first))
  }

  /// What is poor about `count` images that are all the same.
  static func poverty(ofAll count: Int, like pixels: [UInt8]) -> String {
    guard let value = pixels.first, pixels.allSatisfy({ $0 == value }) else {
      return "all \(count) images are the same"
    }
    let colour = value == 0 ? "black" : value == 255 ? "white" : "of one grey"
    return "all \(count) images are \(colour)"
  }

  /// Whether no pixel is brighter than 1 of 255, and some are that: then 0 and 1 probably stand for black and white.
  public var isNearlyBlack: Bool { pixels.max() == 1 }
}

extension ImageSet {
  /// These images if they are grey or coloured; else grey ones that show the channels side by side.
  public var drawable: ImageSet {
    guard channels != 1 && channels != 3 else { return self }
    let (size, all) = (imageSize, pixels)
    let side = (0..<count * size).map { place in
      let (image, row, column) = (place / size, place % size / (width * channels), place % (width * channels))
      return all[image * size + (row * width + column % width) * channels + column / width]
    }
    var result = ImageSet(unchecked: side, count, height, width * channels, 1, labels)
    result.classCount = classCount
    return result
  }
}
