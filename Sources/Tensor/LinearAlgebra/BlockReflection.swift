/// Some of Householder's reflections one after the other, `I - V T Vᵀ`, whose effect on a matrix is that of matrix
/// products.
///
/// Reference: Schreiber and Van Loan, "A storage-efficient WY representation for products of Householder
/// transformations", SIAM J. Scientific and Statistical Computing 10(1), 1989.
struct BlockReflection {
  /// The reflections' vectors, one a column: `[size, count]`, 0 above their leading ones.
  private let vectors: Matrix
  /// `[count, count]`, 0 below the diagonal.
  private let factors: Matrix

  /// The reflections whose transpose makes `panel` upper triangular, which it becomes.
  init(eliminating panel: inout Matrix) {
    let (rows, columns) = (panel.rows, panel.columns)
    let count = min(rows, columns)
    var vectors = Matrix(rows: rows, columns: count)
    var factors = Matrix(rows: count, columns: count)
    var vector = [Double](repeating: 0, count: rows)
    var product = [Double](repeating: 0, count: columns)
    for j in 0..<count {
      let length = rows - j
      for row in 0..<length { vector[row] = panel[j + row, j] }
      let (factor, _) = vector.withUnsafeMutableBufferPointer { vector in
        vector.baseAddress.map { RowArithmetic.makeReflector($0, length) } ?? (0, 0)
      }
      factors[j, j] = factor
      for row in 0..<length { vectors[j + row, j] = vector[row] }
      panel.withMutablePointer { panel in
        product.withUnsafeMutableBufferPointer { product in
          guard let product = product.baseAddress else { return }
          RowArithmetic.reflectRows(
            panel + j * columns + j, rowStride: columns, rows: length, count: columns - j, vector, factor, product)
        }
      }
      for row in 1..<max(1, length) { panel[j + row, j] = 0 }
    }
    self.vectors = vectors
    self.factors = Self.completed(factors, vectors)
  }

  /// The factors of the product of the reflections, given those of each on the diagonal.
  private static func completed(_ diagonal: Matrix, _ vectors: Matrix) -> Matrix {
    let products = vectors.matmul(vectors, transposingSelf: true, isSymmetric: true)
    var factors = diagonal
    for j in 0..<factors.rows {
      for i in 0..<j {
        var sum = 0.0
        for k in i..<j { sum += factors[i, k] * products[k, j] }
        factors[i, j] = -factors[j, j] * sum
      }
    }
    return factors
  }

  /// Applies the transpose to a matrix `[size, columns]` that begins at `a`, from the left.
  func applyTransposed(toLeftOf a: UnsafeMutablePointer<Double>, columns: Int, rowStride: Int) {
    guard columns > 0 else { return }
    let (size, count) = (vectors.rows, vectors.columns)
    var products = Matrix(rows: count, columns: columns)
    vectors.withPointer { vectors in
      let v = DoubleProduct.Operand(vectors, rowStride: count)
      products.withMutablePointer { products in
        DoubleProduct.add(
          v.transposed, .init(a, rowStride: rowStride), m: count, n: columns, k: size, to: products, cRowStride: columns
        )
      }
      factors.matmul(products, transposingSelf: true).withPointer { products in
        DoubleProduct.add(
          v, .init(products, rowStride: columns), m: size, n: columns, k: count, factor: -1, to: a,
          cRowStride: rowStride)
      }
    }
  }

  /// Applies the reflections to a matrix `[rows, size]` that begins at `a`, from the right.
  func apply(toRightOf a: UnsafeMutablePointer<Double>, rows: Int, rowStride: Int) {
    guard rows > 0 else { return }
    let (size, count) = (vectors.rows, vectors.columns)
    var products = Matrix(rows: rows, columns: count)
    vectors.withPointer { vectors in
      let v = DoubleProduct.Operand(vectors, rowStride: count)
      products.withMutablePointer { products in
        DoubleProduct.add(
          .init(a, rowStride: rowStride), v, m: rows, n: count, k: size, to: products, cRowStride: count)
      }
      products.matmul(factors).withPointer { products in
        DoubleProduct.add(
          .init(products, rowStride: count), v.transposed, m: rows, n: size, k: count, factor: -1, to: a,
          cRowStride: rowStride)
      }
    }
  }
}
