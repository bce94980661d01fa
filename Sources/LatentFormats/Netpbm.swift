import LatentSystem

/// The formats PGM and PPM of the Netpbm programs, grey and coloured, for reading: plain (P2, P3) and binary (P5, P6).
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
        path: path, offset: 0, expected: "a PGM or PPM image (P2, P3, P5 or P6)", found: hexadecimal(bytes))
    }
    let kind = bytes[1] - UInt8(ascii: "0")
    var reader = NetpbmReader(bytes, path: path)
    let (width, height) = (try reader.number("a width"), try reader.number("a height"))
    let largest = try reader.number("the largest value")
    guard (1...65535).contains(largest) else { throw reader.error("a largest value of 1 to 65535", "\(largest)") }
    let channels = kind == 3 || kind == 6 ? 3 : 1
    let (pixels, overflow) = width.multipliedReportingOverflow(by: channels)
    let (count, overflow2) = pixels.multipliedReportingOverflow(by: height)
    guard width > 0, height > 0, !overflow, !overflow2, count <= maximumSize else {
      throw reader.error("an image of 1×1 pixels up to \(counted(maximumSize, "byte"))", "\(height)×\(width)")
    }
    let scaled = (0...largest).map { UInt8(($0 * 255 + largest / 2) / largest) }
    return DecodedImage(
      pixels: kind <= 3 ? try reader.plain(count, scaled) : try reader.binary(count, scaled), height: height,
      width: width, channels: channels)
  }

  /// Whether `bytes` begin as a PGM or PPM file does.
  package static func isImage(_ bytes: [UInt8]) -> Bool {
    guard bytes.count > 2, bytes[0] == UInt8(ascii: "P"), Array("2356".utf8).contains(bytes[1]) else { return false }
    return NetpbmReader.isSpace(bytes[2]) || bytes[2] == UInt8(ascii: "#")
  }
}

/// A PGM or PPM file and how far it has been read.
private struct NetpbmReader {
  private let bytes: [UInt8]
  private let path: String
  private var position = 2

  init(_ bytes: [UInt8], path: String) { (self.bytes, self.path) = (bytes, path) }

  static func isSpace(_ byte: UInt8) -> Bool { byte == 32 || (9...13).contains(byte) }

  func error(_ expected: String, _ found: String) -> FileError {
    FileError(path: path, offset: position, expected: expected, found: found)
  }

  /// The next whole number, before which there may be spaces and comments.
  mutating func number(_ name: String) throws -> Int {
    while position < bytes.count {
      if bytes[position] == UInt8(ascii: "#") {
        while position < bytes.count, bytes[position] != 10, bytes[position] != 13 { position += 1 }
      } else if Self.isSpace(bytes[position]) {
        position += 1
      } else {
        break
      }
    }
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

  /// Pixels of one byte, or of two with the higher first, after a single space.
  mutating func binary(_ count: Int, _ scaled: [UInt8]) throws -> [UInt8] {
    position += 1
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
