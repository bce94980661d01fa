import LatentSystem

/// The Huffman tables of a JPEG file, four for each kind.
struct JPEGTables {
  private var constant = [JPEGHuffmanTable?](repeating: nil, count: 4)
  private var other = [JPEGHuffmanTable?](repeating: nil, count: 4)

  /// The table `index` for first coefficients, the mean of a block, or for the others.
  func table(_ index: Int, isConstant: Bool) -> JPEGHuffmanTable? { isConstant ? constant[index] : other[index] }

  /// Adds the tables of a segment.
  mutating func add(_ segment: JPEGSegment) throws {
    var rest = segment.data
    while let first = rest.popFirst() {
      guard first >> 4 <= 1, first & 15 < 4, rest.count >= 16 else {
        throw segment.error("Huffman tables of classes 0 and 1", hexadecimal([first]))
      }
      let counts = rest.prefix(16).map(Int.init)
      rest = rest.dropFirst(16)
      let total = counts.reduce(0, +)
      guard total <= min(256, rest.count) else {
        throw segment.error("a Huffman table within its segment", counted(total, "code"))
      }
      let symbols = Array(rest.prefix(total))
      rest = rest.dropFirst(total)
      let isConstant = first >> 4 == 0
      guard !isConstant || symbols.allSatisfy({ $0 <= 15 }) else {
        throw segment.error("differences of at most 15 bits", "\(symbols.max() ?? 0)")
      }
      guard let table = JPEGHuffmanTable(counts: counts, symbols: symbols) else {
        throw segment.error("codes that can be told apart", "too many short ones")
      }
      if isConstant { constant[Int(first & 15)] = table } else { other[Int(first & 15)] = table }
    }
  }

  /// Where in a block's rows the coefficients stand that come one after the other.
  static let zigzag: [Int] = {
    var places: [Int] = []
    for diagonal in 0..<15 {
      let rows = max(0, diagonal - 7)...min(7, diagonal)
      // They go up one diagonal and down the next.
      places += (diagonal % 2 == 0 ? Array(rows.reversed()) : Array(rows)).map { $0 * 8 + diagonal - $0 }
    }
    return places
  }()
}

/// A code of which short words stand for frequent symbols (ITU-T T.81, annex C).
final class JPEGHuffmanTable {
  /// What is looked up, valid as long as the table.
  let code: JPEGHuffmanCode
  private let words: UnsafeMutablePointer<UInt32>

  /// - Parameters:
  ///   - counts: how many codes there are of 1 to 16 bits.
  ///   - symbols: what they stand for.
  init?(counts: [Int], symbols: [UInt8]) {
    typealias Code = JPEGHuffmanCode
    words = .allocate(capacity: Code.size)
    words.initialize(repeating: 0, count: Code.size)
    code = Code(words: words)
    var (next, place) = (0, 0)
    for length in 1...16 {
      words[Code.offsets + length] = UInt32(bitPattern: Int32(place - next))
      guard next + counts[length - 1] <= 1 << length else { return nil }
      for _ in 0..<counts[length - 1] {
        if length <= Code.quickBits {
          let spare = Code.quickBits - length
          for rest in 0..<1 << spare { words[next << spare | rest] = UInt32(length) << 8 | UInt32(symbols[place]) }
        }
        next += 1
        place += 1
      }
      words[Code.limits + length] = UInt32(next) << (16 - length)
      next <<= 1
    }
    words[Code.limits + 17] = .max
    for (index, symbol) in symbols.prefix(256).enumerated() { words[Code.symbols + index] = UInt32(symbol) }
  }

  deinit { words.deallocate() }
}

/// The words of a ``JPEGHuffmanTable``, which owns them.
struct JPEGHuffmanCode {
  /// First, for each beginning of ``quickBits`` bits the length of its code, times 256, and its symbol; 0 if the code is
  /// longer.
  fileprivate let words: UnsafePointer<UInt32>

  fileprivate init(words: UnsafeMutablePointer<UInt32>) { self.words = UnsafePointer(words) }

  fileprivate static let quickBits = 9
  /// By length, where the first code begins that is too large, filled up to 16 bits.
  fileprivate static let limits = 1 << quickBits
  /// By length, where the place of a code's symbol begins, less the code.
  fileprivate static let offsets = limits + 18
  fileprivate static let symbols = offsets + 17
  fileprivate static let size = symbols + 256

  /// The length and the symbol of the code that 16 bits begin with; a length of 17 if there is none.
  @inline(__always)
  func lookUp(_ bits: UInt32) -> (length: Int, symbol: Int) {
    let entry = words[Int(bits >> (16 - UInt32(Self.quickBits)))]
    return entry != 0 ? (Int(entry >> 8), Int(entry & 255)) : lookUpLong(bits)
  }

  private func lookUpLong(_ bits: UInt32) -> (length: Int, symbol: Int) {
    var length = Self.quickBits + 1
    while bits >= words[Self.limits + length] { length += 1 }
    guard length <= 16 else { return (17, 0) }
    let place = Int(bits >> UInt32(16 - length)) + Int(Int32(bitPattern: words[Self.offsets + length]))
    return (length, Int(words[Self.symbols + place]))
  }
}
