import LatentSystem

extension PNG {
  /// The image in the PNG file at `path`.
  ///
  /// - Throws: ``FileError``, as ``decode(_:path:maximumSize:)``.
  public static func read(_ path: String, maximumSize: Int = 1 << 30) throws -> DecodedImage {
    try decode(AtomicFile.read(path), path: path, maximumSize: maximumSize)
  }

  /// The image in `bytes`, the whole contents of a PNG file.
  ///
  /// Grey images become one channel, colours and palettes three. Samples of other than 8 bits are brought to 0…255.
  /// Transparent pixels are composed over black, so that what is invisible is 0 whatever colour it has in the file.
  /// Colour profiles and gamma are not applied. Interlaced images are refused. All checksums are verified; what follows
  /// the end of the image is ignored.
  ///
  /// Beside the input it takes at most the input's size once more, twice that of the uncompressed rows, and the pixels.
  /// The rows are at most 1032 times the input and 5 times `maximumSize`, the pixels at most 24 times the rows and at
  /// most `maximumSize`; both are checked before anything is allocated.
  ///
  /// - Parameters:
  ///   - bytes: the contents.
  ///   - path: names the file in errors.
  ///   - maximumSize: the most bytes of pixels.
  /// - Throws: ``FileError`` with the place of the trouble for a file that is not PNG, damaged, cut short, interlaced or
  ///   too large.
  public static func decode(
    _ bytes: [UInt8], path: String = "PNG data", maximumSize: Int = 1 << 30
  ) throws -> DecodedImage {
    let file = try PNGFile(bytes, path: path)
    var rows = try PNGRows(file, maximumSize: maximumSize)
    try rows.removeFilters()
    let header = file.header
    return DecodedImage(
      pixels: try rows.pixels(), height: header.height, width: header.width, channels: header.colourType.channels)
  }
}

extension PNG {
  /// Whether `bytes` begin as a PNG file does.
  package static func isImage(_ bytes: [UInt8]) -> Bool { bytes.starts(with: PNGFile.signature) }
}

/// The uncompressed rows of a PNG image, each with its filter before it.
private struct PNGRows {
  private let file: PNGFile
  /// The bytes of a row without the filter.
  private let rowSize: Int
  private let pixelCount: Int
  private var bytes: [UInt8]

  init(_ file: PNGFile, maximumSize: Int) throws {
    self.file = file
    let header = file.header
    rowSize = (header.width * header.colourType.sampleCount * header.depth + 7) / 8
    let (pixels, overflow) = (header.width * header.colourType.channels).multipliedReportingOverflow(by: header.height)
    guard !overflow, pixels <= maximumSize else {
      throw FileError(
        path: file.path, offset: 16, expected: "an image of at most \(counted(maximumSize, "byte"))",
        found: "\(header.height)×\(header.width) pixels")
    }
    pixelCount = pixels
    bytes = try Self.inflate(file, size: header.height * (1 + rowSize))
  }

  /// The `size` bytes in the image's zlib stream (RFC 1950).
  private static func inflate(_ file: PNGFile, size: Int) throws -> [UInt8] {
    let stream = file.compressed
    func error(_ position: Int, _ expected: String, _ found: String) -> FileError {
      FileError(path: file.path, offset: file.offset(of: position), expected: expected, found: found)
    }
    guard size / Inflater.maximumRatio <= stream.count else {
      throw error(0, "pixels that \(counted(stream.count, "compressed byte")) can hold", counted(size, "byte"))
    }
    guard stream.count >= 6 else {
      throw error(stream.count, "a zlib stream", counted(stream.count, "byte"))
    }
    guard stream[0] & 15 == 8, stream[0] >> 4 <= 7, (Int(stream[0]) << 8 | Int(stream[1])) % 31 == 0,
      stream[1] & 0x20 == 0
    else { throw error(0, "the header of a zlib stream without dictionary", hexadecimal(stream[..<2])) }
    return try stream.withUnsafeBytes { input in
      var inflater = Inflater(input, path: file.path, maximumSize: size)
      let end: Int
      do { end = try inflater.inflate(from: 2) } catch let trouble as FileError {
        throw error(trouble.offset ?? 0, trouble.expected, trouble.found)
      }
      let rows = Array(UnsafeBufferPointer(start: inflater.output.base, count: inflater.output.count))
      guard rows.count == size else {
        throw error(end, "\(counted(size, "byte")) of pixels and filters", "\(rows.count)")
      }
      guard stream.count - end == 4 else {
        throw error(end, "4 bytes of checksum after the pixels", counted(stream.count - end, "byte"))
      }
      let checksum = Adler32.checksum(rows)
      guard bigEndian(stream[end...]) == checksum else {
        throw error(end, "the pixels' checksum \(String(checksum, radix: 16))", hexadecimal(stream[end...]))
      }
      return rows
    }
  }

