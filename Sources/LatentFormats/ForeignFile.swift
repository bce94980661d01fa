/// Kinds of files that people have images in and that this library does not read.
package enum ForeignFile {
  private static let beginnings: [(bytes: [UInt8], name: String)] = [
    (Array("GIF8".utf8), "a GIF image"),
    (Array("RIFF".utf8), "a RIFF file (WebP is one)"),
    ([0x49, 0x49, 0x2A, 0x00], "a TIFF image"),
    ([0x4D, 0x4D, 0x00, 0x2A], "a TIFF image"),
    ([0x42, 0x4D], "a BMP image"),
    ([0x50, 0x4B, 0x03, 0x04], "a ZIP archive"),
    ([0x50, 0x4B, 0x05, 0x06], "an empty ZIP archive"),
    ([0x89, 0x48, 0x44, 0x46], "an HDF5 file"),
    (Array("PAR1".utf8), "a Parquet file"),
    (Array("%PDF".utf8), "a PDF document"),
    ([0x37, 0x7A, 0xBC, 0xAF, 0x27, 0x1C], "a 7-Zip archive"),
    ([0x28, 0xB5, 0x2F, 0xFD], "a file compressed with Zstandard"),
    ([0xFD, 0x37, 0x7A, 0x58, 0x5A], "a file compressed with XZ"),
    (Array("BZh".utf8), "a file compressed with bzip2"),
  ]

  /// What a file that begins with `bytes` is, in words; nil if it is none of the known kinds.
  package static func name(of bytes: [UInt8]) -> String? {
    if let known = beginnings.first(where: { bytes.starts(with: $0.bytes) }) { return known.name }
    // The protocol, 2 to 5, and what follows it: a frame, an empty collection, a name, or an object in a module.
    if bytes.count > 2, bytes[0] == 0x80, (2...5).contains(bytes[1]) { return "a Python pickle" }
    // Boxes of ISO media: a size, then what is in them.
    if bytes.count >= 12, bytes[4..<8].elementsEqual("ftyp".utf8) { return "an ISO media file (HEIC and AVIF are)" }
    if bytes.count > 257 + 5, bytes[257..<262].elementsEqual("ustar".utf8) { return "a tar archive" }
    // The header of safetensors: its length, then JSON.
    if bytes.count > 9, bytes[5..<8].allSatisfy({ $0 == 0 }), bytes[8..<10].elementsEqual("{\"".utf8) {
      return "a safetensors file"
    }
    return isText(bytes.prefix(512)) ? "text" : nil
  }

  /// What a file that begins with `bytes` is, be it read or not, in words; nil if it is none of the known kinds.
  static func nameOfAny(_ bytes: [UInt8]) -> String? {
    if NumPy.isArray(bytes) { return "an .npy file" }
    if PNG.isImage(bytes) { return "a PNG image" }
    if JPEG.isImage(bytes) { return "a JPEG image" }
    return Netpbm.isImage(bytes) ? "a PBM, PGM or PPM image" : name(of: bytes)
  }

  /// Whether all bytes are printable ASCII or white space, and there are some.
  private static func isText(_ bytes: ArraySlice<UInt8>) -> Bool {
    !bytes.isEmpty && bytes.allSatisfy { (32..<127).contains($0) || (9...13).contains($0) }
  }
}
