import LatentSystem

extension PNG {
  /// The image in the PNG file at `path`.
  ///
  /// - Throws: ``FileError``, as ``decode(_:path:background:maximumSize:)``.
  public static func read(
    _ path: String, background: ImageBackground = .black, maximumSize: Int = 1 << 30
  ) throws -> DecodedImage {
    try decode(AtomicFile.read(path), path: path, background: background, maximumSize: maximumSize)
  }

  /// The image in `bytes`, the whole contents of a PNG file.
  ///
  /// Grey images become one channel, colours and palettes three; grey ones with transparency become coloured where the
  /// background is. Samples of other than 8 bits are brought to 0…255. Transparent pixels are composed over the background,
  /// whatever colour they have in the file; those of a colour that the palette does not have are black. Colour profiles
  /// and gamma are not applied.
  ///
  /// The checksums of all that decides the pixels are verified. Other chunks are skipped, damaged or not. The pixels lie in
  /// chunks one after the other; once all of them are there it does not matter what follows, be it in these chunks or
  /// behind them, nor whether their own checksum is there and the image is ended properly.
  ///
  /// Beside the input it takes at most the input's size once more, twice that of the uncompressed rows, and the pixels.
  /// The rows are at most 1032 times the input and 8 times `maximumSize`, the pixels at most 24 times the rows and at
  /// most `maximumSize`; both are checked before anything is allocated.
  ///
  /// - Parameters:
  ///   - bytes: the contents.
  ///   - path: names the file in errors.
  ///   - background: what is seen through transparent pixels.
  ///   - maximumSize: the most bytes of pixels.
  /// - Throws: ``FileError`` with the place of the trouble for a file that is not PNG, damaged, cut short or too large.
  public static func decode(
    _ bytes: [UInt8], path: String = "PNG data", background: ImageBackground = .black, maximumSize: Int = 1 << 30
  ) throws -> DecodedImage {
    let file = try PNGFile(bytes, path: path)
    var pixels = try PNGPixels(file, background: background, maximumSize: maximumSize)
    try pixels.fill(from: PNGRows(file))
    return DecodedImage(
      pixels: pixels.values, height: file.header.height, width: file.header.width, channels: pixels.channels,
      isTransparent: pixels.isTransparent)
  }
}

extension PNG {
  /// Whether `bytes` begin as a PNG file does.
  package static func isImage(_ bytes: [UInt8]) -> Bool { bytes.starts(with: PNGFile.signature) }
}
