import LatentSystem

/// PNG images (ISO/IEC 15948). What is written has 8 bits per sample, grey or RGB; all kinds are read.
public enum PNG {
  /// The contents of a PNG file.
  ///
  /// - Parameters:
  ///   - pixels: `[height, width, channels]` in row-major order.
  ///   - height: rows.
  ///   - width: columns.
  ///   - channels: 1 for grey, 3 for red, green and blue.
  /// - Precondition: the sizes are positive and below 2³¹, and `pixels` has as many bytes as they say.
  public static func encode(_ pixels: [UInt8], height: Int, width: Int, channels: Int = 1) -> [UInt8] {
    require(
      (channels == 1 || channels == 3) && (1..<1 << 31).contains(height) && (1..<1 << 31).contains(width)
        && pixels.count == height * width * channels,
      "PNG.encode: \(pixels.count) bytes are not an image of \(height)×\(width)×\(channels)")
    // Each row begins with its filter; 0 leaves the row as it is, which suits drawings and grids of small images.
    var rows = [UInt8]()
    rows.reserveCapacity(height + pixels.count)
    for start in stride(from: 0, to: pixels.count, by: width * channels) {
      rows.append(0)
      rows += pixels[start..<start + width * channels]
    }
    var result: [UInt8] = [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A]
    // Size, bit depth, colour type, and the only compression, filter and interlace methods we use.
    let header = bigEndian(UInt32(width)) + bigEndian(UInt32(height)) + [8, channels == 1 ? 0 : 2, 0, 0, 0]
    appendChunk("IHDR", header, to: &result)
    appendChunk("IDAT", Deflate.zlib(rows), to: &result)
    appendChunk("IEND", [], to: &result)
    return result
  }

  /// Writes an image to `path`; the file appears whole or not at all.
  ///
  /// - Throws: ``FileError`` if the file cannot be written.
  /// - Precondition: that of ``encode(_:height:width:channels:)``.
  public static func write(
    _ pixels: [UInt8], height: Int, width: Int, channels: Int = 1, to path: String
  ) throws {
    try AtomicFile.write(encode(pixels, height: height, width: width, channels: channels), to: path)
  }

  private static func appendChunk(_ type: String, _ data: [UInt8], to result: inout [UInt8]) {
    let length = requireSome(UInt32(exactly: data.count), "PNG.encode: an image above 4 GiB")
    let body = Array(type.utf8) + data
    result += bigEndian(length)
    result += body
    result += bigEndian(CRC32.checksum(body))
  }

  private static func bigEndian(_ value: UInt32) -> [UInt8] { withUnsafeBytes(of: value.bigEndian) { Array($0) } }
}
