import LatentFormats
import LatentSystem
import Tensor

/// A folder of image files, or of folders of them, one for each class.
struct ImageFolder {
  /// The paths of the files, sorted by name byte by byte: `image10.png` comes before `image9.png`. With classes, the first
  /// of each comes first, then the second of each, so that the first few are of all classes.
  let paths: [String]
  /// The class of each file, if they lie in a folder of their class.
  let labels: [Int]?
  /// The names of the classes, which are those of the folders, sorted byte by byte.
  let classNames: [String]?
  /// Whether the folder holds anything of another name.
  let hasOtherEntries: Bool
  /// How many files are left out that look like pictures: those of kinds that are not read, and, where there are images
  /// beside folders, the images in these.
  let leftOutCount: Int
  /// What the paths begin with.
  let base: String

  /// The folder at `path`; hidden files are left out. Folders in it are classes if there are no images beside them.
  ///
  /// - Parameter hasClasses: whether to look for classes, in folders in it and in a table.
  /// - Throws: ``FileError`` if it cannot be listed, or if the table of labels in it does not fit.
  init(_ path: String, hasClasses: Bool = true) throws {
    base = path.hasSuffix("/") ? path : path + "/"
    let names = try Self.names(in: path)
    let images = names.filter(Self.isImage)
    hasOtherEntries = images.count < names.count
    var leftOutCount = names.count(where: Self.isUnreadImage)
    guard images.isEmpty && hasClasses else {
      let folders = names.filter { !Self.isImage($0) && AtomicFile.kind(of: $0).isFolder }
      for folder in folders { leftOutCount += (try? Self.names(in: folder).count(where: Self.isImage)) ?? 0 }
      self.leftOutCount = leftOutCount
      paths = images
      (labels, classNames) = hasClasses ? try Self.labels(of: images, in: path) : (nil, nil)
      return
    }
    var (classes, classNames) = ([[String]](), [String]())
    for folder in names where AtomicFile.kind(of: folder).isFolder {
      let entries = try Self.names(in: folder)
      leftOutCount += entries.count(where: Self.isUnreadImage)
      let images = entries.filter(Self.isImage)
      if images.isEmpty { continue }
      classNames.append(String(folder.split(separator: "/").last ?? ""))
      classes.append(images)
    }
    let places = (0..<(classes.map(\.count).max() ?? 0)).flatMap { place in
      classes.indices.filter { place < classes[$0].count }.map { (label: $0, path: classes[$0][place]) }
    }
    self.leftOutCount = leftOutCount
    paths = places.map(\.path)
    (labels, self.classNames) = places.isEmpty ? (nil, nil) : (places.map(\.label), classNames)
  }

  /// The folder of one part of the images, if `path` has one for each part and nothing else: `train` and `test`.
  static func part(_ name: String, of path: String) -> String? {
    guard let names = try? names(in: path), names.count == 2,
      names.map({ $0.split(separator: "/").last ?? "" }) == ["test", "train"]
    else { return nil }
    return names.first { $0.hasSuffix("/" + name) }
  }

  /// The classes of images as a table beside them says, if there is one.
  private static func labels(of paths: [String], in folder: String) throws -> ([Int]?, [String]?) {
    let base = folder.hasSuffix("/") ? folder : folder + "/"
    guard AtomicFile.kind(of: base + LabelTable.fileName).exists else { return (nil, nil) }
    let table = try LabelTable(AtomicFile.read(base + LabelTable.fileName), path: base + LabelTable.fileName)
    return try table.labels(of: paths.map { String($0.dropFirst(base.count)) })
  }

  private static let endings = [".png", ".jpg", ".jpeg", ".jpe", ".jfif", ".pgm", ".ppm"]
  private static let unreadEndings = [
    ".gif", ".bmp", ".tif", ".tiff", ".webp", ".heic", ".heif", ".avif", ".jp2", ".jxl", ".svg", ".psd", ".tga", ".dng",
  ]

  private static func isImage(_ path: String) -> Bool { endings.contains(where: path.lowercased().hasSuffix) }

  private static func isUnreadImage(_ path: String) -> Bool {
    unreadEndings.contains(where: path.lowercased().hasSuffix)
  }

  /// The paths of what a folder holds, hidden files left out, sorted by name byte by byte.
  static func names(in path: String) throws -> [String] {
    let base = path.hasSuffix("/") ? path : path + "/"
    return try SystemFile.names(in: path).filter { !$0.hasPrefix(".") }.map { base + $0 }
  }
}

extension ImageSet {
  /// The names of the image files in a folder, which may be of different sizes, sorted byte by byte; hidden files are left
  /// out.
  /// - Throws: ``FileError`` if the folder cannot be listed or holds none.
  public static func pictureNames(in folder: String) throws -> [String] {
    let names = try ImageFolder(folder, hasClasses: false).paths
    guard !names.isEmpty else {
      throw FileError(path: folder, expected: ".png or .jpg files in the folder", found: "none")
    }
    return names.map { String($0.split(separator: "/").last ?? "") }
  }
}

