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
    palette = file.palette
    opacities = header.colourType == .palette ? file.transparency ?? [] : []
    let hasKey = header.colourType == .grey || header.colourType == .colour
    clear = (hasKey ? file.transparency : nil).map { key in
      // Of a number in two bytes, only the bits of a sample count.
      let most = 1 << file.header.depth - 1
      return stride(from: 0, to: key.count, by: 2).map { (Int(key[$0]) << 8 | Int(key[$0 + 1])) & most }
    }
    self.background = background.parts
    let canBeTransparent = header.colourType == .greyAlpha || clear != nil
    channels = canBeTransparent && !background.isGrey ? 3 : header.colourType.channels
    let (size, overflows) = (header.width * channels).multipliedReportingOverflow(by: header.height)
    guard !overflows, size <= maximumSize else {
      throw FileError(
        path: file.path, offset: 16, expected: "an image of at most \(counted(maximumSize, "byte"))",
        found: "\(header.height)×\(header.width) pixels")
    }
    self.size = size
  }

  /// Takes the pixels from the rows of the file.
  mutating func fill(from rows: PNGRows) {
    let isPlain = header.depth == 8 && header.colourType == .grey && clear == nil
    let isInTable = header.depth <= 8 && header.colourType.sampleCount == 1 && !isPlain
    let table = isInTable ? self.table : PNGColours()
    // The samples of a row as bytes, where they are not that in the file.
    var line = [UInt8](repeating: 0, count: header.depth == 8 ? 0 : header.width * header.colourType.sampleCount)
    var isTransparent = false
    let values = [UInt8](unsafeUninitializedCapacity: size) { values, count in
      line.withUnsafeMutableBufferPointer { line in
        guard let target = values.baseAddress else { return }
        for row in rows.places {
          let source = UnsafePointer(rows.bytes.base + row.start)
          let samples = samples(source, row.pass.columns * header.colourType.sampleCount, line)
          let first = (row.pass.firstRow + row.index * row.pass.rowStep) * header.width + row.pass.firstColumn
          let pixels = PNGPixelRow(
            count: row.pass.columns, target: target + first * channels, step: row.pass.columnStep * channels)
          if isInTable {
            put(samples, pixels, table, &isTransparent)
          } else {
            put(samples, source, pixels, &isTransparent)
          }
        }
      }
      count = size
    }
    (self.values, self.isTransparent) = (values, isTransparent)
  }

  /// The samples of a row: bytes as they are in the file, or 0…255 of those of 16 bits; numbers of fewer bits each by
  /// itself.
  private func samples(
    _ source: UnsafePointer<UInt8>, _ count: Int, _ line: UnsafeMutableBufferPointer<UInt8>
  ) -> UnsafePointer<UInt8> {
    guard header.depth != 8, let start = line.baseAddress else { return source }
    if header.depth == 16 {
      for index in 0..<count {
        let sample = UInt32(source[2 * index]) << 8 | UInt32(source[2 * index + 1])
        start[index] = UInt8(truncatingIfNeeded: (sample * 255 + 32767) / 65535)
      }
      return UnsafePointer(start)
    }
    switch header.depth {
    case 1: Self.unpack(source, count, to: start, depth: 1)
    case 2: Self.unpack(source, count, to: start, depth: 2)
    default: Self.unpack(source, count, to: start, depth: 4)
    }
    return UnsafePointer(start)
  }

  /// Puts numbers of `depth` bits, the first of a byte in its highest bits, into a byte each.
  @inline(__always)
  private static func unpack(
    _ source: UnsafePointer<UInt8>, _ count: Int, to target: UnsafeMutablePointer<UInt8>, depth: Int
  ) {
    let perByte = 8 / depth
    for byte in 0..<count / perByte {
      for place in 0..<perByte {
        target[byte &* perByte &+ place] =
          source[byte] &>> UInt8(truncatingIfNeeded: 8 &- depth &* (place &+ 1)) & UInt8(1 << depth - 1)
      }
    }
    for index in count / perByte * perByte..<count {
      let place = index % perByte
      target[index] = source[index / perByte] >> UInt8(8 - depth * (place + 1)) & UInt8(1 << depth - 1)
    }
  }

  /// Puts pixels of one sample, whose colours are in a table.
  private func put(
    _ samples: UnsafePointer<UInt8>, _ pixels: PNGPixelRow, _ table: PNGColours, _ isTransparent: inout Bool
  ) {
    if !isTransparent, table.hasTransparent {
      isTransparent = (0..<pixels.count).contains { table.isTransparent[Int(samples[$0])] }
    }
    table.bytes.withUnsafeBufferPointer { colours in
      guard let colours = colours.baseAddress else { return }
      var target = pixels.target
      if channels == 1 {
        for index in 0..<pixels.count {
          target[0] = colours[Int(samples[index])]
          target += pixels.step
        }
      } else {
        for index in 0..<pixels.count {
          let place = 3 &* Int(samples[index])
          (target[0], target[1], target[2]) = (colours[place], colours[place + 1], colours[place + 2])
          target += pixels.step
        }
      }
    }
  }

  /// Puts pixels of several samples, or of one of 16 bits.
  ///
  /// - Parameters:
  ///   - samples: as bytes.
  ///   - source: the samples as they are in the file, which tell whether a colour is the transparent one.
  private func put(
    _ samples: UnsafePointer<UInt8>, _ source: UnsafePointer<UInt8>, _ pixels: PNGPixelRow,
    _ isTransparent: inout Bool
  ) {
    let (count, colours) = (header.colourType.sampleCount, header.colourType.channels)
    if clear == nil, count == colours, pixels.step == channels {
      return pixels.target.update(from: samples, count: pixels.count * channels)
    }
    let key = clear.map { key in key.flatMap { header.depth == 16 ? [UInt8($0 >> 8), UInt8($0 & 255)] : [UInt8($0)] } }
    // How far it is to the next sample of the same pixel that is a colour.
    let next = colours == 1 ? 0 : 1
    let (red, green, blue) = (UInt32(background[0]), UInt32(background[1]), UInt32(background[2]))
    var (target, pixel, least) = (pixels.target, samples, UInt8(255))
    for index in 0..<pixels.count {
      var opacity: UInt8 = 255
      if count > colours {
        opacity = pixel[colours]
      } else if let key {
        let start = source + index * key.count
        if key.indices.allSatisfy({ start[$0] == key[$0] }) { opacity = 0 }
      }
      if opacity == 255 {
        target[0] = pixel[0]
        if channels == 3 { (target[1], target[2]) = (pixel[next], pixel[2 * next]) }
      } else {
        least = min(least, opacity)
        target[0] = Self.composed(pixel[0], opacity, red)
        if channels == 3 {
          target[1] = Self.composed(pixel[next], opacity, green)
          target[2] = Self.composed(pixel[2 * next], opacity, blue)
        }
      }
      target += pixels.step
      pixel += count
    }
    if least < 255 { isTransparent = true }
  }

  /// A value over the background, to the nearest.
  @inline(__always)
  private static func composed(_ value: UInt8, _ opacity: UInt8, _ background: UInt32) -> UInt8 {
    UInt8(truncatingIfNeeded: (UInt32(value) * UInt32(opacity) + background * (255 - UInt32(opacity)) + 127) / 255)
  }

  /// What becomes of each value of a sample of at most 8 bits: an entry of the palette, or a grey. Values that the palette
  /// has no entry for are black, as libpng makes them; entries that no sample can name are left out.
  private var table: PNGColours {
    var table = PNGColours()
    let largest = 1 << header.depth - 1
    let isPalette = header.colourType == .palette
    let entries = isPalette ? palette.count / 3 : largest + 1
    for sample in 0...largest {
      let isKnown = sample < entries
      let opacity: UInt8 =
        isPalette ? (isKnown && sample < opacities.count ? opacities[sample] : 255) : clear == [sample] ? 0 : 255
      let grey = UInt8((sample * 255 + largest / 2) / largest)
      for channel in 0..<channels {
        let value = isPalette ? (isKnown ? palette[3 * sample + channel] : 0) : grey
        table.bytes.append(Self.composed(value, opacity, UInt32(background[channel])))
      }
      table.isTransparent.append(opacity < 255)
    }
    table.hasTransparent = table.isTransparent.contains(true)
    return table
  }
}

/// What becomes of each value of a sample.
private struct PNGColours {
  /// As many bytes for each as a pixel has channels.
  var bytes: [UInt8] = []
  /// Whether the background is seen through it.
  var isTransparent: [Bool] = []
  /// Whether it is through any.
  var hasTransparent = false
}

/// Where the pixels of a row go.
private struct PNGPixelRow {
  let count: Int
  /// The first byte of the first pixel.
  let target: UnsafeMutablePointer<UInt8>
  /// How many bytes the next pixel is away.
  let step: Int
}