  /// Undoes what each row's filter did (ISO/IEC 15948, section 9).
  mutating func removeFilters() throws {
    // The distance to the same byte of the pixel on the left; pixels below a byte count as one.
    let step = max(1, file.header.colourType.sampleCount * file.header.depth / 8)
    for row in 0..<file.header.height {
      let start = row * (1 + rowSize) + 1
      // Above the first row all is zero, which makes the filter "up" nothing and "Paeth" the same as "left".
      switch (bytes[start - 1], isFirst: row == 0) {
      case (0, _), (2, true): break
      case (1, _), (4, true): addLeft(start, step)
      case (2, false): addUp(start)
      case (3, let isFirst): addAverage(start, step, isFirst)
      case (4, false): addPaeth(start, step)
      case (let filter, _):
        throw FileError(path: file.path, expected: "a filter of 0 to 4 in row \(row)", found: "\(filter)")
      }
    }
  }

  private mutating func addLeft(_ start: Int, _ step: Int) {
    for index in start + min(step, rowSize)..<start + rowSize { bytes[index] &+= bytes[index - step] }
  }

  private mutating func addUp(_ start: Int) {
    for index in start..<start + rowSize { bytes[index] &+= bytes[index - rowSize - 1] }
  }

  private mutating func addAverage(_ start: Int, _ step: Int, _ isFirst: Bool) {
    for index in start..<start + rowSize {
      let left = index - start < step ? 0 : Int(bytes[index - step])
      let up = isFirst ? 0 : Int(bytes[index - rowSize - 1])
      bytes[index] &+= UInt8((left + up) / 2)
    }
  }

  private mutating func addPaeth(_ start: Int, _ step: Int) {
    for index in start..<start + rowSize {
      let up = Int(bytes[index - rowSize - 1])
      guard index - start >= step else {
        bytes[index] &+= UInt8(up)
        continue
      }
      let left = Int(bytes[index - step])
      let corner = Int(bytes[index - step - rowSize - 1])
      // How far left + up - corner lies from each of the three; the nearest is taken.
      let distances = (left: abs(up - corner), up: abs(left - corner), corner: abs(left + up - 2 * corner))
      if distances.left <= distances.up, distances.left <= distances.corner {
        bytes[index] &+= UInt8(left)
      } else {
        bytes[index] &+= UInt8(distances.up <= distances.corner ? up : corner)
      }
    }
  }
}

extension PNGRows {
  /// The pixels `[height, width, channels]` of rows without filters.
  func pixels() throws -> [UInt8] {
    var result: [UInt8] = []
    result.reserveCapacity(pixelCount)
    let header = file.header
    for row in 0..<header.height {
      let start = row * (1 + rowSize) + 1
      switch header.colourType {
      case .palette: try appendPalette(row, start, to: &result)
      case .grey, .colour:
        if header.depth == 8, file.transparency == nil {
          result += bytes[start..<start + rowSize]
        } else {
          appendOpaque(start, to: &result)
        }
      case .greyAlpha, .colourAlpha: appendComposed(start, to: &result)
      }
    }
    return result
  }

  /// Sample `index` of the row whose bytes begin at `start`.
  private func sample(_ start: Int, _ index: Int) -> Int {
    switch file.header.depth {
    case 16: return Int(bytes[start + 2 * index]) << 8 | Int(bytes[start + 2 * index + 1])
    case 8: return Int(bytes[start + index])
    case let depth:
      let bit = index * depth
      return Int(bytes[start + bit / 8]) >> (8 - depth - bit % 8) & (1 << depth - 1)
    }
  }

  /// A sample of the file's depth as 0…255, to the nearest.
  private func byte(_ sample: Int) -> Int {
    let largest = 1 << file.header.depth - 1
    return (sample * 255 + largest / 2) / largest
  }

  private func appendOpaque(_ start: Int, to result: inout [UInt8]) {
    let channels = file.header.colourType.channels
    // The one transparent colour, which becomes black; a number of 16 bits for each channel.
    let clear = file.transparency.map { key in (0..<channels).map { Int(key[2 * $0]) << 8 | Int(key[2 * $0 + 1]) } }
    for column in 0..<file.header.width {
      let isClear =
        clear.map { clear in
          (0..<channels).allSatisfy { sample(start, column * channels + $0) == clear[$0] }
        } ?? false
      for channel in 0..<channels {
        result.append(isClear ? 0 : UInt8(byte(sample(start, column * channels + channel))))
      }
    }
  }

  private func appendComposed(_ start: Int, to result: inout [UInt8]) {
    let channels = file.header.colourType.channels
    for column in 0..<file.header.width {
      let first = column * (channels + 1)
      let opacity = byte(sample(start, first + channels))
      for channel in 0..<channels { result.append(composed(byte(sample(start, first + channel)), opacity)) }
    }
  }

  private func appendPalette(_ row: Int, _ start: Int, to result: inout [UInt8]) throws {
    for column in 0..<file.header.width {
      let index = sample(start, column)
      guard 3 * index < file.palette.count else {
        throw FileError(
          path: file.path, expected: "a palette index below \(file.palette.count / 3)",
          found: "\(index) in row \(row), column \(column)")
      }
      // Entries that the chunk does not reach are opaque.
      let opacity = file.transparency.flatMap { index < $0.count ? Int($0[index]) : nil } ?? 255
      for channel in 0..<3 { result.append(composed(Int(file.palette[3 * index + channel]), opacity)) }
    }
  }

  /// A value of 0…255 over black.
  private func composed(_ value: Int, _ opacity: Int) -> UInt8 { UInt8((value * opacity + 127) / 255) }
}
