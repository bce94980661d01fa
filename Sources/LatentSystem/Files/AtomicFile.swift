import Synchronization

/// Whole files, read and written in one go, with errors that name the path.
package enum AtomicFile {
  /// Numbers the temporary files of this process, so that concurrent writers never share one.
  private static let counter = Atomic<Int>(0)
  private static let temporaryPrefix = ".latent-tmp-"
  private static let largestSize = 8 << 30

  /// The first `count` bytes of the regular file at `path`, or all if it has fewer.
  /// - Throws: ``FileError`` if there is none, if it is a folder or a device, or if reading fails.
  package static func beginning(of path: String, count: Int) throws -> [UInt8] {
    let descriptor = try openForReading(path)
    defer { close(descriptor) }
    _ = try regularSize(descriptor, path)
    var bytes = [UInt8](repeating: 0, count: count)
    let length = bytes.withUnsafeMutableBytes { buffer in
      buffer.baseAddress.map { start in Self.retrying { systemRead(descriptor, start, count) } } ?? 0
    }
    guard length >= 0 else {
      throw FileError(path: path, expected: "a readable file", found: SystemFile.message(errno))
    }
    return Array(bytes.prefix(length))
  }

  /// The descriptor of the file at `path`, opened to be read.
  /// - Throws: ``FileError`` if there is none, or it may not be read.
  static func openForReading(_ path: String) throws -> Int32 {
    let descriptor = withSystemPath(path) { open($0, O_RDONLY | O_CLOEXEC | O_NONBLOCK) }
    guard descriptor >= 0 else {
      let found = errno == ENOENT ? "no such file" : SystemFile.message(errno)
      throw FileError(path: path, expected: "a readable file", found: found)
    }
    return descriptor
  }

  /// The contents of the regular file at `path`.
  ///
  /// - Throws: ``FileError`` if there is none, if it is a folder or a device, if it has more than 8 GiB, or if reading
  ///   fails.
  package static func read(_ path: String) throws -> [UInt8] {
    let descriptor = try openForReading(path)
    defer { close(descriptor) }
    let size = try regularSize(descriptor, path)
    // A sparse file may claim more than there is memory or disk.
    guard size <= largestSize else {
      throw FileError(path: path, expected: "a file of at most 8 GiB", found: counted(size, "byte"))
    }
    // An array without capacity is one object for all threads, and this initializer writes its count.
    guard size > 0 else { return [] }
    var failure: Int32 = 0
    let bytes = [UInt8](unsafeUninitializedCapacity: size) { buffer, count in
      while count < size {
        // Linux and Darwin transfer at most 2 GiB in one call.
        let part = min(size - count, 1 << 30)
        let got = Self.retrying { systemRead(descriptor, buffer.baseAddress! + count, part) }
        if got <= 0 {
          failure = got < 0 ? errno : 0
          return
        }
        count += got
      }
    }
    guard bytes.count == size else {
      let reason = failure == 0 ? "its end" : SystemFile.message(failure)
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
    defer { close(descriptor) }
    do {
      try contents { try writeAll($0, descriptor, path) }
      if let permissions { try check(fchmod(descriptor, permissions), path, "a file whose permissions can be set") }
      try check(fsync(descriptor), path, "a file that can be synced to disk")
      try put(temporary, at: target, path)
    } catch {
      _ = withSystemPath(temporary) { unlink($0) }
      throw error
    }
    syncFolder(folder)
  }

  /// Removes the temporary files that processes left in `folder` when they died while they wrote a file.
  package static func removeAbandoned(in folder: String) {
    for name in (try? SystemFile.names(in: folder)) ?? [] {
      guard name.hasPrefix(temporaryPrefix), name.hasSuffix(".tmp") else { continue }
      withSystemPath("\(folder)/\(name)") { path in
        let descriptor = open(path, O_WRONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK)
        guard descriptor >= 0 else { return }
        // Whoever still writes it holds a lock.
        if flock(descriptor, LOCK_EX | LOCK_NB) == 0 { unlink(path) }
        close(descriptor)
      }
    }
  }

  /// Checks that a file can be put at `path`: that no folder or device is there.
  /// - Throws: ``FileError``.
  package static func checkPlace(_ path: String) throws { _ = try existingPermissions(resolvingLink(path), path) }

  /// The folder that a file at `path` is put into.
  package static func folder(for path: String) -> String { folder(of: resolvingLink(path)) }

  /// Whether something exists at `path`, and whether it is a folder.
  package static func kind(of path: String) -> (exists: Bool, isFolder: Bool) {
    var status = stat()
    guard withSystemPath(path, { stat($0, &status) }) == 0 else { return (false, false) }
    return (true, status.st_mode & S_IFMT == S_IFDIR)
  }
}

extension AtomicFile {
  /// Repeats a system call for as long as a signal interrupts it.
  private static func retrying(_ call: () -> Int) -> Int {
    while true {
      let result = call()
      if result >= 0 || errno != EINTR { return result }
    }
  }

  /// The size of the open file.
  static func regularSize(_ descriptor: Int32, _ path: String) throws -> Int {
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
    guard withSystemPath(target, { stat($0, &status) }) == 0 else { return nil }
    guard status.st_mode & S_IFMT == S_IFREG else {
      let found = status.st_mode & S_IFMT == S_IFDIR ? "a folder" : "a device, pipe or socket"
      throw FileError(path: path, expected: "a file or nothing yet", found: found)
    }
    return status.st_mode & 0o777
  }

  private static func createTemporary(in folder: String, for path: String) throws -> (Int32, String) {
    while true {
      let number = counter.add(1, ordering: .relaxed).newValue
      let name = "\(folder)/\(temporaryPrefix)\(getpid())-\(number).tmp"
      let descriptor = withSystemPath(name) { open($0, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o666) }
      if descriptor >= 0 {
        // The lock tells `removeAbandoned` that somebody is writing. If that was faster, another name has to do. Some
        // file systems have no locks; nothing is removed there.
        let isTaken = flock(descriptor, LOCK_EX | LOCK_NB) != 0 && errno == EWOULDBLOCK
        var status = stat()
        if !isTaken, fstat(descriptor, &status) == 0, status.st_nlink > 0 { return (descriptor, name) }
        close(descriptor)
        continue
      }
      // A process that died may have left a file behind, and process numbers come back.
      guard errno == EEXIST else {
        throw FileError(path: path, expected: "a folder that can be written to", found: SystemFile.message(errno))
      }
    }
  }

  private static func writeAll(_ bytes: UnsafeRawBufferPointer, _ descriptor: Int32, _ path: String) throws {
    let done = SystemFile.write(bytes, to: descriptor)
    guard done == bytes.count else {
      let found = SystemFile.message(errno)
      throw FileError(path: path, offset: done, expected: "room for \(bytes.count) bytes", found: found)
    }
  }

  private static func check(_ result: Int32, _ path: String, _ expected: String) throws {
    if result != 0 { throw FileError(path: path, expected: expected, found: SystemFile.message(errno)) }
  }

  /// Puts a finished file at `target`.
  ///
  /// A single file that is mounted, as into a container, cannot be renamed over: it gets the contents.
  private static func put(_ temporary: String, at target: String, _ path: String) throws {
    let result = withSystemPath(temporary) { old in withSystemPath(target) { rename(old, $0) } }
    guard result != 0, errno == EBUSY else {
      return try check(result, path, "a place to rename a file to")
    }
    let source = try RandomAccessFile(temporary)
    let descriptor = withSystemPath(target) { open($0, O_WRONLY | O_TRUNC | O_CLOEXEC) }
    try check(min(descriptor, 0), path, "a file that can be written")
    defer { close(descriptor) }
    for start in stride(from: 0, to: source.size, by: 1 << 20) {
      try source.read(at: start, count: min(1 << 20, source.size - start)).withUnsafeBytes {
        try writeAll($0, descriptor, path)
      }
    }
    try check(fsync(descriptor), path, "a file that can be synced to disk")
    _ = withSystemPath(temporary) { unlink($0) }
  }

  private static func folder(of path: String) -> String {
    guard let slash = path.utf8.lastIndex(of: UInt8(ascii: "/")) else { return "." }
    return slash == path.startIndex ? "/" : String(path[..<slash])
  }

  private static func resolvingLink(_ path: String) -> String {
    guard let resolved = withSystemPath(path, { realpath($0, nil) }) else { return path }
    defer { free(resolved) }
    return PathText.text(resolved)
  }

  /// Makes the rename itself durable. Some file systems refuse to sync a folder; the file is complete either way.
  private static func syncFolder(_ folder: String) {
    let descriptor = withSystemPath(folder) { open($0, O_RDONLY | O_CLOEXEC) }
    guard descriptor >= 0 else { return }
    _ = fsync(descriptor)
    close(descriptor)
  }
}
