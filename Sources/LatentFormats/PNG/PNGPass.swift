/// Pixels of an image that are stored one row after the other: all of them, or those of one of the seven passes of an
/// interlaced image (ISO/IEC 15948, section 8.2).
struct PNGPass {
  /// The number of rows, at least 1.
  let rows: Int
  /// The number of pixels in a row, at least 1.
  let columns: Int
  /// The bytes of a row without the filter before it.
  let rowSize: Int
  /// Where in the image the first row lies, and how far apart rows are.
  let (firstRow, rowStep): (Int, Int)
  /// Where in the image the first pixel of a row lies, and how far apart its pixels are.
  let (firstColumn, columnStep): (Int, Int)

  /// The bytes of all rows with their filters; nil if an `Int` cannot count them.
  var size: Int? {
    let (size, overflows) = rows.multipliedReportingOverflow(by: 1 + rowSize)
    return overflows ? nil : size
  }

  /// The passes of an image; those without pixels are left out.
  /// - Precondition: a width and a height of 1 to 2³¹ - 1.
  static func all(height: Int, width: Int, bitsPerPixel: Int, isInterlaced: Bool) -> [PNGPass] {
    let grids = isInterlaced ? adam7 : [((0, 1), (0, 1))]
    return grids.compactMap { row, column in
      let rows = (height - row.first + row.step - 1) / row.step
      let columns = (width - column.first + column.step - 1) / column.step
      guard rows > 0, columns > 0 else { return nil }
      return PNGPass(
        rows: rows, columns: columns, rowSize: (columns * bitsPerPixel + 7) / 8, firstRow: row.first,
        rowStep: row.step, firstColumn: column.first, columnStep: column.step)
    }
  }

  private typealias Steps = (first: Int, step: Int)

  /// The rows and columns of each pass.
  private static let adam7: [(row: Steps, column: Steps)] = [
    ((0, 8), (0, 8)), ((0, 8), (4, 8)), ((4, 8), (0, 4)), ((0, 4), (2, 4)), ((2, 4), (0, 2)), ((0, 2), (1, 2)),
    ((1, 2), (0, 1)),
  ]
}
