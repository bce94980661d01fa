/// A file of which parts are read, in any order and from any thread. It stays readable if its name goes away.
package final class RandomAccessFile: Sendable {
  /// The path, as it was given.
  package let path: String
  /// The number of bytes when it was opened.
  package let size: Int
  private let descriptor: Int32

  /// Opens the regular file at `path`.
  /// - Throws: ``FileError`` if there is none, or it is a folder or a device.
  package init(_ path: String) throws {
    let descriptor = try AtomicFile.openForReading(path)
    do {
      size = try AtomicFile.regularSize(descriptor, path)
    } catch {
      close(descriptor)
      throw error
    }
    (self.path, self.descriptor) = (path, descriptor)
  }

  deinit { close(descriptor) }

  /// The bytes from `offset` on, `count` of them.
  /// - Throws: ``FileError`` if the file ends before, or cannot be read.
  package func read(at offset: Int, count: Int) throws -> [UInt8] {
    guard count > 0 else { return [] }
    var failure: Int32 = 0
    let bytes = [UInt8](unsafeUninitializedCapacity: count) { buffer, done in
      while done < count, let base = buffer.baseAddress {
        let got = pread(descriptor, base + done, min(count - done, 1 << 30), off_t(offset + done))
        if got < 0 && errno == EINTR { continue }
        if got <= 0 {
          failure = got < 0 ? errno : 0
          return
        }
        done += got
      }
    }
    guard bytes.count == count else {
      throw FileError(
        path: path, offset: offset + bytes.count, expected: counted(count - bytes.count, "more byte"),
        found: failure == 0 ? "its end" : SystemFile.message(failure))
    }
    return bytes
  }
}
