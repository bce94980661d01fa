/// The singular values of a matrix, each exact to rounding of the largest.
///
/// Householder's reflections from both sides make the matrix bidiagonal. The values are then the eigenvalues, without
/// their signs, of a tridiagonal matrix twice as large with a diagonal of zeros. No square of the matrix is formed, so
/// that small values keep their digits.
///
/// Reference: Golub and Kahan, "Calculating the singular values and pseudo-inverse of a matrix", SIAM J. Numerical
/// Analysis 2(2), 1965.
package enum SingularValues {
  /// The sum of the singular values of `matrix`, which must be finite.
  package static func sum(of matrix: Matrix) -> Double {
    let scale = matrix.largestMagnitude
    guard scale > 0 else { return 0 }
    var work = matrix.rows >= matrix.columns ? matrix : matrix.transposed
    for index in work.scalars.indices { work.scalars[index] /= scale }
    let (rows, columns) = (work.rows, work.columns)
    let (diagonal, offDiagonal) = work.withMutablePointer { a in
      var reduction = Bidiagonalization(a, rows: rows, columns: columns)
      return reduction.run()
    }
    var interleaved: [Double] = []
    interleaved.reserveCapacity(2 * columns)
    for column in 0..<columns {
      interleaved.append(diagonal[column])
      if column < columns - 1 { interleaved.append(offDiagonal[column]) }
    }
    var eigenvalues = [Double](repeating: 0, count: 2 * columns)
    ImplicitQL.diagonalize(&eigenvalues, interleaved)
    return scale * eigenvalues.reduce(0) { $0 + $1.magnitude } / 2
  }
}

/// The reduction of a matrix with at least as many rows as columns to two diagonals.
///
/// The change that a pair of reflections makes to the rest of the matrix is written only when the next pair reads it,
/// so that a row passes through the processor twice for each pair, not four times.
private struct Bidiagonalization {
  private let a: UnsafeMutablePointer<Double>
  private let rows: Int
  private let columns: Int
  /// What is still to be subtracted from the rest of the matrix: `left · fromLeftᵀ + fromRight · rightᵀ`.
  private var left: [Double]
  private var fromLeft: [Double]
  private var right: [Double]
  private var fromRight: [Double]

  /// - Parameter a: `[rows, columns]`; destroyed.
  init(_ a: UnsafeMutablePointer<Double>, rows: Int, columns: Int) {
    self.a = a
    self.rows = rows
    self.columns = columns
    (left, fromRight) = ([Double](repeating: 0, count: rows), [Double](repeating: 0, count: rows))
    (right, fromLeft) = ([Double](repeating: 0, count: columns), [Double](repeating: 0, count: columns))
  }

  mutating func run() -> (diagonal: [Double], offDiagonal: [Double]) {
    var diagonal = [Double](repeating: 0, count: columns)
    var offDiagonal = [Double](repeating: 0, count: columns - 1)
    for j in 0..<columns {
      var column = updatedColumn(j)
      let (factor, image) = reflector(&column, from: j)
      diagonal[j] = image
      guard j + 1 < columns else { break }
      var product = subtractPending(j, column)
      for index in j + 1..<columns { product[index] *= factor }
      // The first row after the reflection from the left is what that from the right is for.
      var row = [Double](repeating: 0, count: columns)
      for index in j + 1..<columns { row[index] = a[j * columns + index] - product[index] }
      let (rowFactor, rowImage) = reflector(&row, from: j + 1)
      offDiagonal[j] = rowImage
      fromRight = products(j, row, column, product, rowFactor)
      (left, fromLeft, right) = (column, product, row)
    }
    return (diagonal, offDiagonal)
  }

  private func reflector(_ x: inout [Double], from first: Int) -> (factor: Double, image: Double) {
    let count = x.count - first
    return x.withUnsafeMutableBufferPointer { buffer in
      buffer.baseAddress.map { RowArithmetic.makeReflector($0 + first, count) } ?? (0, 0)
    }
  }

  /// Column `j` as it is after all reflections so far; 0 above the diagonal.
  private func updatedColumn(_ j: Int) -> [Double] {
    var column = [Double](repeating: 0, count: rows)
    for row in j..<rows {
      column[row] = a[row * columns + j] - (left[row] * fromLeft[j] + fromRight[row] * right[j])
    }
    return column
  }

  /// Brings the columns after `j` up to date, in rows from `j` on.
  ///
  /// - Returns: The scalar product of each with `column`.
  private func subtractPending(_ j: Int, _ column: [Double]) -> [Double] {
    let first = j + 1
    let count = columns - first
    let chunks = RowArithmetic.chunkCount(j..<rows)
    var partial = [Double](repeating: 0, count: chunks * count)
    partial.withUnsafeMutableBufferPointer { partial in
      fromLeft.withUnsafeBufferPointer { fromLeft in
        right.withUnsafeBufferPointer { right in
          guard let sums = partial.baseAddress, let y = fromLeft.baseAddress, let v = right.baseAddress else { return }
          RowArithmetic.forEachChunk(of: j..<rows, columns: count) { chunk, rows in
            for row in rows {
              let own = a + row * columns + first
              RowArithmetic.subtract(
                y + first, times: left[row], v + first, times: fromRight[row], from: own, addTimes: column[row],
                to: sums + chunk * count, count)
            }
          }
          for chunk in 1..<max(1, chunks) { RowArithmetic.add(sums + chunk * count, times: 1, to: sums, count) }
        }
      }
    }
    return [Double](repeating: 0, count: first) + partial.prefix(count)
  }

  /// What the reflection from the right changes: `factor · (A · row - column · (product · row))`, for rows after `j`.
  private func products(
    _ j: Int, _ row: [Double], _ column: [Double], _ product: [Double], _ factor: Double
  ) -> [Double] {
    let first = j + 1
    let count = columns - first
    var result = [Double](repeating: 0, count: rows)
    result.withUnsafeMutableBufferPointer { result in
      row.withUnsafeBufferPointer { row in
        product.withUnsafeBufferPointer { product in
          guard let v = row.baseAddress, let y = product.baseAddress, let x = result.baseAddress else { return }
          let common = RowArithmetic.dot(y + first, v + first, count)
          RowArithmetic.forEachChunk(of: first..<rows, columns: count) { _, rows in
            for row in rows {
              let own = RowArithmetic.dot(a + row * columns + first, v + first, count)
              x[row] = factor * (own - column[row] * common)
            }
          }
        }
      }
    }
    return result
  }
}
