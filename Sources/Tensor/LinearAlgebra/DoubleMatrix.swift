/// A matrix of doubles in row-major order: what factorizations compute with, so that their results are as exact as
/// `Float` can hold for all but badly conditioned matrices.
struct DoubleMatrix: Sendable {
  let rows: Int
  let columns: Int
  private(set) var scalars: [Double]

  /// `value` everywhere.
  init(repeating value: Double = 0, rows: Int, columns: Int) {
    self.rows = rows
    self.columns = columns
    scalars = [Double](repeating: value, count: rows * columns)
  }

  /// The matrix whose scalars begin at `source`, `rowStride` and `columnStride` from one to the next.
  init(_ source: UnsafePointer<Float>, rows: Int, columns: Int, rowStride: Int, columnStride: Int = 1) {
    self.init(rows: rows, columns: columns)
    for row in 0..<rows {
      for column in 0..<columns {
        scalars[row * columns + column] = Double(source[row * rowStride + column * columnStride])
      }
    }
  }

  /// A square matrix with the mean of each scalar and its mirror image.
  init(symmetricPartOf source: UnsafePointer<Float>, size: Int) {
    self.init(rows: size, columns: size)
    for row in 0..<size {
      for column in 0..<size {
        scalars[row * size + column] = (Double(source[row * size + column]) + Double(source[column * size + row])) / 2
      }
    }
  }

  subscript(row: Int, column: Int) -> Double {
    get { scalars[row * columns + column] }
    set { scalars[row * columns + column] = newValue }
  }

  var isFinite: Bool { scalars.allSatisfy(\.isFinite) }

  /// Rounds the scalars into a matrix that begins at `target`, `rowStride` and `columnStride` from one to the next.
  func write(to target: UnsafeMutablePointer<Float>, rowStride: Int, columnStride: Int = 1) {
    for row in 0..<rows {
      for column in 0..<columns {
        target[row * rowStride + column * columnStride] = Float(scalars[row * columns + column])
      }
    }
  }

  /// Calls `body` with the place of the first scalar; not at all if there is none.
  mutating func withMutablePointer(_ body: (UnsafeMutablePointer<Double>) -> Void) {
    scalars.withUnsafeMutableBufferPointer { buffer in
      if let base = buffer.baseAddress { body(base) }
    }
  }

  /// Calls `body` with the place of the first scalar, to read; not at all if there is none.
  func withPointer(_ body: (UnsafePointer<Double>) -> Void) {
    scalars.withUnsafeBufferPointer { buffer in
      if let base = buffer.baseAddress { body(base) }
    }
  }
}

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
