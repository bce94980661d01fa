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
  }

  /// Reads images from files of any of these kinds, which are told apart by their contents, not by their names:
  ///
  /// - IDX, compressed with gzip or not. A folder holds `train-images-idx3-ubyte` (or `t10k-…` or `test-…` for
  ///   ``Split/test``), and the labels, if it has any, in `train-labels-idx1-ubyte`; each name may end in `.gz`, a dot may
  ///   stand before `idx`, and the name of a set, the same for all, before all of it, as in
  ///   `emnist-letters-train-images-idx3-ubyte`. A single file holds images without labels. Images lie as they do in the file; those of EMNIST on their side.
  /// - The binary versions of CIFAR-10 and CIFAR-100: a folder with `data_batch_1.bin` … and `test_batch.bin`, or `train.bin`,
  ///   `test.bin` and `fine_label_names.txt`.
  /// - PNG, JPEG, PBM, PGM and PPM. A folder without the files above holds images of one size in `.png`, `.jpg`, `.jpeg`,
  ///   `.pbm`, `.pgm`, `.ppm` and `.pnm` files, which are taken in the order of their names, byte by byte; see
  ///   ``PNG/decode(_:path:background:maximumSize:)``, ``JPEG/decode(_:path:maximumSize:)`` and
  ///   ``Netpbm/decode(_:path:maximumSize:)``. If some are coloured, grey ones become coloured. `labels.csv` beside them
  ///   gives the class of each: in a line the name of the file, a comma, and the class. Where there are folders and
  ///   no images beside them, each is a class (``classNames``), unless there is a `labels.csv` for the images in them; of
  ///   a folder that holds `train` and `test` and nothing else, these are the parts, and the classes of the test images
  ///   are numbered as those of the training images. A single file is a set of one.
  /// - NumPy's `.npy`, a single file; and `.npz` with one array, or with `x_train`, `x_test` and their labels `y_train`
  ///   and `y_test`, or `images` and `labels`, and other names that are usual.
  ///
  /// IDX and NumPy arrays are `[N, H, W]` or `[N, H, W, C]`; integers in 0…255, or floats in 0…1, which become bytes. Those
  /// whose channels may as well be elsewhere need ``ImagePreparation/layout``.
  ///
  /// Beside the file itself and what the reader of its format takes, this takes at most the size of the elements, twice
  /// that of the pixels, and 8 bytes for each label.
  ///
  /// - Parameters:
  ///   - path: the folder or file.
  ///   - split: which part of a folder; a single file and a folder of image files count as ``Split/train``.
  ///   - limit: takes only the first images; `nil` for all.
  ///   - preparation: the size and the colours that images get, and how files of several meanings are read.
  ///   - maximumSize: the most bytes that compressed files may grow to, all images of a folder together.
  /// - Throws: ``FileError`` for a missing or broken file, no images, other types and shapes, values that are not in 0…1
  ///   (infinities and NaN among them), images of different sizes, and labels that do not belong to the images.
  /// - Precondition: `limit` is at least 1.
  public static func load(
    _ path: String, split: Split = .train, limit: Int? = nil, preparation: ImagePreparation = ImagePreparation(),
    maximumSize: Int = 1 << 30
  ) throws -> ImageSet {
    if let part = ImageFolder.part(split, of: path) {
      return try load(
        part.path, split: .train, limit: limit, preparation: preparation, maximumSize: maximumSize,
        like: part.train.map { try ImageFolder($0) })
    }
    return try load(
      path, split: split, limit: limit, preparation: preparation, maximumSize: maximumSize, like: nil)
  }

  /// - Parameter train: the folder of the training images, if those at `path` are the test images beside it.
  private static func load(
    _ path: String, split: Split, limit: Int?, preparation: ImagePreparation, maximumSize: Int,
    like train: ImageFolder?
  ) throws -> ImageSet {
    let kind = AtomicFile.kind(of: path)
    guard kind.isFolder else {
      return preparation(try images(path, split, limit, preparation, maximumSize)).limited(to: limit)
    }
    if let imagePath = try PublishedFiles.find(path, split, .images) {
      return try published(path, imagePath, split, limit, preparation, maximumSize)
    }
    if let folder = CIFARFolder(path), folder.has(split) {
      return preparation(try folder.images(split, limit: limit))
    }
    let name = "\(PublishedFiles.name(split, .images))[.gz]"
    guard split == .train else {
      throw FileError(path: path, expected: "\(name) in the folder", found: "no such file")
    }
    let folder = try ImageFolder(path, like: train)
    guard !folder.names.isEmpty else {
      throw FileError(
        path: path, expected: "\(name) or .png or .jpg files in the folder",
        found: folder.contentWithoutImages)
    }
    let images = try folder.images(limit: limit, maximumSize: maximumSize, preparation: preparation)
    return images.labels == nil ? images.withoutLabels(noLabelsOfPictures(path)) : images
  }

  /// Whether ``load(_:split:limit:preparation:maximumSize:)`` would find images of `split` at `path`. Those that are there
  /// and cannot be read are found too: reading them says what is wrong.
  public static func exists(at path: String, split: Split) -> Bool {
    let kind = AtomicFile.kind(of: path)
    guard kind.exists else { return false }
    guard kind.isFolder else { return split == .train || hasTestImages(path) }
    if let part = ImageFolder.part(split, of: path) {
      // Nothing at all is no part.
      do { return try !ImageFolder.names(in: part.path).isEmpty } catch { return true }
    }
    do {
      if try PublishedFiles.find(path, split, .images) != nil { return true }
      if let folder = CIFARFolder(path) { return folder.has(split) }
      return try split == .train && !ImageFolder(path).names.isEmpty
    } catch {
      return true
    }
  }

  /// Whether a file is an archive of arrays with test images among them.
  private static func hasTestImages(_ path: String) -> Bool {
    do {
      return try isArchive(path) && ImageArchive(path).has(.test)
    } catch {
      return true
    }
  }

  private static func isArchive(_ path: String) throws -> Bool {
    try NumPyArchive.isArchive(AtomicFile.beginning(of: path, count: 4))
  }

  /// Whether the images at `path` are those of arrays, IDX or NumPy, which alone can have a layout; also if nothing is there.
  public static func areArrays(at path: String) -> Bool {
    let kind = AtomicFile.kind(of: path)
    guard kind.exists else { return true }
    if kind.isFolder {
      if let part = ImageFolder.part(.train, of: path) { return areArrays(at: part.path) }
      do { return try PublishedFiles.find(path, .train, .images) != nil } catch { return true }
    }
    guard let bytes = try? AtomicFile.beginning(of: path, count: 16) else { return true }
    return !PNG.isImage(bytes) && !JPEG.isImage(bytes) && !Netpbm.isImage(bytes)
  }

  /// The IDX files in a folder that belong to `split`: images and labels of all sets in it, under any of the names that
  /// ``load(_:split:limit:preparation:maximumSize:)`` looks for.
  public static func files(in folder: String, split: Split) -> [String] { PublishedFiles(folder).all(split) }
}

