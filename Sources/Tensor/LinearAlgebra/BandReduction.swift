/// The reduction of a matrix to its diagonal and a band above it, with the same singular values.
///
/// Nearly all of it is matrix products, where the direct way to two diagonals reads the whole matrix for each of its
/// columns.
///
/// Reference: Großer and Lang, "Efficient parallel reduction to bidiagonal form", Parallel Computing 25(8), 1999.
enum BandReduction {
  /// Reduces `a`, `[rows, columns]` with at least as many rows as columns, to `width` diagonals above the main one; what
  /// is outside of the band becomes undefined.
  static func run(_ a: UnsafeMutablePointer<Double>, rows: Int, columns: Int, width: Int) {
    for first in stride(from: 0, to: columns, by: width) {
      let end = min(columns, first + width)
      eliminateColumns(first..<end, a, rows: rows, columns: columns)
      if end < columns { eliminateRows(first..<end, a, rows: rows, columns: columns) }
    }
  }

  /// Makes what is below the diagonal in some columns 0.
  private static func eliminateColumns(
    _ range: Range<Int>, _ a: UnsafeMutablePointer<Double>, rows: Int, columns: Int
  ) {
    let first = range.lowerBound
    var panel = Matrix(rows: rows - first, columns: range.count)
    for row in 0..<panel.rows {
      for column in 0..<range.count { panel[row, column] = a[(first + row) * columns + first + column] }
    }
    let reflection = BlockReflection(eliminating: &panel)
    for row in 0..<min(panel.rows, range.count) {
      for column in row..<range.count { a[(first + row) * columns + first + column] = panel[row, column] }
    }
    reflection.applyTransposed(
      toLeftOf: a + first * columns + range.upperBound, columns: columns - range.upperBound, rowStride: columns)
  }

  /// Makes what is right of the band in some rows 0.
  private static func eliminateRows(
    _ range: Range<Int>, _ a: UnsafeMutablePointer<Double>, rows: Int, columns: Int
  ) {
    let end = range.upperBound
    var panel = Matrix(rows: columns - end, columns: range.count)
    for row in range {
      for column in end..<columns { panel[column - end, row - range.lowerBound] = a[row * columns + column] }
    }
    let reflection = BlockReflection(eliminating: &panel)
    for row in range {
      for column in end..<min(columns, end + range.count) {
        let place = row - range.lowerBound
        a[row * columns + column] = column - end <= place ? panel[column - end, place] : 0
      }
    }
    reflection.apply(toRightOf: a + end * columns + end, rows: rows - end, rowStride: columns)
  }
}
