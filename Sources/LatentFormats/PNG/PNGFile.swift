import LatentSystem

/// The chunks of a PNG file that decide its pixels, checked against each other and against the length of the file.
struct PNGFile {
  /// How the samples of a pixel are to be understood.
  enum ColourType: UInt8 {
    case grey = 0
    case colour = 2
    case palette = 3
    case greyAlpha = 4
    case colourAlpha = 6

    /// Samples per pixel in the file.
    var sampleCount: Int {
      switch self {
      case .grey, .palette: 1
      case .greyAlpha: 2
      case .colour: 3
      case .colourAlpha: 4
      }
    }

    /// Channels of the pixels that come out.
    var channels: Int { self == .grey || self == .greyAlpha ? 1 : 3 }

    /// The chunks that decide the pixels; others may be there and change nothing, as a palette to show colours with.
    var chunks: [String] {
      switch self {
      case .grey, .colour: ["tRNS", "IDAT"]
      case .palette: ["PLTE", "tRNS", "IDAT"]
      case .greyAlpha, .colourAlpha: ["IDAT"]
      }
    }

    /// Which numbers of bits a sample may have.
    var depths: [Int] {
      switch self {
      case .grey: [1, 2, 4, 8, 16]
      case .palette: [1, 2, 4, 8]
      default: [8, 16]
      }
    }
  }

  /// The chunk `IHDR`.
  struct Header {
    let width: Int
    let height: Int
    /// Bits per sample.
    let depth: Int
    let colourType: ColourType
    let isInterlaced: Bool

    /// The bits of all samples of a pixel.
    var bitsPerPixel: Int { colourType.sampleCount * depth }

    /// The passes that the pixels are stored in.
    var passes: [PNGPass] {
      PNGPass.all(height: height, width: width, bitsPerPixel: bitsPerPixel, isInterlaced: isInterlaced)
    }
  }

  let path: String
  let header: Header
  /// Red, green and blue of each entry; empty if the file has none.
  private(set) var palette: [UInt8] = []
  /// The chunk `tRNS`: an opacity for each palette entry, or the one colour that is transparent.
  private(set) var transparency: [UInt8]?
  /// The compressed rows, joined.
  private(set) var compressed: [UInt8] = []
  /// Where in `compressed` each chunk's part begins, and where in the file.
  private var parts: [(start: Int, offset: Int)] = []
  /// What is wrong behind the first pixels; it matters only if some pixels are missing.
  private(set) var troubleBehind: FileError?

  static let signature: [UInt8] = [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A]

  init(_ bytes: [UInt8], path: String) throws {
    self.path = path
    guard bytes.starts(with: Self.signature) else {
      throw FileError(
        path: path, offset: 0, expected: "a PNG signature (\(hexadecimal(Self.signature)))", found: hexadecimal(bytes))
    }
    let first = try PNGChunk(bytes, at: 8, path: path)
    guard first.name == "IHDR" else { throw first.error("the chunk IHDR first", "\(first.name)") }
    try first.check()
    header = try Header(first)
    try readChunks(bytes, from: first.end)
    guard header.colourType != .palette || !palette.isEmpty else {
      throw FileError(path: path, expected: "a palette (PLTE)", found: "none")
    }
  }

  /// Reads what follows the header, up to the end of the pixels, which lie in chunks one after the other. Behind them
  /// there may be anything: if all of them are there, nothing else is needed.
  private mutating func readChunks(_ bytes: [UInt8], from start: Int) throws {
    var position = start
    while true {
      do {
        let chunk = try PNGChunk(bytes, at: position, path: path)
        if !parts.isEmpty, chunk.name != "IDAT" {
          // Pixels whose name is damaged, perhaps.
          return try chunk.check()
        }
        if chunk.name == "IEND" { throw chunk.error("pixels (IDAT) before the end", "none") }
        try add(chunk)
        position = chunk.end
      } catch let trouble as FileError where !parts.isEmpty {
        troubleBehind = trouble
        return
      }
    }
  }

  private mutating func add(_ chunk: PNGChunk) throws {
    guard header.colourType.chunks.contains(chunk.name) else { return try pass(chunk) }
    try chunk.check()
    switch chunk.name {
    case "PLTE":
      guard palette.isEmpty else { throw chunk.error("one palette, before the pixels", "another PLTE") }
      guard chunk.data.count % 3 == 0, (1...256).contains(chunk.data.count / 3) else {
        throw chunk.error("a palette of 1 to 256 times 3 bytes", counted(chunk.data.count, "byte"))
      }
      palette = Array(chunk.data)
    case "tRNS":
      guard transparency == nil else {
        throw chunk.error("one chunk of transparency, before the pixels", "another tRNS")
      }
      // Of a palette, opacities without a colour are of no use, and do no harm.
      let size = [.grey: 2, .colour: 6][header.colourType] ?? chunk.data.count
      guard chunk.data.count == size else {
        throw chunk.error("transparency that fits the colours", counted(chunk.data.count, "byte"))
      }
      transparency = Array(chunk.data)
    default:
      parts.append((compressed.count, chunk.data.startIndex))
      compressed += chunk.data
    }
  }

