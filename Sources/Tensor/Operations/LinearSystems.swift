import LatentSystem

// Linear equations: the solutions are differentiated without an inverse, by equations with the transposed matrices.

extension Tensor {
  /// The solutions `x` of `A · x = b`, for square matrices `A`, this tensor.
  ///
  /// By elimination with pivots, in double precision. Where a matrix has an infinity or NaN, its solutions are NaN. A
  /// matrix that is nearly singular gives large numbers with few right digits; only one that is exactly so stops.
  ///
  /// ```swift
  /// let x = Tensor([[2, 1], [1, 3]]).solve(Tensor([[3], [5]]))   // [[0.8], [1.4]]
  /// ```
  ///
  /// - Parameter rightSides: `[…, n, m]`: each column is a right side. A vector is reshaped to `[n, 1]`.
  /// - Returns: `[…, n, m]`.
  /// - Precondition: shape `[…, n, n]`; the axes before the last two broadcast; no matrix is singular.
  /// - Complexity: O(n³ + n² · m) for each matrix.
  public func solve(_ rightSides: Tensor) -> Tensor {
    let (matrices, rightSides) = system("solve", rightSides)
    return matrices.solve(rightSides, LUFactors(matrices, for: "solve"), isTransposed: false)
  }

  private func solve(_ rightSides: Tensor, _ factors: LUFactors, isTransposed: Bool) -> Tensor {
    Tensor.record(
      "solve", factors.solve(rightSides, isTransposed: isTransposed), from: self, rightSides,
      saving: [.input(0), .output(0)]
    ) {
      let (matrices, solution) = ($0.saved[0], $0.saved[1])
      let adjoint = matrices.solve($0.cotangent, factors, isTransposed: !isTransposed)
      let (left, right) = isTransposed ? (solution, adjoint) : (adjoint, solution)
      return [$0.isWanted[0] ? -left.matmul(right, transposingOther: true) : nil, $0.isWanted[1] ? adjoint : nil]
    }
  }

  /// The solutions `x` of `A · x = b`, for triangular matrices `A`, this tensor.
  ///
  /// By substitution, in double precision. What lies beyond the triangle is not read, and its derivative is 0.
  ///
  /// - Parameters:
  ///   - rightSides: `[…, n, m]`: each column is a right side.
  ///   - isLower: whether the scalars on and below the diagonal count, or those on and above it.
  ///   - isTransposed: whether the matrices, of which that triangle is read, are then transposed: `Aᵀ · x = b`.
  ///   - hasUnitDiagonal: whether the diagonal is taken for ones, whatever it holds.
  /// - Returns: `[…, n, m]`.
  /// - Precondition: shape `[…, n, n]`; the axes before the last two broadcast; no matrix has a 0 on its diagonal.
  /// - Complexity: O(n² · m) for each matrix.
  public func triangularSolve(
    _ rightSides: Tensor, isLower: Bool = true, isTransposed: Bool = false, hasUnitDiagonal: Bool = false
  ) -> Tensor {
    let (matrices, rightSides) = system("triangularSolve", rightSides)
    let system = TriangularSystem(isLower: isLower, isTransposed: isTransposed, hasUnitDiagonal: hasUnitDiagonal)
    return matrices.solve(rightSides, system)
  }

  private func solve(_ rightSides: Tensor, _ system: TriangularSystem) -> Tensor {
    Tensor.record(
      "triangularSolve", solveConstant(rightSides, system), from: self, rightSides, saving: [.input(0), .output(0)]
    ) {
      let (matrices, solution) = ($0.saved[0], $0.saved[1])
      let adjoint = matrices.solve($0.cotangent, system.transposed)
      func ofMatrices() -> Tensor {
        let (left, right) = system.isTransposed ? (solution, adjoint) : (adjoint, solution)
        let full = -left.matmul(right, transposingOther: true)
        let diagonal = system.hasUnitDiagonal ? 1 : 0
        return system.isLower ? full.lowerTriangle(diagonal: -diagonal) : full.upperTriangle(diagonal: diagonal)
      }
      return [$0.isWanted[0] ? ofMatrices() : nil, $0.isWanted[1] ? adjoint : nil]
    }
  }

  private func solveConstant(_ rightSides: Tensor, _ system: TriangularSystem) -> Tensor {
    let batch = MatrixBatch(shape)
    let size = batch.rows
    var matrices = [Matrix](repeating: Matrix(rows: 0, columns: 0), count: batch.count)
    for index in 0..<batch.count {
      matrices[index] = Matrix(pointer + index * batch.size, rows: size, columns: size, rowStride: size)
      let zero = system.firstZeroPivot(matrices[index])
      require(
        zero == nil,
        "triangularSolve: matrix \(index) of shape \(shape) is singular: place \(zero ?? 0) of its diagonal is 0")
    }
    return Tensor(rightSides.shape, for: "triangularSolve") { output in
      SystemColumns(rightSides.shape).forEachBlock { index, columns in
        var block = columns.read(rightSides.pointer, index)
        let width = block.columns
        matrices[index].withPointer { matrix in
          block.withMutablePointer { x in
            system.solve(matrix, size: size, x, width: width)
          }
        }
        columns.write(block, output, index)
      }
    }
  }

  /// Matrices and right sides with the same axes before the last two.
  private func system(_ operation: StaticString, _ rightSides: Tensor) -> (Tensor, Tensor) {
    requireSquare(operation)
    require(
      rightSides.rank >= 2 && rightSides.shape[-2] == shape[-1],
      "\(operation): matrices \(shape) and right sides \(rightSides.shape); […, \(shape[-1]), m] are needed")
    let own = Shape(Array(shape.sizes.dropLast(2)))
    let others = Shape(Array(rightSides.shape.sizes.dropLast(2)))
    if own == others { return (self, rightSides) }
    let batch = requireSome(
      Shape.broadcast(own, others),
      "\(operation): the batch axes of shapes \(shape) and \(rightSides.shape) do not broadcast")
    return (
      broadcast(to: Shape(batch.sizes + shape.sizes.suffix(2))),
      rightSides.broadcast(to: Shape(batch.sizes + rightSides.shape.sizes.suffix(2)))
    )
  }
}
