import LatentSystem

/// A matrix `R` with `Rᵀ R = Σ`, for a symmetric Σ without negative eigenvalues; Σ may be singular.
///
/// Cholesky's decomposition that takes the largest element left on the diagonal next, and stops where only rounding is
/// left. Columns are eliminated in blocks, whose effect on the rest is one matrix product.
///
/// Reference: Hammarling, Higham and Lucas, "LAPACK-style codes for pivoted Cholesky and QR updating", 2007.
package enum PivotedCholesky {
  /// Columns in a block.
  private static let block = 64

  /// `Rᵀ`, `[size, rank]`, of `matrix`, `[size, size]`, of which only the diagonal and what is below are read.
  package static func factor(_ matrix: Matrix) -> Matrix {
    let size = matrix.rows
    require(size == matrix.columns, "PivotedCholesky: \(size) rows and \(matrix.columns) columns")
    guard size > 0 else { return matrix }
    var work = matrix
    let (order, rank) = work.withMutablePointer { eliminate($0, size) }
    var result = Matrix(rows: size, columns: rank)
    for (place, row) in order.enumerated() {
      for column in 0..<min(place + 1, rank) {
        result.scalars[row * rank + column] = work.scalars[place * size + column]
      }
    }
    return result
  }

  /// Overwrites the lower triangle by that of L, where `L Lᵀ` is the matrix with rows and columns in the order
  /// returned.
  private static func eliminate(_ a: UnsafeMutablePointer<Double>, _ size: Int) -> (order: [Int], rank: Int) {
    let largest = (0..<size).reduce(0) { max($0, a[$1 * size + $1]) }
    // Rounding accumulates as the root of the number of terms.
    let negligible = 4 * Double.ulpOfOne * Double(size).squareRoot() * largest
    var order = Array(0..<size)
    for start in stride(from: 0, to: size, by: block) {
      let end = min(size, start + block)
      var squares = [Double](repeating: 0, count: size)
      for column in start..<end {
        let pivot = findPivot(a, size, column, start, &squares)
        let rest = a[pivot * size + pivot] - squares[pivot]
        guard rest > negligible else { return (order, column) }
        if pivot != column {
          exchange(a, size, column, pivot)
          order.swapAt(column, pivot)
          squares.swapAt(column, pivot)
        }
        divide(a, size, column, start, rest.squareRoot())
      }
      DoubleProduct.add(
        .init(a + end * size + start, rowStride: size), .init(a + end * size + start, rowStride: size).transposed,
        m: size - end, n: size - end, k: end - start, factor: -1, to: a + end * size + end, cRowStride: size,
        isLower: true)
    }
    return (order, size)
  }

  /// The row, `column` or after, whose element on the diagonal is the largest when the block's columns before `column`
  /// are eliminated.
  ///
  /// - Parameter squares: for each row the sum of the squares in the block's columns before the last; that one is
  ///   added.
  private static func findPivot(
    _ a: UnsafePointer<Double>, _ size: Int, _ column: Int, _ start: Int, _ squares: inout [Double]
  ) -> Int {
    var (best, largest) = (column, -Double.infinity)
    for row in column..<size {
      if column > start {
        let before = a[row * size + column - 1]
        squares[row] += before * before
      }
      let rest = a[row * size + row] - squares[row]
      if rest > largest { (best, largest) = (row, rest) }
    }
    return best
  }

  /// Exchanges rows and columns `first` < `second` of the symmetric matrix whose lower triangle this is.
  private static func exchange(_ a: UnsafeMutablePointer<Double>, _ size: Int, _ first: Int, _ second: Int) {
    func swap(_ i: Int, _ j: Int, with k: Int, _ l: Int) {
      (a[i * size + j], a[k * size + l]) = (a[k * size + l], a[i * size + j])
    }
    swap(first, first, with: second, second)
    for column in 0..<first { swap(first, column, with: second, column) }
    for between in first + 1..<second { swap(between, first, with: second, between) }
    for row in second + 1..<size { swap(row, first, with: row, second) }
  }

  /// Computes `column` of L, whose element on the diagonal is `diagonal`.
  private static func divide(
    _ a: UnsafeMutablePointer<Double>, _ size: Int, _ column: Int, _ start: Int, _ diagonal: Double
  ) {
    let pivotRow = a + column * size
    pivotRow[column] = diagonal
    RowArithmetic.forEachChunk(of: column + 1..<size, columns: 8 * (column - start)) { _, rows in
      for row in rows {
        let own = a + row * size
        let eliminated = RowArithmetic.dot(own + start, pivotRow + start, column - start)
        own[column] = (own[column] - eliminated) / diagonal
      }
    }
  }
}
