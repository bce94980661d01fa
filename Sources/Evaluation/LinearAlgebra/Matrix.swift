import LatentSystem
import Tensor

/// A matrix of doubles in row-major order: what the decompositions of this folder work on.
struct Matrix: Sendable, Equatable {
  let rows: Int
  let columns: Int
  /// Element (i, j) is `scalars[i * columns + j]`.
  var scalars: [Double]

  init(rows: Int, columns: Int, scalars: [Double]) {
    require(
      scalars.count == rows * columns, "Matrix: \(scalars.count) scalars for \(rows) rows of \(columns) columns")
    self.rows = rows
    self.columns = columns
    self.scalars = scalars
  }

  /// A matrix of zeros.
  init(rows: Int, columns: Int) {
    self.init(rows: rows, columns: columns, scalars: [Double](repeating: 0, count: rows * columns))
  }

  subscript(row: Int, column: Int) -> Double { scalars[row * columns + column] }

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

  /// `selfᵀ · other`, `[columns, other.columns]`, on all threads.
  /// - Parameter isLower: whether the result is known to be symmetric, so that half of it is computed and copied to the
  ///   other half.
  func transposedProduct(with other: Matrix, isSymmetric: Bool = false) -> Matrix {
    require(rows == other.rows, "Matrix: products of columns of \(rows) and of \(other.rows) numbers")
    var result = Matrix(rows: columns, columns: other.columns)
    guard rows > 0, columns > 0, other.columns > 0 else { return result }
    result.withMutablePointer { c in
      withPointer { a in
        other.withPointer { b in
          DoubleProduct.add(
            .init(a, rowStride: columns).transposed, .init(b, rowStride: other.columns), m: columns, n: other.columns,
            k: rows, to: c, cRowStride: other.columns, isLower: isSymmetric)
        }
      }
    }
    if isSymmetric { result.copyLowerToUpper() }
    return result
  }

  /// Makes a square matrix symmetric by what is below its diagonal.
  mutating func copyLowerToUpper() {
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

  /// Calls `body` with the scalars. The matrix must not be empty.
  func withPointer<Result>(_ body: (UnsafePointer<Double>) -> Result) -> Result {
    scalars.withUnsafeBufferPointer { body(requireSome($0.baseAddress, "Matrix: it is empty")) }
  }

  /// Calls `body` with the scalars, to change. The matrix must not be empty.
  mutating func withMutablePointer<Result>(_ body: (UnsafeMutablePointer<Double>) -> Result) -> Result {
    scalars.withUnsafeMutableBufferPointer { body(requireSome($0.baseAddress, "Matrix: it is empty")) }
  }
}
