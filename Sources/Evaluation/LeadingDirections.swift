import LatentSystem
import Tensor

/// Directions of length 1 whose sign means something.
struct LeadingDirections {
  let values: [Double]
  let rows: Matrix

  /// - Parameter rows: `[count, size]`, of any length; rows of 0 stay 0.
  init(values: [Double], rows: Matrix, keepsSigns: Bool = false) {
    self.values = values
    var rows = rows
    for row in 0..<rows.rows {
      let length = rows.sumOfSquares(ofRow: row).squareRoot()
      if length > 0 { rows.scaleRow(row, by: 1 / length) }
    }
    if !keepsSigns { rows.makeLargestPositive() }
    self.rows = rows
  }

  var directions: Tensor { Tensor(rows.scalars.map { Float($0) }, shape: [rows.rows, rows.columns]) }
}
