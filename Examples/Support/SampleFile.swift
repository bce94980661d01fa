import Latent
import LatentSystem

/// A file of samples, in the format its name asks for, or a folder of pictures. It is written as the samples are made, so
/// it may be larger than the memory.
public struct SampleFile {
  private enum Format: String, CaseIterable {
    case png = ".png"
    case numpy = ".npy"
    case idx = ".idx"
    case compressedIDX = ".idx.gz"
    case mesh = ".obj"
  }

  private let path: String
  /// Nil for a folder.
  private let format: Format?
  private let folder: SampleFolder?
  private let volumes: VolumePictures

  /// Whether it is a picture of all samples side by side.
  public var isGrid: Bool { format == .png }

  /// - Parameters:
  ///   - threshold: how full a voxel of a volume has to be for pictures and meshes.
  ///   - program: what writes a folder, if there may be one: the name ends in a slash then, or is that of a folder.
  /// - Throws: ``UsageError`` if the name ends in none of `.png`, `.npy`, `.idx`, `.idx.gz` and `.obj`, or the folder holds
  ///   images that the program did not write.
  public init(_ path: String, threshold: Float = 0.5, orFolderOf program: String? = nil) throws {
    if let program, path.hasSuffix("/") || AtomicFile.kind(of: path).isFolder {
      (self.path, format, folder) = (path, nil, try SampleFolder(path, of: program))
      volumes = VolumePictures(threshold: threshold)
      return
    }
    let ends = program == nil ? ".idx.gz or .obj" : ".idx.gz or .obj, or a folder, as samples/"
    folder = nil
    guard let format = Format.allCases.first(where: { path.hasSuffix($0.rawValue) }) else {
      throw UsageError("--out: expected a name that ends in .png, .npy, .idx, \(ends), found \"\(path)\"")
    }
    self.path = path
    self.format = format
    volumes = VolumePictures(threshold: threshold)
  }

  /// Writes `count` samples of a model: images as a grid or as bytes, volumes as pictures of them or as meshes, samples of
  /// any shape as floats.
  ///
  /// - Parameters:
  ///   - conditions: gives what the samples at a range of places should be; nil for what is usual.
  ///   - rows: of the grid; as many as make it about square if nil.
  ///   - columns: of the grid, whatever the rows are; as the rows say if nil.
  ///   - isQuiet: whether to show no progress.
  /// - Throws: ``UsageError`` if the format does not suit the samples, ``CapabilityError`` if the model cannot make them,
  ///   ``FileError`` if the file cannot be written; an error if a signal stops the writing of a folder.
  public func write(
    _ count: Int, of trained: TrainedModel, conditions: ((Range<Int>) -> Condition)?, seed: UInt64, rows: Int? = nil,
    columns: Int? = nil, isQuiet: Bool = false
  ) throws {
    var progress = CountProgress(total: count, unit: "samples", isQuiet: isQuiet)
    defer { progress.finish() }
    func forEachBatch(_ body: (Tensor) throws -> Void) throws {
      var written = 0
      func show(_ share: Double) throws {
        progress.set(share: share)
        // A batch may take minutes.
        if share < 1, let stop = Interruption(after: "\(written) of \(count) samples") { throw stop }
      }
      func write(_ batch: Tensor) throws {
        try body(batch)
        written += batch.shape[0]
      }
      if let conditions {
        try trained.forEachBatch(of: count, conditions: conditions, seed: seed, progress: show, write)
      } else {
        try trained.forEachBatch(of: count, seed: seed, progress: show, write)
      }
    }
    try write(count, columns: columns ?? Self.columns(count, rows), forEachBatch)
  }

  /// Writes `count` samples that somebody else makes.
  ///
  /// - Parameters:
  ///   - isQuiet: whether to show no progress.
  ///   - unit: what they are called, for the progress.
  ///   - next: gives the next batch `[n, …]`; nil after the last.
  /// - Throws: ``UsageError`` if the format does not suit the samples, ``FileError`` if the file cannot be written, and
  ///   what `next` throws.
  public func write(
    _ count: Int, isQuiet: Bool = false, unit: String = "samples", next: () throws -> Tensor?
  ) throws {
    var progress = CountProgress(total: count, unit: unit, isQuiet: isQuiet)
    defer { progress.finish() }
    try write(count, columns: Self.columns(count, nil)) { body in
      while let batch = try next() {
        try body(batch)
        progress.add(batch.shape[0])
      }
    }
  }

