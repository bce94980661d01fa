/// A small compressor to the deflate format (RFC 1951): LZ77 with the fixed Huffman code, or stored blocks where that
/// is shorter. It is meant for pictures and sample files, not for the best ratio.
enum Deflate {
  /// Appends `bytes` as one complete deflate stream to `result`.
  static func append(_ bytes: [UInt8], to result: inout [UInt8]) {
    let start = result.count
    let storedSize = bytes.count + 5 * max(1, (bytes.count + 65534) / 65535)
    var writer = BitWriter(bytes: result)
    result = []
    let isShorter = compress(bytes, &writer, sizeLimit: start + storedSize)
    result = writer.finish()
    if !isShorter {
      result.removeSubrange(start...)
      appendStored(bytes, to: &result)
    }
  }

  /// A zlib stream (RFC 1950) of `bytes`, as PNG holds it.
  static func zlib(_ bytes: [UInt8]) -> [UInt8] {
    var result: [UInt8] = [0x78, 0x01]
    append(bytes, to: &result)
    let checksum = Adler32.checksum(bytes)
    for shift: UInt32 in [24, 16, 8, 0] { result.append(UInt8(truncatingIfNeeded: checksum >> shift)) }
    return result
  }

  private static func appendStored(_ bytes: [UInt8], to result: inout [UInt8]) {
    var start = 0
    repeat {
      let end = min(start + 65535, bytes.count)
      let length = UInt16(end - start)
      result.append(end == bytes.count ? 1 : 0)
      for value in [length, ~length] { result += [UInt8(value & 255), UInt8(value >> 8)] }
      result += bytes[start..<end]
      start = end
    } while start < bytes.count
  }

  /// Writes one fixed block; gives up and returns false once `writer` holds more than `sizeLimit` bytes.
  private static func compress(_ bytes: [UInt8], _ writer: inout BitWriter, sizeLimit: Int) -> Bool {
    writer.append(0b011, 3)
    // The last position at which a group of three bytes with this hash was seen.
    var latest = [Int](repeating: -1, count: 1 << hashBits)
    var position = 0
    while position < bytes.count {
      var length = 0
      var distance = 0
      if position + 3 <= bytes.count {
        let slot = hash(bytes, position)
        let candidate = latest[slot]
        latest[slot] = position
        if candidate >= 0, position - candidate <= 32768 {
          length = matchLength(bytes, candidate, position)
          distance = position - candidate
        }
      }
      if length >= 3 {
        appendMatch(length, distance, &writer)
        for skipped in position + 1..<min(position + length, max(position + 1, bytes.count - 2)) {
          latest[hash(bytes, skipped)] = skipped
        }
        position += length
      } else {
        appendLiteral(Int(bytes[position]), &writer)
        position += 1
      }
      if writer.bytes.count > sizeLimit { return false }
    }
    appendLiteral(256, &writer)
    return true
  }

  private static let hashBits = 15

  private static func hash(_ bytes: [UInt8], _ position: Int) -> Int {
    let group = UInt32(bytes[position]) | UInt32(bytes[position + 1]) << 8 | UInt32(bytes[position + 2]) << 16
    return Int((group &* 0x9E37_79B1) >> UInt32(32 - hashBits))
  }

  /// How many bytes at `candidate` and `position` agree, at most 258.
  private static func matchLength(_ bytes: [UInt8], _ candidate: Int, _ position: Int) -> Int {
    let limit = min(258, bytes.count - position)
    var length = 0
    while length < limit, bytes[candidate + length] == bytes[position + length] { length += 1 }
    return length
  }

  /// Appends a literal, the end of the block or a length code in the fixed code (RFC 1951, section 3.2.6).
  private static func appendLiteral(_ symbol: Int, _ writer: inout BitWriter) {
    switch symbol {
    case ..<144: writer.appendCode(0x30 + symbol, 8)
    case ..<256: writer.appendCode(0x190 + symbol - 144, 9)
    case ..<280: writer.appendCode(symbol - 256, 7)
    default: writer.appendCode(0xC0 + symbol - 280, 8)
    }
  }

  private static let lengthBases = (0..<29).map(DeflateAlphabet.lengthBase)
  private static let distanceBases = (0..<30).map(DeflateAlphabet.distanceBase)

  private static func appendMatch(_ length: Int, _ distance: Int, _ writer: inout BitWriter) {
    let lengthCode = lengthBases.lastIndex { $0.value <= length } ?? 0
    appendLiteral(257 + lengthCode, &writer)
    writer.append(length - lengthBases[lengthCode].value, lengthBases[lengthCode].extraBits)
    let distanceCode = distanceBases.lastIndex { $0.value <= distance } ?? 0
    writer.appendCode(distanceCode, 5)
    writer.append(distance - distanceBases[distanceCode].value, distanceBases[distanceCode].extraBits)
  }
}

/// Collects bits into bytes, the first bit lowest.
private struct BitWriter {
  private(set) var bytes: [UInt8]
  private var buffer: UInt64 = 0
  private var bitCount = 0

  init(bytes: [UInt8]) { self.bytes = bytes }

  mutating func append(_ value: Int, _ count: Int) {
    buffer |= UInt64(value) << UInt64(bitCount)
    bitCount += count
    while bitCount >= 8 {
      bytes.append(UInt8(truncatingIfNeeded: buffer))
      buffer >>= 8
      bitCount -= 8
    }
  }

  /// Appends a Huffman code, whose highest bit comes first.
  mutating func appendCode(_ code: Int, _ count: Int) {
    var reversed = 0
    for bit in 0..<count where code >> bit & 1 == 1 { reversed |= 1 << (count - 1 - bit) }
    append(reversed, count)
  }

  /// All bytes; the last one is filled up with zeros.
  consuming func finish() -> [UInt8] {
    if bitCount > 0 { append(0, 8 - bitCount) }
    return bytes
  }
}
