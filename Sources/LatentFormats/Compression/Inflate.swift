import LatentSystem

/// A decoder of deflate streams (RFC 1951) that lie whole in memory; gzip and zlib wrap it.
struct Inflater {
  /// No stream can be longer than this many times its compressed size: two bits can stand for 258 bytes.
  static let maximumRatio = 1032

  /// What one turn of the decoding loop may write: the longest match, rounded up to the copy's word size.
  private static let slack = 258 + 16

  /// Names the stream in errors.
  let path: String
  /// The most bytes the output may have.
  let maximumSize: Int
  /// Whether the stream went on after `maximumSize` bytes, which then are the output.
  private(set) var isFull = false
  /// What has been decoded so far.
  let output: ByteBuffer
  private var reader: BitReader

  /// Prepares to read streams in `input`, the contents of `path`.
  ///
  /// - Precondition: `maximumSize` is not negative.
  init(_ input: UnsafeRawBufferPointer, path: String, maximumSize: Int) {
    require(maximumSize >= 0, "Inflater: a limit of \(maximumSize) bytes, expected at least 0")
    self.path = path
    self.maximumSize = maximumSize
    reader = BitReader(input, from: 0)
    // Most data shrinks to a quarter or more; the rest makes the buffer grow.
    output = ByteBuffer(capacity: min(maximumSize, max(64, 4 * input.count)) + Self.slack)
  }

  /// Decodes one deflate stream that starts at byte `start` and appends to the output.
  ///
  /// - Returns: the position of the first byte after it.
  /// - Throws: ``FileError`` for anything that RFC 1951 does not allow, and for an output above `maximumSize`.
  mutating func inflate(from start: Int) throws -> Int {
    reader = BitReader(reader.input, from: start)
    // A match never reaches back into an earlier stream.
    let origin = output.count
    var isLast = false
    while !isLast {
      isLast = try bits(1) == 1
      switch try bits(2) {
      case 0: try storedBlock()
      case 1: try codedBlock(Self.fixedTables.0, Self.fixedTables.1, origin)
      case 2:
        let (literals, distances) = try dynamicTables()
        try codedBlock(literals, distances, origin)
      default: throw error("a stored, fixed or dynamic block", "the reserved block type 3")
      }
    }
    return reader.bytePosition
  }

  private func error(_ expected: String, _ found: String) -> FileError {
    FileError(path: path, offset: reader.bytePosition, expected: expected, found: found)
  }

  /// What to throw when the bits of `reader` make no sense: if they were past the end, that is the reason.
  private mutating func failure(_ reader: BitReader, _ expected: String, _ found: String) -> FileError {
    self.reader = reader
    return reader.isTruncated ? truncated : error(expected, found)
  }

  private var truncated: FileError { error("more compressed data", "the end of the file") }

  private mutating func tooLarge() -> FileError {
    isFull = true
    output.count = maximumSize
    return error("at most \(counted(maximumSize, "decompressed byte"))", "more")
  }

  private mutating func bits(_ count: UInt64) throws -> Int {
    reader.refill()
    let value = reader.take(count)
    if reader.isTruncated { throw truncated }
    return value
  }
}

extension Inflater {
  private mutating func storedBlock() throws {
    let input = reader.input
    let start = reader.bytePosition
    guard start + 4 <= input.count else { throw truncated }
    let length = Int(input[start]) | Int(input[start + 1]) << 8
    let complement = Int(input[start + 2]) | Int(input[start + 3]) << 8
    guard length ^ complement == 0xFFFF else {
      throw error("a stored block's length and its complement", hexadecimal(input[start..<start + 4]))
    }
    let end = start + 4 + length
    guard end <= input.count else { throw truncated }
    let fitting = min(length, maximumSize - output.count)
    if output.count + fitting > output.capacity {
      output.reserve(min(max(output.capacity * 2, output.count + fitting), maximumSize) + Self.slack)
    }
    output.append(UnsafeRawBufferPointer(rebasing: input[start + 4..<start + 4 + fitting]))
    guard fitting == length else { throw tooLarge() }
    reader = BitReader(input, from: end)
  }

  /// Decodes the symbols of a block up to its end.
  private mutating func codedBlock(_ literals: HuffmanTable, _ distances: HuffmanTable, _ origin: Int) throws {
    try literals.entries.withUnsafeBufferPointer { literalEntries in
      try distances.entries.withUnsafeBufferPointer { distanceEntries in
        guard let literalBase = literalEntries.baseAddress, let distanceBase = distanceEntries.baseAddress else {
          return
        }
        while try !decode(literalBase, literals.primaryBits, distanceBase, distances.primaryBits, origin) {
          guard output.count <= maximumSize else { throw tooLarge() }
          output.reserve(min(output.capacity * 2, maximumSize) + Self.slack)
        }
      }
    }
  }

