import Synchronization

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#elseif canImport(Darwin)
  import Darwin
#endif

/// Whole files, read and written in one go, with errors that name the path.
package enum AtomicFile {
  /// Numbers the temporary files of this process, so that concurrent writers never share one.
  private static let counter = Atomic<Int>(0)

  /// The contents of the regular file at `path`.
  ///
  /// - Throws: ``FileError`` if there is none, if it is a folder or a device, or if reading fails.
  package static func read(_ path: String) throws -> [UInt8] {
    let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
    guard descriptor >= 0 else {
      throw FileError(path: path, expected: "a readable file", found: systemMessage(errno))
    }
    defer { close(descriptor) }
    let size = try regularSize(descriptor, path)
    var failure: Int32 = 0
    let bytes = [UInt8](unsafeUninitializedCapacity: size) { buffer, count in
      while count < size {
        let got = Self.retrying { Self.systemRead(descriptor, buffer.baseAddress! + count, size - count) }
        if got <= 0 {
          failure = got < 0 ? errno : 0
          return
        }
        count += got
      }
    }
    guard bytes.count == size else {
      let reason = failure == 0 ? "its end" : systemMessage(failure)
      throw FileError(path: path, offset: bytes.count, expected: counted(size, "byte"), found: reason)
    }
    return bytes
  }

  /// Writes `bytes` to `path` so that a reader sees the whole old file or the whole new one, even after a crash.
  ///
  /// The bytes go to a temporary file in the same folder, are synced to disk, and the file is renamed. If anything
  /// fails, the temporary file is removed and what was at `path` stays as it was. An existing file keeps its
  /// permissions; a symbolic link keeps pointing to the file, which is replaced.
  ///
  /// - Throws: ``FileError`` if `path` is a folder or a device, or if its folder cannot be written to.
  package static func write(_ bytes: [UInt8], to path: String) throws {
    try bytes.withUnsafeBytes { bytes in try write(to: path) { append in try append(bytes) } }
  }

  /// Writes to `path` as ``write(_:to:)`` does, without joining the contents in memory.
  ///
  /// - Parameter contents: is called once, with a function that appends bytes to the file; an error from it leaves what
  ///   was at `path`.
  /// - Throws: ``FileError``, as ``write(_:to:)``, and what `contents` throws.
  package static func write(
    to path: String, contents: (_ append: (UnsafeRawBufferPointer) throws -> Void) throws -> Void
  ) throws {
    let target = resolvingLink(path)
    let permissions = try existingPermissions(target, path)
    let folder = folder(of: target)
    let (descriptor, temporary) = try createTemporary(in: folder, for: path)
    var isOpen = true
    do {
      try contents { try writeAll($0, descriptor, path) }
      if let permissions { try check(fchmod(descriptor, permissions), path, "a file whose permissions can be set") }
      try check(fsync(descriptor), path, "a file that can be synced to disk")
      isOpen = false
      try check(close(descriptor), path, "a file that can be closed")
      try check(rename(temporary, target), path, "a place to rename a file to")
    } catch {
      if isOpen { close(descriptor) }
      unlink(temporary)
      throw error
    }
    syncFolder(folder)
  }

  /// Whether something exists at `path`, and whether it is a folder.
  package static func kind(of path: String) -> (exists: Bool, isFolder: Bool) {
    var status = stat()
    guard stat(path, &status) == 0 else { return (false, false) }
    return (true, status.st_mode & S_IFMT == S_IFDIR)
  }
}

extension AtomicFile {
  private static func systemRead(_ descriptor: Int32, _ start: UnsafeMutableRawPointer, _ count: Int) -> Int {
    // Linux and Darwin transfer at most 2 GiB in one call.
    #if canImport(Glibc)
      return Glibc.read(descriptor, start, min(count, 1 << 30))
    #elseif canImport(Musl)
      return Musl.read(descriptor, start, min(count, 1 << 30))
    #else
      return Darwin.read(descriptor, start, min(count, 1 << 30))
    #endif
  }

