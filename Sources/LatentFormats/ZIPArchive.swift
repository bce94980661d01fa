import LatentSystem

/// A ZIP archive that lies whole in memory, for reading: members that are stored or deflated, below 4 GiB each, not
/// encrypted (PKWARE's APPNOTE.TXT, version 6.3).
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
  private let bytes: [UInt8]
  private let path: String

  /// The archive in `bytes`; `path` names it in errors.
  /// - Throws: ``FileError`` for what is no archive, cut short, split or too large.
  package init(_ bytes: [UInt8], path: String) throws {
    (self.bytes, self.path) = (bytes, path)
    let end = try endOfDirectory()
    let (count, start) = (number(end + 10, 2), number(end + 16, 4))
    guard number(end + 4, 2) == 0, number(end + 6, 2) == 0, number(end + 8, 2) == count else {
      throw error(end, "an archive in one piece", "a part of one")
    }
    guard count < 0xFFFF, start < 0xFFFF_FFFF else { throw error(end, "an archive below 4 GiB", "a larger one") }
    var position = start
    for _ in 0..<count {
      let (member, next) = try member(at: position, end: end)
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
  /// The place of the record at the end, behind which there may be a comment.
  private func endOfDirectory() throws -> Int {
    var place = bytes.count - 22
    while place >= max(0, bytes.count - 22 - 0xFFFF) {
      if bytes[place..<place + 4].elementsEqual([0x50, 0x4B, 0x05, 0x06]) { return place }
      place -= 1
    }
    throw error(bytes.count, "the directory of a ZIP archive", "the end of the file: it is cut short")
  }

  private func member(at position: Int, end: Int) throws -> (Member, next: Int) {
    guard position <= end - 46, bytes[position..<position + 4].elementsEqual([0x50, 0x4B, 0x01, 0x02]) else {
      throw error(position, "a member in the directory of the archive", "none")
    }
    let nameEnd = position + 46 + number(position + 28, 2)
    let next = nameEnd + number(position + 30, 2) + number(position + 32, 2)
    guard next <= end else { throw error(position, "a member that fits in the directory", "a longer one") }
    let (compressedSize, size) = (number(position + 20, 4), number(position + 24, 4))
    let headerOffset = number(position + 42, 4)
    guard compressedSize < 0xFFFF_FFFF, size < 0xFFFF_FFFF, headerOffset < 0xFFFF_FFFF else {
      throw error(position, "members below 4 GiB", "a larger one")
    }
    let member = Member(
      name: String(decoding: bytes[position + 46..<nameEnd], as: UTF8.self), size: size,
      method: number(position + 10, 2), compressedSize: compressedSize, checksum: UInt32(number(position + 16, 4)),
      headerOffset: headerOffset, isEncrypted: number(position + 8, 2) & 1 != 0, offset: position)
    return (member, next)
  }

  /// Where the data of a member begin, behind a header of their own.
  private func dataStart(of member: Member) throws -> Int {
    let header = member.headerOffset
    guard header <= bytes.count - 30, bytes[header..<header + 4].elementsEqual([0x50, 0x4B, 0x03, 0x04]) else {
      throw error(member.offset, "a place of the member \(quoted(member.name))", "\(header)")
    }
    let start = header + 30 + number(header + 26, 2) + number(header + 28, 2)
    guard start <= bytes.count, member.compressedSize <= bytes.count - start else {
      throw error(
        member.offset, "at most \(counted(max(0, bytes.count - start), "byte")) of \(quoted(member.name))",
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
      return Array(bytes[start..<end])
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
    try bytes[start..<end].withUnsafeBytes { input in
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

  /// The number in `count` bytes, the lowest first.
  private func number(_ start: Int, _ count: Int) -> Int {
    bytes[start..<start + count].reversed().reduce(0) { $0 << 8 | Int($1) }
  }

  private func error(_ offset: Int, _ expected: String, _ found: String) -> FileError {
    FileError(path: path, offset: offset, expected: expected, found: found)
  }
}
