import LatentSystem

/// A marker segment of a JPEG file.
struct JPEGSegment {
  let path: String
  /// Where its marker stands in the file.
  let offset: Int
  /// What follows its length.
  let data: ArraySlice<UInt8>

  func error(_ expected: String, _ found: String) -> FileError {
    FileError(path: path, offset: offset, expected: expected, found: found)
  }
}

/// A JPEG file, read marker by marker.
struct JPEGFile {
  let path: String
  private let bytes: [UInt8]
  private let maximumSize: Int
  private var position = 0
  private var found: JPEGFrame?
  private var quantization = [[UInt16]?](repeating: nil, count: 4)
  private var tables = JPEGTables()
  private var restartInterval = 0
  private var hasJFIF = false
  private var adobeTransform: Int?
  private var exifOrientation: Int?

  init(_ bytes: [UInt8], path: String, maximumSize: Int) {
    (self.bytes, self.path, self.maximumSize) = (bytes, path, maximumSize)
  }

  /// The frame with all its coefficients.
  /// - Precondition: ``read()`` has returned.
  var frame: JPEGFrame { requireSome(found, "JPEGFile: no frame was read") }

  /// That of the first Exif segment which has one; 1 if there is none.
  var orientation: Int { exifOrientation ?? 1 }

  /// Whether the first three channels are brightness and two differences of colour, not colours themselves.
  var isTransformed: Bool {
    if frame.components.count == 4 { return adobeTransform.map { $0 != 0 } ?? false }
    if hasJFIF { return true }
    if let adobeTransform { return adobeTransform != 0 }
    return frame.components.map(\.identifier) != Array("RGB".utf8).map(Int.init)
  }

  /// Reads all up to the end of the image.
  mutating func read() throws {
    guard JPEG.isImage(bytes) else {
      throw FileError(path: path, offset: 0, expected: "a JPEG image (ff d8 ff)", found: hexadecimal(bytes.prefix(8)))
    }
    position = 2
    while let (marker, offset) = try nextMarker() {
      if marker == 0xD9 { break }
      try take(marker, try segment(offset))
    }
    guard let frame = found else { throw error(position, "an image before the end", "none") }
    for component in frame.components where component.steps.isEmpty {
      throw error(
        position, "pixels of all \(frame.components.count) channels", "none of channel \(component.identifier)")
    }
  }

  private func error(_ offset: Int, _ expected: String, _ found: String) -> FileError {
    FileError(path: path, offset: offset, expected: expected, found: found)
  }

  /// The next marker, before which any number of fill bytes may stand, and its place; nil at the end of the file if all
  /// pixels are there. What is neither is skipped, as libjpeg does, and so are restart markers out of place.
  private mutating func nextMarker() throws -> (marker: UInt8, offset: Int)? {
    while true {
      let start = position
      while position < bytes.count, bytes[position] != 0xFF { position += 1 }
      while position < bytes.count, bytes[position] == 0xFF { position += 1 }
      guard position < bytes.count else {
        if found?.isComplete ?? false { return nil }
        throw error(start, "a marker", "the end of the file: it is cut short")
      }
      let marker = bytes[position]
      position += 1
      // A byte of ones among the data, a marker without a segment that means nothing, or one within pixels.
      if marker == 0 || marker == 1 || (0xD0...0xD7).contains(marker) { continue }
      return (marker, position - 2)
    }
  }

  /// The segment whose length stands at the position.
  private mutating func segment(_ offset: Int) throws -> JPEGSegment {
    guard position + 2 <= bytes.count else { throw error(offset, "a marker's length", "the end of the file") }
    let length = Int(bytes[position]) << 8 | Int(bytes[position + 1])
    guard length >= 2, position + length <= bytes.count else {
      throw error(offset, "a segment of 2 bytes or more within the file", "\(length)")
    }
    defer { position += length }
    return JPEGSegment(path: path, offset: offset, data: bytes[position + 2..<position + length])
  }

  private mutating func take(_ marker: UInt8, _ segment: JPEGSegment) throws {
    switch marker {
    case 0xC0, 0xC1, 0xC2:
      guard found == nil else { throw segment.error("one image", "another") }
      found = try JPEGFrame(
        segment, isProgressive: marker == 0xC2, fileSize: bytes.count, maximumSize: maximumSize)
    case 0xC4: try tables.add(segment)
    case 0xDB: try addQuantization(segment)
    case 0xDD:
      guard segment.data.count == 2 else {
        throw segment.error("a restart interval of 2 bytes", "\(segment.data.count)")
      }
      restartInterval = segment.data.reduce(0) { $0 << 8 | Int($1) }
    case 0xDA: try scan(segment)
    case 0xDC: try checkHeight(segment)
    case 0xE0: hasJFIF = hasJFIF || segment.data.count >= 14 && segment.data.starts(with: Array("JFIF\0".utf8))
    case 0xE1: exifOrientation = exifOrientation ?? Exif.orientation(segment.data)
    case 0xEE:
      if segment.data.count >= 12, segment.data.starts(with: Array("Adobe".utf8)) {
        adobeTransform = Int(segment.data[segment.data.startIndex + 11])
      }
    // Conditions of arithmetic coding mean nothing without it.
    case 0xCC, 0xE2...0xEF, 0xFE: break
    default: throw segment.error("a baseline or progressive JPEG image", Self.name(of: marker))
    }
  }

