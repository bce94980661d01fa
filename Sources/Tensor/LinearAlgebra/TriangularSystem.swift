/// Equations with a triangular matrix, solved by substitution: a block of rows at a time, from which one matrix product
/// takes what has been solved before.
struct TriangularSystem: Sendable {
  /// Whether the scalars on and below the diagonal count, or those on and above it.
  var isLower: Bool
  /// Whether the matrix is transposed before it is used.
  var isTransposed = false
  /// Whether the diagonal is taken for ones.
  var hasUnitDiagonal = false
  /// Rows in a block.
  private static let block = 64

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
    for done in stride(from: 0, to: size, by: Self.block) {
      let count = min(Self.block, size - done)
      let first = isForward ? done : size - done - count
      let solved = isForward ? 0 : first + count
      DoubleProduct.add(
        .init(
          matrix + first * rowStride + solved * columnStride, rowStride: rowStride, columnStride: columnStride),
        .init(x + solved * width, rowStride: width), m: count, n: width, k: done, factor: -1, to: x + first * width,
        cRowStride: width)
      substitute(matrix + first * (size + 1), size: size, x + first * width, width: width, count: count)
    }
  }

  /// Solves for a block of `count` rows.
  /// - Parameters:
  ///   - matrix: where the block's part of the diagonal begins.
  ///   - x: the first row of the block.
  private func substitute(
    _ matrix: UnsafePointer<Double>, size: Int, _ x: UnsafeMutablePointer<Double>, width: Int, count: Int
  ) {
    let (rowStride, columnStride) = isTransposed ? (1, size) : (size, 1)
    let isForward = isLower != isTransposed
    for step in 0..<count {
      let row = isForward ? step : count - 1 - step
      let target = x + row * width
      for column in isForward ? 0..<row : row + 1..<count {
        let factor = matrix[row * rowStride + column * columnStride]
        RowArithmetic.add(x + column * width, times: -factor, to: target, width)
      }
      if hasUnitDiagonal { continue }
      let pivot = matrix[row * (size + 1)]
      for place in 0..<width { target[place] /= pivot }
    }
  }

  /// The place of the first zero on the diagonal that is divided by; nil if there is none.
  func firstZeroPivot(_ matrix: Matrix) -> Int? {
    hasUnitDiagonal ? nil : (0..<matrix.rows).first { matrix[$0, $0] == 0 }
  }
}
