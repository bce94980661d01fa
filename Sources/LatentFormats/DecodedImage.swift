import LatentSystem

/// An image as it is read from a file, with 8 bits a sample.
public struct DecodedImage: Sendable, Equatable {
  /// The pixels `[height, width, channels]` in row-major order, 0 (black) … 255.
  public let pixels: [UInt8]

  /// The number of rows.
  public let height: Int

  /// The number of columns.
  public let width: Int

  /// 1 for grey, 3 for red, green and blue.
  public let channels: Int

  /// Whether a background is seen through some pixels of the file, wholly or in part.
  public let isTransparent: Bool

  /// An image of the given pixels.
  /// - Precondition: there are height · width · channels of them.
  public init(pixels: [UInt8], height: Int, width: Int, channels: Int, isTransparent: Bool = false) {
    require(
      pixels.count == height * width * channels,
      "DecodedImage: \(pixels.count) bytes for \(height)×\(width)×\(channels)")
    (self.pixels, self.height, self.width, self.channels) = (pixels, height, width, channels)
    self.isTransparent = isTransparent
  }
}

extension DecodedImage {
  /// This image turned upright, if it is stored as Exif's `orientation` says: 1 is upright, 3 half a turn, 6 a quarter turn
  /// that is missing clockwise, 8 one counterclockwise, and 2, 4, 5 and 7 are mirror images.
  func oriented(_ orientation: Int) -> DecodedImage {
    guard (2...8).contains(orientation) else { return self }
    let isTransposed = orientation >= 5
    let (rows, columns) = isTransposed ? (width, height) : (height, width)
    // Whether the first row, or column, of the upright image is the last of what it is taken from.
    let fromBottom = [3, 4, 7, 8].contains(orientation)
    let fromRight = [2, 3, 6, 7].contains(orientation)
    var result: [UInt8] = []
    result.reserveCapacity(pixels.count)
    for row in 0..<rows {
      let line = fromBottom ? rows - 1 - row : row
      for column in 0..<columns {
        let place = fromRight ? columns - 1 - column : column
        let start = (isTransposed ? place * width + line : line * width + place) * channels
        for channel in 0..<channels { result.append(pixels[start + channel]) }
      }
    }
    return DecodedImage(pixels: result, height: rows, width: columns, channels: channels)
  }
}
