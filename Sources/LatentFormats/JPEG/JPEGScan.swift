import LatentSystem

/// Which channels and which coefficients of them a scan has.
struct JPEGScanHeader {
  /// A channel in the scan.
  struct Channel {
    /// Its place in the frame.
    let component: Int
    let constantTable: Int
    let otherTable: Int
  }

  let channels: [Channel]
  /// The coefficients, in zigzag order; all, if the image is not progressive.
  let band: ClosedRange<Int>
  /// Whether these bits refine coefficients that are there already.
  let isRefinement: Bool
  /// How many lower bits come later.
  let shift: Int

  init(_ segment: JPEGSegment, _ frame: JPEGFrame) throws {
    let data = Array(segment.data)
    guard let count = data.first.map(Int.init), (1...4).contains(count), data.count == 4 + 2 * count else {
      throw segment.error("a scan header of 1 to 4 channels", counted(data.count, "byte"))
    }
    channels = try (0..<count).map { index in
      let (name, tables) = (Int(data[1 + 2 * index]), Int(data[2 + 2 * index]))
      guard let component = frame.components.firstIndex(where: { $0.identifier == name }) else {
        throw segment.error("channels of the image", "channel \(name)")
      }
      guard tables >> 4 < 4, tables & 15 < 4 else {
        throw segment.error("tables of 0 to 3", hexadecimal([data[2 + 2 * index]]))
      }
      return Channel(component: component, constantTable: tables >> 4, otherTable: tables & 15)
    }
    guard Set(channels.map(\.component)).count == count else { throw segment.error("different channels", "one twice") }
    guard frame.isProgressive else {
      (band, isRefinement, shift) = (0...63, false, 0)
      return
    }
    let (first, last) = (Int(data[1 + 2 * count]), Int(data[2 + 2 * count]))
    let (high, low) = (Int(data[3 + 2 * count]) >> 4, Int(data[3 + 2 * count]) & 15)
    guard first <= last, last <= 63, first == 0 ? last == 0 : count == 1 else {
      throw segment.error("first coefficients, or others of one channel", "\(first) to \(last) of \(count)")
    }
    guard low <= 13, high == 0 || high == low + 1 else {
      throw segment.error("bits that follow one another", "\(low) after \(high)")
    }
    (band, isRefinement, shift) = (first...last, high > 0, low)
  }
}

/// The coefficients of a scan.
struct JPEGScan {
  private let header: JPEGScanHeader
  private var bits: JPEGBits
  private let constantTables: [JPEGHuffmanTable]
  private let otherTables: [JPEGHuffmanTable]
  private let restartInterval: Int
  private var predictions: [Int]
  /// How many more blocks have nothing but what is there already.
  private var emptyBlocks = 0

  init(
    _ header: JPEGScanHeader, _ bits: JPEGBits, _ tables: JPEGTables, restartInterval: Int, _ segment: JPEGSegment
  ) throws {
    self.header = header
    self.bits = bits
    self.restartInterval = restartInterval
    func all(_ isConstant: Bool, _ index: (JPEGScanHeader.Channel) -> Int) throws -> [JPEGHuffmanTable] {
      try header.channels.map { channel in
        guard let table = tables.table(index(channel), isConstant: isConstant) else {
          throw segment.error("the Huffman table \(index(channel)) before the pixels", "none")
        }
        return table
      }
    }
    constantTables = header.band.lowerBound == 0 && !header.isRefinement ? try all(true, \.constantTable) : []
    otherTables = header.band.upperBound > 0 ? try all(false, \.otherTable) : []
    predictions = header.channels.map { _ in 0 }
  }

  /// Reads the scan. The position of what follows it is returned.
  mutating func read(into frame: inout JPEGFrame) throws -> Int {
    var units = 0
    let isSingle = header.channels.count == 1
    let single = frame.components[header.channels[0].component]
    let rows = isSingle ? single.ownBlocksPerColumn : frame.unitsPerColumn
    let columns = isSingle ? single.ownBlocksPerRow : frame.unitsPerRow
    for row in 0..<rows {
      for column in 0..<columns {
        if restartInterval > 0, units > 0, units % restartInterval == 0 {
          try bits.restart((units / restartInterval - 1) % 8)
          for index in predictions.indices { predictions[index] = 0 }
          emptyBlocks = 0
        }
        units += 1
        for (index, channel) in header.channels.enumerated() {
          try readUnit(index, &frame.components[channel.component], row, column, isSingle)
        }
        if bits.isExhausted { throw bits.error("pixels", "a marker, or the end of the file") }
      }
    }
    return bits.position
  }

