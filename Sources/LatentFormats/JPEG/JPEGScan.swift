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
    var places: [Int] = []
    channels = try (0..<count).map { index in
      let (name, tables) = (Int(data[1 + 2 * index]), Int(data[2 + 2 * index]))
      // Some programs call all channels the same: they are taken in their order, if they are all there.
      let named = frame.components.indices.filter { frame.components[$0].identifier == name }
      guard named.count <= 1 || count == frame.components.count else {
        throw segment.error("channels of different names", "\(named.count) of the name \(name)")
      }
      guard let component = named.first(where: { !places.contains($0) }) else {
        throw segment.error(named.isEmpty ? "channels of the image" : "different channels", "channel \(name)")
      }
      places.append(component)
      guard tables >> 4 < 4, tables & 15 < 4 else {
        throw segment.error("tables of 0 to 3", hexadecimal([data[2 + 2 * index]]))
      }
      return Channel(component: component, constantTable: tables >> 4, otherTable: tables & 15)
    }
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

/// The coefficients of a scan, or the samples that they stand for.
struct JPEGScan {
  private let header: JPEGScanHeader
  private var bits: JPEGBits
  private let tables: JPEGTables
  /// By channel, what is in ``tables``.
  private let constantCodes: [JPEGHuffmanCode]
  private let otherCodes: [JPEGHuffmanCode]
  private let restartInterval: Int
  /// Whether blocks come with all of their coefficients, and become samples.
  private let isWhole: Bool
  private var predictions: [Int]
  /// How many more blocks have nothing but what is there already.
  private var emptyBlocks = 0

  init(
    _ header: JPEGScanHeader, _ bits: JPEGBits, _ tables: JPEGTables, restartInterval: Int, _ segment: JPEGSegment
  ) throws {
    self.header = header
    self.bits = bits
    self.restartInterval = restartInterval
    self.tables = tables
    isWhole = header.band == 0...63
    func all(_ isConstant: Bool, _ index: (JPEGScanHeader.Channel) -> Int) throws -> [JPEGHuffmanCode] {
      try header.channels.map { channel in
        guard let table = tables.table(index(channel), isConstant: isConstant) else {
          throw segment.error("the Huffman table \(index(channel)) before the pixels", "none")
        }
        return table.code
      }
    }
    constantCodes = header.band.lowerBound == 0 && !header.isRefinement ? try all(true, \.constantTable) : []
    otherCodes = header.band.upperBound > 0 ? try all(false, \.otherTable) : []
    predictions = header.channels.map { _ in 0 }
  }

  /// Reads the scan. The position of what follows it is returned.
  mutating func read(into frame: inout JPEGFrame) throws -> Int {
    try JPEGTables.zigzag.withUnsafeBufferPointer { zigzag in
      try withUnsafeTemporaryAllocation(of: Int16.self, capacity: 64) { block in
        try read(
          into: &frame, requireSome(zigzag.baseAddress, "JPEGScan: 64 places"),
          requireSome(block.baseAddress, "JPEGScan: room for a block"))
      }
    }
    for channel in header.channels {
      for place in header.band { frame.components[channel.component].missingBits[place] = UInt8(header.shift) }
    }
    return bits.position
  }

  /// - Parameter block: room for 64 coefficients.
  private mutating func read(
    into frame: inout JPEGFrame, _ zigzag: UnsafePointer<Int>, _ block: UnsafeMutablePointer<Int16>
  ) throws {
    var units = 0
    let isSingle = header.channels.count == 1
    let single = header.channels[0].component
    let rows = isSingle ? frame.components[single].ownBlocksPerColumn : frame.unitsPerColumn
    let columns = isSingle ? frame.components[single].ownBlocksPerRow : frame.unitsPerRow
    for row in 0..<rows {
      for column in 0..<columns {
        if restartInterval > 0, units > 0, units % restartInterval == 0 {
          try bits.restart((units / restartInterval - 1) % 8)
          for index in predictions.indices { predictions[index] = 0 }
          emptyBlocks = 0
        }
        units += 1
        for (index, channel) in header.channels.enumerated() {
          try readUnit(index, &frame.components[channel.component], row, column, isSingle, zigzag, block)
        }
        if bits.isExhausted { throw bits.exhausted }
      }
    }
  }

