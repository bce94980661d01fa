/// Kinds of files that people have images in and that this library does not read.
package enum ForeignFile {
  private static let beginnings: [(bytes: [UInt8], name: String)] = [
    ([0xFF, 0xD8, 0xFF], "a JPEG image"),
    (Array("GIF8".utf8), "a GIF image"),
    (Array("RIFF".utf8), "a RIFF file (WebP is one)"),
    ([0x49, 0x49, 0x2A, 0x00], "a TIFF image"),
    ([0x4D, 0x4D, 0x00, 0x2A], "a TIFF image"),
    ([0x50, 0x4B, 0x03, 0x04], "a ZIP archive (.npz is one)"),
    ([0x89, 0x48, 0x44, 0x46], "an HDF5 file"),
    (Array("PAR1".utf8), "a Parquet file"),
    (Array("%PDF".utf8), "a PDF document"),
  ]

  /// What a file that begins with `bytes` is, in words; nil if it is none of the known kinds.
  package static func name(of bytes: [UInt8]) -> String? {
    beginnings.first { bytes.starts(with: $0.bytes) }?.name
  }
}
