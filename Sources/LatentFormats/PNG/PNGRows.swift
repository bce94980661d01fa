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
  let bytes: [UInt8]
  /// Where the rows are.
  let places: PNGRowPlaces

  /// The rows of a file.
  /// - Throws: ``FileError`` if they are damaged.
  init(_ file: PNGFile) throws {
    let passes = file.header.passes
    let places = PNGRowPlaces(passes)
    var bytes = try Self.inflate(file, size: Self.size(passes, file))
    // The distance to the same byte of the pixel on the left; pixels below a byte count as one.
    let step = max(1, file.header.bitsPerPixel / 8)
    try bytes.withUnsafeMutableBufferPointer { buffer in
      guard let base = buffer.baseAddress else { return }
      for row in places { try Self.removeFilter(row, base + row.start, step, file.path) }
    }
    (self.bytes, self.places) = (bytes, places)
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
      var end: Int?
      do { end = try inflater.inflate(from: 2) } catch let trouble as FileError {
        // What is wrong behind the last pixel is of no interest.
        guard inflater.output.count >= size else {
          throw file.troubleBehind ?? error(trouble.offset ?? 0, trouble.expected, trouble.found)
        }
      }
      let rows = Array(UnsafeBufferPointer(start: inflater.output.base, count: min(size, inflater.output.count)))
      guard rows.count == size else {
        throw error(end ?? 0, "\(counted(size, "byte")) of pixels and filters", "\(rows.count)")
      }
      // The checksum is that of more than the rows if more has followed.
      guard let end, inflater.output.count == size, stream.count - end >= 4 else { return rows }
      let checksum = Adler32.checksum(rows)
      guard bigEndian(stream[end..<end + 4]) == checksum else {
        throw error(end, "the pixels' checksum \(String(checksum, radix: 16))", hexadecimal(stream[end..<end + 4]))
      }
      return rows
    }
  }

  /// Undoes what the filter of a row did (ISO/IEC 15948, section 9), after those of the rows before it.
  ///
  /// - Parameters:
  ///   - row: where it is.
  ///   - line: its first byte. The bytes of the row above lie before it and its filter.
  ///   - step: the distance to the same byte of the pixel on the left.
  ///   - path: names the file in errors.
  private static func removeFilter(
    _ row: PNGRow, _ line: UnsafeMutablePointer<UInt8>, _ step: Int, _ path: String
  ) throws {
    let size = row.pass.rowSize
    let above = UnsafePointer(line) - size - 1
    // Above the first row all is zero, which makes the filter "up" nothing and "Paeth" the same as "left".
    switch (line[-1], isFirst: row.index == 0) {
    case (0, _), (2, true): break
    case (1, _), (4, true): for index in min(step, size)..<size { line[index] &+= line[index - step] }
    case (2, false): for index in 0..<size { line[index] &+= above[index] }
    case (3, true): for index in min(step, size)..<size { line[index] &+= line[index - step] / 2 }
    case (3, false):
      for index in 0..<min(step, size) { line[index] &+= above[index] / 2 }
      for index in min(step, size)..<size {
        line[index] &+= UInt8(truncatingIfNeeded: (Int(line[index - step]) + Int(above[index])) / 2)
      }
    case (4, false): addPaeth(line, above, size, step)
    case (let filter, _):
      let place = row.pass.rowStep > 1 || row.pass.columnStep > 1 ? "row \(row.index) of a pass" : "row \(row.index)"
      throw FileError(path: path, expected: "a filter of 0 to 4 in \(place)", found: "\(filter)")
    }
  }

  private static func addPaeth(
    _ line: UnsafeMutablePointer<UInt8>, _ above: UnsafePointer<UInt8>, _ size: Int, _ step: Int
  ) {
    // Left of the first pixel all is zero, and what is above is the nearest.
    for index in 0..<min(step, size) { line[index] &+= above[index] }
    for index in min(step, size)..<size {
      let (left, up, corner) = (Int32(line[index - step]), Int32(above[index]), Int32(above[index - step]))
      // How far left + up - corner lies from each of the three; the nearest is taken.
      let (toLeft, toUp, toCorner) = (abs(up - corner), abs(left - corner), abs(left + up - 2 * corner))
      let nearest = toLeft <= toUp && toLeft <= toCorner ? left : toUp <= toCorner ? up : corner
      line[index] &+= UInt8(truncatingIfNeeded: nearest)
    }
  }
}
