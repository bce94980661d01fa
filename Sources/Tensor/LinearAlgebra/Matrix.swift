import LatentSystem

/// A matrix of doubles in row-major order: what decompositions compute with, so that their results are as exact as
/// `Float` can hold for all but badly conditioned matrices.
package struct Matrix: Sendable, Equatable {
  package let rows: Int
  package let columns: Int
  /// Element (i, j) is `scalars[i * columns + j]`.
  package var scalars: [Double]

  package init(rows: Int, columns: Int, scalars: [Double]) {
    require(
      scalars.count == rows * columns, "Matrix: \(scalars.count) scalars for \(rows) rows of \(columns) columns")
    self.rows = rows
    self.columns = columns
    self.scalars = scalars
  }

  /// `value` everywhere.
  package init(repeating value: Double = 0, rows: Int, columns: Int) {
    self.init(rows: rows, columns: columns, scalars: [Double](repeating: value, count: rows * columns))
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

  /// The largest magnitude; 0 for an empty matrix, NaN not counted.
  var largestMagnitude: Double { scalars.reduce(0) { max($0, $1.magnitude) } }

  var isFinite: Bool { scalars.allSatisfy(\.isFinite) }

  var transposed: Matrix {
    var result = Matrix(rows: columns, columns: rows)
    for i in 0..<rows {
      for j in 0..<columns { result.scalars[j * rows + i] = scalars[i * columns + j] }
    }
    return result
  }

  /// The product of this matrix, or its transpose, with `other`, or its transpose, on all threads.
  /// - Parameter isSymmetric: whether the result is known to be symmetric, so that half of it is computed and copied to
  ///   the other half.
  package func matmul(
    _ other: Matrix, transposingSelf: Bool = false, transposingOther: Bool = false, isSymmetric: Bool = false
  ) -> Matrix {
    let (m, k) = transposingSelf ? (columns, rows) : (rows, columns)
    let (depth, n) = transposingOther ? (other.columns, other.rows) : (other.rows, other.columns)
    require(k == depth, "Matrix: products of \(k) numbers with \(depth)")
    var result = Matrix(rows: m, columns: n)
    guard m > 0, n > 0, k > 0 else { return result }
    result.withMutablePointer { c in
      withPointer { a in
        other.withPointer { b in
          let left = DoubleProduct.Operand(a, rowStride: columns)
          let right = DoubleProduct.Operand(b, rowStride: other.columns)
          DoubleProduct.add(
            transposingSelf ? left.transposed : left, transposingOther ? right.transposed : right, m: m, n: n, k: k,
            to: c, cRowStride: n, isLower: isSymmetric)
        }
      }
    }
    if isSymmetric { result.copyLowerToUpper() }
    return result
  }

  /// Makes a square matrix symmetric by what is below its diagonal.
  package mutating func copyLowerToUpper() {
    let size = rows
    guard size > 0 else { return }
    withMutablePointer { a in
      // Square blocks, so that what is written column by column stays in the cache.
      let block = 32
      for first in stride(from: 0, to: size, by: block) {
        for i in first..<size {
          for j in first..<min(i, first + block) { a[j * size + i] = a[i * size + j] }
        }
      }
    }
  }

  /// Rounds the scalars into a matrix that begins at `target`, `rowStride` and `columnStride` from one to the next.
  func write(to target: UnsafeMutablePointer<Float>, rowStride: Int, columnStride: Int = 1) {
    for row in 0..<rows {
      for column in 0..<columns {
        target[row * rowStride + column * columnStride] = Float(scalars[row * columns + column])
      }
    }
  }

  /// Calls `body` with the scalars. The matrix must not be empty.
  func withPointer<Result>(_ body: (UnsafePointer<Double>) -> Result) -> Result {
    scalars.withUnsafeBufferPointer { body(requireSome($0.baseAddress, "Matrix: it is empty")) }
  }

  /// Calls `body` with the scalars, to change. The matrix must not be empty.
  package mutating func withMutablePointer<Result>(_ body: (UnsafeMutablePointer<Double>) -> Result) -> Result {
    scalars.withUnsafeMutableBufferPointer { body(requireSome($0.baseAddress, "Matrix: it is empty")) }
  }
}