  private func write(
    _ count: Int, columns: Int, _ forEachBatch: ((Tensor) throws -> Void) throws -> Void
  ) throws {
    switch format {
    case nil: try writeFolder(count, forEachBatch)
    case .png: try writeGrid(count, columns: columns, forEachBatch)
    case .mesh: try volumes.writeMeshes(count, to: path, forEachBatch)
    case .numpy, .idx, .compressedIDX: try writeArray(count, forEachBatch)
    }
  }

  private func writeFolder(_ count: Int, _ forEachBatch: (_ body: (Tensor) throws -> Void) throws -> Void) throws {
    try folder?.write(count) { body in
      try withoutActuallyEscaping(body) { body in
        try forEachBatch { samples in
          let batch = try volumes.images(samples)
          try checkImages(batch)
          guard [1, 3].contains(batch.shape[3]) else {
            throw UsageError(
              "--out: expected grey or coloured samples for pictures, found \(batch.shape[3]) channels; a .npy file "
                + "takes them")
          }
          try body(batch)
        }
      }
    }
  }

  private func writeGrid(
    _ count: Int, columns: Int, _ forEachBatch: ((Tensor) throws -> Void) throws -> Void
  ) throws {
    guard count <= Self.largestGrid else {
      throw UsageError(
        "--out: expected a name that ends in .npy, .idx or .idx.gz for more than \(Self.largestGrid) samples, found "
          + "\"\(path)\"")
    }
    var pixels: [UInt8] = []
    var shape: [Int] = []
    try forEachBatch { samples in
      let batch = try volumes.images(samples)
      try checkImages(batch)
      pixels += batch.bytes
      shape = batch.shape.sizes
    }
    let images = try ImageSet(pixels: pixels, height: shape[1], width: shape[2], channels: shape[3])
    try PNG.writeGrid(images, columns: columns, to: path)
  }

  private func writeArray(
    _ count: Int, _ forEachBatch: (_ body: (Tensor) throws -> Void) throws -> Void
  ) throws {
    AtomicFile.removeAbandoned(in: path.lastIndex(of: "/").map { String(path[..<$0]) } ?? ".")
    try withoutActuallyEscaping(forEachBatch) { forEachBatch in
      try AtomicFile.write(to: path) { append in
        try withoutActuallyEscaping(append) { append in
          var blocks = BlockWriter(isCompressed: format == .compressedIDX, append: append)
          var isFirst = true
          try forEachBatch { batch in
            if isFirst { try blocks.add(header(count, batch)) }
            isFirst = false
            if format == .numpy {
              try batch.withScalars { try blocks.add(UnsafeRawBufferPointer($0)) }
            } else {
              try blocks.add(batch.bytes)
            }
          }
          try blocks.flush()
        }
      }
    }
  }

  /// What stands before the elements.
  private func header(_ count: Int, _ batch: Tensor) throws -> [UInt8] {
    let shape = [count] + batch.shape.sizes.dropFirst()
    // Volumes come out as they go in, without an axis of their one channel.
    let isVolume = shape.count == 5 && shape[4] == 1
    guard format != .numpy else { return NumPy.header(shape: isVolume ? Array(shape.dropLast()) : shape) }
    try checkImages(batch)
    return IDXFile.header(.uint8, shape: shape.last == 1 ? Array(shape.dropLast()) : shape)
  }

  private func checkImages(_ batch: Tensor) throws {
    guard batch.rank == 4 else {
      throw UsageError("--out: samples of shape \(batch.shape.sizes.dropFirst()) are no images; a .npy file takes them")
    }
  }

  /// The smallest number of columns that makes the grid no taller than wide.
  static func columns(_ count: Int, _ rows: Int?) -> Int {
    if let rows, rows > 1, count % rows == 0 { return count / rows }
    return (1...max(1, count)).first { $0 * $0 >= count } ?? 1
  }

  private static let largestGrid = 10_000
}

/// Collects bytes and writes them a block at a time; a compressed file is one member after the other.
private struct BlockWriter {
  let isCompressed: Bool
  let append: (UnsafeRawBufferPointer) throws -> Void
  private var waiting: [UInt8] = []

  init(isCompressed: Bool, append: @escaping (UnsafeRawBufferPointer) throws -> Void) {
    self.isCompressed = isCompressed
    self.append = append
  }

  mutating func add(_ bytes: some Sequence<UInt8>) throws {
    waiting += bytes
    if waiting.count >= 1 << 20 { try flush() }
  }

  /// Writes what waits.
  mutating func flush() throws {
    if waiting.isEmpty { return }
    let bytes = isCompressed ? Gzip.compress(waiting) : waiting
    try bytes.withUnsafeBytes { try append($0) }
    waiting.removeAll(keepingCapacity: true)
  }
}
