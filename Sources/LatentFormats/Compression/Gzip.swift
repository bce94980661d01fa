import LatentSystem

/// Gzip files (RFC 1952), read and written in memory.
public enum Gzip {
  /// Whether `bytes` begin as a gzip file does: `1f 8b`.
  public static func isCompressed(_ bytes: [UInt8]) -> Bool { bytes.starts(with: [0x1F, 0x8B]) }

  /// The contents of a gzip file with one member or several, whose checksums and sizes are verified. Zeros after a member
  /// are padding.
  ///
  /// The contents are at most 1032 times the file, which is all that the format can do, and at most `maximumSize`.
  /// Beside the file this takes at most 4 times its size and 3 times that of the contents.
  ///
  /// - Parameters:
  ///   - bytes: the whole file.
  ///   - path: names the file in errors.
  ///   - maximumSize: the most bytes the result may have, so that a small hostile file cannot fill the memory.
  /// - Throws: ``FileError`` for a file that is not gzip, cut short, damaged, followed by something else, or too large.
  /// - Precondition: `maximumSize` is not negative.
  public static func decompress(
    _ bytes: [UInt8], path: String = "gzip data", maximumSize: Int = 1 << 30
  ) throws -> [UInt8] {
    try contents(bytes, path, maximumSize, isPrefix: false)
  }

  /// The first `count` bytes of the contents of a gzip file, or all of them if there are no more. Only then the file's
  /// end is looked at.
  static func prefix(_ count: Int, of bytes: [UInt8], path: String) throws -> [UInt8] {
    try contents(bytes, path, count, isPrefix: true)
  }

  private static func contents(
    _ bytes: [UInt8], _ path: String, _ maximumSize: Int, isPrefix: Bool
  ) throws -> [UInt8] {
    try bytes.withUnsafeBytes { input in
      var inflater = Inflater(input, path: path, maximumSize: maximumSize)
      var position = 0
      do {
        repeat {
          position = try member(input, at: position, path, &inflater)
          // Tapes and block devices pad files with zeros.
          while position < input.count, input[position] == 0 { position += 1 }
        } while position < input.count
      } catch {
        guard isPrefix, inflater.isFull else { throw error }
      }
      return Array(UnsafeBufferPointer(start: inflater.output.base, count: inflater.output.count))
    }
  }

  /// `bytes` as a gzip file of one member. It holds no time and no name: the same bytes give the same file.
  public static func compress(_ bytes: [UInt8]) -> [UInt8] {
    // Magic, deflate, no flags, no time, no extra flags, unknown operating system.
    var result: [UInt8] = [0x1F, 0x8B, 8, 0, 0, 0, 0, 0, 0, 255]
    Deflate.append(bytes, to: &result)
    appendLittleEndian(CRC32.checksum(bytes), to: &result)
    appendLittleEndian(UInt32(truncatingIfNeeded: bytes.count), to: &result)
    return result
  }

  /// Decompresses the member at byte `start` and returns the position after it.
  private static func member(
    _ input: UnsafeRawBufferPointer, at start: Int, _ path: String, _ inflater: inout Inflater
  ) throws -> Int {
    let data = try header(input, at: start, path)
    let firstByte = inflater.output.count
    let end = try inflater.inflate(from: data)
    guard end + 8 <= input.count else {
      throw FileError(
        path: path, offset: end, expected: "8 bytes of checksum and size", found: counted(input.count - end, "byte"))
    }
    let output = UnsafeRawBufferPointer(
      start: inflater.output.base + firstByte, count: inflater.output.count - firstByte)
    let crc = CRC32.checksum(output)
    let storedCRC = input.loadUnaligned(fromByteOffset: end, as: UInt32.self).littleEndian
    guard crc == storedCRC else {
      throw FileError(
        path: path, offset: end, expected: "the data's checksum \(String(crc, radix: 16))",
        found: String(storedCRC, radix: 16))
    }
    let storedSize = input.loadUnaligned(fromByteOffset: end + 4, as: UInt32.self).littleEndian
    guard UInt32(truncatingIfNeeded: output.count) == storedSize else {
      throw FileError(
        path: path, offset: end + 4, expected: "the data's size \(UInt32(truncatingIfNeeded: output.count))",
        found: "\(storedSize)")
    }
    return end + 8
  }

  /// Checks the header at byte `start` and returns the position of the deflate stream.
  private static func header(_ input: UnsafeRawBufferPointer, at start: Int, _ path: String) throws -> Int {
    let magic = input[start..<min(start + 2, input.count)]
    guard magic.elementsEqual([0x1F, 0x8B]) else {
      let expected = start == 0 ? "a gzip header (1f 8b)" : "the end of the file or another gzip header (1f 8b)"
      throw FileError(path: path, offset: start, expected: expected, found: hexadecimal(magic))
    }
    let truncated = FileError(path: path, offset: input.count, expected: "a gzip header", found: "the end of the file")
    guard start + 10 <= input.count else { throw truncated }
    guard input[start + 2] == 8 else {
      throw FileError(
        path: path, offset: start + 2, expected: "compression method 8 (deflate)", found: "\(input[start + 2])")
    }
    let flags = input[start + 3]
    guard flags & 0xE0 == 0 else {
      throw FileError(path: path, offset: start + 3, expected: "reserved flags of 0", found: hexadecimal([flags]))
    }
    var position = start + 10
    if flags & 4 != 0 {
      guard position + 2 <= input.count else { throw truncated }
      position += 2 + Int(input[position]) + Int(input[position + 1]) << 8
    }
    // A file name, then a comment, each ended by a zero.
    for flag: UInt8 in [8, 16] where flags & flag != 0 {
      guard position < input.count, let zero = input[position...].firstIndex(of: 0) else { throw truncated }
      position = zero + 1
    }
    if flags & 2 != 0 {
      guard position + 2 <= input.count else { throw truncated }
      let crc = UInt16(truncatingIfNeeded: CRC32.checksum(UnsafeRawBufferPointer(rebasing: input[start..<position])))
      let stored = UInt16(input[position]) | UInt16(input[position + 1]) << 8
      guard crc == stored else {
        throw FileError(
          path: path, offset: position, expected: "the header's checksum \(String(crc, radix: 16))",
          found: String(stored, radix: 16))
      }
      position += 2
    }
    guard position <= input.count else { throw truncated }
    return position
  }

  private static func appendLittleEndian(_ value: UInt32, to bytes: inout [UInt8]) {
    for shift: UInt32 in [0, 8, 16, 24] { bytes.append(UInt8(truncatingIfNeeded: value >> shift)) }
  }
}
