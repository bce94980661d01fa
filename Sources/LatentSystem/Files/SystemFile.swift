/// What several kinds of files need of the system.
package enum SystemFile {
  /// Writes `bytes` to an open file, terminal or pipe, however many calls it takes and whatever signals interrupt them.
  ///
  /// - Returns: how many bytes were written; if it is not all of them, `errno` says why.
  package static func write(_ bytes: UnsafeRawBufferPointer, to descriptor: Int32) -> Int {
    var done = 0
    while done < bytes.count, let base = bytes.baseAddress {
      // Linux and Darwin transfer at most 2 GiB in one call.
      let count = systemWrite(descriptor, base + done, min(bytes.count - done, 1 << 30))
      if count < 0 && errno == EINTR { continue }
      if count == 0 { errno = ENOSPC }
      guard count > 0 else { break }
      done += count
    }
    return done
  }

  /// Writes `text` to standard error. What cannot be written there cannot be reported either.
  package static func writeError(_ text: String) {
    Array(text.utf8).withUnsafeBytes { _ = write($0, to: STDERR_FILENO) }
  }

  /// The system's words for the error `code`, in quotation marks.
  package static func message(_ code: Int32) -> String {
    let text = strerror(code).map { String(cString: $0) } ?? "system error \(code)"
    return "“\(text)”"
  }

  /// Removes the file at `path`, if there is one.
  /// - Throws: ``FileError`` if it cannot be removed.
  package static func remove(_ path: String) throws {
    guard withSystemPath(path, { unlink($0) }) != 0, errno != ENOENT else { return }
    throw FileError(path: path, expected: "a file that can be removed", found: message(errno))
  }

  /// Checks that files can be made in the folder at `path`.
  /// - Throws: ``FileError``.
  package static func checkWritable(_ path: String) throws {
    guard withSystemPath(path, { access($0, W_OK | X_OK) }) != 0 else { return }
    throw FileError(path: path, expected: "a folder that can be written to", found: message(errno))
  }

  /// Makes the folder at `path`, and those that it lies in, where they are not there.
  /// - Throws: ``FileError`` if that cannot be done.
  package static func createFolder(_ path: String) throws {
    let kind = AtomicFile.kind(of: path)
    if kind.isFolder || path.isEmpty { return }
    guard !kind.exists else { throw FileError(path: path, expected: "a folder, or a place for one", found: "a file") }
    let name = path.hasSuffix("/") ? path.dropLast() : path[...]
    if let end = name.lastIndex(of: "/") { try createFolder(String(name[..<end])) }
    // Somebody else may have been quicker.
    guard withSystemPath(String(name), { mkdir($0, 0o777) }) != 0, errno != EEXIST else { return }
    throw FileError(path: path, expected: "a folder that can be created", found: message(errno))
  }

  /// The names of all that the folder at `path` holds, sorted byte by byte.
  /// - Throws: ``FileError`` if it cannot be listed.
  package static func names(in path: String) throws -> [String] {
    guard let folder = withSystemPath(path, { opendir($0) }) else {
      throw FileError(path: path, expected: "a folder that can be listed", found: message(errno))
    }
    defer { closedir(folder) }
    var names: [[UInt8]] = []
    while let entry = readdir(folder) {
      let name = withUnsafePointer(to: &entry.pointee.d_name) {
        $0.withMemoryRebound(to: CChar.self, capacity: MemoryLayout.size(ofValue: $0.pointee)) { name in
          UnsafeRawBufferPointer(start: name, count: strlen(name)).map { $0 }
        }
      }
      if name != [0x2E], name != [0x2E, 0x2E] { names.append(name) }
    }
    return names.sorted { $0.lexicographicallyPrecedes($1) }.map { PathText.text($0) }
  }

  /// Gives the file or folder at `path` another name.
  /// - Throws: ``FileError`` if that cannot be done.
  package static func move(_ path: String, to target: String) throws {
    guard withSystemPath(path, { old in withSystemPath(target) { rename(old, $0) } }) != 0 else { return }
    throw FileError(path: path, expected: "a file that can be moved", found: message(errno))
  }

  /// Gives the file at `path` a second name, or copies it where files have but one.
  /// - Throws: ``FileError`` if neither can be done.
  package static func duplicate(_ path: String, as target: String) throws {
    guard withSystemPath(path, { old in withSystemPath(target) { link(old, $0) } }) != 0 else { return }
    let source = try RandomAccessFile(path)
    try AtomicFile.write(to: target) { append in
      for start in stride(from: 0, to: source.size, by: 1 << 20) {
        try source.read(at: start, count: min(1 << 20, source.size - start)).withUnsafeBytes(append)
      }
    }
  }

  /// Whether two paths lead to the same file or folder, which is there, by whatever names and links.
  package static func isSame(_ first: String, _ second: String) -> Bool {
    var (one, other) = (stat(), stat())
    return withSystemPath(first) { stat($0, &one) } == 0 && withSystemPath(second) { stat($0, &other) } == 0
      && one.st_dev == other.st_dev && one.st_ino == other.st_ino
  }

  /// The bytes that can still be written to the disk of the folder at `path`; nil if the system does not say.
  package static func freeSpace(at path: String) -> Int? {
    var status = statvfs()
    guard withSystemPath(path, { statvfs($0, &status) }) == 0 else { return nil }
    let (space, overflows) = UInt64(status.f_bavail).multipliedReportingOverflow(by: UInt64(status.f_frsize))
    return overflows ? Int.max : Int(clamping: space)
  }
}

/// The right to be the only one, among all processes of a machine, that writes into a folder.
///
/// The system takes it back when this object or the process ends, however that ends.
package final class FolderLock {
  private let descriptor: Int32

  /// Takes the lock of the folder at `path`, which is a hidden file in it.
  /// - Throws: ``FileError`` if another process has it, or if the folder cannot be written to.
  package init(_ path: String) throws {
    descriptor = withSystemPath(path + "/.latent-lock") { open($0, O_RDWR | O_CREAT | O_CLOEXEC, 0o666) }
    guard descriptor >= 0 else {
      throw FileError(path: path, expected: "a folder that can be written to", found: SystemFile.message(errno))
    }
    guard flock(descriptor, LOCK_EX | LOCK_NB) != 0, errno == EWOULDBLOCK else { return }
    close(descriptor)
    throw FileError(path: path, expected: "a folder that nobody writes to", found: "a training that is running in it")
  }

  deinit {
    // Closing alone would leave the lock to a process that is being started at the moment and has a copy.
    flock(descriptor, LOCK_UN)
    close(descriptor)
  }
}
