import LatentSystem

/// The JPEG format (ITU-T T.81), for reading.
public enum JPEG {
  /// The image in the JPEG file at `path`.
  ///
  /// - Throws: ``FileError``, as ``decode(_:path:maximumSize:)``.
  public static func read(_ path: String, maximumSize: Int = 1 << 30) throws -> DecodedImage {
    try decode(AtomicFile.read(path), path: path, maximumSize: maximumSize)
  }

  /// The image in `bytes`, the whole contents of a JPEG file.
  ///
  /// Baseline, extended and progressive files of 8 bits a sample are read, grey ones as one channel, those in colour as
  /// three, with all samplings in which one channel's size is a multiple of the other's, and with restart markers. The
  /// image is turned as its Exif orientation says. Colour profiles are not applied; of four inks (CMYK) colours are made by
  /// Pillow's simple rule. Arithmetic coding, lossless and hierarchical files and 12 bits are refused by name. What follows
  /// the pixels is ignored as far as it is none of them, and so is a missing end, if all of the pixels are there.
  ///
  /// Pixels are those of libjpeg's usual settings: its integer transform, and its smooth interpolation of colours that have
  /// half the size.
  ///
  /// Beside the input it takes at most 1,100 times its size, and 4 times the pixels; both are checked before anything is
  /// allocated.
  ///
  /// - Parameters:
  ///   - bytes: the contents.
  ///   - path: names the file in errors.
  ///   - maximumSize: the most bytes of pixels.
  /// - Throws: ``FileError`` with the place of the trouble for a file that is not JPEG, damaged, cut short, of another kind
  ///   or too large.
  public static func decode(
    _ bytes: [UInt8], path: String = "JPEG data", maximumSize: Int = 1 << 30
  ) throws -> DecodedImage {
    var file = JPEGFile(bytes, path: path, maximumSize: maximumSize)
    try file.read()
    let planes = file.frame.components.map { JPEGPlane($0, of: file.frame) }
    let image = DecodedImage(
      pixels: JPEGColour(file.frame, isTransformed: file.isTransformed).pixels(of: planes), height: file.frame.height,
      width: file.frame.width, channels: file.frame.components.count == 1 ? 1 : 3)
    return image.oriented(file.orientation)
  }

  /// Whether `bytes` begin as a JPEG file does.
  package static func isImage(_ bytes: [UInt8]) -> Bool { bytes.starts(with: [0xFF, 0xD8, 0xFF]) }
}
