import Datasets
import LatentSystem
import Tensor

/// A file that grows line by line.
///
/// What cannot be written, because the disk is full for instance, waits in memory and is tried again with the next line.
final class LineFile {
  private let path: String
  private let descriptor: Int32
  private var waiting: [UInt8] = []
  private var failure: Int32 = 0

  /// Opens the file at `path`, which then holds `contents` and nothing else.
  /// - Throws: ``FileError`` if it cannot be opened or written.
  init(_ path: String, contents: [UInt8]) throws {
    self.path = path
    // At once, so that a crash leaves the old lines or those that are kept.
    if !contents.isEmpty { try AtomicFile.write(contents, to: path) }
    let flags = O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | (contents.isEmpty ? O_TRUNC : 0)
    descriptor = withSystemPath(path) { open($0, flags, 0o644) }
    guard descriptor >= 0 else {
      throw FileError(path: path, expected: "a file that can be written", found: SystemFile.message(errno))
    }
  }

  deinit { close(descriptor) }

  /// Appends `bytes`, now or later.
  func append(_ bytes: [UInt8]) {
    waiting += bytes
    let done = waiting.withUnsafeBytes {
      let done = SystemFile.write($0, to: descriptor)
      failure = errno
      return done
    }
    waiting.removeFirst(done)
  }

  /// Waits until all lines are on the disk.
  /// - Throws: ``FileError`` if they cannot be written, for instance because the disk is full.
  func sync() throws {
    append([])
    guard waiting.isEmpty else {
      throw FileError(path: path, expected: "room for \(waiting.count) bytes", found: SystemFile.message(failure))
    }
    guard fsync(descriptor) == 0 else {
      throw FileError(path: path, expected: "a file that can be synced to disk", found: SystemFile.message(errno))
    }
  }
}
