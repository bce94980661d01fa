// Products and rows of matrices of doubles.

extension DoubleMatrix {
  /// The products of all rows with each other.
  func timesOwnTranspose() -> DoubleMatrix {
    var result = DoubleMatrix(rows: rows, columns: rows)
    withPointer { a in
      for row in 0..<rows {
        for other in 0...row {
          let product = DoubleVector.dot(a + row * columns, a + other * columns, columns)
          result[row, other] = product
          result[other, row] = product
        }
      }
    }
    return result
  }

  /// The matrix product.
  func times(_ other: DoubleMatrix) -> DoubleMatrix {
    var result = DoubleMatrix(rows: rows, columns: other.columns)
    let width = other.columns
    other.withPointer { b in
      result.withMutablePointer { c in
        for row in 0..<rows {
          for k in 0..<columns { DoubleVector.add(b + k * width, scaledBy: self[row, k], to: c + row * width, width) }
        }
      }
    }
    return result
  }

  /// The rows `order`, in that order.
  func rows(_ order: [Int]) -> DoubleMatrix {
    var result = DoubleMatrix(rows: order.count, columns: columns)
    for (row, source) in order.enumerated() {
      for column in 0..<columns { result[row, column] = self[source, column] }
    }
    return result
  }

  var sumOfSquares: Double { scalars.reduce(0) { $0 + $1 * $1 } }

  func sumOfSquares(ofRow row: Int) -> Double {
    (0..<columns).reduce(0) { $0 + self[row, $1] * self[row, $1] }
  }

  mutating func scaleRow(_ row: Int, by factor: Double) {
    for column in 0..<columns { self[row, column] *= factor }
  }

  /// Gives each row the sign with which its component of the largest magnitude is positive, the first of equal ones.
  /// - Returns: 1 or -1, what each was multiplied by.
  @discardableResult
  mutating func makeLargestPositive() -> [Double] {
    (0..<rows).map { row in
      var best = 0
      for column in 1..<max(1, columns) where self[row, column].magnitude > self[row, best].magnitude { best = column }
      guard columns > 0, self[row, best] < 0 else { return 1 }
      scaleRow(row, by: -1)
      return -1
    }
  }
}
