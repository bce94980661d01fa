import LatentSystem

extension Tensor {
  /// The matrix product.
  ///
  /// The last two axes are matrices `[m, k]` and `[k, n]`; axes before them are batches, which broadcast as for `+`. A
  /// vector is treated as neither: reshape it.
  ///
  /// - Parameters:
  ///   - transposingSelf: whether this tensor holds `[k, m]`. Nothing is copied for it.
  ///   - transposingOther: whether `other` holds `[n, k]`.
  /// - Returns: `[…, m, n]`.
  /// - Precondition: both have rank 2 or more, the `k` agree, the batch axes broadcast.
  /// - Complexity: O(m · n · k) for each matrix of the batch.
  public func matmul(_ other: Tensor, transposingSelf: Bool = false, transposingOther: Bool = false) -> Tensor {
    if rank > 2, other.rank == 2, !transposingSelf, shape[-1] == other.shape[transposingOther ? -1 : -2] {
      // One large product instead of a batch with a common right side.
      let rows = reshaped(to: [shape.sizes.dropLast().reduce(1, *), shape[-1]])
      let product = rows.matmul(other, transposingOther: transposingOther)
      return product.reshaped(to: Shape(shape.sizes.dropLast() + [product.shape[-1]]))
    }
    let plan = MatrixProduct(self, other, transposingSelf, transposingOther)
    return Tensor.record("matmul", plan.run(self, other), from: self, other, saving: [.input(0), .input(1)]) {
      let (u, a, b) = ($0.cotangent, $0.saved[0], $0.saved[1])
      let gradientA: () -> Tensor = {
        transposingSelf
          ? b.matmul(u, transposingSelf: transposingOther, transposingOther: true)
          : u.matmul(b, transposingOther: !transposingOther)
      }
      let gradientB: () -> Tensor = {
        transposingOther
          ? u.matmul(a, transposingSelf: true, transposingOther: transposingSelf)
          : a.matmul(u, transposingSelf: !transposingSelf)
      }
      return [$0.isWanted[0] ? gradientA() : nil, $0.isWanted[1] ? gradientB() : nil]
    }
  }

  /// The products of the rows of a matrix `[rows, size]` with each other, `[rows, rows]`, not recorded. Those of a row
  /// with rows that come after it are undefined: nearly half of the work is not done.
  package func productsWithEarlierRows() -> Tensor {
    require(rank == 2, "productsWithEarlierRows: a shape of \(shape); rank 2 is needed")
    let (count, size) = (shape[0], shape[1])
    return Tensor([count, count]) { output in
      GEMMProblem(
        m: count, n: count, k: size, a: pointer, aRowStride: size, aColumnStride: 1, b: pointer, bRowStride: 1,
        bColumnStride: size, c: output, cRowStride: count, accumulate: false, isLower: true, kernels: .current
      ).run(parallel: true)
    }
  }
}

/// The sizes and strides of one matrix product.
private struct MatrixProduct {
  private let (m, n, k): (Int, Int, Int)
  private let a: (row: Int, column: Int)
  private let b: (row: Int, column: Int)
  private let shape: Tensor.Shape
  /// For each axis of the batch, its size and the strides of both sides, 0 where a side is repeated.
  private let batchAxes: [(size: Int, a: Int, b: Int)]

  init(_ a: Tensor, _ b: Tensor, _ transposesA: Bool, _ transposesB: Bool) {
    require(
      a.rank >= 2 && b.rank >= 2, "matmul: shapes \(a.shape) and \(b.shape); both need two axes or more")
    let (rowsA, columnsA, rowsB, columnsB) = (a.shape[-2], a.shape[-1], b.shape[-2], b.shape[-1])
    m = transposesA ? columnsA : rowsA
    k = transposesA ? rowsA : columnsA
    n = transposesB ? rowsB : columnsB
    let otherK = transposesB ? columnsB : rowsB
    require(
      k == otherK,
      "matmul: \(a.shape)\(transposesA ? " transposed" : "") has \(k) columns, \(b.shape)\(transposesB ? " transposed" : "") has \(otherK) rows; they must be equal"
    )
    self.a = transposesA ? (1, columnsA) : (columnsA, 1)
    self.b = transposesB ? (1, columnsB) : (columnsB, 1)
    let batchA = Tensor.Shape(Array(a.shape.sizes.dropLast(2)))
    let batchB = Tensor.Shape(Array(b.shape.sizes.dropLast(2)))
    let batch = requireSome(
      Tensor.Shape.broadcast(batchA, batchB),
      "matmul: the batch axes of shapes \(a.shape) and \(b.shape) do not broadcast")
    shape = Tensor.Shape(batch.sizes + [m, n])
    let strides = zip(batchA.strides(broadcastTo: batch), batchB.strides(broadcastTo: batch))
    let (sizeA, sizeB) = (rowsA * columnsA, rowsB * columnsB)
    batchAxes = zip(batch.sizes, strides).map { ($0, $1.0 * sizeA, $1.1 * sizeB) }
  }

  func run(_ left: Tensor, _ right: Tensor) -> Tensor {
    Tensor(shape) { output in
      let inner = batchAxes.last ?? (1, 0, 0)
      let outer = batchAxes.dropLast()
      for index in 0..<outer.reduce(1, { $0 * $1.size }) {
        var (rest, offsetA, offsetB) = (index, 0, 0)
        for axis in outer.reversed() {
          offsetA += rest % axis.size * axis.a
          offsetB += rest % axis.size * axis.b
          rest /= axis.size
        }
        gemmBatched(
          count: inner.size, m: m, n: n, k: k, a: left.pointer + offsetA, aStep: inner.a, aRowStride: a.row,
          aColumnStride: a.column, b: right.pointer + offsetB, bStep: inner.b, bRowStride: b.row,
          bColumnStride: b.column, c: output + index * inner.size * m * n, cStep: m * n, cRowStride: n,
          accumulate: false)
      }
    }
  }
}
