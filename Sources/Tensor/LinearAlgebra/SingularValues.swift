/// The singular values of a matrix, each exact to rounding of the largest.
///
/// Householder's reflections from both sides make the matrix a band, and that two diagonals. The values are then the
/// eigenvalues, without their signs, of a tridiagonal matrix twice as large with a diagonal of zeros. No square of the
/// matrix is formed, so that small values keep their digits.
///
/// Reference: Golub and Kahan, "Calculating the singular values and pseudo-inverse of a matrix", SIAM J. Numerical
/// Analysis 2(2), 1965.
package enum SingularValues {
  /// The sum of the singular values of `matrix`, which must be finite.
  /// - Parameter bandWidth: of the band on the way.
  package static func sum(of matrix: Matrix, bandWidth: Int = 64) -> Double {
    let scale = matrix.largestMagnitude
    guard scale > 0 else { return 0 }
    var work = matrix.rows >= matrix.columns ? matrix : matrix.transposed
    for index in work.scalars.indices { work.scalars[index] /= scale }
    let (rows, columns) = (work.rows, work.columns)
    let (diagonal, offDiagonal) = work.withMutablePointer { a in
      BandReduction.run(a, rows: rows, columns: columns, width: bandWidth)
      var chase = BandChase(a, size: columns, rowStride: columns, width: bandWidth)
      return chase.run()
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
