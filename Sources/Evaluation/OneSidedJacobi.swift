/// Rotations of a matrix's rows until they are orthogonal to each other: Jacobi's method, one-sided.
///
/// It multiplies a matrix from the left by an orthogonal one. The rows that come out are the right singular vectors
/// times the singular values; for a symmetric matrix without negative eigenvalues, its eigenvectors times its
/// eigenvalues. All accesses are along rows.
///
/// Reference: Hestenes, "Inversion of matrices by biorthogonalization and related results", 1958; Demmel and Veselić,
/// "Jacobi's method is more accurate than QR", 1992.
enum OneSidedJacobi {
  /// More are never needed: the method converges quadratically, after about ten.
  private static let maximumSweeps = 60

  /// Makes the rows of the row-major matrix `[rows, columns]` orthogonal.
  static func orthogonalizeRows(_ matrix: inout [Double], rows: Int, columns: Int) {
    matrix.withUnsafeMutableBufferPointer { buffer in
      guard let base = buffer.baseAddress, columns > 0 else { return }
      // Rows that are nothing but rounding, squared.
      let negligible = dot(base, base, rows * columns) * 1e-32
      for _ in 0..<maximumSweeps {
        var isDone = true
        for q in 1..<max(rows, 1) {
          for p in 0..<q where rotate(base + p * columns, base + q * columns, columns, negligible) { isDone = false }
        }
        if isDone { return }
      }
    }
  }

  /// Makes two rows orthogonal; false if they were.
  private static func rotate(
    _ p: UnsafeMutablePointer<Double>, _ q: UnsafeMutablePointer<Double>, _ count: Int, _ negligible: Double
  ) -> Bool {
    let (pp, qq, pq) = (dot(p, p, count), dot(q, q, count), dot(p, q, count))
    if pp <= negligible || qq <= negligible || pq.magnitude <= 1e-15 * (pp * qq).squareRoot() { return false }
    let half = (qq - pp) / (2 * pq)
    let tangent = (half < 0 ? -1 : 1) / (half.magnitude + (1 + half * half).squareRoot())
    let cosine = 1 / (1 + tangent * tangent).squareRoot()
    let sine = cosine * tangent
    for index in 0..<count {
      let (a, b) = (p[index], q[index])
      p[index] = cosine * a - sine * b
      q[index] = sine * a + cosine * b
    }
    return true
  }

  /// The scalar product of two rows, in eight partial sums.
  static func dot(_ a: UnsafePointer<Double>, _ b: UnsafePointer<Double>, _ count: Int) -> Double {
    var sums = SIMD8<Double>.zero
    var index = 0
    while index + 8 <= count {
      let x = UnsafeRawPointer(a + index).loadUnaligned(as: SIMD8<Double>.self)
      let y = UnsafeRawPointer(b + index).loadUnaligned(as: SIMD8<Double>.self)
      sums += x * y
      index += 8
    }
    var sum = sums.sum()
    while index < count {
      sum += a[index] * b[index]
      index += 1
    }
    return sum
  }
}