// MARK: - Files

extension ImageSet {
  /// The images of IDX files in a folder.
  private static func published(
    _ folder: String, _ path: String, _ split: Split, _ limit: Int?, _ preparation: ImagePreparation,
    _ maximumSize: Int
  ) throws -> ImageSet {
    let (array, count) = try array(AtomicFile.read(path), path, limit, maximumSize)
    let images = preparation(try array.images(preparation.layout, isCertain: true))
    guard let labelPath = try PublishedFiles.find(folder, split, .labels) else {
      return images.withoutLabels(split, folder)
    }
    let labels = try labels(labelPath, maximumSize)
    guard labels.count == count else {
      throw FileError(path: labelPath, expected: counted(count, "label"), found: "\(labels.count)")
    }
    return try images.labeled(labels, from: labelPath)
  }

  /// The first `limit` images of a single file, or all.
  private static func images(
    _ path: String, _ split: Split, _ limit: Int?, _ preparation: ImagePreparation, _ maximumSize: Int
  ) throws -> ImageSet {
    if try isArchive(path) {
      let images = try ImageArchive(path).images(split, preparation.layout, maximumSize: maximumSize)
      return images.labels == nil ? images.withoutLabels(ImageArchive.missingLabels(split, path)) : images
    }
    guard split == .train else {
      throw FileError(
        path: path, expected: "a folder with \(PublishedFiles.name(split, .images))[.gz], or an .npz file",
        found: "a file")
    }
    let images = try imagesWithoutLabels(AtomicFile.read(path), path, limit, preparation, maximumSize)
    return images.withoutLabels(noLabelsOfAFile)
  }

