import Datasets
import Tensor

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#elseif canImport(Darwin)
  import Darwin
#endif

/// A file that grows line by line.
final class LineFile {
  private let path: String
  private let descriptor: Int32

  /// Opens the file at `path` for writing from its start; what it held is gone.
  /// - Throws: ``FileError`` if it cannot be opened.
  init(_ path: String) throws {
    self.path = path
    descriptor = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o644)
    guard descriptor >= 0 else {
      throw FileError(path: path, expected: "a file that can be written", found: String(cString: strerror(errno)))
    }
  }

  deinit { close(descriptor) }

  /// Appends `bytes`.
  /// - Throws: ``FileError`` if they cannot be written, for instance because the disk is full.
  func write(_ bytes: [UInt8]) throws {
    var rest = bytes[...]
    while !rest.isEmpty {
      let count = rest.withUnsafeBytes { sending in
        #if canImport(Glibc)
          Glibc.write(descriptor, sending.baseAddress, sending.count)
        #elseif canImport(Musl)
          Musl.write(descriptor, sending.baseAddress, sending.count)
        #else
          Darwin.write(descriptor, sending.baseAddress, sending.count)
        #endif
      }
      if count < 0 && errno == EINTR { continue }
      guard count > 0 else {
        throw FileError(path: path, expected: "room for a line", found: String(cString: strerror(errno)))
      }
      rest = rest.dropFirst(count)
    }
  }
}
