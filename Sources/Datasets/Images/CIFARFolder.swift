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
  private let classCount: Int
  private let path: String

  private static let (area, channels) = (32 * 32, 3)

  /// The data set in the folder at `path`; nil if there is none.
  init?(_ path: String) {
    let base = path.hasSuffix("/") ? path : path + "/"
    func exists(_ name: String) -> Bool {
      let kind = AtomicFile.kind(of: base + name)
      return kind.exists && !kind.isFolder
    }
    if exists("data_batch_1.bin") {
      (trainFiles, testFile) = ((1...5).map { "data_batch_\($0).bin" }.filter(exists), "test_batch.bin")
      (namesFile, labelCount, classCount) = ("batches.meta.txt", 1, 10)
    } else if exists("train.bin"), exists("fine_label_names.txt") {
      (trainFiles, testFile) = (["train.bin"], "test.bin")
      (namesFile, labelCount, classCount) = ("fine_label_names.txt", 2, 100)
    } else {
      return nil
    }
    self.path = base
  }

  /// Whether the folder has a part.
  func has(_ split: ImageSet.Split) -> Bool { split == .train || AtomicFile.kind(of: path + testFile).exists }

  /// The first `limit` images of a part, or all, with their labels and the names of their classes.
  /// - Throws: ``FileError`` for a missing file, one that is no whole number of records, and labels of no class.
  func images(_ split: ImageSet.Split, limit: Int?) throws -> ImageSet {
    let recordSize = labelCount + Self.area * Self.channels
    var (pixels, labels) = ([UInt8](), [Int]())
    for name in split == .train ? trainFiles : [testFile] where labels.count < limit ?? .max {
      let bytes = try AtomicFile.read(path + name)
      guard bytes.count % recordSize == 0 else {
        throw FileError(
          path: path + name, expected: "records of \(recordSize) bytes, a label and 32×32×3 values each",
          found: counted(bytes.count, "byte"))
      }
      let count = min(bytes.count / recordSize, (limit ?? .max) - labels.count)
      for record in 0..<count {
        let start = record * recordSize
        let label = Int(bytes[start + labelCount - 1])
        guard label < classCount else {
          throw FileError(
            path: path + name, offset: start + labelCount - 1, expected: "a class below \(classCount)",
            found: "\(label)")
        }
        labels.append(label)
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
  private var classNames: [String]? {
    guard let bytes = try? AtomicFile.read(path + namesFile) else { return nil }
    let names = String(decoding: bytes, as: UTF8.self).split(whereSeparator: \.isNewline).map(String.init)
    return names.count == classCount ? names : nil
  }
}