  /// Reads a channel's blocks of a minimum coded unit.
  private mutating func readUnit(
    _ index: Int, _ component: inout JPEGComponent, _ row: Int, _ column: Int, _ isSingle: Bool
  ) throws {
    let (across, down) = isSingle ? (1, 1) : (component.across, component.down)
    let perRow = component.blocksPerRow
    try component.coefficients.withUnsafeMutableBufferPointer { all in
      guard let base = all.baseAddress else { return }
      for y in 0..<down {
        for x in 0..<across {
          try readBlock(index, base + ((row * down + y) * perRow + column * across + x) * 64)
        }
      }
    }
  }

  private mutating func readBlock(_ index: Int, _ block: UnsafeMutablePointer<Int16>) throws {
    if header.band.lowerBound == 0 {
      if header.isRefinement {
        if bits.bits(1) == 1 { block[0] |= 1 << header.shift }
      } else {
        predictions[index] += bits.signed(try bits.symbol(constantTables[index]))
        block[0] = Int16(truncatingIfNeeded: predictions[index] << header.shift)
      }
    }
    guard header.band.upperBound > 0 else { return }
    if header.isRefinement {
      try refine(otherTables[index], block)
    } else {
      try readOthers(otherTables[index], block)
    }
  }

  /// The coefficients after the first (ITU-T T.81, figures F.13 and G.3).
  private mutating func readOthers(_ table: JPEGHuffmanTable, _ block: UnsafeMutablePointer<Int16>) throws {
    if emptyBlocks > 0 {
      emptyBlocks -= 1
      return
    }
    var place = max(1, header.band.lowerBound)
    while place <= header.band.upperBound {
      let symbol = try bits.symbol(table)
      let (run, length) = (symbol >> 4, symbol & 15)
      if length == 0 {
        if run < 15 {
          emptyBlocks = (1 << run) - 1 + bits.bits(run)
          return
        }
        place += 16
        continue
      }
      place += run
      let value = bits.signed(length)
      guard place <= header.band.upperBound else { throw bits.error("64 coefficients a block", "more") }
      block[JPEGTables.zigzag[place]] = Int16(truncatingIfNeeded: value << header.shift)
      place += 1
    }
  }

  /// One more bit of the coefficients that are there, and new ones between them (figure G.7).
  private mutating func refine(_ table: JPEGHuffmanTable, _ block: UnsafeMutablePointer<Int16>) throws {
    var place = header.band.lowerBound
    let bit = Int16(1) << header.shift
    if emptyBlocks == 0 {
      while place <= header.band.upperBound {
        let symbol = try bits.symbol(table)
        var (run, length) = (symbol >> 4, symbol & 15)
        var new: Int16 = 0
        if length > 0 {
          guard length == 1 else { throw bits.error("new coefficients of one bit", "\(length)") }
          new = bits.bits(1) == 1 ? bit : -bit
        } else if run < 15 {
          emptyBlocks = 1 << run + bits.bits(run)
          break
        }
        // Past as many zeros as the run has; what is there on the way is refined.
        length = 0
        while place <= header.band.upperBound {
          let target = block + JPEGTables.zigzag[place]
          place += 1
          if target.pointee != 0 {
            refine(target, bit)
          } else if run > 0 {
            run -= 1
          } else {
            if new != 0 { target.pointee = new }
            break
          }
        }
      }
    }
    guard emptyBlocks > 0 else { return }
    emptyBlocks -= 1
    while place <= header.band.upperBound {
      let target = block + JPEGTables.zigzag[place]
      place += 1
      if target.pointee != 0 { refine(target, bit) }
    }
  }

  private mutating func refine(_ target: UnsafeMutablePointer<Int16>, _ bit: Int16) {
    guard bits.bits(1) == 1, target.pointee & bit == 0 else { return }
    target.pointee &+= target.pointee > 0 ? bit : -bit
  }
}