  /// Repeats a system call for as long as a signal interrupts it.
  private static func retrying(_ call: () -> Int) -> Int {
    while true {
      let result = call()
      if result >= 0 || errno != EINTR { return result }
    }
  }

  /// The size of the open file.
  private static func regularSize(_ descriptor: Int32, _ path: String) throws -> Int {
    var status = stat()
    try check(fstat(descriptor, &status), path, "a file with a status")
    guard status.st_mode & S_IFMT == S_IFREG else {
      let found = status.st_mode & S_IFMT == S_IFDIR ? "a folder" : "a device, pipe or socket"
      throw FileError(path: path, expected: "a file", found: found)
    }
    return Int(status.st_size)
  }

  /// The permissions of the file that is going to be replaced; `nil` if there is none.
  private static func existingPermissions(_ target: String, _ path: String) throws -> mode_t? {
    var status = stat()
    guard stat(target, &status) == 0 else { return nil }
    guard status.st_mode & S_IFMT == S_IFREG else {
      let found = status.st_mode & S_IFMT == S_IFDIR ? "a folder" : "a device, pipe or socket"
      throw FileError(path: path, expected: "a file or nothing yet", found: found)
    }
    return status.st_mode & 0o777
  }

  private static func createTemporary(in folder: String, for path: String) throws -> (Int32, String) {
    while true {
      let number = counter.add(1, ordering: .relaxed).newValue
      let name = "\(folder)/.latent-\(getpid())-\(number).tmp"
      let descriptor = open(name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o666)
      if descriptor >= 0 { return (descriptor, name) }
      // A process that died may have left a file behind, and process numbers come back.
      guard errno == EEXIST else {
        throw FileError(path: path, expected: "a folder that can be written to", found: systemMessage(errno))
      }
    }
  }

  private static func writeAll(_ bytes: UnsafeRawBufferPointer, _ descriptor: Int32, _ path: String) throws {
    var done = 0
    while done < bytes.count, let base = bytes.baseAddress {
      let count = retrying { Self.systemWrite(descriptor, base + done, bytes.count - done) }
      guard count > 0 else {
        let found = count < 0 ? systemMessage(errno) : "a full disk"
        throw FileError(path: path, offset: done, expected: "room for \(bytes.count) bytes", found: found)
      }
      done += count
    }
  }

  private static func systemWrite(_ descriptor: Int32, _ start: UnsafeRawPointer, _ count: Int) -> Int {
    #if canImport(Glibc)
      return Glibc.write(descriptor, start, min(count, 1 << 30))
    #elseif canImport(Musl)
      return Musl.write(descriptor, start, min(count, 1 << 30))
    #else
      return Darwin.write(descriptor, start, min(count, 1 << 30))
    #endif
  }

  private static func check(_ result: Int32, _ path: String, _ expected: String) throws {
    if result != 0 { throw FileError(path: path, expected: expected, found: systemMessage(errno)) }
  }

  private static func systemMessage(_ code: Int32) -> String {
    let text = strerror(code).map { String(cString: $0) } ?? "system error \(code)"
    return "“\(text)”"
  }

  private static func folder(of path: String) -> String {
    guard let slash = path.utf8.lastIndex(of: UInt8(ascii: "/")) else { return "." }
    return slash == path.startIndex ? "/" : String(path[..<slash])
  }

  private static func resolvingLink(_ path: String) -> String {
    guard let resolved = realpath(path, nil) else { return path }
    defer { free(resolved) }
    return String(cString: resolved)
  }

  /// Makes the rename itself durable. Some file systems refuse to sync a folder; the file is complete either way.
  private static func syncFolder(_ folder: String) {
    let descriptor = open(folder, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { return }
    _ = fsync(descriptor)
    close(descriptor)
  }
}