  /// Reads a channel's blocks of a minimum coded unit.
  private mutating func readUnit(
    _ index: Int, _ component: inout JPEGComponent, _ row: Int, _ column: Int, _ isSingle: Bool,
    _ zigzag: UnsafePointer<Int>, _ block: UnsafeMutablePointer<Int16>
  ) throws {
    let (across, down) = isSingle ? (1, 1) : (component.across, component.down)
    let (perRow, stride) = (component.blocksPerRow, component.stride)
    guard isWhole else {
      return try component.coefficients.withUnsafeMutableBufferPointer { all in
        guard let base = all.baseAddress else { return }
        for y in 0..<down {
          for x in 0..<across {
            try readBand(index, base + ((row * down + y) * perRow + column * across + x) * 64, zigzag)
          }
        }
      }
    }
    let steps = component.steps
    try component.samples.withUnsafeMutableBufferPointer { samples in
      try steps.withUnsafeBufferPointer { steps in
        guard let samples = samples.baseAddress, let steps = steps.baseAddress else { return }
        for y in 0..<down {
          for x in 0..<across {
            block.update(repeating: 0, count: 64)
            try readWhole(index, block, zigzag)
            let target = samples + (row * down + y) * 8 * stride + (column * across + x) * 8
            JPEGTransform.samples(of: block, steps: steps, to: target, stride: stride)
          }
        }
      }
    }
  }

  /// All coefficients of a block (ITU-T T.81, figure F.13).
  private mutating func readWhole(
    _ index: Int, _ block: UnsafeMutablePointer<Int16>, _ zigzag: UnsafePointer<Int>
  ) throws {
    // A local copy stays in registers.
    var bits = self.bits
    defer { self.bits = bits }
    predictions[index] &+= bits.signed(try bits.symbol(constantCodes[index]))
    block[0] = Int16(truncatingIfNeeded: predictions[index])
    let code = otherCodes[index]
    var place = 1
    while place < 64 {
      let symbol = try bits.symbol(code)
      let length = symbol & 15
      if length == 0 {
        guard symbol == 0xF0 else { return }
        place &+= 16
        continue
      }
      place &+= symbol >> 4
      let value = bits.signed(length)
      guard place < 64 else { throw bits.error("64 coefficients a block", "more") }
      block[zigzag[place]] = Int16(truncatingIfNeeded: value)
      place &+= 1
    }
  }

  /// The coefficients of a scan of a progressive image.
  private mutating func readBand(
    _ index: Int, _ block: UnsafeMutablePointer<Int16>, _ zigzag: UnsafePointer<Int>
  ) throws {
    if header.band.lowerBound == 0 {
      if header.isRefinement {
        if bits.bits(1) == 1 { block[0] |= 1 << header.shift }
      } else {
        predictions[index] += bits.signed(try bits.symbol(constantCodes[index]))
        block[0] = Int16(truncatingIfNeeded: predictions[index] << header.shift)
      }
    } else if header.isRefinement {
      try refine(otherCodes[index], block, zigzag)
    } else {
      try readOthers(otherCodes[index], block, zigzag)
    }
  }

  /// The coefficients after the first (ITU-T T.81, figure G.3).
  private mutating func readOthers(
    _ code: JPEGHuffmanCode, _ block: UnsafeMutablePointer<Int16>, _ zigzag: UnsafePointer<Int>
  ) throws {
    if emptyBlocks > 0 {
      emptyBlocks -= 1
      return
    }
    var bits = self.bits
    defer { self.bits = bits }
    let (last, shift) = (header.band.upperBound, header.shift)
    var place = header.band.lowerBound
    while place <= last {
      let symbol = try bits.symbol(code)
      let (run, length) = (symbol >> 4, symbol & 15)
      if length == 0 {
        if run < 15 {
          emptyBlocks = (1 << run) - 1 + bits.available(run)
          return
        }
        place += 16
        continue
      }
      place += run
      let value = bits.signed(length)
      guard place <= last else { throw bits.error("64 coefficients a block", "more") }
      block[zigzag[place]] = Int16(truncatingIfNeeded: value << shift)
      place += 1
    }
  }

  /// One more bit of the coefficients that are there, and new ones between them (figure G.7).
  private mutating func refine(
    _ code: JPEGHuffmanCode, _ block: UnsafeMutablePointer<Int16>, _ zigzag: UnsafePointer<Int>
  ) throws {
    var place = header.band.lowerBound
    let bit = Int16(1) << header.shift
    if emptyBlocks == 0 {
      while place <= header.band.upperBound {
        let symbol = try bits.symbol(code)
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
          let target = block + zigzag[place]
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
      let target = block + zigzag[place]
      place += 1
      if target.pointee != 0 { refine(target, bit) }
    }
  }

  private mutating func refine(_ target: UnsafeMutablePointer<Int16>, _ bit: Int16) {
    guard bits.bits(1) == 1, target.pointee & bit == 0 else { return }
    target.pointee &+= target.pointee > 0 ? bit : -bit
  }
}
