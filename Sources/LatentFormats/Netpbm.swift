import LatentSystem

/// The formats PBM, PGM and PPM of the Netpbm programs, black and white, grey and coloured, for reading: plain (P1, P2, P3)
/// and binary (P4, P5, P6).
public enum Netpbm {
  /// The image in `bytes`, the whole contents of a file; of several, the first.
  ///
  /// Values are brought to 0…255, to the nearest, from whatever the file's largest is, up to 65,535.
  ///
  /// - Parameters:
  ///   - bytes: the contents.
  ///   - path: names the file in errors.
  ///   - maximumSize: the most bytes of pixels.
  /// - Throws: ``FileError`` with the place of the trouble for a file that is none, damaged, cut short or too large.
  public static func decode(
    _ bytes: [UInt8], path: String = "Netpbm data", maximumSize: Int = 1 << 30
  ) throws -> DecodedImage {
    guard isImage(bytes) else {
      throw FileError(
        path: path, offset: 0, expected: "a PBM, PGM or PPM image (P1 to P6)", found: hexadecimal(bytes))
    }
    let kind = bytes[1] - UInt8(ascii: "0")
    var reader = NetpbmReader(bytes, path: path)
    let (width, height) = (try reader.number("a width"), try reader.number("a height"))
    let isBinary = kind > 3
    let isBits = kind % 3 == 1
    let largest = isBits ? 1 : try reader.number("the largest value")
    guard (1...65535).contains(largest) else { throw reader.error("a largest value of 1 to 65535", "\(largest)") }
    let channels = kind % 3 == 0 ? 3 : 1
    let (pixels, overflow) = width.multipliedReportingOverflow(by: channels)
    let (count, overflow2) = pixels.multipliedReportingOverflow(by: height)
    guard width > 0, height > 0, !overflow, !overflow2, count <= maximumSize else {
      throw reader.error("an image of 1×1 pixels up to \(counted(maximumSize, "byte"))", "\(height)×\(width)")
    }
    let scaled = (0...largest).map { UInt8(($0 * 255 + largest / 2) / largest) }
    let values =
      switch (isBits, isBinary) {
      case (true, true): try reader.bits(height, width)
      case (true, false): try reader.digits(count)
      case (false, true): try reader.binary(count, scaled)
      case (false, false): try reader.plain(count, scaled)
      }
    return DecodedImage(pixels: values, height: height, width: width, channels: channels)
  }

  /// Whether `bytes` begin as a PBM, PGM or PPM file does.
  package static func isImage(_ bytes: [UInt8]) -> Bool {
    guard bytes.count > 2, bytes[0] == UInt8(ascii: "P"), Array("123456".utf8).contains(bytes[1]) else { return false }
    return NetpbmReader.isSpace(bytes[2]) || bytes[2] == UInt8(ascii: "#")
  }
}

/// A Netpbm file and how far it has been read.
private struct NetpbmReader {
  private let bytes: [UInt8]
  private let path: String
  private var position = 2

  init(_ bytes: [UInt8], path: String) { (self.bytes, self.path) = (bytes, path) }

  static func isSpace(_ byte: UInt8) -> Bool { byte == 32 || (9...13).contains(byte) }

  func error(_ expected: String, _ found: String) -> FileError {
    FileError(path: path, offset: position, expected: expected, found: found)
  }

  /// Goes to what is neither a space nor in a comment.
  private mutating func skipSpace() {
    while position < bytes.count {
      if bytes[position] == UInt8(ascii: "#") {
        while position < bytes.count, bytes[position] != 10, bytes[position] != 13 { position += 1 }
      } else if Self.isSpace(bytes[position]) {
        position += 1
      } else {
        break
      }
    }
  }

  /// The next whole number, before which there may be spaces and comments.
  mutating func number(_ name: String) throws -> Int {
    skipSpace()
    let start = position
    var value = 0
    while position < bytes.count, (48...57).contains(bytes[position]), position - start < 10 {
      value = value * 10 + Int(bytes[position] - 48)
      position += 1
    }
    guard position > start, position == bytes.count || Self.isSpace(bytes[position]) || bytes[position] == 35 else {
      let found = position == bytes.count ? "the end of the file" : hexadecimal(bytes[position...].prefix(8))
      throw error(name, found)
    }
    return value
  }

  /// Pixels as numbers in words.
  mutating func plain(_ count: Int, _ scaled: [UInt8]) throws -> [UInt8] {
    // A number and a space take two bytes.
    guard count <= (bytes.count - position + 1) / 2 else { throw error("\(count) numbers", "the end of the file") }
    return try (0..<count).map { _ in
      let value = try number("a pixel")
      guard value < scaled.count else { throw error("a pixel of 0 to \(scaled.count - 1)", "\(value)") }
      return scaled[value]
    }
  }

  /// Pixels that are 0 for white or 1 for black, with or without spaces between them.
  mutating func digits(_ count: Int) throws -> [UInt8] {
    guard count <= bytes.count - position else { throw error("\(count) digits", "the end of the file") }
    return try (0..<count).map { _ in
      skipSpace()
      guard position < bytes.count, bytes[position] == 48 || bytes[position] == 49 else {
        let found = position == bytes.count ? "the end of the file" : hexadecimal([bytes[position]])
        throw error("a pixel of 0 or 1", found)
      }
      position += 1
      return bytes[position - 1] == 48 ? 255 : 0
    }
  }

  /// Goes past the single space before pixels of bytes; a comment right behind the last number ends with that space.
  private mutating func skipSeparator() {
    if position < bytes.count, bytes[position] == UInt8(ascii: "#") {
      while position < bytes.count, bytes[position] != 10, bytes[position] != 13 { position += 1 }
    }
    position += 1
  }

  /// Pixels of one bit, 1 for black, after a single space; each row begins with a byte.
  mutating func bits(_ height: Int, _ width: Int) throws -> [UInt8] {
    skipSeparator()
    let rowSize = (width + 7) / 8
    let (size, overflows) = rowSize.multipliedReportingOverflow(by: height)
    guard !overflows, bytes.count - position >= size else {
      throw error("\(height) rows of \(counted(rowSize, "byte"))", "\(max(0, bytes.count - position)) in all")
    }
    return (0..<height).flatMap { row in
      (0..<width).map { column in
        bytes[position + row * rowSize + column / 8] << (column % 8) & 0x80 == 0 ? 255 : 0
      }
    }
  }

  /// Pixels of one byte, or of two with the higher first, after a single space.
  mutating func binary(_ count: Int, _ scaled: [UInt8]) throws -> [UInt8] {
    skipSeparator()
    let size = scaled.count <= 256 ? 1 : 2
    guard bytes.count - position >= count * size else {
      throw error("\(count * size) bytes of pixels", "\(max(0, bytes.count - position))")
    }
    if scaled.count == 256 { return Array(bytes[position..<position + count]) }
    return try (0..<count).map { index in
      let at = position + index * size
      let value = size == 1 ? Int(bytes[at]) : Int(bytes[at]) << 8 | Int(bytes[at + 1])
      guard value < scaled.count else {
        throw FileError(
          path: path, offset: at, expected: "a pixel of 0 to \(scaled.count - 1)", found: "\(value)")
      }
      return scaled[value]
    }
  }
}
