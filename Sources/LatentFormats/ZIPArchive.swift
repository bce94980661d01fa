import LatentSystem

/// A ZIP archive in memory or on the disk, for reading: members that are stored or deflated, of any size, not encrypted
/// (PKWARE's APPNOTE.TXT, version 6.3). Of a file nothing is read but its directory and the members asked for.
package struct ZIPArchive: Sendable {
  /// A member, as the archive's directory has it.
  package struct Member: Sendable {
    /// The name in the archive; a folder's ends with a slash.
    package let name: String
    /// The bytes of the contents.
    package let size: Int
    fileprivate let method: Int
    fileprivate let compressedSize: Int
    fileprivate let checksum: UInt32
    fileprivate let headerOffset: Int
    fileprivate let isEncrypted: Bool
    /// Where the directory says so.
    fileprivate let offset: Int
  }

  /// The members in the order of the directory.
  package private(set) var members: [Member] = []
  private let source: Source
  private let path: String

  /// Where the bytes of an archive are.
  private enum Source: Sendable {
    case memory([UInt8])
    case file(RandomAccessFile)

    var size: Int {
      switch self {
      case .memory(let bytes): bytes.count
      case .file(let file): file.size
      }
    }

    /// Some of the bytes, all of which are there.
    func bytes(_ range: Range<Int>) throws -> [UInt8] {
      switch self {
      case .memory(let bytes): Array(bytes[range])
      case .file(let file): try file.read(at: range.lowerBound, count: range.count)
      }
    }
  }

  /// The archive in `bytes`; `path` names it in errors.
  /// - Throws: ``FileError`` for what is no archive, cut short or split.
  package init(_ bytes: [UInt8], path: String) throws { try self.init(.memory(bytes), path) }

  /// The archive in a file.
  /// - Throws: ``FileError``, as ``init(_:path:)``, and if the file cannot be read.
  package init(_ file: RandomAccessFile) throws { try self.init(.file(file), file.path) }

  private init(_ source: Source, _ path: String) throws {
    (self.source, self.path) = (source, path)
    // The records at the end, and the comment that may follow them.
    let first = max(0, source.size - ZIPDirectory.mostBytesAtEnd)
    let place = try ZIPDirectory(ZIPPart(source.bytes(first..<source.size), offset: first), source.bytes, path)
    let directory = ZIPPart(
      place.start < place.end ? try source.bytes(place.start..<place.end) : [], offset: place.start)
    var position = place.start
    for _ in 0..<place.count {
      let (member, next) = try member(directory, at: position, end: place.end)
      members.append(member)
      position = next
    }
  }

  /// Whether `bytes` begin as an archive with a member does.
  package static func isArchive(_ bytes: [UInt8]) -> Bool { bytes.starts(with: [0x50, 0x4B, 0x03, 0x04]) }

  /// The contents of a member, whose size and checksum are verified.
  /// - Parameter maximumSize: the most bytes that they may grow to, if they are compressed.
  /// - Throws: ``FileError`` for a member that is damaged, too large, encrypted or compressed in another way.
  package func contents(of member: Member, maximumSize: Int) throws -> [UInt8] {
    guard !member.isEncrypted else {
      throw error(member.offset, "a member without password", "\(quoted(member.name)) with one")
    }
    guard member.size <= maximumSize || member.method == 0 else {
      throw error(
        member.offset, "at most \(counted(maximumSize, "byte")) in \(quoted(member.name))", "\(member.size)")
    }
    let start = try dataStart(of: member)
    let contents = try data(of: member, from: start)
    let checksum = CRC32.checksum(contents)
    guard checksum == member.checksum else {
      throw error(
        start, "the checksum \(String(member.checksum, radix: 16)) of \(quoted(member.name))",
        String(checksum, radix: 16))
    }
    return contents
  }
}

extension ZIPArchive {
  private func member(_ directory: ZIPPart, at position: Int, end: Int) throws -> (Member, next: Int) {
    guard position <= end - 46, directory.has([0x50, 0x4B, 0x01, 0x02], at: position) else {
      throw error(position, "a member in the directory of the archive", "none")
    }
    let nameEnd = position + 46 + directory.number(position + 28, 2)
    let next = nameEnd + directory.number(position + 30, 2) + directory.number(position + 32, 2)
    guard next <= end else { throw error(position, "a member that fits in the directory", "a longer one") }
    let extra = nameEnd..<nameEnd + directory.number(position + 30, 2)
    guard let numbers = directory.largeNumbers([24, 20, 42].map { directory.number(position + $0, 4) }, in: extra)
    else {
      throw error(position, "the sizes and the place of a large member", "others")
    }
    let member = Member(
      name: directory.text(position + 46..<nameEnd), size: numbers[0], method: directory.number(position + 10, 2),
      compressedSize: numbers[1], checksum: UInt32(directory.number(position + 16, 4)), headerOffset: numbers[2],
      isEncrypted: directory.number(position + 8, 2) & 1 != 0, offset: position)
    return (member, next)
  }

  /// Where the data of a member begin, behind a header of their own.
  private func dataStart(of member: Member) throws -> Int {
    let place = member.headerOffset
    let header = ZIPPart(place <= source.size - 30 ? try source.bytes(place..<place + 30) : [], offset: place)
    guard header.has([0x50, 0x4B, 0x03, 0x04], at: place) else {
      throw error(member.offset, "a place of the member \(quoted(member.name))", "\(place)")
    }
    let start = place + 30 + header.number(place + 26, 2) + header.number(place + 28, 2)
    guard start <= source.size, member.compressedSize <= source.size - start else {
      throw error(
        member.offset, "at most \(counted(max(0, source.size - start), "byte")) of \(quoted(member.name))",
        "\(member.compressedSize)")
    }
    return start
  }

  private func data(of member: Member, from start: Int) throws -> [UInt8] {
    let end = start + member.compressedSize
    switch member.method {
    case 0:
      guard member.size == member.compressedSize else {
        throw error(member.offset, "\(counted(member.compressedSize, "byte")) in a stored member", "\(member.size)")
      }
      return try source.bytes(start..<end)
    case 8:
      guard member.size / Inflater.maximumRatio <= member.compressedSize else {
        throw error(
          member.offset, "a size that \(counted(member.compressedSize, "compressed byte")) can hold", "\(member.size)")
      }
      return try inflated(member, start, end)
    default: throw error(member.offset, "a member that is stored or deflated", "compression method \(member.method)")
    }
  }

  private func inflated(_ member: Member, _ start: Int, _ end: Int) throws -> [UInt8] {
    try source.bytes(start..<end).withUnsafeBytes { input in
      var inflater = Inflater(input, path: path, maximumSize: member.size)
      let last: Int
      do { last = try inflater.inflate(from: 0) } catch let trouble as FileError {
        throw error(start + (trouble.offset ?? 0), trouble.expected, trouble.found)
      }
      guard last == input.count, inflater.output.count == member.size else {
        throw error(
          start + last, "\(counted(member.size, "byte")) from \(member.compressedSize) of \(quoted(member.name))",
          "\(inflater.output.count) from \(last)")
      }
      return Array(UnsafeBufferPointer(start: inflater.output.base, count: inflater.output.count))
    }
  }

  private func error(_ offset: Int, _ expected: String, _ found: String) -> FileError {
    FileError(path: path, offset: offset, expected: expected, found: found)
  }
}