  /// Passes over a chunk that decides nothing.
  private func pass(_ chunk: PNGChunk) throws {
    if chunk.name == "PLTE" { return }
    // A small first letter marks what a decoder may leave out, damaged or not; but transparency whose name alone is
    // damaged would be missed.
    guard chunk.isAncillary else {
      try chunk.check()
      throw chunk.error("a chunk that PNG defines", quoted(chunk.name))
    }
    if header.colourType.chunks.contains("tRNS"), !chunk.isWhole, chunk.isWhole(asNamed: "tRNS") { try chunk.check() }
  }

  /// Where byte `position` of `compressed` lies in the file.
  func offset(of position: Int) -> Int {
    guard let part = parts.last(where: { $0.start <= position }) else { return position }
    return part.offset + position - part.start
  }
}

/// A chunk of a PNG file: its length in four bytes, a name, data, and a checksum.
struct PNGChunk {
  let name: String
  let data: ArraySlice<UInt8>
  /// The position after the chunk.
  let end: Int
  private let start: Int
  private let path: String
  private let checksum: UInt32
  private let stored: UInt32

  /// Reads the chunk at byte `start`.
  init(_ bytes: [UInt8], at start: Int, path: String) throws {
    func error(_ offset: Int, _ expected: String, _ found: String) -> FileError {
      FileError(path: path, offset: offset, expected: expected, found: found)
    }
    guard bytes.count - start >= 12 else {
      throw error(start, "a PNG chunk", bytes.count == start ? "the end of the file" : "the end of the file within it")
    }
    let length = Int(bigEndian(bytes[start..<start + 4]))
    guard length <= bytes.count - start - 12 else {
      let reason = length < 1 << 31 ? ": the file is cut short" : ""
      throw error(
        start, "a chunk of at most \(counted(bytes.count - start - 12, "byte"))", "one of \(length)\(reason)")
    }
    let letters = bytes[start + 4..<start + 8]
    guard letters.allSatisfy({ (0x41...0x5A).contains($0 & 0xDF) }) else {
      throw error(start + 4, "the four letters of a chunk's name", hexadecimal(letters))
    }
    name = String(decoding: letters, as: UTF8.self)
    data = bytes[start + 8..<start + 8 + length]
    end = start + 12 + length
    self.start = start
    self.path = path
    checksum = CRC32.checksum(bytes[start + 4..<end - 4])
    stored = bigEndian(bytes[end - 4..<end])
  }

  var isAncillary: Bool { name.utf8.first.map { $0 & 0x20 != 0 } ?? false }

  /// Whether the checksum is right.
  var isWhole: Bool { checksum == stored }

  /// Whether the checksum is that of the same data in a chunk called `name`.
  func isWhole(asNamed name: String) -> Bool { CRC32.checksum(Array(name.utf8) + data) == stored }

  /// Throws if the checksum is wrong.
  func check() throws {
    guard !isWhole else { return }
    throw FileError(
      path: path, offset: end - 4, expected: "the checksum \(String(checksum, radix: 16)) of the chunk \(name)",
      found: String(stored, radix: 16))
  }

  /// An error about the chunk as a whole.
  func error(_ expected: String, _ found: String) -> FileError {
    FileError(path: path, offset: start, expected: expected, found: found)
  }
}

extension PNGFile.Header {
  fileprivate init(_ chunk: PNGChunk) throws {
    let data = Array(chunk.data)
    guard data.count == 13 else { throw chunk.error("a header of 13 bytes", "\(data.count)") }
    width = Int(bigEndian(data[0..<4]))
    height = Int(bigEndian(data[4..<8]))
    guard (1..<1 << 31).contains(width), (1..<1 << 31).contains(height) else {
      throw chunk.error("an image of 1 to 2147483647 rows and columns", "\(height)×\(width)")
    }
    guard let type = PNGFile.ColourType(rawValue: data[9]), type.depths.contains(Int(data[8])) else {
      throw chunk.error(
        "a colour type of 0, 2, 3, 4 or 6 with a depth that goes with it", "type \(data[9]) of depth \(data[8])")
    }
    colourType = type
    depth = Int(data[8])
    guard data[10] == 0, data[11] == 0 else {
      throw chunk.error("compression and filter method 0", "\(data[10]) and \(data[11])")
    }
    guard data[12] <= 1 else { throw chunk.error("interlace method 0 or 1", "\(data[12])") }
    isInterlaced = data[12] == 1
  }
}

/// The number in four bytes, the highest first.
func bigEndian(_ bytes: ArraySlice<UInt8>) -> UInt32 { bytes.reduce(0) { $0 << 8 | UInt32($1) } }
