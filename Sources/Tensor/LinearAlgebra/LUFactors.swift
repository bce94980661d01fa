import LatentSystem

/// Square matrices as products of a permutation, a lower and an upper triangle: `P · A = L · U`, by elimination with the
/// largest pivot of each column.
///
/// It is kept by the derivative of the equations that are solved with it, so that the elimination is made once.
///
/// Reference: Golub and Van Loan, "Matrix computations", 4th edition, algorithm 3.4.1.
final class LUFactors: Sendable {
  private let matrices: [Factors]

  /// The factors of one matrix.
  fileprivate struct Factors: Sendable {
    /// Both triangles in one, as the diagonal of `L` is 1; nil for a matrix with an infinity or NaN.
    var triangles: DoubleMatrix?
    /// Which row each row was exchanged with.
    var exchanges: [Int] = []
  }

  /// The factors of the matrices `[…, n, n]`.
  /// - Parameter operation: what they are for, for a message.
  /// - Precondition: none is singular.
  init(_ tensor: Tensor, for operation: StaticString) {
    let batch = MatrixBatch(tensor.shape)
    let size = batch.rows
    var matrices = [Factors](repeating: Factors(), count: batch.count)
    matrices.withUnsafeMutableBufferPointer { matrices in
      batch.forEachMatrix(work: size * size * size / 3) { index in
        let matrix = DoubleMatrix(tensor.pointer + index * batch.size, rows: size, columns: size, rowStride: size)
        guard matrix.isFinite else { return }
        let zero = matrices[index].eliminate(matrix)
        require(
          zero == nil,
          "\(operation): matrix \(index) of shape \(tensor.shape) is singular: no row is left for column \(zero ?? 0)")
      }
    }
    self.matrices = matrices
  }

  /// The solutions `[…, n, width]` of the equations with the right sides `[…, n, width]`, as a constant.
  ///
  /// - Parameter isTransposed: whether the matrices are transposed.
  func solve(_ rightSides: Tensor, isTransposed: Bool) -> Tensor {
    Tensor(rightSides.shape, for: "solve") { output in
      SystemColumns(rightSides.shape).forEachBlock { index, columns in
        var block = columns.read(rightSides.pointer, index)
        matrices[index].solve(&block, isTransposed: isTransposed)
        columns.write(block, output, index)
      }
    }
  }
}

extension LUFactors.Factors {
  /// Makes the triangles of `matrix`.
  /// - Returns: the first column in which all that is left is 0; nil if there is none.
  fileprivate mutating func eliminate(_ matrix: DoubleMatrix) -> Int? {
    var (triangles, exchanges, zero) = (matrix, [Int](), Int?.none)
    let size = matrix.rows
    triangles.withMutablePointer { a in
      for step in 0..<size {
        var best = step
        for row in step..<size where a[row * size + step].magnitude > a[best * size + step].magnitude { best = row }
        exchanges.append(best)
        if best != step {
          for column in 0..<size { swap(&a[step * size + column], &a[best * size + column]) }
        }
        let pivot = a[step * size + step]
        if pivot == 0 {
          zero = step
          return
        }
        for row in step + 1..<size {
          let factor = a[row * size + step] / pivot
          a[row * size + step] = factor
          DoubleVector.add(
            a + step * size + step + 1, scaledBy: -factor, to: a + row * size + step + 1, size - step - 1)
        }
      }
    }
    (self.triangles, self.exchanges) = (triangles, exchanges)
    return zero
  }

  /// Replaces the right sides in `block` by the solutions.
  fileprivate func solve(_ block: inout DoubleMatrix, isTransposed: Bool) {
    let (size, width) = (block.rows, block.columns)
    guard let triangles else {
      block = DoubleMatrix(repeating: .nan, rows: size, columns: width)
      return
    }
    let (lower, upper) = (TriangularSystem(isLower: true, hasUnitDiagonal: true), TriangularSystem(isLower: false))
    triangles.withPointer { matrix in
      block.withMutablePointer { x in
        func exchange(_ row: Int) {
          let other = exchanges[row]
          if other == row { return }
          for column in 0..<width { swap(&x[row * width + column], &x[other * width + column]) }
        }
        if isTransposed {
          upper.transposed.solve(matrix, size: size, x, width: width)
          lower.transposed.solve(matrix, size: size, x, width: width)
          for row in (0..<size).reversed() { exchange(row) }
        } else {
          for row in 0..<size { exchange(row) }
          lower.solve(matrix, size: size, x, width: width)
          upper.solve(matrix, size: size, x, width: width)
        }
      }
    }
  }
}
