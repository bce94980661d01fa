import LatentFormats
import LatentSystem
import Tensor

/// A folder of image files, or of folders of them, one for each class.
struct ImageFolder {
  /// The paths of the files in the folder, sorted byte by byte: `image10.png` comes before `image9.png`. Of folders that are
  /// classes, the first file of each comes first, then the second of each, so that the first few are of all classes.
  let names: [String]
  /// The class of each file, if they lie in a folder of their class or a table says it.
  let labels: [Int]?
  /// The names of the classes, sorted byte by byte; for test images those of the training images.
  let classNames: [String]?
  /// Whether the folder holds anything of another name.
  let hasOtherEntries: Bool
  /// How many files are left out that look like pictures: those of kinds that are not read, and those in folders beside
  /// images or in folders that lie in classes, as far as three levels down.
  let leftOutCount: Int
  /// What the paths of the files begin with.
  let base: String

  /// The paths of the files.
  var paths: [String] { names.map { base + $0 } }

  /// The path of one of them.
  func path(of index: Int) -> String { base + names[index] }

  /// The folder at `path`; hidden files are left out. Folders in it are classes if there are no images beside them, unless
  /// a table says the classes of the images in them.
  ///
  /// - Parameters:
  ///   - path: the folder.
  ///   - hasClasses: whether to look for classes, in folders in it and in a table.
  ///   - train: the folder of the training images if these are test images, whose classes get the same numbers.
  /// - Throws: ``FileError`` if it cannot be listed, if the table of labels in it does not fit, and for classes that the
  ///   training images have not.
  init(_ path: String, hasClasses: Bool = true, like train: ImageFolder? = nil) throws {
    let base = path.hasSuffix("/") ? path : path + "/"
    let entries = try Self.names(in: path)
    let images = entries.filter(Self.isImage)
    hasOtherEntries = images.count < entries.count
    var leftOutCount = entries.count(where: Self.isUnreadImage)
    let folders = try Self.folders(among: entries, base, readsAll: images.isEmpty && hasClasses)
    let table = hasClasses ? try Self.table(in: base) : nil
    var (names, texts) = (images, [String]?.none)
    if images.isEmpty && hasClasses {
      leftOutCount += folders.reduce(0) { $0 + Self.leftOutCount(inClass: base + $1.name, $1.entries) }
      let classes = folders.map { (name: $0.name, images: $0.entries.filter(Self.isImage)) }
      let places =
        table == nil
        ? Self.alternating(classes) : classes.flatMap { folder in folder.images.map { (folder.name, $0) } }
      names = places.map { "\($0.0)/\($0.1)" }
      texts = places.isEmpty ? nil : places.map(\.0)
    } else {
      leftOutCount += folders.reduce(0) { $0 + Self.pictureCount($1.entries, in: base + $1.name, levels: 2) }
    }
    if let table, !names.isEmpty { texts = try table.classes(of: names) }
    let known = train.flatMap { train in train.labels.map { ImageClasses(labels: $0, names: train.classNames) } }
    let classes = try texts.map { texts in
      if let known { return try ImageClasses(texts, like: known, path: path) }
      return table == nil ? ImageClasses(named: texts) : ImageClasses(texts)
    }
    (self.base, self.names, self.leftOutCount) = (base, names, leftOutCount)
    (labels, classNames) = (classes?.labels, classes?.names)
  }

  /// The folders among the entries of a folder, and what they hold.
  /// - Throws: ``FileError`` for one that cannot be listed, if all of them have to be read.
  private static func folders(
    among entries: [String], _ base: String, readsAll: Bool
  ) throws -> [(name: String, entries: [String])] {
    try entries.filter { AtomicFile.kind(of: base + $0).isFolder && (readsAll || !isImage($0)) }.map { name in
      (name, readsAll ? try names(in: base + name) : (try? names(in: base + name)) ?? [])
    }
  }

  /// How many pictures of a class are left out.
  private static func leftOutCount(inClass path: String, _ entries: [String]) -> Int {
    entries.count(where: isUnreadImage) + pictureCount(entries.filter { !isPicture($0) }, in: path, levels: 2)
  }

  /// How many pictures there are among the entries of a folder and, so many levels further down, in folders of it. Folders
  /// that cannot be listed hold none.
  private static func pictureCount(_ entries: [String], in path: String, levels: Int) -> Int {
    entries.reduce(0) { count, name in
      if isPicture(name) { return count + 1 }
      let below = "\(path)/\(name)"
      guard levels > 0, AtomicFile.kind(of: below).isFolder, let names = try? names(in: below) else { return count }
      return count + pictureCount(names, in: below, levels: levels - 1)
    }
  }

