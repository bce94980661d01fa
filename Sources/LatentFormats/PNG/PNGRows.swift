import LatentSystem

/// A row of pixels without its filter.
struct PNGRow {
  let pass: PNGPass
  /// Which of the rows of its pass it is.
  let index: Int
  /// Where among all bytes its own begin.
  let start: Int
}

/// The places of all rows of an image, in the order of the file.
struct PNGRowPlaces: Sequence, IteratorProtocol {
  private let passes: [PNGPass]
  private var (pass, index, start) = (0, 0, 1)

  init(_ passes: [PNGPass]) { self.passes = passes }

  mutating func next() -> PNGRow? {
    guard pass < passes.count else { return nil }
    let row = PNGRow(pass: passes[pass], index: index, start: start)
    start += 1 + row.pass.rowSize
    index += 1
    if index == row.pass.rows { (pass, index) = (pass + 1, 0) }
    return row
  }
}

/// The uncompressed rows of a PNG image, whose filters are undone.
struct PNGRows {
  /// All rows in the order of the file, each after the byte that says its filter.
  private(set) var bytes: [UInt8]
  /// Where the rows are.
  let places: PNGRowPlaces
  private let path: String

  /// The rows of a file.
  /// - Throws: ``FileError`` if they are damaged.
  init(_ file: PNGFile) throws {
    path = file.path
    let passes = file.header.passes
    places = PNGRowPlaces(passes)
    bytes = try Self.inflate(file, size: Self.size(passes, file))
    // The distance to the same byte of the pixel on the left; pixels below a byte count as one.
    let step = max(1, file.header.bitsPerPixel / 8)
    for row in places { try removeFilter(row, step) }
  }

  /// The bytes of all rows with their filters.
  private static func size(_ passes: [PNGPass], _ file: PNGFile) throws -> Int {
    var size = 0
    for pass in passes {
      guard let part = pass.size, case (let sum, false) = size.addingReportingOverflow(part) else {
        throw FileError(
          path: file.path, offset: 16, expected: "an image whose bytes this machine can count",
          found: "\(file.header.height)×\(file.header.width) pixels")
      }
      size = sum
    }
    return size
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
      throw file.troubleBehind ?? error(stream.count, "a zlib stream", counted(stream.count, "byte"))
    }
    guard stream[0] & 15 == 8, stream[0] >> 4 <= 7, (Int(stream[0]) << 8 | Int(stream[1])) % 31 == 0,
      stream[1] & 0x20 == 0
    else { throw error(0, "the header of a zlib stream without dictionary", hexadecimal(stream[..<2])) }
    return try stream.withUnsafeBytes { input in
      var inflater = Inflater(input, path: file.path, maximumSize: size)
      let end: Int
      do { end = try inflater.inflate(from: 2) } catch let trouble as FileError {
        throw file.troubleBehind ?? error(trouble.offset ?? 0, trouble.expected, trouble.found)
      }
      let rows = Array(UnsafeBufferPointer(start: inflater.output.base, count: inflater.output.count))
      guard rows.count == size else {
        throw error(end, "\(counted(size, "byte")) of pixels and filters", "\(rows.count)")
      }
      guard stream.count - end == 4 else {
        throw file.troubleBehind
          ?? error(end, "4 bytes of checksum after the pixels", counted(stream.count - end, "byte"))
      }
      let checksum = Adler32.checksum(rows)
      guard bigEndian(stream[end...]) == checksum else {
        throw error(end, "the pixels' checksum \(String(checksum, radix: 16))", hexadecimal(stream[end...]))
      }
      return rows
    }
  }

  /// Undoes what the filter of a row did (ISO/IEC 15948, section 9), after those of the rows before it.
  private mutating func removeFilter(_ row: PNGRow, _ step: Int) throws {
    // Above the first row all is zero, which makes the filter "up" nothing and "Paeth" the same as "left".
    switch (bytes[row.start - 1], isFirst: row.index == 0) {
    case (0, _), (2, true): break
    case (1, _), (4, true): addLeft(row, step)
    case (2, false): addUp(row)
    case (3, _): addAverage(row, step)
    case (4, false): addPaeth(row, step)
    case (let filter, _):
      let place = row.pass.rowStep > 1 || row.pass.columnStep > 1 ? "row \(row.index) of a pass" : "row \(row.index)"
      throw FileError(path: path, expected: "a filter of 0 to 4 in \(place)", found: "\(filter)")
    }
  }

  private mutating func addLeft(_ row: PNGRow, _ step: Int) {
    let (start, rowSize) = (row.start, row.pass.rowSize)
    for index in start + min(step, rowSize)..<start + rowSize { bytes[index] &+= bytes[index - step] }
  }

  private mutating func addUp(_ row: PNGRow) {
    let (start, rowSize) = (row.start, row.pass.rowSize)
    for index in start..<start + rowSize { bytes[index] &+= bytes[index - rowSize - 1] }
  }

  private mutating func addAverage(_ row: PNGRow, _ step: Int) {
    let (start, rowSize) = (row.start, row.pass.rowSize)
    for index in start..<start + rowSize {
      let left = index - start < step ? 0 : Int(bytes[index - step])
      let up = row.index == 0 ? 0 : Int(bytes[index - rowSize - 1])
      bytes[index] &+= UInt8((left + up) / 2)
    }
  }

  private mutating func addPaeth(_ row: PNGRow, _ step: Int) {
    let (start, rowSize) = (row.start, row.pass.rowSize)
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
