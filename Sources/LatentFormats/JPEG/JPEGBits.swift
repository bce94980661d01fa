import LatentSystem

/// What is wrong with the bits of a scan; see `FileError`.
struct JPEGTrouble: Error {
  let offset: Int
  let expected: String
  let found: String
}

/// The bits of a scan, of which markers are no part. They hold nothing that is counted: copies cost nothing.
struct JPEGBits {
  private let bytes: UnsafeBufferPointer<UInt8>
  /// The next byte that is not in ``buffer``.
  private(set) var position: Int
  private var buffer: UInt64 = 0
  private var count = 0
  /// How many of the bits in ``buffer`` are zeros past the end of the data.
  private var padding = 0

  init(_ bytes: UnsafeBufferPointer<UInt8>, from position: Int) { (self.bytes, self.position) = (bytes, position) }

  /// Whether more bits were taken than there are before the next marker.
  var isExhausted: Bool { count < padding }

  /// Makes 32 bits available at least.
  private mutating func fill() {
    if position + 4 <= bytes.count, count <= 32, let base = bytes.baseAddress {
      let word = UInt32(bigEndian: UnsafeRawPointer(base + position).loadUnaligned(as: UInt32.self))
      // A sum carries out of a byte of ones into none of the others' highest bits, if they had it before.
      if word & ~(word &+ 0x0101_0101) & 0x8080_8080 == 0 {
        buffer = buffer << 32 | UInt64(word)
        count += 32
        position += 4
        return
      }
    }
    fillByBytes()
  }

  private mutating func fillByBytes() {
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

  /// The next symbol of a code. At least 16 bits more can be had from ``available(_:)`` without looking for them.
  @inline(__always)
  mutating func symbol(_ code: JPEGHuffmanCode) throws -> Int {
    if count < 32 { fill() }
    let (length, symbol) = code.lookUp(UInt32(truncatingIfNeeded: buffer &>> UInt64(count &- 16)) & 0xFFFF)
    guard length <= 16 else { throw error("a code of the Huffman table", "another") }
    count &-= length
    return symbol
  }

  /// The next `length` bits, 0 to 16, as a number.
  @inline(__always)
  mutating func bits(_ length: Int) -> Int {
    if count < 32 { fill() }
    return available(length)
  }

  /// The next `length` bits, 0 to 16, as a number, after a symbol.
  @inline(__always)
  mutating func available(_ length: Int) -> Int {
    count &-= length
    return Int(truncatingIfNeeded: buffer &>> UInt64(truncatingIfNeeded: count)) & (1 &<< length &- 1)
  }

  /// The next `length` bits, 0 to 16, as a number with a sign (ITU-T T.81, figure F.12), after a symbol.
  @inline(__always)
  mutating func signed(_ length: Int) -> Int {
    let value = available(length)
    // Without the highest bit it is a negative number. Nothing is zero.
    return value &- (1 &<< length &- 1) & (((value &<< 1) &>> length) &- 1)
  }

  /// Goes on after the restart marker `number`, which has to be next.
  mutating func restart(_ number: Int) throws {
    if isExhausted { throw exhausted }
    (buffer, count, padding) = (0, 0, 0)
    // Fill bytes.
    while position + 1 < bytes.count, bytes[position] == 0xFF, bytes[position + 1] == 0xFF { position += 1 }
    guard position + 1 < bytes.count, bytes[position] == 0xFF, bytes[position + 1] == 0xD0 + UInt8(number) else {
      throw error("restart marker \(number)", hexadecimal(Array(bytes[min(position, bytes.count)...].prefix(8))))
    }
    position += 2
  }

  /// What to throw if ``isExhausted``.
  var exhausted: JPEGTrouble {
    error("pixels", position + 2 > bytes.count ? "the end of the file: it is cut short" : "a marker within them")
  }

  func error(_ expected: String, _ found: String) -> JPEGTrouble {
    JPEGTrouble(offset: position, expected: expected, found: found)
  }
}
