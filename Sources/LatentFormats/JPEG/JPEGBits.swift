import LatentSystem

/// The bits of a scan, of which markers are no part.
struct JPEGBits {
  private let bytes: UnsafeBufferPointer<UInt8>
  let path: String
  /// The next byte that is not in ``buffer``.
  private(set) var position: Int
  private var buffer: UInt64 = 0
  private var count = 0
  /// How many of the bits in ``buffer`` are zeros past the end of the data.
  private var padding = 0

  init(_ bytes: UnsafeBufferPointer<UInt8>, from position: Int, path: String) {
    (self.bytes, self.position, self.path) = (bytes, position, path)
  }

  /// Whether more bits were taken than there are before the next marker.
  var isExhausted: Bool { count < padding }

  private mutating func fill() {
    while count <= 48 {
      var byte: UInt8 = 0
      if position < bytes.count, bytes[position] != 0xFF {
        byte = bytes[position]
        position += 1
      } else if position + 1 < bytes.count, bytes[position + 1] == 0 {
        // A byte of ones has a zero after it, to be no marker.
        byte = 0xFF
        position += 2
      } else {
        padding += 8
      }
      buffer = buffer << 8 | UInt64(byte)
      count += 8
    }
  }

  /// The next symbol of a code.
  @inline(__always)
  mutating func symbol(_ table: JPEGHuffmanTable) throws -> Int {
    if count < 32 { fill() }
    let (length, symbol) = table.lookUp(UInt32(truncatingIfNeeded: buffer >> UInt64(count - 16)) & 0xFFFF)
    guard length <= 16 else { throw error("a code of the Huffman table", "another") }
    count -= length
    return symbol
  }

  /// The next `length` bits, 0 to 16, as a number.
  @inline(__always)
  mutating func bits(_ length: Int) -> Int {
    if count < 32 { fill() }
    count -= length
    return Int(truncatingIfNeeded: buffer >> UInt64(count)) & (1 << length - 1)
  }

  /// The next `length` bits as a number with a sign (ITU-T T.81, figure F.12).
  @inline(__always)
  mutating func signed(_ length: Int) -> Int {
    guard length > 0 else { return 0 }
    let value = bits(length)
    return value < 1 << (length - 1) ? value - (1 << length) + 1 : value
  }

  /// Goes on after the restart marker `number`, which has to be next.
  mutating func restart(_ number: Int) throws {
    if isExhausted { throw error("pixels", "a marker, or the end of the file") }
    (buffer, count, padding) = (0, 0, 0)
    guard position + 1 < bytes.count, bytes[position] == 0xFF, bytes[position + 1] == 0xD0 + UInt8(number) else {
      throw error("restart marker \(number)", hexadecimal(Array(bytes[min(position, bytes.count)...].prefix(8))))
    }
    position += 2
  }

  func error(_ expected: String, _ found: String) -> FileError {
    FileError(path: path, offset: position, expected: expected, found: found)
  }
}
