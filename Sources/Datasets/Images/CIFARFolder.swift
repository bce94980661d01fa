import LatentFormats
import LatentSystem

/// The binary version of CIFAR-10 or CIFAR-100 (https://www.cs.toronto.edu/~kriz/cifar.html): files of records, each with a
/// label, or a coarse and a fine one, and the 32×32 red, green and blue values of an image.
struct CIFARFolder {
  private let trainFiles: [String]
  private let testFile: String
  /// The names of the classes, a line each.
  private let namesFile: String
  /// The labels before an image, the last of which is its class.
  private let labelCount: Int
  let classCount: Int
  private let path: String

  private static let (area, channels) = (32 * 32, 3)

  /// The data set in the folder at `path`; nil if there is none.
  init?(_ path: String) {
    let base = path.hasSuffix("/") ? path : path + "/"
    func exists(_ name: String) -> Bool {
      let kind = AtomicFile.kind(of: base + name)
      return kind.exists && !kind.isFolder
    }
    let batches = (1...5).map { "data_batch_\($0).bin" }
    if batches.contains(where: exists) {
      (trainFiles, testFile) = (batches, "test_batch.bin")
      (namesFile, labelCount, classCount) = ("batches.meta.txt", 1, 10)
    } else if exists("train.bin"), exists("fine_label_names.txt") {
      (trainFiles, testFile) = (["train.bin"], "test.bin")
      (namesFile, labelCount, classCount) = ("fine_label_names.txt", 2, 100)
    } else {
      return nil
    }
    self.path = base
  }

  /// Whether a file seems to be one of such a folder.
  static func isFile(_ path: String, size: Int) -> Bool {
    path.hasSuffix(".bin") && size > 0 && [1, 2].contains { size % (area * channels + $0) == 0 }
  }

  /// Whether a folder that holds `names` seems to be of the version for Python, which is not read.
  static func isForPython(_ names: [String]) -> Bool {
    names.contains("data_batch_1") || names.contains("train") && names.contains("meta")
  }

  /// Whether the folder has a part.
  func has(_ split: ImageSet.Split) -> Bool { split == .train || AtomicFile.kind(of: path + testFile).exists }

  /// The paths of a part's files.
  /// - Throws: ``FileError`` if some of the training images are missing.
  func files(_ split: ImageSet.Split) throws -> [String] {
    let files = (split == .train ? trainFiles : [testFile]).map { path + $0 }
    if split == .train, let missing = files.first(where: { !AtomicFile.kind(of: $0).exists }) {
      throw FileError(path: missing, expected: "all files of training images", found: "no such file")
    }
    return files
  }

  /// The bytes of a record.
  var recordSize: Int { labelCount + Self.area * Self.channels }

  /// The number of records in a file of so many bytes.
  /// - Throws: ``FileError`` for no whole number of them, or none.
  func recordCount(_ size: Int, _ path: String) throws -> Int {
    guard size > 0, size % recordSize == 0 else {
      throw FileError(
        path: path, expected: "records of \(recordSize) bytes, a label and 32×32×3 values each",
        found: counted(size, "byte"))
    }
    return size / recordSize
  }

  /// The class in a record that lies at `offset`.
  func label(_ record: ArraySlice<UInt8>, at offset: Int, _ path: String) throws -> Int {
    let label = Int(record[record.startIndex + labelCount - 1])
    guard label < classCount else {
      throw FileError(
        path: path, offset: offset + labelCount - 1, expected: "a class below \(classCount)", found: "\(label)")
    }
    return label
  }

  /// The image in a record.
  func image(_ record: ArraySlice<UInt8>) -> DecodedImage {
    DecodedImage(
      pixels: ImageArray.channelsLast(
        Array(record.dropFirst(labelCount)), area: Self.area, channels: Self.channels), height: 32, width: 32,
      channels: Self.channels)
  }

  /// The first `limit` images of a part, or all, with their labels and the names of their classes.
  /// - Throws: ``FileError`` for a missing file, one that is no whole number of records or none, and labels of no class.
  func images(_ split: ImageSet.Split, limit: Int?) throws -> ImageSet {
    var (pixels, labels) = ([UInt8](), [Int]())
    for file in try files(split) where labels.count < limit ?? .max {
      let bytes = try AtomicFile.read(file)
      let count = min(try recordCount(bytes.count, file), (limit ?? .max) - labels.count)
      for start in stride(from: 0, to: count * recordSize, by: recordSize) {
        labels.append(try label(bytes[start..<start + recordSize], at: start, file))
        pixels += bytes[start + labelCount..<start + recordSize]
      }
    }
    var images = try ImageSet(
      pixels: ImageArray.channelsLast(pixels, area: Self.area, channels: Self.channels), height: 32, width: 32,
      channels: Self.channels, labels: labels, path: path)
    images.classCount = classCount
    images.classNames = classNames
    return images
  }

  /// The names of the classes; nil if there is no file of them, or it has another number.
  var classNames: [String]? {
    guard let bytes = try? AtomicFile.read(path + namesFile) else { return nil }
    let names = String(decoding: bytes, as: UTF8.self).split(whereSeparator: \.isNewline).map(String.init)
    return names.count == classCount ? names : nil
  }
}
