import LatentFormats
import LatentSystem
import Tensor

extension ImageSet {
  /// Which part of a published data set.
  public enum Split: String, Sendable, CaseIterable {
    /// The images to learn from: `train-…`.
    case train
    /// The images held out for figures: `t10k-…`.
    case test

    fileprivate var filePrefix: String { self == .train ? "train" : "t10k" }
  }

  /// Reads images from files of any of these kinds, which are told apart by their contents, not by their names:
  ///
  /// - IDX, compressed with gzip or not. A folder holds `train-images-idx3-ubyte` (or `t10k-…` for ``Split/test``), and
  ///   the labels, if it has any, in `train-labels-idx1-ubyte`; each name may end in `.gz`, and a dot may stand before
  ///   `idx`. A single file holds images without labels.
  /// - PNG, JPEG, PGM and PPM. A folder without IDX files holds images of one size in `.png`, `.jpg`, `.jpeg`, `.pgm` and
  ///   `.ppm` files, which are taken in the order of their names, byte by byte; see ``PNG/decode(_:path:maximumSize:)``,
  ///   ``JPEG/decode(_:path:maximumSize:)`` and ``Netpbm/decode(_:path:maximumSize:)``. If some are coloured, grey ones become coloured. Where there are folders and
  ///   no images beside them, each is a class (``classNames``); of a folder that holds `train` and `test` and nothing
  ///   else, these are the parts. A single file is a set of one.
  /// - NumPy's `.npy`, a single file.
  ///
  /// IDX and NumPy arrays are `[N, H, W]` or `[N, H, W, C]`; bytes, or floats in 0…1, which become bytes.
  ///
  /// Beside the file itself and what the reader of its format takes, this takes at most the size of the elements, twice
  /// that of the pixels, and 8 bytes for each label.
  ///
  /// - Parameters:
  ///   - path: the folder or file.
  ///   - split: which part of a folder; a single file and a folder of image files count as ``Split/train``.
  ///   - limit: takes only the first images; `nil` for all.
  ///   - preparation: the size and the colours that images get.
  ///   - maximumSize: the most bytes that compressed files may grow to, all images of a folder together.
  /// - Throws: ``FileError`` for a missing or broken file, no images, other types and shapes, values that are not in 0…1
  ///   (infinities and NaN among them), images of different sizes, and labels that do not belong to the images.
  /// - Precondition: `limit` is at least 1.
  public static func load(
    _ path: String, split: Split = .train, limit: Int? = nil, preparation: ImagePreparation = ImagePreparation(),
    maximumSize: Int = 1 << 30
  ) throws -> ImageSet {
    if let part = ImageFolder.part(split.rawValue, of: path) {
      return try load(part, limit: limit, preparation: preparation, maximumSize: maximumSize)
    }
    let kind = AtomicFile.kind(of: path)
    guard kind.isFolder else {
      if split == .test, kind.exists {
        throw FileError(path: path, expected: "a folder with \(names(split, "images", 3)[0])[.gz]", found: "a file")
      }
      return preparation(try images(path, maximumSize)).limited(
        to: limit, missing: "a file of images has none; \(names(split, "labels", 1)[0])[.gz] in a folder has")
    }
    guard let imagePath = find(path, split, "images", rank: 3) else {
      let name = "\(names(split, "images", 3)[0])[.gz]"
      guard split == .train else {
        throw FileError(path: path, expected: "\(name) in the folder", found: "no such file")
      }
      let folder = try ImageFolder(path)
      guard !folder.paths.isEmpty else {
        throw FileError(
          path: path, expected: "\(name) or .png or .jpg files in the folder",
          found: folder.hasOtherEntries ? "only other files, and folders without images" : "an empty folder")
      }
      let images = try folder.images(limit: limit, maximumSize: maximumSize, preparation: preparation)
      guard images.labels == nil else { return images }
      return images.limited(
        to: nil, missing: "no \(names(split, "labels", 1)[0])[.gz] in \(path)")
    }
    let images = preparation(try images(imagePath, maximumSize))
    guard let labelPath = find(path, split, "labels", rank: 1) else {
      return images.limited(to: limit, missing: "no \(names(split, "labels", 1)[0])[.gz] in \(path)")
    }
    return try images.labeled(labels(labelPath, maximumSize), from: labelPath).limited(to: limit)
  }

  /// Whether ``load(_:split:limit:maximumSize:)`` would find the images of `split` at `path`.
  public static func exists(at path: String, split: Split) -> Bool {
    let kind = AtomicFile.kind(of: path)
    guard kind.isFolder else { return kind.exists && split == .train }
    if let part = ImageFolder.part(split.rawValue, of: path) { return exists(at: part, split: .train) }
    if find(path, split, "images", rank: 3) != nil { return true }
    return split == .train && (try? ImageFolder(path))?.paths.isEmpty == false
  }

