/// Which of deflate's three alphabets a table decodes; it decides what a symbol means and which code sets are legal.
enum DeflateAlphabet {
  /// Literals, the end of the block, and match lengths.
  case literalLength
  /// Match distances.
  case distance
  /// Lengths of the codes of the other two.
  case codeLength
}

/// What the next bits of a stream mean, packed in 32 bits:
/// bits 0–3 bits to consume, 4–7 extra bits, 8–10 kind, 16–31 value (byte, base length or distance, subtable start).
struct HuffmanEntry {
  var bits: UInt32

  static let invalid: UInt32 = 0
  static let literal: UInt32 = 1
  static let base: UInt32 = 2
  static let endOfBlock: UInt32 = 3
  static let subtable: UInt32 = 4

  init(kind: UInt32, codeBits: Int, extraBits: Int = 0, value: Int) {
    bits = UInt32(codeBits) | UInt32(extraBits) << 4 | kind << 8 | UInt32(value) << 16
  }

  var codeBits: UInt64 { UInt64(bits & 15) }
  var extraBits: UInt64 { UInt64(bits >> 4 & 15) }
  var kind: UInt32 { bits >> 8 & 7 }
  var value: Int { Int(bits >> 16) }
}

/// A canonical Huffman code (RFC 1951, section 3.2.2) as a lookup table of `primaryBits`, with subtables for longer codes.
struct HuffmanTable {
  /// The first `1 << primaryBits` entries are indexed by the next bits of the stream; subtables follow.
  private(set) var entries: [HuffmanEntry]
  let primaryBits: Int

  /// Builds the table of the code in which symbol `s` has `lengths[s]` bits (0: unused; at most 15).
  ///
  /// Returns `nil` for an over-subscribed set of lengths, and for an incomplete one except those that RFC 1951 allows:
  /// a single one-bit code, and no distance code at all.
  init?(lengths: ArraySlice<UInt8>, alphabet: DeflateAlphabet) {
    var counts = [Int](repeating: 0, count: 16)
    for length in lengths { counts[Int(length)] += 1 }
    counts[0] = 0
    let longest = counts.lastIndex { $0 > 0 } ?? 0
    guard Self.isLegal(counts, longest, alphabet) else { return nil }
    primaryBits = max(1, min(longest, alphabet == .literalLength ? 11 : alphabet == .distance ? 9 : 7))
    // Bits that begin no code stay invalid.
    let invalid = HuffmanEntry(kind: HuffmanEntry.invalid, codeBits: 0, value: 0)
    entries = [HuffmanEntry](repeating: invalid, count: 1 << primaryBits)

    var nextCode = [Int](repeating: 0, count: 17)
    for length in 1...15 { nextCode[length + 1] = (nextCode[length] + counts[length]) << 1 }
    var subtables = [Int: (start: Int, bits: Int)]()
    for (symbol, length) in lengths.enumerated() where length > 0 {
      let length = Int(length)
      let code = Self.reversed(nextCode[length], bits: length)
      nextCode[length] += 1
      if length <= primaryBits {
        fill(0, 1 << primaryBits, from: code, step: 1 << length, alphabet.entry(symbol, codeBits: length))
      } else {
        let prefix = code & ((1 << primaryBits) - 1)
        let subtable = subtables[prefix] ?? addSubtable(prefix, bits: longest - primaryBits)
        subtables[prefix] = subtable
        let rest = length - primaryBits
        let entry = alphabet.entry(symbol, codeBits: rest)
        fill(subtable.start, 1 << subtable.bits, from: code >> primaryBits, step: 1 << rest, entry)
      }
    }
  }

  private static func isLegal(_ counts: [Int], _ longest: Int, _ alphabet: DeflateAlphabet) -> Bool {
    var free = 1
    for length in 1...15 {
      free = free * 2 - counts[length]
      if free < 0 { return false }
    }
    if free == 0 { return true }
    switch alphabet {
    case .codeLength: return false
    case .literalLength: return longest == 1
    case .distance: return longest <= 1
    }
  }

  /// Codes are sent with their first bit lowest.
  private static func reversed(_ code: Int, bits: Int) -> Int {
    var result = 0
    for bit in 0..<bits where code >> bit & 1 == 1 { result |= 1 << (bits - 1 - bit) }
    return result
  }

  private mutating func fill(_ start: Int, _ count: Int, from first: Int, step: Int, _ entry: HuffmanEntry) {
    for index in stride(from: first, to: count, by: step) { entries[start + index] = entry }
  }

  private mutating func addSubtable(_ prefix: Int, bits: Int) -> (start: Int, bits: Int) {
    let start = entries.count
    let invalid = HuffmanEntry(kind: HuffmanEntry.invalid, codeBits: 0, value: 0)
    entries.append(contentsOf: repeatElement(invalid, count: 1 << bits))
    // A subtable entry keeps its own index width where others keep extra bits.
    entries[prefix] = HuffmanEntry(kind: HuffmanEntry.subtable, codeBits: primaryBits, extraBits: bits, value: start)
    return (start, bits)
  }
}

extension DeflateAlphabet {
  /// The meaning of `symbol`. Symbols that no stream may use (286, 287; distances 30, 31) are invalid.
  fileprivate func entry(_ symbol: Int, codeBits: Int) -> HuffmanEntry {
    switch self {
    case .codeLength:
      return HuffmanEntry(kind: HuffmanEntry.literal, codeBits: codeBits, value: symbol)
    case .literalLength:
      if symbol < 256 { return HuffmanEntry(kind: HuffmanEntry.literal, codeBits: codeBits, value: symbol) }
      if symbol == 256 { return HuffmanEntry(kind: HuffmanEntry.endOfBlock, codeBits: codeBits, value: 0) }
      guard symbol < 286 else { break }
      let (value, extra) = Self.lengthBase(symbol - 257)
      return HuffmanEntry(kind: HuffmanEntry.base, codeBits: codeBits, extraBits: extra, value: value)
    case .distance:
      guard symbol < 30 else { break }
      let (value, extra) = Self.distanceBase(symbol)
      return HuffmanEntry(kind: HuffmanEntry.base, codeBits: codeBits, extraBits: extra, value: value)
    }
    return HuffmanEntry(kind: HuffmanEntry.invalid, codeBits: codeBits, value: 0)
  }

  /// The smallest match length of length code `code` (0…28) and the number of extra bits added to it.
  static func lengthBase(_ code: Int) -> (value: Int, extraBits: Int) {
    if code == 28 { return (258, 0) }
    if code < 8 { return (3 + code, 0) }
    let extra = code / 4 - 1
    return (3 + (4 + code % 4) << extra, extra)
  }

  /// The smallest distance of distance code `code` (0…29) and the number of extra bits added to it.
  static func distanceBase(_ code: Int) -> (value: Int, extraBits: Int) {
    if code < 2 { return (1 + code, 0) }
    let extra = code / 2 - 1
    return (1 + (2 + code % 2) << extra, extra)
  }
}
