import LatentSystem

/// Square matrices as products of a permutation, a lower and an upper triangle: `P · A = L · U`, by elimination with the
/// largest pivot of each column. Columns are eliminated in blocks, whose effect on the rest is one matrix product.
///
/// It is kept by the derivative of the equations that are solved with it, so that the elimination is made once.
///
/// Reference: Golub and Van Loan, "Matrix computations", 4th edition, sections 3.4 and 3.6.
final class LUFactors: Sendable {
  private let matrices: [Factors]

  /// The factors of one matrix.
  fileprivate struct Factors: Sendable {
    /// Both triangles in one, as the diagonal of `L` is 1; nil for a matrix with an infinity or NaN.
    var triangles: Matrix?
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
        let matrix = Matrix(tensor.pointer + index * batch.size, rows: size, columns: size, rowStride: size)
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
  /// Columns in a block.
  private static let block = 64

  /// Makes the triangles of `matrix`.
  /// - Returns: the first column in which all that is left is 0; nil if there is none.
  fileprivate mutating func eliminate(_ matrix: Matrix) -> Int? {
    var (triangles, exchanges) = (matrix, [Int]())
    let size = matrix.rows
    let zero = triangles.withMutablePointer { a -> Int? in
      for start in stride(from: 0, to: size, by: Self.block) {
        let columns = start..<min(size, start + Self.block)
        if let zero = Self.eliminate(a, size, columns, &exchanges) { return zero }
        Self.updateRest(a, size, after: columns)
      }
      return nil
    }
    (self.triangles, self.exchanges) = (triangles, exchanges)
    return zero
  }

  /// Eliminates a block of columns, of which those before it have been subtracted; those after it only exchange rows.
  /// - Returns: the first column in which all that is left is 0; nil if there is none.
  private static func eliminate(
    _ a: UnsafeMutablePointer<Double>, _ size: Int, _ columns: Range<Int>, _ exchanges: inout [Int]
  ) -> Int? {
    for step in columns {
      var best = step
      for row in step..<size where a[row * size + step].magnitude > a[best * size + step].magnitude { best = row }
      exchanges.append(best)
      if best != step {
        for column in 0..<size { swap(&a[step * size + column], &a[best * size + column]) }
      }
      let (pivot, next) = (a + step * (size + 1), step + 1)
      if pivot[0] == 0 { return step }
      for row in next..<size {
        let factor = a[row * size + step] / pivot[0]
        a[row * size + step] = factor
        RowArithmetic.add(pivot + 1, times: -factor, to: a + row * size + next, columns.upperBound - next)
      }
    }
    return nil
  }

  /// Makes the rows of the upper triangle after a block of columns, and subtracts from the rest what the block
  /// contributes.
  private static func updateRest(_ a: UnsafeMutablePointer<Double>, _ size: Int, after columns: Range<Int>) {
    let (start, end) = (columns.lowerBound, columns.upperBound)
    guard end < size else { return }
    for row in columns {
      for step in start..<row {
        RowArithmetic.add(a + step * size + end, times: -a[row * size + step], to: a + row * size + end, size - end)
      }
    }
    DoubleProduct.add(
      .init(a + end * size + start, rowStride: size), .init(a + start * size + end, rowStride: size), m: size - end,
      n: size - end, k: end - start, factor: -1, to: a + end * (size + 1), cRowStride: size)
  }

  /// Replaces the right sides in `block` by the solutions.
  fileprivate func solve(_ block: inout Matrix, isTransposed: Bool) {
    let (size, width) = (block.rows, block.columns)
    guard let triangles else {
      block = Matrix(repeating: .nan, rows: size, columns: width)
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
