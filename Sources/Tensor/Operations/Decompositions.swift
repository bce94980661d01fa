import LatentSystem

// Eigenvalues and singular values, in double precision inside.

extension Tensor {
  /// The eigenvalues of these symmetric matrices in ascending order, and their eigenvectors: `A = V · diag(values) · Vᵀ`.
  ///
  /// Of a matrix that is not symmetric, the symmetric part `(A + Aᵀ) / 2` is taken; the derivative is accordingly
  /// symmetric. Each eigenvector is a column of length 1, whose component of the largest magnitude, the first of equal
  /// ones, is positive. Both are exact to rounding, in double precision, of the eigenvalue of the largest magnitude. A
  /// matrix with an infinity or NaN gives NaN.
  ///
  /// The derivative of the values holds always, to first order; that of the vectors, and higher ones, where all
  /// eigenvalues of a matrix differ: it is infinite or NaN where two are equal, and has few right digits where two are
  /// close.
  ///
  /// - Returns: the values `[…, n]` and the vectors `[…, n, n]`.
  /// - Precondition: shape `[…, n, n]`.
  /// - Complexity: O(n³) for each matrix.
  ///
  /// Reference: Magnus, "On differentiating eigenvalues and eigenvectors", Econometric Theory 1 (1985).
  public func symmetricEigen() -> (values: Tensor, vectors: Tensor) {
    requireSquare("symmetricEigen")
    let batch = MatrixBatch(shape)
    let size = batch.rows
    var values = Tensor(repeating: .nan, shape: Shape(Array(shape.sizes.dropLast())))
    var vectors = Tensor(repeating: .nan, shape: shape)
    values.withMutableScalars { values in
      vectors.withMutableScalars { vectors in
        guard let values = values.baseAddress, let vectors = vectors.baseAddress else { return }
        batch.forEachMatrix(work: 10 * size * batch.size) { index in
          let matrix = Matrix(symmetricPartOf: pointer + index * batch.size, size: size)
          guard matrix.isFinite else { return }
          let eigen = SymmetricEigen(matrix, vectorCount: size)
          let order = eigen.values.indices.sorted { (eigen.values[$0], $0) < (eigen.values[$1], $1) }
          for (place, row) in order.enumerated() { values[index * size + place] = Float(eigen.values[row]) }
          var ordered = eigen.vectors.rows(order)
          ordered.makeLargestPositive()
          ordered.write(to: vectors + index * batch.size, rowStride: 1, columnStride: size)
        }
      }
    }
    let results = Tensor.record("symmetricEigen", [values, vectors], from: [self], saving: [.output(0), .output(1)]) {
      let (values, vectors) = ($0.saved[0], $0.saved[1])
      var inner = $0.cotangents[0].map { $0.diagonalMatrices() }
      if let ofVectors = $0.cotangents[1] {
        let coupling = vectors.matmul(ofVectors, transposingSelf: true) * Tensor.inverseDifferences(values)
        inner = inner.map { $0 + coupling } ?? coupling
      }
      guard let inner else { return [nil] }
      let full = vectors.matmul(inner).matmul(vectors, transposingOther: true)
      return [(full + full.transposed()) * 0.5]
    }
    return (results[0], results[1])
  }

  /// The singular values of these matrices in descending order, and their singular vectors: `A = U · diag(values) · Vᵀ`,
  /// with as many columns in `U` and `V` as there are values, the lesser of rows and columns.
  ///
  /// Each singular vector is a column of length 1. The signs are such that in each column of `V`, or of `U` if the matrix
  /// is wider than high, the component of the largest magnitude is positive. Values below about 10⁻¹⁴ of the largest are 0. A
  /// matrix with an infinity or NaN gives NaN.
  ///
  /// The derivative of the values holds always, to first order; that of the vectors, and higher ones, where all values of
  /// a matrix differ and, unless it is square, none is 0: elsewhere it is infinite or NaN.
  ///
  /// - Returns: `u` `[…, m, k]`, the values `[…, k]` and `v` `[…, n, k]`, where `k` is the lesser of `m` and `n`.
  /// - Precondition: shape `[…, m, n]`.
  /// - Complexity: O(m · n · k) for each matrix.
  ///
  /// Reference: Townsend, "Differentiating the singular value decomposition", technical report, 2016.
  public func svd() -> (u: Tensor, values: Tensor, v: Tensor) {
    require(rank >= 2, "svd: shape \(shape); matrices […, m, n] are needed")
    if shape[-2] < shape[-1] {
      let (u, values, v) = transposed().svd()
      return (v, values, u)
    }
    let results = Tensor.record(
      "svd", svdConstant(), from: [self], saving: [.output(0), .output(1), .output(2)]
    ) { arguments in
      let (u, values, v) = (arguments.saved[0], arguments.saved[1], arguments.saved[2])
      return [SingularAdjoint(u: u, values: values, v: v).adjoint(arguments.cotangents)]
    }
    return (results[0], results[1], results[2])
  }

