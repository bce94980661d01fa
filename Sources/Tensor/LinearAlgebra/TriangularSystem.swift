/// Equations with a triangular matrix, solved by substitution.
struct TriangularSystem: Sendable {
  /// Whether the scalars on and below the diagonal count, or those on and above it.
  var isLower: Bool
  /// Whether the matrix is transposed before it is used.
  var isTransposed = false
  /// Whether the diagonal is taken for ones.
  var hasUnitDiagonal = false

  /// The same with the matrix transposed once more.
  var transposed: TriangularSystem {
    var result = self
    result.isTransposed.toggle()
    return result
  }

  /// Replaces `x`, `[size, width]`, by the solution of `matrix · solution = x`.
  ///
  /// - Parameters:
  ///   - matrix: `[size, size]`; what lies beyond its triangle is not read.
  ///   - x: row-major, without gaps.
  func solve(_ matrix: UnsafePointer<Double>, size: Int, _ x: UnsafeMutablePointer<Double>, width: Int) {
    let (rowStride, columnStride) = isTransposed ? (1, size) : (size, 1)
    // The transpose of a lower triangle is an upper one.
    let isForward = isLower != isTransposed
    for step in 0..<size {
      let row = isForward ? step : size - 1 - step
      let target = x + row * width
      for column in isForward ? 0..<row : row + 1..<size {
        let factor = matrix[row * rowStride + column * columnStride]
        DoubleVector.add(x + column * width, scaledBy: -factor, to: target, width)
      }
      if hasUnitDiagonal { continue }
      let pivot = matrix[row * (size + 1)]
      for place in 0..<width { target[place] /= pivot }
    }
  }

  /// The place of the first zero on the diagonal that is divided by; nil if there is none.
  func firstZeroPivot(_ matrix: DoubleMatrix) -> Int? {
    hasUnitDiagonal ? nil : (0..<matrix.rows).first { matrix[$0, $0] == 0 }
  }
}
