// Rows of matrices of doubles, as vectors.

extension Matrix {
  /// The rows `order`, in that order.
  func rows(_ order: [Int]) -> Matrix {
    var result = Matrix(rows: order.count, columns: columns)
    for (row, source) in order.enumerated() {
      for column in 0..<columns { result[row, column] = self[source, column] }
    }
    return result
  }

  var sumOfSquares: Double { scalars.reduce(0) { $0 + $1 * $1 } }

  package func sumOfSquares(ofRow row: Int) -> Double {
    (0..<columns).reduce(0) { $0 + self[row, $1] * self[row, $1] }
  }

  package mutating func scaleRow(_ row: Int, by factor: Double) {
    for column in 0..<columns { self[row, column] *= factor }
  }

  /// Gives each row the sign with which its component of the largest magnitude is positive, the first of equal ones.
  /// - Returns: 1 or -1, what each was multiplied by.
  @discardableResult
  package mutating func makeLargestPositive() -> [Double] {
    let signs = (0..<rows).map { leadingComponent(ofRow: $0) < 0 ? -1.0 : 1 }
    for (row, sign) in signs.enumerated() where sign < 0 { scaleRow(row, by: sign) }
    return signs
  }

  /// The component of the largest magnitude. Of equal magnitudes, as of components that mirror each other, the first,
  /// whatever their last digits are.
  private func leadingComponent(ofRow row: Int) -> Double {
    let components = scalars[row * columns..<(row + 1) * columns]
    let largest = components.reduce(0) { max($0, $1.magnitude) } * (1 - 1e-9)
    return components.first { $0.magnitude >= largest } ?? 0
  }
}
