import LatentFormats
import LatentSystem
import Tensor

/// Images in files that are read one by one, from any thread.
protocol ImageStore: Sendable {
  /// The number of images.
  var count: Int { get }
  /// The bytes that all of them take in memory while they are loaded there, at most.
  var memory: Int { get throws }
  /// Where an image lies, for errors.
  func path(of index: Int) -> String
  /// An image as it should be, and whether it was something else in its file.
  func image(at index: Int) throws -> (image: DecodedImage, isPrepared: Bool)
}

/// Files of an image each.
struct FolderStore: ImageStore {
  let folder: ImageFolder
  let count: Int
  let preparation: ImagePreparation

  /// The first `limit` images of a folder, or all.
  init(_ folder: ImageFolder, limit: Int?, _ preparation: ImagePreparation) {
    (self.folder, self.preparation) = (folder, preparation)
    count = min(limit ?? .max, folder.names.count)
  }

  /// Some may be grey, but become coloured.
  var memory: Int {
    get throws {
      let first = try image(at: 0).image
      return count * first.height * first.width * (preparation.channels ?? 3)
    }
  }

  func path(of index: Int) -> String { folder.path(of: index) }

  func image(at index: Int) throws -> (image: DecodedImage, isPrepared: Bool) {
    let original = try ImageFolder.read(folder.path(of: index), preparation.background, maximumSize: 1 << 30)
    let image = preparation(original)
    return (image, image != original)
  }
}

/// The binary version of CIFAR.
struct CIFARStore: ImageStore {
  let count: Int
  let labels: [Int]
  private let folder: CIFARFolder
  private let files: [RandomAccessFile]
  /// How many images lie before each file, and in all files.
  private let starts: [Int]
  private let preparation: ImagePreparation

  init(_ folder: CIFARFolder, _ split: ImageSet.Split, limit: Int?, _ preparation: ImagePreparation) throws {
    (self.folder, self.preparation) = (folder, preparation)
    files = try folder.files(split).map { try RandomAccessFile($0) }
    var (starts, labels) = ([0], [Int]())
    for file in files {
      let count = try folder.recordCount(file.size, file.path)
      starts.append(starts[starts.count - 1] + count)
      for record in 0..<count where labels.count < limit ?? .max {
        let offset = record * folder.recordSize
        labels.append(
          try folder.label(file.read(at: offset, count: folder.recordSize)[...], at: offset, file.path))
      }
    }
    (self.starts, self.labels, count) = (starts, labels, labels.count)
  }

  var memory: Int { get throws { 2 * count * folder.recordSize } }

  func path(of index: Int) -> String { files[place(index).file].path }

  func image(at index: Int) throws -> (image: DecodedImage, isPrepared: Bool) {
    let place = place(index)
    let record = try files[place.file].read(at: place.record * folder.recordSize, count: folder.recordSize)
    let original = folder.image(record[...])
    let image = preparation(original)
    return (image, image != original)
  }

  private func place(_ index: Int) -> (file: Int, record: Int) {
    let file = requireSome(starts.lastIndex { $0 <= index }, "CIFARStore: image \(index)")
    return (file, index - starts[file])
  }
}

/// An IDX or NumPy file that is not compressed.
struct ArrayStore: ImageStore {
  let count: Int
  /// The number of images in the file, whatever the limit.
  let fullCount: Int
  private let file: RandomAccessFile
  private let preparation: ImagePreparation
  private let content: Content

  private enum Content {
    case idx(type: IDXArray.ElementType, shape: [Int], offset: Int)
    case numPy(NumPyParts)
  }

  /// The first `limit` images of the file at `path`, or all.
  ///
  /// - Returns: nil if it is none of these files, or one image.
  /// - Throws: ``FileError`` if it is damaged, or its elements lie so that an image cannot be read alone.
  init?(_ path: String, limit: Int?, _ preparation: ImagePreparation) throws {
    file = try RandomAccessFile(path)
    let start = try file.read(at: 0, count: min(file.size, max(IDXFile.headerSize, NumPyParts.headerSize)))
    let shape: [Int]
    if NumPy.isArray(start) {
      let parts = try NumPyParts(start, fileSize: file.size, path: path)
      try parts.checkRest(
        file.read(at: parts.end, count: min(NumPyParts.signatureSize, file.size - parts.end)))
      (content, shape) = (.numPy(parts), parts.shape)
    } else if IDXFile.isArray(start) {
      let header = try IDXFile.header(in: start, fileSize: file.size, path: path)
      (content, shape) = (.idx(type: header.elementType, shape: header.shape, offset: header.offset), header.shape)
    } else {
      return nil
    }
    self.preparation = preparation
    let isOne = preparation.layout.map { [.hw, .hwc, .chw].contains($0) } ?? false
    guard shape.count == 3 || shape.count == 4, shape[0] > 1, !isOne, !shape.contains(0) else { return nil }
    fullCount = shape[0]
    count = min(limit ?? .max, fullCount)
  }

  /// The file is read as a whole, and its elements become bytes.
  var memory: Int {
    get throws {
      let image = try image(at: 0).image
      return file.size + count * image.pixels.count
    }
  }

  /// Throws if an image cannot be read without all others.
  func checkOrder() throws {
    guard case .numPy(let parts) = content, parts.isFortranOrder else { return }
    throw FileError(
      path: file.path, expected: "elements in C order, as the array is too large for memory",
      found: "Fortran order; numpy.save(path, numpy.ascontiguousarray(x)) writes the other")
  }

  func path(of index: Int) -> String { file.path }

  func image(at index: Int) throws -> (image: DecodedImage, isPrepared: Bool) {
    var array: ImageArray
    switch content {
    case .idx(let type, let shape, let offset):
      let one = [1] + shape.dropFirst()
      let size = one.reduce(type.size, *)
      let bytes = try file.read(at: offset + index * size, count: size)
      array = ImageArray(IDXArray(elementType: type, shape: one, bytes: bytes), path: file.path)
      // One image has fewer readings than all.
      if preparation.layout == nil { try ImageArray.checkChannels(of: shape, file.path) }
    case .numPy(let parts):
      let size = parts.shape.dropFirst().reduce(1, *)
      let range = parts.bytes(of: index * size..<(index + 1) * size)
      let bytes = try file.read(at: range.lowerBound, count: range.count)
      array = ImageArray(try parts.array(bytes, shape: [1] + parts.shape.dropFirst()), path: file.path)
      if preparation.layout == nil { try ImageArray.checkReadings(of: parts.shape, file.path) }
    }
    array.firstImage = index
    let original = try array.images(preparation.layout, isCertain: true)
    let set = preparation(original)
    return (
      DecodedImage(pixels: set.pixels, height: set.height, width: set.width, channels: set.channels),
      set.preparedCount > 0
    )
  }
}