  /// Decodes symbols until the block ends, and then returns true, or the output's memory is full. The output may become
  /// larger than `maximumSize` by one match.
  private mutating func decode(
    _ literals: UnsafePointer<HuffmanEntry>, _ literalBits: Int,
    _ distances: UnsafePointer<HuffmanEntry>, _ distanceBits: Int, _ origin: Int
  ) throws -> Bool {
    // Local copies stay in registers.
    var reader = self.reader
    let base = output.base
    var count = output.count
    let limit = min(maximumSize, output.capacity - Self.slack)
    defer {
      self.reader = reader
      output.count = count
    }
    while count <= limit {
      // At least 56 bits: a length takes up to 15 + 5, a distance up to 15 + 13.
      reader.refill()
      let symbol = reader.next(literals, literalBits)
      if symbol.kind == HuffmanEntry.literal {
        base[count] = UInt8(truncatingIfNeeded: symbol.value)
        count &+= 1
        if reader.isTruncated { throw failure(reader, "", "") }
        continue
      }
      guard symbol.kind == HuffmanEntry.base else {
        guard symbol.kind == HuffmanEntry.endOfBlock, !reader.isTruncated else {
          throw failure(reader, "a literal or length code", "unused bits")
        }
        return true
      }
      let length = symbol.value &+ reader.take(symbol.extraBits)
      let code = reader.next(distances, distanceBits)
      let distance = code.value &+ reader.take(code.extraBits)
      guard code.kind == HuffmanEntry.base, !reader.isTruncated else {
        throw failure(reader, "a distance code", "unused bits")
      }
      guard distance <= count &- origin else {
        throw failure(reader, "a distance of at most \(count - origin)", "\(distance)")
      }
      ByteBuffer.copyMatch(to: base + count, length, from: distance)
      count &+= length
    }
    return false
  }
}

extension Inflater {
  /// The code of blocks of type 1 (RFC 1951, section 3.2.6).
  private static let fixedTables: (HuffmanTable, HuffmanTable) = {
    let lengths = [(8, 144), (9, 112), (7, 24), (8, 8)].flatMap { [UInt8](repeating: $0.0, count: $0.1) }
    let literals = HuffmanTable(lengths: lengths[...], alphabet: .literalLength)
    let distances = HuffmanTable(lengths: [UInt8](repeating: 5, count: 32)[...], alphabet: .distance)
    let message = "the fixed deflate code is complete"
    return (requireSome(literals, message), requireSome(distances, message))
  }()

  /// The order in which a dynamic block lists the lengths of the code-length code.
  private static let codeLengthOrder = [16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15]

  private mutating func dynamicTables() throws -> (HuffmanTable, HuffmanTable) {
    let literalCount = try bits(5) + 257
    let distanceCount = try bits(5) + 1
    let codeCount = try bits(4) + 4
    guard literalCount <= 286, distanceCount <= 30 else {
      throw error("at most 286 literal and 30 distance codes", "\(literalCount) and \(distanceCount)")
    }
    var codeLengths = [UInt8](repeating: 0, count: 19)
    for index in 0..<codeCount { codeLengths[Self.codeLengthOrder[index]] = UInt8(try bits(3)) }
    guard let code = HuffmanTable(lengths: codeLengths[...], alphabet: .codeLength) else {
      throw error("a complete code-length code", "the lengths \(codeLengths)")
    }
    let lengths = try codeLengthRuns(literalCount + distanceCount, code)
    guard lengths[256] > 0 else { throw error("a code for the end of the block", "none") }
    guard let literals = HuffmanTable(lengths: lengths[..<literalCount], alphabet: .literalLength) else {
      throw error("a complete literal/length code", "an over-subscribed or incomplete one")
    }
    guard let distances = HuffmanTable(lengths: lengths[literalCount...], alphabet: .distance) else {
      throw error("a complete distance code", "an over-subscribed or incomplete one")
    }
    return (literals, distances)
  }

  /// Reads `count` code lengths, run-length coded with `code`.
  private mutating func codeLengthRuns(_ count: Int, _ code: HuffmanTable) throws -> [UInt8] {
    var lengths = [UInt8]()
    lengths.reserveCapacity(count + 138)
    while lengths.count < count {
      reader.refill()
      let symbol = code.entries.withUnsafeBufferPointer { entries -> Int in
        entries.baseAddress.map { reader.next($0, code.primaryBits).value } ?? 0
      }
      if reader.isTruncated { throw truncated }
      var value: UInt8 = 0
      var times = 1
      switch symbol {
      case 16:
        guard let last = lengths.last else { throw error("a code length", "the repetition of none") }
        value = last
        times = 3 + (try bits(2))
      case 17: times = 3 + (try bits(3))
      case 18: times = 11 + (try bits(7))
      default: value = UInt8(symbol)
      }
      guard lengths.count + times <= count else { throw error("\(count) code lengths", "\(lengths.count + times)") }
      lengths.append(contentsOf: repeatElement(value, count: times))
    }
    return lengths
  }
}
