import LatentSystem

/// The pixels of a PNG image, as they are made of its rows.
struct PNGPixels {
  /// The pixels `[height, width, channels]` in row-major order; none before there are rows.
  private(set) var values: [UInt8] = []
  /// 1 for grey, 3 for colours.
  let channels: Int
  /// Whether the background is seen through one of them.
  private(set) var isTransparent = false

  private let header: PNGFile.Header
  private let path: String
  private let palette: [UInt8]
  /// The opacity of the first entries of the palette; the others are opaque.
  private let opacities: [UInt8]
  /// The one colour that is transparent, a number for each channel.
  private let clear: [Int]?
  private let background: [Int]
  private let size: Int

  /// The pixels that a file is going to have.
  /// - Throws: ``FileError`` if they take more than `maximumSize` bytes.
  init(_ file: PNGFile, background: ImageBackground, maximumSize: Int) throws {
    header = file.header
    path = file.path
    palette = file.palette
    opacities = header.colourType == .palette ? file.transparency ?? [] : []
    let hasKey = header.colourType == .grey || header.colourType == .colour
    clear = (hasKey ? file.transparency : nil).map { key in
      stride(from: 0, to: key.count, by: 2).map { Int(key[$0]) << 8 | Int(key[$0 + 1]) }
    }
    self.background = background.parts
    let canBeTransparent = header.colourType == .greyAlpha || clear != nil
    channels = canBeTransparent && !background.isGrey ? 3 : header.colourType.channels
    let (size, overflows) = (header.width * channels).multipliedReportingOverflow(by: header.height)
    guard !overflows, size <= maximumSize else {
      throw FileError(
        path: path, offset: 16, expected: "an image of at most \(counted(maximumSize, "byte"))",
        found: "\(header.height)×\(header.width) pixels")
    }
    self.size = size
  }

  /// Takes the pixels from the rows of the file.
  /// - Throws: ``FileError`` for a colour that is not in the palette.
  mutating func fill(from rows: PNGRows) throws {
    values = [UInt8](repeating: 0, count: size)
    for row in rows.places { try add(row, rows.bytes) }
  }

  private mutating func add(_ row: PNGRow, _ bytes: [UInt8]) throws {
    let pass = row.pass
    let line = pass.firstRow + row.index * pass.rowStep
    var place = (line * header.width + pass.firstColumn) * channels
    let isPlain = header.depth == 8 && clear == nil && [.grey, .colour].contains(header.colourType)
    if isPlain, pass.columnStep == 1 {
      return values.replaceSubrange(place..<place + pass.rowSize, with: bytes[row.start..<row.start + pass.rowSize])
    }
    for column in 0..<pass.columns {
      if header.colourType == .palette {
        try putEntry(sample(bytes, row.start, column), at: place, line, pass.firstColumn + column * pass.columnStep)
      } else {
        putColour(bytes, row.start, column, at: place)
      }
      place += pass.columnStep * channels
    }
  }

  private mutating func putEntry(_ index: Int, at place: Int, _ row: Int, _ column: Int) throws {
    guard 3 * index < palette.count else {
      throw FileError(
        path: path, expected: "a palette index below \(palette.count / 3)",
        found: "\(index) in row \(row), column \(column)")
    }
    let opacity = index < opacities.count ? Int(opacities[index]) : 255
    for channel in 0..<3 { put(Int(palette[3 * index + channel]), opacity, at: place, channel) }
  }

  private mutating func putColour(_ bytes: [UInt8], _ start: Int, _ column: Int, at place: Int) {
    let (count, colours) = (header.colourType.sampleCount, header.colourType.channels)
    let first = column * count
    var opacity = 255
    if count > colours {
      opacity = byte(sample(bytes, start, first + colours))
    } else if let clear, (0..<colours).allSatisfy({ sample(bytes, start, first + $0) == clear[$0] }) {
      opacity = 0
    }
    for channel in 0..<channels {
      put(byte(sample(bytes, start, first + (colours == 1 ? 0 : channel))), opacity, at: place, channel)
    }
  }

  /// Composes a value of 0…255 over the background.
  private mutating func put(_ value: Int, _ opacity: Int, at place: Int, _ channel: Int) {
    if opacity < 255 { isTransparent = true }
    values[place + channel] = UInt8((value * opacity + background[channel] * (255 - opacity) + 127) / 255)
  }

  /// Sample `index` of the row whose bytes begin at `start`.
  private func sample(_ bytes: [UInt8], _ start: Int, _ index: Int) -> Int {
    switch header.depth {
    case 16: return Int(bytes[start + 2 * index]) << 8 | Int(bytes[start + 2 * index + 1])
    case 8: return Int(bytes[start + index])
    case let depth:
      let bit = index * depth
      return Int(bytes[start + bit / 8]) >> (8 - depth - bit % 8) & (1 << depth - 1)
    }
  }

  /// A sample of the file's depth as 0…255, to the nearest.
  private func byte(_ sample: Int) -> Int {
    let largest = 1 << header.depth - 1
    return (sample * 255 + largest / 2) / largest
  }
}