  private static func imagesWithoutLabels(
    _ bytes: [UInt8], _ path: String, _ limit: Int?, _ preparation: ImagePreparation, _ maximumSize: Int
  ) throws -> ImageSet {
    if let image = try ImageFolder.decoded(bytes, path: path, preparation.background, maximumSize: maximumSize) {
      return ImageSet(image)
    }
    if NumPy.isArray(bytes) {
      return try ImageArray(NumPy.decode(bytes, path: path), path: path).images(preparation.layout, isCertain: false)
    }
    let foreign = ForeignFile.name(of: bytes)
    guard foreign == nil, bytes.starts(with: [0, 0]) || Gzip.isCompressed(bytes) else {
      throw FileError(
        path: path, expected: "images in an IDX, PNG, JPEG, PBM, PGM, PPM, .npy or .npz file",
        found: foreign
          ?? (CIFARFolder.isFile(path, size: bytes.count)
            ? "records of CIFAR, of which the folder is read"
            : bytes.isEmpty ? "an empty file" : hexadecimal(bytes.prefix(8))))
    }
    return try array(bytes, path, limit, maximumSize).array.images(preparation.layout, isCertain: true)
  }

  /// The array of an IDX file with the first `limit` images, and how many there are in all.
  private static func array(
    _ bytes: [UInt8], _ path: String, _ limit: Int?, _ maximumSize: Int
  ) throws -> (array: ImageArray, count: Int) {
    let (array, count) = try IDXFile.decodeFirst(limit, of: bytes, path: path, maximumSize: maximumSize)
    return (ImageArray(array, path: path), count)
  }

  static func labels(_ path: String, _ maximumSize: Int) throws -> [Int] {
    let array = try IDXFile.read(path, maximumSize: maximumSize)
    guard array.shape.count == 1 else {
      throw FileError(path: path, expected: "labels of rank 1", found: "the shape \(array.shape)")
    }
    guard let labels = array.integers() else {
      throw FileError(path: path, expected: "integer labels", found: "elements of type \(array.elementType)")
    }
    return labels
  }

  /// These images with the first of `labels`, whose classes they have.
  /// - Throws: ``FileError`` for too few labels and negative ones.
  func labeled(_ labels: [Int], from path: String) throws -> ImageSet {
    guard labels.count >= count else {
      throw FileError(path: path, expected: counted(count, "label"), found: "\(labels.count)")
    }
    if let index = labels.firstIndex(where: { $0 < 0 }) {
      throw FileError(path: path, expected: "labels from 0 on", found: "\(labels[index]) as label \(index)")
    }
    var result = derived(pixels, count, height, width, channels, Array(labels.prefix(count)))
    result.classCount = Self.classCount(labels)
    return result
  }

  private func limited(to limit: Int?) -> ImageSet {
    var result = limit.map(prefix) ?? self
    (result.preparedCount, result.choice) = (min(preparedCount, result.count), nil)
    return result
  }

  private func withoutLabels(_ split: Split, _ folder: String) -> ImageSet {
    withoutLabels(Self.noLabels(split, folder))
  }

  /// Why there are no labels in a folder: those that belong to its images are not there.
  static func noLabels(_ split: Split, _ folder: String) -> String {
    let prefix = (try? PublishedFiles(folder).prefix(split)) ?? ""
    return "no \(prefix)\(PublishedFiles.name(split, .labels))[.gz] in \(folder)"
  }

  /// Why there are no labels in a folder of pictures.
  static func noLabelsOfPictures(_ folder: String) -> String { "no folders of classes and no labels.csv in \(folder)" }

  /// Why there are no labels in a file.
  static let noLabelsOfAFile =
    "a file of images has none; \(PublishedFiles.name(.train, .labels))[.gz] in a folder has"

  /// These images, which have no labels.
  /// - Parameter missing: where labels were looked for in vain.
  private func withoutLabels(_ missing: String) -> ImageSet {
    var result = self
    result.missingConditions = missing
    return result
  }
}