  /// What a folder without images holds, in words, and what could be done about it.
  var contentWithoutImages: String {
    let entries = (try? Self.names(in: base)) ?? []
    if CIFARFolder.isForPython(entries) { return "CIFAR's version for Python; the binary one is read" }
    let inner = entries.filter { AtomicFile.kind(of: base + $0).isFolder }
    if let name = inner.first(where: { ImageSet.exists(at: base + $0, split: .train) }) {
      return "only other files and folders; \(quoted(name)) among them holds images"
    }
    if leftOutCount > 0 {
      let pictures = counted(leftOutCount, "picture")
      return "only what is not read: \(pictures) of kinds that have to be converted, as GIF, BMP, TIFF and WebP, or "
        + "too deep in folders"
    }
    return hasOtherEntries ? "only other files, and folders without images" : "an empty folder"
  }

  /// The first image of each class, then the second of each, and so on.
  private static func alternating(_ classes: [(name: String, images: [String])]) -> [(String, String)] {
    (0..<(classes.map(\.images.count).max() ?? 0)).flatMap { place in
      classes.filter { place < $0.images.count }.map { ($0.name, $0.images[place]) }
    }
  }

  /// The folder of one part of the images, if `path` has one for each part and nothing else, `train` and `test`; and that
  /// of the training images, whose classes are those of all.
  static func part(_ split: ImageSet.Split, of path: String) -> (path: String, train: String?)? {
    guard let names = try? names(in: path), names == ["test", "train"] else { return nil }
    let base = path.hasSuffix("/") ? path : path + "/"
    return (base + split.rawValue, split == .train ? nil : base + "train")
  }

  /// The table of classes in a folder, if there is one.
  private static func table(in base: String) throws -> LabelTable? {
    let path = base + LabelTable.fileName
    return AtomicFile.kind(of: path).exists ? try LabelTable(AtomicFile.read(path), path: path) : nil
  }

  /// The last part of a path.
  static func name(of path: String) -> String {
    path.utf8.lastIndex(of: UInt8(ascii: "/")).map { String(path[path.utf8.index(after: $0)...]) } ?? path
  }

  private static let endings = [".png", ".jpg", ".jpeg", ".jpe", ".jfif", ".pbm", ".pgm", ".ppm", ".pnm"]
  private static let unreadEndings = [
    ".gif", ".bmp", ".tif", ".tiff", ".webp", ".heic", ".heif", ".avif", ".jp2", ".jxl", ".svg", ".psd", ".tga", ".dng",
  ]

  private static func isImage(_ name: String) -> Bool { endings.contains(where: name.lowercased().hasSuffix) }

  private static func isPicture(_ name: String) -> Bool { isImage(name) || isUnreadImage(name) }

  private static func isUnreadImage(_ name: String) -> Bool {
    unreadEndings.contains(where: name.lowercased().hasSuffix)
  }

  /// The names of what a folder holds, hidden files left out, sorted byte by byte.
  static func names(in path: String) throws -> [String] {
    try SystemFile.names(in: path).filter { $0.utf8.first != UInt8(ascii: ".") }
  }
}

extension ImageSet {
  /// The names of the image files in a folder, which may be of different sizes, sorted byte by byte; hidden files are left
  /// out.
  /// - Throws: ``FileError`` if the folder cannot be listed or holds none.
  public static func pictureNames(in folder: String) throws -> [String] {
    let names = try ImageFolder(folder, hasClasses: false).names
    guard !names.isEmpty else {
      throw FileError(path: folder, expected: ".png or .jpg files in the folder", found: "none")
    }
    return names
  }
}

// MARK: - Reading

extension ImageFolder {
  /// The image in the file at `path`, of the kind that its contents are of, whatever its name.
  static func read(_ path: String, _ background: ImageBackground, maximumSize: Int) throws -> DecodedImage {
    let bytes = try AtomicFile.read(path)
    if let image = try decoded(bytes, path: path, background, maximumSize: maximumSize) { return image }
    if let name = ForeignFile.name(of: bytes) {
      throw FileError(path: path, expected: "a PNG, JPEG, PBM, PGM or PPM image", found: name)
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
      found: "one of \(image.height)×\(image.width); a size (--size) brings all to it")
  }

  /// Throws if images of `size` bytes each are `total`, more than there may be.
  private func checkSize(_ total: Int, _ paths: [String], _ size: Int, _ maximumSize: Int) throws {
    guard total > maximumSize else { return }
    throw FileError(
      path: base == "/" ? base : String(base.dropLast()),
      expected: "images of at most \(counted(maximumSize, "byte")) in all",
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
    set.fileNames = Array(names.prefix(images.count))
    return set
  }
}