// MARK: - Reading

extension ImageFolder {
  /// The image in the file at `path`, of the kind that its contents are of, whatever its name.
  static func read(_ path: String, _ background: ImageBackground, maximumSize: Int) throws -> DecodedImage {
    let bytes = try AtomicFile.read(path)
    if let image = try decoded(bytes, path: path, background, maximumSize: maximumSize) { return image }
    if let name = ForeignFile.name(of: bytes) {
      throw FileError(path: path, expected: "a PNG, JPEG, PGM or PPM image", found: name)
    }
    return try PNG.decode(bytes, path: path, maximumSize: maximumSize)
  }

  /// The image in `bytes`; nil if they are none that is known.
  static func decoded(
    _ bytes: [UInt8], path: String, _ background: ImageBackground, maximumSize: Int
  ) throws -> DecodedImage? {
    if PNG.isImage(bytes) {
      return try PNG.decode(bytes, path: path, background: background, maximumSize: maximumSize)
    }
    if JPEG.isImage(bytes) { return try JPEG.decode(bytes, path: path, maximumSize: maximumSize) }
    return Netpbm.isImage(bytes) ? try Netpbm.decode(bytes, path: path, maximumSize: maximumSize) : nil
  }

  /// The images of the first `limit` files.
  ///
  /// All have the size of the first, once they are prepared. Where some are coloured, grey ones become coloured too.
  ///
  /// - Throws: ``FileError`` for the first file that is damaged or of another size, and for more than `maximumSize` bytes
  ///   of pixels in all.
  /// - Precondition: there is at least one file, and `limit` is at least 1.
  func images(limit: Int?, maximumSize: Int, preparation: ImagePreparation) throws -> ImageSet {
    require(limit.map { $0 > 0 } ?? true, "ImageSet.load: a limit of \(limit ?? 0), expected at least 1")
    let paths = limit.map { Array(self.paths.prefix($0)) } ?? self.paths
    var images: [DecodedImage] = []
    images.reserveCapacity(paths.count)
    var (size, preparedCount, transparentCount) = (0, 0, 0)
    for path in paths {
      let original = try Self.read(path, preparation.background, maximumSize: maximumSize)
      let image = preparation(original)
      if image != original { preparedCount += 1 }
      if image.isTransparent { transparentCount += 1 }
      let first = images.first ?? image
      guard image.height == first.height, image.width == first.width else {
        throw Self.otherSize(path, image, first.height, first.width, paths[0])
      }
      images.append(image)
      size += image.pixels.count
      if images.count == 1 { try checkSize(size * paths.count, paths, size, maximumSize) }
      if size > maximumSize { try checkSize(size, paths, size / images.count, maximumSize) }
    }
    var set = try joined(images, paths, maximumSize)
    (set.preparedCount, set.transparentCount, set.leftOutCount) = (preparedCount, transparentCount, leftOutCount)
    return set
  }

  /// The error of an image that has not the size of another.
  static func otherSize(
    _ path: String, _ image: DecodedImage, _ height: Int, _ width: Int, _ other: String
  ) -> FileError {
    FileError(
      path: path, expected: "an image of \(height)×\(width) pixels as \(other)",
      found: "one of \(image.height)×\(image.width); a size brings all to it")
  }

  /// Throws if images of `size` bytes each are `total`, more than there may be.
  private func checkSize(_ total: Int, _ paths: [String], _ size: Int, _ maximumSize: Int) throws {
    guard total > maximumSize else { return }
    let folder = paths[0].lastIndex(of: "/").map { String(paths[0][..<$0]) } ?? "."
    throw FileError(
      path: folder, expected: "images of at most \(counted(maximumSize, "byte")) in all",
      found: "\(total) in \(counted(paths.count, "image")); a limit of \(maximumSize / size) fits, or a smaller size")
  }

  private func joined(_ images: [DecodedImage], _ paths: [String], _ maximumSize: Int) throws -> ImageSet {
    let channels = images.map(\.channels).max() ?? 1
    let total = images.count * images[0].height * images[0].width * channels
    try checkSize(total, paths, total / images.count, maximumSize)
    var pixels: [UInt8] = []
    pixels.reserveCapacity(total)
    for image in images {
      if image.channels == channels {
        pixels += image.pixels
      } else {
        for grey in image.pixels { pixels.append(contentsOf: repeatElement(grey, count: channels)) }
      }
    }
    var set = ImageSet(
      unchecked: pixels, images.count, images[0].height, images[0].width, channels,
      labels.map { Array($0.prefix(images.count)) })
    (set.classNames, set.classCount) = (classNames, classNames?.count ?? ImageSet.classCount(labels))
    set.fileNames = paths.map { String($0.dropFirst(base.count)) }
    return set
  }
}
