/// A batch of matrices as the last two axes of a tensor.
struct MatrixBatch {
  /// How many matrices.
  let count: Int
  let rows: Int
  let columns: Int

  init(_ shape: Tensor.Shape) {
    rows = shape[-2]
    columns = shape[-1]
    count = shape.sizes.dropLast(2).reduce(1, *)
  }

  /// The number of scalars in a matrix.
  var size: Int { rows * columns }

  /// Calls `body` with the index of each matrix that is not empty, from several threads if there is enough to do.
  /// - Parameter work: the number of multiplications for one.
  func forEachMatrix(work: Int, _ body: (Int) -> Void) {
    guard size > 0 else { return }
    Elementwise.forEachChunk(count, size: max(1, Elementwise.chunk / max(1, work))) { indices in
      for index in indices { body(index) }
    }
  }
}
