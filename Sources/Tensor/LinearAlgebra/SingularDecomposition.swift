/// Singular values and vectors of a matrix with at least as many rows as columns, the left ones as many as columns.
///
/// Eigenvectors of `Aᵀ A` are nearly the right singular vectors. Rotations then make the images of them orthogonal to each
/// other, so that small singular values are as exact as large ones: Jacobi's method, one-sided, from a good start.
///
/// Reference: Demmel and Veselić, "Jacobi's method is more accurate than QR", 1992.
struct SingularDecomposition {
  /// In descending order.
  private(set) var values: [Double]
  /// The left singular vector of each value in a row.
  private(set) var left: Matrix
  /// The right singular vector of each value in a row, with its largest component positive.
  private(set) var right: Matrix

  /// The decomposition of the matrix, of finite scalars, that has the rows of `columns` for columns.
  init(ofColumns columns: Matrix) {
    values = [Double](repeating: 0, count: columns.rows)
    let squares = columns.matmul(columns, transposingOther: true, isSymmetric: true)
    right = SymmetricEigen(squares, vectorCount: columns.rows).vectors
    left = right.matmul(columns)
    Self.orthogonalize(&left, &right)
    normalize()
    complete()
  }

  /// Makes the rows of `left` orthogonal, and turns those of `right` along.
  private static func orthogonalize(_ left: inout Matrix, _ right: inout Matrix) {
    let (size, length) = (left.rows, left.columns)
    let negligible = left.sumOfSquares * 1e-28
    left.withMutablePointer { l in
      right.withMutablePointer { r in
        // Converges quadratically: two or three sweeps from where it starts.
        for _ in 0..<60 {
          var isDone = true
          for q in 1..<max(1, size) {
            for p in 0..<q {
              guard let (cosine, sine) = rotation(l + p * length, l + q * length, length, negligible) else { continue }
              isDone = false
              RowArithmetic.rotate(l + p * length, l + q * length, length, cosine: cosine, sine: sine)
              RowArithmetic.rotate(r + p * size, r + q * size, size, cosine: cosine, sine: sine)
            }
          }
          if isDone { return }
        }
      }
    }
  }

  /// The rotation that makes two rows orthogonal; nil if they are, or one of them is nothing but rounding.
  private static func rotation(
    _ p: UnsafePointer<Double>, _ q: UnsafePointer<Double>, _ count: Int, _ negligible: Double
  ) -> (cosine: Double, sine: Double)? {
    let pq = RowArithmetic.dot(p, q, count)
    let (pp, qq) = (RowArithmetic.dot(p, p, count), RowArithmetic.dot(q, q, count))
    if pp <= negligible || qq <= negligible || pq.magnitude <= 1e-15 * (pp * qq).squareRoot() { return nil }
    let half = (pp - qq) / (2 * pq)
    let tangent = (half < 0 ? -1 : 1) / (half.magnitude + (1 + half * half).squareRoot())
    let cosine = 1 / (1 + tangent * tangent).squareRoot()
    return (cosine, cosine * tangent)
  }

  /// Takes the lengths out of the left vectors and sorts by them. What is nothing but rounding becomes 0.
  private mutating func normalize() {
    let least = left.sumOfSquares * 1e-28
    let lengths = (0..<left.rows).map { row in
      let squared = left.sumOfSquares(ofRow: row)
      return squared > least ? squared.squareRoot() : 0
    }
    let order = lengths.indices.sorted { lengths[$0] > lengths[$1] }
    values = order.map { lengths[$0] }
    (left, right) = (left.rows(order), right.rows(order))
    let signs = right.makeLargestPositive()
    for (row, value) in values.enumerated() { left.scaleRow(row, by: value > 0 ? signs[row] / value : 0) }
  }

  /// Left vectors of singular values that are 0: unit vectors made orthogonal to all before them.
  private mutating func complete() {
    let length = left.columns
    var candidate = 0
    for row in values.indices where values[row] == 0 {
      left.withMutablePointer { l in
        let own = l + row * length
        while candidate < length {
          for place in 0..<length { own[place] = place == candidate ? 1 : 0 }
          candidate += 1
          // Twice is enough.
          for _ in 0..<2 {
            for other in 0..<row {
              RowArithmetic.add(
                l + other * length, times: -RowArithmetic.dot(own, l + other * length, length), to: own, length)
            }
          }
          let squared = RowArithmetic.dot(own, own, length)
          guard squared > 0.5 / Double(length) else { continue }
          let factor = 1 / squared.squareRoot()
          for place in 0..<length { own[place] *= factor }
          return
        }
      }
    }
  }
}
