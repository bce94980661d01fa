import LatentSystem

extension Tensor {
  /// The lower triangles `L`, with positive diagonals, whose products `L · Lᵀ` are these symmetric, positive definite
  /// matrices: their Cholesky factors.
  ///
  /// Of a matrix that is not symmetric, the symmetric part `(A + Aᵀ) / 2` is taken; the derivative is accordingly
  /// symmetric. It is computed in double precision. A matrix with an infinity or NaN gives NaN.
  ///
  /// ```swift
  /// let noise = Tensor.normal([100, 3], using: &generator)
  /// let draws = noise.matmul(covariance.cholesky(), transposingOther: true)   // rows with that covariance
  /// ```
  ///
  /// - Returns: a tensor of the same shape with zeros above the diagonals.
  /// - Precondition: shape `[…, n, n]`; every matrix is positive definite.
  /// - Complexity: O(n³) for each matrix.
  ///
  /// Reference: Golub and Van Loan, "Matrix computations", 4th edition, section 4.2; the derivative from Murray,
  /// "Differentiation of the Cholesky decomposition", arXiv:1602.07527, equation 10.
  public func cholesky() -> Tensor {
    requireSquare("cholesky")
    let batch = MatrixBatch(shape)
    let result = Tensor(shape) { output in
      batch.forEachMatrix(work: batch.size * batch.rows / 3) { index in
        let matrix = DoubleMatrix(symmetricPartOf: pointer + index * batch.size, size: batch.rows)
        choleskyFactor(of: matrix, index).write(to: output + index * batch.size, rowStride: batch.rows)
      }
    }
    return recordUnary("cholesky", result, saving: [.output(0)]) { u, saved in
      let factor = saved[0]
      // Half of the diagonal, all below it.
      let product = factor.matmul(u, transposingSelf: true)
      let half = product.lowerTriangle() - product * Tensor.identity(product.shape[-1]) * 0.5
      let left = factor.triangularSolve(half + half.transposed(), isTransposed: true)
      return factor.triangularSolve(left.transposed(), isTransposed: true) * 0.5
    }
  }

  private func choleskyFactor(of matrix: DoubleMatrix, _ index: Int) -> DoubleMatrix {
    let size = matrix.rows
    guard matrix.isFinite else { return DoubleMatrix(repeating: .nan, rows: size, columns: size) }
    var factor = DoubleMatrix(rows: size, columns: size)
    factor.withMutablePointer { l in
      for row in 0..<size {
        let own = l + row * size
        for column in 0..<row {
          let rest = matrix[row, column] - DoubleVector.dot(own, l + column * size, column)
          own[column] = rest / l[column * (size + 1)]
        }
        let rest = matrix[row, row] - DoubleVector.dot(own, own, row)
        require(
          rest > 0,
          """
          cholesky: matrix \(index) of shape \(shape) is not positive definite: the pivot of row \(row) is \(Float(rest)); \
          a multiple of the identity added to it may help
          """)
        own[row] = rest.squareRoot()
      }
    }
    return factor
  }

  /// Stops the program unless the last two axes are square matrices.
  func requireSquare(_ operation: StaticString) {
    require(
      rank >= 2 && shape[-1] == shape[-2], "\(operation): shape \(shape); square matrices […, n, n] are needed")
  }
}
