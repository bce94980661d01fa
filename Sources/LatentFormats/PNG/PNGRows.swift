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
  let bytes: ByteBuffer
  /// Where the rows are.
  let places: PNGRowPlaces

  /// The rows of a file.
  /// - Throws: ``FileError`` if they are damaged.
  init(_ file: PNGFile) throws {
    let passes = file.header.passes
    let places = PNGRowPlaces(passes)
    bytes = try Self.inflate(file, size: Self.size(passes, file))
    // The distance to the same byte of the pixel on the left; pixels below a byte count as one.
    let step = max(1, file.header.bitsPerPixel / 8)
    for row in places { try Self.removeFilter(row, bytes.base + row.start, step, file.path) }
    self.places = places
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
  private static func inflate(_ file: PNGFile, size: Int) throws -> ByteBuffer {
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
      let rows = inflater.output
      guard rows.count >= size else {
        throw error(end ?? 0, "\(counted(size, "byte")) of pixels and filters", "\(rows.count)")
      }
      // The checksum is that of more than the rows if more has followed.
      guard let end, rows.count == size, stream.count - end >= 4 else { return rows }
      let checksum = Adler32.checksum(UnsafeBufferPointer(start: rows.base, count: size))
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
    case (1, _), (4, true):
      forEachPixel(line, size, step, line) { left, _, _ in
        left
      } byte: { left, _, _ in
        left
      }
    case (2, false): for index in 0..<size { line[index] &+= above[index] }
    case (3, true):
      forEachPixel(line, size, step, line) { left, _, _ in
        left &>> 1
      } byte: { left, _, _ in
        left / 2
      }
    case (3, false):
      forEachPixel(line, size, step, above) { left, up, _ in
        (left &+ up) &>> 1
      } byte: { left, up, _ in
        (left + up) / 2
      }
    case (4, false): forEachPixel(line, size, step, above, pixel: nearest, byte: nearest)
    case (let filter, _):
      let place = row.pass.rowStep > 1 || row.pass.columnStep > 1 ? "row \(row.index) of a pass" : "row \(row.index)"
      throw FileError(path: path, expected: "a filter of 0 to 4 in \(place)", found: "\(filter)")
    }
  }

  /// The bytes of a pixel, each in 16 bits.
  private typealias Pixel = SIMD4<Int16>

  /// Adds to each byte what its neighbours say: that on the left, that above, and that above on the left, of which the
  /// first and the last are zero outside of the image. Bytes of a pixel are added beside each other where it has three or
  /// four.
  @inline(__always)
  private static func forEachPixel(
    _ line: UnsafeMutablePointer<UInt8>, _ size: Int, _ step: Int, _ above: UnsafePointer<UInt8>,
    pixel: (_ left: Pixel, _ up: Pixel, _ corner: Pixel) -> Pixel,
    byte: (_ left: Int32, _ up: Int32, _ corner: Int32) -> Int32
  ) {
    var index = 0
    // Four bytes are read at a time, of which the last may be that of the next pixel.
    if step == 3 || step == 4 {
      var (left, corner) = (Pixel(repeating: 0), Pixel(repeating: 0))
      while index + 4 <= size {
        let up = load(above + index)
        left = (load(line + index) &+ pixel(left, up, corner)) & 255
        corner = up
        let bytes = unsafeBitCast(SIMD4<UInt8>(truncatingIfNeeded: left), to: UInt32.self)
        if step == 4 {
          UnsafeMutableRawPointer(line + index).storeBytes(of: bytes, as: UInt32.self)
        } else {
          UnsafeMutableRawPointer(line + index).storeBytes(of: UInt16(truncatingIfNeeded: bytes), as: UInt16.self)
          line[index + 2] = UInt8(truncatingIfNeeded: bytes &>> 16)
        }
        index &+= step
      }
    }
    while index < min(step, size) {
      line[index] &+= UInt8(truncatingIfNeeded: byte(0, Int32(above[index]), 0))
      index &+= 1
    }
    for index in index..<size {
      let (left, corner) = (Int32(line[index &- step]), Int32(above[index &- step]))
      line[index] &+= UInt8(truncatingIfNeeded: byte(left, Int32(above[index]), corner))
    }
  }

  @inline(__always)
  private static func load(_ pointer: UnsafePointer<UInt8>) -> Pixel {
    Pixel(truncatingIfNeeded: UnsafeRawPointer(pointer).loadUnaligned(as: SIMD4<UInt8>.self))
  }

  /// The one of three that left + up - corner lies nearest to; the first of those that are equally near.
  @inline(__always)
  private static func nearest(_ left: Int32, _ up: Int32, _ corner: Int32) -> Int32 {
    let (toLeft, toUp, toCorner) = (abs(up - corner), abs(left - corner), abs(left + up - 2 * corner))
    return toLeft <= toUp && toLeft <= toCorner ? left : toUp <= toCorner ? up : corner
  }

  @inline(__always)
  private static func nearest(_ left: Pixel, _ up: Pixel, _ corner: Pixel) -> Pixel {
    let (fromCorner, toCorner) = (up &- corner, left &- corner)
    let distance = fromCorner &+ toCorner
    let toLeft = pointwiseMax(fromCorner, 0 &- fromCorner)
    let toUp = pointwiseMax(toCorner, 0 &- toCorner)
    let least = pointwiseMin(pointwiseMin(toLeft, toUp), pointwiseMax(distance, 0 &- distance))
    return corner.replacing(with: up, where: toUp .== least).replacing(with: left, where: toLeft .== least)
  }
}