  /// The IDX files in a folder that belong to `split`: images and labels, under any of the names that
  /// ``load(_:split:limit:maximumSize:)`` looks for.
  public static func files(in folder: String, split: Split) -> [String] {
    [("images", 3), ("labels", 1)].flatMap { candidates(folder, split, $0.0, rank: $0.1) }.filter(isFile)
  }
}

extension ImageSet {
  /// The file names under which a part is published, the usual one first.
  static func names(_ split: Split, _ content: String, _ rank: Int) -> [String] {
    ["-", "."].map { "\(split.filePrefix)-\(content)\($0)idx\(rank)-ubyte" }
  }

  static func find(_ folder: String, _ split: Split, _ content: String, rank: Int) -> String? {
    candidates(folder, split, content, rank: rank).first(where: isFile)
  }

  private static func candidates(_ folder: String, _ split: Split, _ content: String, rank: Int) -> [String] {
    let base = folder.hasSuffix("/") ? folder : folder + "/"
    return names(split, content, rank).flatMap { [base + $0, base + $0 + ".gz"] }
  }

  private static func isFile(_ path: String) -> Bool {
    let kind = AtomicFile.kind(of: path)
    return kind.exists && !kind.isFolder
  }

  private static func images(_ path: String, _ maximumSize: Int) throws -> ImageSet {
    let bytes = try AtomicFile.read(path)
    if let image = try ImageFolder.decoded(bytes, path: path, maximumSize: maximumSize) { return ImageSet(image) }
    if NumPy.isArray(bytes) {
      let array = try NumPy.decode(bytes, path: path)
      switch array.elements {
      case .bytes(let bytes): return try images(array.shape, bytes, path)
      case .floats(let floats): return try images(array.shape, floats, path)
      }
    }
    if let name = ForeignFile.name(of: bytes) {
      throw FileError(path: path, expected: "images in an IDX, PNG, JPEG, PGM, PPM or .npy file", found: name)
    }
    let array = try IDXFile.decode(bytes, path: path, maximumSize: maximumSize)
    if array.elementType == .uint8 { return try images(array.shape, array.bytes, path) }
    guard array.elementType.isFloatingPoint else {
      throw FileError(
        path: path, expected: "images of bytes or of floats in 0…1", found: "elements of type \(array.elementType)")
    }
    return try images(array.shape, array.floats(), path)
  }

  private static func images(_ shape: [Int], _ pixels: [UInt8], _ path: String) throws -> ImageSet {
    try checkShape(shape, path)
    return try ImageSet(
      pixels: pixels, height: shape[1], width: shape[2], channels: shape.count == 4 ? shape[3] : 1, path: path)
  }

  private static func images(_ shape: [Int], _ values: [Float], _ path: String) throws -> ImageSet {
    try checkShape(shape, path)
    let imageSize = max(1, shape[1...].reduce(1, *))
    let pixels = try values.enumerated().map { index, value in
      // Not-a-number fails too.
      guard value >= 0, value <= 1 else {
        throw FileError(
          path: path, expected: "pixels in 0…1",
          found: "\(value) in image \(index / imageSize), element \(index % imageSize)")
      }
      return UInt8(value * 255 + 0.5)
    }
    return try images(shape, pixels, path)
  }

  private static func checkShape(_ shape: [Int], _ path: String) throws {
    guard shape.count == 3 || shape.count == 4 && shape[3] > 0 else {
      let found = shape.count > 8 ? "\(shape.count) axes" : "the shape \(shape)"
      throw FileError(path: path, expected: "images [N, H, W] or [N, H, W, C]", found: found)
    }
    guard shape[0] > 0 else { throw FileError(path: path, expected: "at least one image", found: "none") }
    guard shape[1] > 0, shape[2] > 0 else {
      throw FileError(path: path, expected: "images of at least 1×1 pixels", found: "\(shape[1])×\(shape[2])")
    }
  }

  private static func labels(_ path: String, _ maximumSize: Int) throws -> [Int] {
    let array = try IDXFile.read(path, maximumSize: maximumSize)
    guard array.shape.count == 1 else {
      throw FileError(path: path, expected: "labels of rank 1", found: "the shape \(array.shape)")
    }
    guard let labels = array.integers() else {
      throw FileError(path: path, expected: "integer labels", found: "elements of type \(array.elementType)")
    }
    return labels
  }

  private func labeled(_ labels: [Int], from path: String) throws -> ImageSet {
    try ImageSet(pixels: pixels, height: height, width: width, channels: channels, labels: labels, path: path)
  }

  /// - Parameter missing: where labels were looked for in vain.
  private func limited(to limit: Int?, missing: String? = nil) -> ImageSet {
    var result = limit.map(prefix) ?? self
    result.missingConditions = missing
    return result
  }
}
