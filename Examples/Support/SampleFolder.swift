import Latent
import LatentSystem

#if canImport(FoundationEssentials)
  import FoundationEssentials
#else
  import Foundation
#endif

/// A folder of samples as pictures, each in a file of its own: what training programs take as `--data`. Beside them stands
/// how many they are, so that later ones take their place and nothing else is written over.
struct SampleFolder {
  private struct Record: Codable { let count: Int }

  private static let recordName = "samples.json"

  private let path: String
  /// How many pictures are in the folder from before.
  private let countBefore: Int

  /// The folder at `path`, which need not be there.
  /// - Parameter program: what writes it.
  /// - Throws: ``UsageError`` if it holds images that the program did not write, ``FileError`` if it takes no files.
  init(_ path: String, of program: String) throws {
    self.path = path.count > 1 && path.hasSuffix("/") ? String(path.dropLast()) : path
    let record = "\(self.path)/\(Self.recordName)"
    var count: Int?
    if try isOwnFolder(self.path, record: Self.recordName, program: program) {
      count = (try? JSONDecoder().decode(Record.self, from: Data(AtomicFile.read(record))))?.count
    }
    countBefore = max(0, count ?? 0)
    try checkFolderTarget(self.path)
  }

  /// Writes `count` pictures in place of those that are there. A signal stops it after a batch, or where `forEachBatch`
  /// throws ``Interruption``: then there are only those that came until then.
  ///
  /// - Parameter forEachBatch: gives them batch by batch, `[n, H, W, 1 or 3]`.
  /// - Throws: what `forEachBatch` throws, ``FileError`` if files cannot be written, ``Interruption``.
  func write(_ count: Int, _ forEachBatch: ((Tensor) throws -> Void) throws -> Void) throws {
    try SystemFile.createFolder(path)
    StopSignal.catchAll(isTraining: false)
    // First what will be here: what is interrupted can be begun anew.
    try JSONFile.write(Record(count: max(count, countBefore)), to: "\(path)/\(Self.recordName)")
    var (index, interruption) = (0, nil as Interruption?)
    do {
      try forEachBatch { batch in
        index = try write(batch, from: index)
        if index < count, let stop = Interruption(after: "\(index) of \(count) samples") { throw stop }
      }
    } catch let stop as Interruption {
      interruption = stop
    }
    for old in index..<max(index, countBefore) where AtomicFile.kind(of: file(old)).exists {
      try SystemFile.remove(file(old))
    }
    try JSONFile.write(Record(count: index), to: "\(path)/\(Self.recordName)")
    if let interruption { throw interruption }
  }

  /// Writes the pictures of a batch.
  /// - Returns: the place of the next one.
  private func write(_ batch: Tensor, from first: Int) throws -> Int {
    let (shape, pixels) = (batch.shape, batch.bytes)
    let size = shape[1] * shape[2] * shape[3]
    for (place, start) in stride(from: 0, to: pixels.count, by: size).enumerated() {
      try PNG.write(
        Array(pixels[start..<start + size]), height: shape[1], width: shape[2], channels: shape[3],
        to: file(first + place))
    }
    return first + shape[0]
  }

  private func file(_ index: Int) -> String {
    let digits = "\(index)"
    return "\(path)/\(String(repeating: "0", count: max(0, 6 - digits.count)))\(digits).png"
  }
}