  /// What a marker that is not read stands for.
  private static func name(of marker: UInt8) -> String {
    switch marker {
    case 0xC3, 0xC7: "a lossless one"
    case 0xC5, 0xC6, 0xDE, 0xDF: "a hierarchical one"
    case 0xC9...0xCB, 0xCD...0xCF: "one with arithmetic coding"
    default: "the marker \(hexadecimal([0xFF, marker]))"
    }
  }

  /// Checks the height that may stand behind the pixels; here they begin with it, so that it has to be the same.
  private func checkHeight(_ segment: JPEGSegment) throws {
    guard let found else { throw segment.error("an image before its height", "none") }
    let height = segment.data.prefix(2).reduce(0) { $0 << 8 | Int($1) }
    guard segment.data.count == 2, height == found.height else {
      throw segment.error("the height \(found.height) again", "\(height)")
    }
  }

  private mutating func addQuantization(_ segment: JPEGSegment) throws {
    var rest = segment.data
    while let first = rest.popFirst() {
      let size = first >> 4 == 0 ? 1 : 2
      guard first >> 4 <= 1, first & 15 < 4, rest.count >= 64 * size else {
        throw segment.error("quantization tables of 64 numbers", hexadecimal([first]))
      }
      var table = [UInt16](repeating: 0, count: 64)
      for place in JPEGTables.zigzag {
        table[place] = rest.prefix(size).reduce(0) { $0 << 8 | UInt16($1) }
        rest = rest.dropFirst(size)
      }
      quantization[Int(first & 15)] = table
    }
  }

  // MARK: - A scan

  /// Reads the header of a scan and the coefficients that follow it.
  private mutating func scan(_ segment: JPEGSegment) throws {
    guard var frame = found else { throw segment.error("the size of the image before its pixels", "pixels") }
    found = nil  // Or the coefficients would be copied.
    let header = try JPEGScanHeader(segment, frame)
    for channel in header.channels where frame.components[channel.component].steps.isEmpty {
      let table = frame.components[channel.component].table
      guard let steps = quantization[table] else {
        throw segment.error("the quantization table \(table) before the pixels", "none")
      }
      frame.components[channel.component].steps = steps
    }
    let start = position
    position = try bytes.withUnsafeBufferPointer { bytes in
      let bits = JPEGBits(bytes, from: start)
      var scan = try JPEGScan(header, bits, tables, restartInterval: restartInterval, segment)
      do { return try scan.read(into: &frame) } catch let trouble as JPEGTrouble {
        throw error(trouble.offset, trouble.expected, trouble.found)
      }
    }
    found = frame
  }
}

/// What is read of Exif's metadata.
enum Exif {
  /// The orientation in an APP1 segment; nil if there is none, or none that makes sense.
  static func orientation(_ data: ArraySlice<UInt8>) -> Int? {
    guard data.starts(with: Array("Exif\0\0".utf8)) else { return nil }
    let tiff = Array(data.dropFirst(6))
    let isLittle = tiff.starts(with: Array("II".utf8))
    guard isLittle || tiff.starts(with: Array("MM".utf8)) else { return nil }
    func number(_ start: Int, _ count: Int) -> Int? {
      guard start >= 0, start + count <= tiff.count else { return nil }
      let part = tiff[start..<start + count]
      return isLittle
        ? part.reversed().reduce(0) { $0 << 8 | Int($1) } : part.reduce(0) { $0 << 8 | Int($1) }
    }
    guard number(2, 2) == 42, let directory = number(4, 4), let count = number(directory, 2) else { return nil }
    for entry in 0..<count {
      let start = directory + 2 + 12 * entry
      guard let tag = number(start, 2) else { return nil }
      // A number of two bytes, or, by some programs, of four.
      guard tag == 0x0112, let type = number(start + 2, 2), type == 3 || type == 4 else { continue }
      return number(start + 8, type == 3 ? 2 : 4).flatMap { (1...8).contains($0) ? $0 : nil }
    }
    return nil
  }
}
