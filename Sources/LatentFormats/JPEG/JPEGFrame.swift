import LatentSystem

/// The size of a JPEG image and the channels that it is stored in.
struct JPEGFrame {
  let width: Int
  let height: Int
  /// Whether coefficients come in several scans.
  let isProgressive: Bool
  var components: [JPEGComponent]
  /// The most samples of a channel beside each other, and one over the other, in a minimum coded unit.
  let widestSampling: Int
  let tallestSampling: Int

  /// Whether all coefficients have come, each with all of its bits.
  var isComplete: Bool { components.allSatisfy { $0.missingBits.allSatisfy { $0 == 0 } } }

  /// How many minimum coded units there are in a row, and in a column, where all channels come together.
  var unitsPerRow: Int { (width + 8 * widestSampling - 1) / (8 * widestSampling) }
  var unitsPerColumn: Int { (height + 8 * tallestSampling - 1) / (8 * tallestSampling) }

  /// Reads a frame header.
  ///
  /// - Parameters:
  ///   - segment: its contents.
  ///   - fileSize: of the whole file.
  init(_ segment: JPEGSegment, isProgressive: Bool, fileSize: Int, maximumSize: Int) throws {
    let data = segment.data
    guard data.count >= 6 else { throw segment.error("a frame header", counted(data.count, "byte")) }
    func byte(_ index: Int) -> Int { Int(data[data.startIndex + index]) }
    guard byte(0) == 8 else { throw segment.error("8 bits a sample", "\(byte(0))") }
    (height, width) = (byte(1) << 8 | byte(2), byte(3) << 8 | byte(4))
    guard width > 0, height > 0 else {
      let found = height == 0 ? "a height that comes after the pixels, or none" : "a width of 0"
      throw segment.error("an image of at least 1×1 pixels", found)
    }
    let count = byte(5)
    guard count == 1 || count == 3 || count == 4 else {
      throw segment.error("a grey image, or one of three or four colours", "\(count) channels")
    }
    guard data.count == 6 + 3 * count else {
      throw segment.error("a frame header of \(6 + 3 * count) bytes", "\(data.count)")
    }
    guard width * height * count <= maximumSize else {
      throw segment.error("an image of at most \(counted(maximumSize, "byte"))", "\(height)×\(width) pixels")
    }
    self.isProgressive = isProgressive
    components = try (0..<count).map { index in
      let at = 6 + 3 * index
      // The only channel has no other to be sampled against.
      let (across, down) = count == 1 ? (1, 1) : (byte(at + 1) >> 4, byte(at + 1) & 15)
      guard (1...4).contains(across), (1...4).contains(down), byte(at + 2) < 4 else {
        throw segment.error("samplings of 1 to 4 and tables of 0 to 3", "\(across)×\(down) and \(byte(at + 2))")
      }
      return JPEGComponent(identifier: byte(at), across: across, down: down, table: byte(at + 2))
    }
    widestSampling = components.map(\.across).max() ?? 1
    tallestSampling = components.map(\.down).max() ?? 1
    for component in components
    where widestSampling % component.across != 0 || tallestSampling % component.down != 0 {
      throw segment.error(
        "samplings that divide each other",
        "\(component.across)×\(component.down) beside \(widestSampling)×\(tallestSampling)")
    }
    try allocate(segment, fileSize)
  }

  /// Makes room for the coefficients or samples, if the file is long enough to hold them: a block takes a bit at least.
  private mutating func allocate(_ segment: JPEGSegment, _ fileSize: Int) throws {
    for index in components.indices {
      let component = components[index]
      components[index].width = (width * component.across + widestSampling - 1) / widestSampling
      components[index].height = (height * component.down + tallestSampling - 1) / tallestSampling
      components[index].blocksPerRow = unitsPerRow * component.across
      components[index].blocksPerColumn = unitsPerColumn * component.down
    }
    let blocks = components.reduce(0) { $0 + $1.ownBlocksPerRow * $1.ownBlocksPerColumn }
    guard blocks <= 8 * fileSize else {
      throw segment.error("pixels that \(counted(fileSize, "byte")) can hold", "\(height)×\(width)")
    }
    for index in components.indices {
      let count = components[index].blocksPerRow * components[index].blocksPerColumn * 64
      if isProgressive {
        components[index].coefficients = [Int16](repeating: 0, count: count)
      } else {
        components[index].samples = [UInt8](repeating: 0, count: count)
      }
    }
  }
}

/// One channel of a JPEG image.
struct JPEGComponent {
  let identifier: Int
  /// Its blocks beside each other, and one over the other, in a minimum coded unit of all channels.
  let across: Int
  let down: Int
  /// The number of its quantization table.
  let table: Int
  /// The size in samples.
  var width = 0
  var height = 0
  /// The size in blocks, filled up to whole units of all channels.
  var blocksPerRow = 0
  var blocksPerColumn = 0
  /// The quantized coefficients of a progressive image block by block, 64 each in rows.
  var coefficients: [Int16] = []
  /// The samples of any other image in rows, ``stride`` from one to the next.
  var samples: [UInt8] = []
  /// What they are multiplied by, in rows; empty until the channel's first scan.
  var steps: [UInt16] = []
  /// How many lower bits of each coefficient, in zigzag order, have not come yet; all at first.
  var missingBits = [UInt8](repeating: 16, count: 64)

  init(identifier: Int, across: Int, down: Int, table: Int) {
    (self.identifier, self.across, self.down, self.table) = (identifier, across, down, table)
  }

  /// The samples in a row of whole blocks.
  var stride: Int { blocksPerRow * 8 }

  /// The size in blocks where the channel comes alone.
  var ownBlocksPerRow: Int { (width + 7) / 8 }
  var ownBlocksPerColumn: Int { (height + 7) / 8 }
}
