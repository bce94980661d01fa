import LatentFormats
import LatentSystem

/// Images side by side in rows, with a border around each: one picture that shows many samples.
public struct SampleGrid: Sendable, Equatable {
  /// The pixels `[height, width, channels]`.
  public let pixels: [UInt8]
  /// Rows of pixels: `rows * (image height + border) + border`.
  public let height: Int
  /// Columns of pixels: `columns * (image width + border) + border`.
  public let width: Int
  /// 1 or 3, as the images.
  public let channels: Int

  /// Arranges `images` row by row; places that remain free in the last row are filled like the border.
  ///
  /// - Parameters:
  ///   - images: `[N, h, w, channels]`.
  ///   - columns: images per row; fewer images than that make a single, shorter row.
  ///   - border: the width of the border in pixels.
  ///   - grey: the border's brightness.
  /// - Precondition: `columns` is positive and `border` not negative.
  public init(_ images: ImageSet, columns: Int, border: Int = 2, grey: UInt8 = 96) {
    require(
      columns > 0 && border >= 0,
      "SampleGrid: \(columns) columns with a border of \(border), expected at least 1 and 0")
    let columns = min(columns, images.count)
    let rows = (images.count + columns - 1) / columns
    let height = rows * (images.height + border) + border
    let width = columns * (images.width + border) + border
    var pixels = [UInt8](repeating: grey, count: height * width * images.channels)
    let rowSize = images.width * images.channels
    for index in 0..<images.count {
      let top = border + index / columns * (images.height + border)
      let left = border + index % columns * (images.width + border)
      for row in 0..<images.height {
        let target = ((top + row) * width + left) * images.channels
        let source = index * images.imageSize + row * rowSize
        pixels.replaceSubrange(target..<target + rowSize, with: images.pixels[source..<source + rowSize])
      }
    }
    self.pixels = pixels
    self.height = height
    self.width = width
    channels = images.channels
  }
}

extension PNG {
  /// Writes `images` as one picture: a ``SampleGrid`` of `columns`. Images that are neither grey nor coloured are drawn as
  /// ``ImageSet/drawable`` has them.
  ///
  /// - Throws: ``FileError`` if the file cannot be written.
  /// - Precondition: `columns` is positive.
  public static func writeGrid(_ images: ImageSet, columns: Int, to path: String) throws {
    let grid = SampleGrid(images.drawable, columns: columns)
    try write(grid.pixels, height: grid.height, width: grid.width, channels: grid.channels, to: path)
  }
}