  /// The vectors and values of matrices with at least as many rows as columns.
  private func svdConstant() -> [Tensor] {
    let batch = MatrixBatch(shape)
    let (rows, columns) = (batch.rows, batch.columns)
    let outer = Array(shape.sizes.dropLast(2))
    let (left, right) = (batch.size, columns * columns)
    let count = batch.count
    // All in one, so that one block of memory is written from several threads.
    let parts = Tensor([count, left + columns + right]) { output in
      for place in 0..<count * (left + columns + right) { output[place] = .nan }
      batch.forEachMatrix(work: 10 * batch.size * columns) { index in
        let matrix = Matrix(
          pointer + index * batch.size, rows: columns, columns: rows, rowStride: 1, columnStride: columns)
        guard matrix.isFinite else { return }
        let decomposition = SingularDecomposition(ofColumns: matrix)
        let target = output + index * (left + columns + right)
        decomposition.left.write(to: target, rowStride: 1, columnStride: columns)
        for (place, value) in decomposition.values.enumerated() { target[left + place] = Float(value) }
        decomposition.right.write(to: target + left + columns, rowStride: 1, columnStride: columns)
      }
    }.split(counts: [left, columns, right], axis: 1)
    let shapes = [outer + [rows, columns], outer + [columns], outer + [columns, columns]]
    return zip(parts, shapes).map { $0.reshaped(to: Shape($1)) }
  }

  /// Vectors `[…, n]` as the diagonals of matrices `[…, n, n]`.
  fileprivate func diagonalMatrices() -> Tensor { expanded(axis: -1) * .identity(shape[-1]) }

  /// `1 / (x[j] - x[i])` at row `i` and column `j`, 0 on the diagonal: `[…, n]` → `[…, n, n]`.
  fileprivate static func inverseDifferences(_ x: Tensor) -> Tensor {
    let identity = Tensor.identity(x.shape[-1])
    return (1 - identity) / (x.expanded(axis: x.rank - 1) - x.expanded(axis: x.rank) + identity)
  }
}

/// The derivative of ``Tensor/svd()`` for matrices with at least as many rows as columns.
private struct SingularAdjoint {
  let u: Tensor
  let values: Tensor
  let v: Tensor

  /// - Parameter cotangents: of `u`, the values and `v`.
  func adjoint(_ cotangents: Few<Tensor?>) -> Tensor? {
    let row = values.expanded(axis: values.rank - 1)
    var inner = cotangents[1].map { $0.diagonalMatrices() }
    func add(_ term: Tensor) { inner = inner.map { $0 + term } ?? term }
    if let ofU = cotangents[0] { add(coupling(u, ofU) * row) }
    if let ofV = cotangents[2] { add(coupling(v, ofV) * values.expanded(axis: values.rank)) }
    guard let inner else { return nil }
    var left = u.matmul(inner)
    if let ofU = cotangents[0], u.shape[-2] > u.shape[-1] {
      // What of the cotangent lies outside of the space of the left vectors.
      left = left + (ofU - u.matmul(u.matmul(ofU, transposingSelf: true))) / row
    }
    return left.matmul(v, transposingOther: true)
  }

  /// `(xᵀ c - cᵀ x) / (s[j]² - s[i]²)`.
  private func coupling(_ vectors: Tensor, _ cotangent: Tensor) -> Tensor {
    let product = vectors.matmul(cotangent, transposingSelf: true)
    let (row, column) = (values.expanded(axis: values.rank - 1), values.expanded(axis: values.rank))
    // No division by a sum of two zeros, which are equal anyway.
    return (product - product.transposed()) * Tensor.inverseDifferences(values)
      / (row + column + Tensor.identity(values.shape[-1]))
  }
}
