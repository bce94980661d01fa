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
        let matrix = Matrix(symmetricPartOf: pointer + index * batch.size, size: batch.rows)
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

  /// Columns are made in blocks, from which one matrix product takes what those before contribute.
  private func choleskyFactor(of matrix: Matrix, _ index: Int) -> Matrix {
    let (size, block) = (matrix.rows, 64)
    guard matrix.isFinite else { return Matrix(repeating: .nan, rows: size, columns: size) }
    var factor = matrix
    factor.withMutablePointer { l in
      for start in stride(from: 0, to: size, by: block) {
        let end = Swift.min(size, start + block)
        let before = DoubleProduct.Operand(l + start * size, rowStride: size)
        DoubleProduct.add(
          before, before.transposed, m: size - start, n: end - start, k: start, factor: -1, to: l + start * (size + 1),
          cRowStride: size, isLower: true)
        for row in start..<size { finishRow(row, l, size, start..<end, index) }
      }
      for row in 0..<size {
        for column in row + 1..<size { l[row * size + column] = 0 }
      }
    }
    return factor
  }

  /// Makes a row of the factor in a block of columns, as far as the diagonal.
  private func finishRow(
    _ row: Int, _ l: UnsafeMutablePointer<Double>, _ size: Int, _ columns: Range<Int>, _ index: Int
  ) {
    let (own, start) = (l + row * size, columns.lowerBound)
    for column in start..<Swift.min(row, columns.upperBound) {
      own[column] -= RowArithmetic.dot(own + start, l + column * size + start, column - start)
      own[column] /= l[column * (size + 1)]
    }
    guard columns.contains(row) else { return }
    let rest = own[row] - RowArithmetic.dot(own + start, own + start, row - start)
    require(
      rest > 0,
      """
      cholesky: matrix \(index) of shape \(shape) is not positive definite: the pivot of row \(row) is \(Float(rest)); \
      a multiple of the identity added to it may help
      """)
    own[row] = rest.squareRoot()
  }

  /// Stops the program unless the last two axes are square matrices.
  func requireSquare(_ operation: StaticString) {
    require(
      rank >= 2 && shape[-1] == shape[-2], "\(operation): shape \(shape); square matrices […, n, n] are needed")
  }
}
