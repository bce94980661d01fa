import LatentSystem

/// Eigenvalues of a symmetric matrix in descending order, and eigenvectors of the largest.
///
/// Householder's reflections make the matrix tridiagonal, the QL algorithm makes it diagonal. Values and vectors are
/// exact to rounding of the largest eigenvalue.
///
/// Reference: Martin, Reinsch and Wilkinson, "Householder's tridiagonalization of a symmetric matrix", Numerische
/// Mathematik 11, 1968.
package struct SymmetricEigen {
  /// All eigenvalues, the largest first.
  package let values: [Double]
  /// The eigenvectors of the first ones, of length 1, one a row: `[count, size]`.
  package let vectors: Matrix

  /// Decomposes `matrix`, which must be symmetric and finite.
  /// - Parameter count: how many eigenvectors are wanted, the largest eigenvalues' first.
  package init(_ matrix: Matrix, vectorCount count: Int) {
    let size = matrix.rows
    require(
      size == matrix.columns && count <= size,
      "SymmetricEigen: \(count) eigenvectors of \(size) rows and \(matrix.columns) columns")
    guard size > 0 else {
      (values, vectors) = ([], matrix)
      return
    }
    let scale = max(matrix.largestMagnitude, .leastNormalMagnitude)
    var work = matrix
    for index in work.scalars.indices { work.scalars[index] /= scale }
    let form = TridiagonalForm(&work)
    var eigenvalues = form.diagonal
    var basis = Matrix(rows: count > 0 ? size : 0, columns: size)
    if count > 0 {
      for index in 0..<size { basis.scalars[index * size + index] = 1 }
      basis.withMutablePointer { vectors in
        var pending = PendingRotations(vectors, size)
        ImplicitQL.diagonalize(&eigenvalues, form.offDiagonal) { pending.add($0) }
        pending.apply()
      }
    } else {
      ImplicitQL.diagonalize(&eigenvalues, form.offDiagonal)
    }
    let order = eigenvalues.indices.sorted { (eigenvalues[$0], $1) > (eigenvalues[$1], $0) }
    values = order.map { eigenvalues[$0] * scale }
    var result = basis.rows(Array(order.prefix(count)))
    form.transformBack(&result)
    vectors = result
  }
}

/// A symmetric matrix as `Q T Qᵀ` with a tridiagonal T; Q is a product of reflections.
private struct TridiagonalForm {
  private(set) var diagonal: [Double]
  private(set) var offDiagonal: [Double]
  /// The vector of reflection j, from place j + 1 on, is row j.
  private var reflectors: Matrix
  private var factors: [Double]

  /// - Parameter matrix: not empty; destroyed.
  init(_ matrix: inout Matrix) {
    let size = matrix.rows
    diagonal = [Double](repeating: 0, count: size)
    offDiagonal = [Double](repeating: 0, count: size - 1)
    factors = [Double](repeating: 0, count: size)
    reflectors = Matrix(rows: size, columns: size)
    matrix.withMutablePointer { reduce($0, size) }
  }

  /// The change `-(v wᵀ + w vᵀ)` that a reflection makes to the rest of the matrix is written only when the next
  /// reflection reads it, so that a row passes through the processor once for each.
  private mutating func reduce(_ a: UnsafeMutablePointer<Double>, _ size: Int) {
    var v = [Double](repeating: 0, count: size)
    var w = v
    var product = v
    for j in 0..<size {
      var row = v
      for column in j..<size { row[column] = a[j * size + column] - (v[j] * w[column] + w[j] * v[column]) }
      diagonal[j] = row[j]
      let first = j + 1
      let count = size - first
      guard count > 0 else { return }
      let (factor, image) = row.withUnsafeMutableBufferPointer { row in
        row.baseAddress.map { RowArithmetic.makeReflector($0 + first, count) } ?? (0, 0)
      }
      offDiagonal[j] = image
      factors[j] = factor
      for column in first..<size { reflectors.scalars[j * size + column] = row[column] }
      Self.update(a, size, first, v, w, row, &product)
      var projection = 0.0
      for index in first..<size { projection += product[index] * row[index] }
      projection *= factor * factor / 2
      for index in first..<size { w[index] = factor * product[index] - projection * row[index] }
      v = row
    }
  }

  /// Brings the matrix from row and column `first` on up to date, and multiplies it with `row`.
  private static func update(
    _ a: UnsafeMutablePointer<Double>, _ size: Int, _ first: Int, _ v: [Double], _ w: [Double], _ row: [Double],
    _ product: inout [Double]
  ) {
    let count = size - first
    product.withUnsafeMutableBufferPointer { product in
      v.withUnsafeBufferPointer { v in
        w.withUnsafeBufferPointer { w in
          row.withUnsafeBufferPointer { row in
            guard let p = product.baseAddress, let v = v.baseAddress, let w = w.baseAddress, let x = row.baseAddress
            else { return }
            RowArithmetic.forEachChunk(of: first..<size, columns: count) { _, rows in
              for r in rows {
                p[r] = RowArithmetic.subtract(
                  w + first, times: v[r], v + first, times: w[r], from: a + r * size + first, dot: x + first, count)
              }
            }
          }
        }
      }
    }
  }

  /// Multiplies each row of `vectors` with Q: eigenvectors of T become those of the matrix.
  func transformBack(_ vectors: inout Matrix) {
    let (count, size) = (vectors.rows, vectors.columns)
    guard count > 0 else { return }
    vectors.withMutablePointer { target in
      reflectors.withPointer { reflectors in
        Threads.parallelFor(count) { index in
          let vector = target + index * size
          for j in (0..<size - 1).reversed() where factors[j] != 0 {
            let (v, own, rest) = (reflectors + j * size + j + 1, vector + j + 1, size - j - 1)
            RowArithmetic.add(v, times: -factors[j] * RowArithmetic.dot(v, own, rest), to: own, rest)
          }
        }
      }
    }
  }
}

/// Rotations of neighbouring rows that are collected and then applied to some columns after the other, so that these
/// stay in the cache.
private struct PendingRotations {
  private let vectors: UnsafeMutablePointer<Double>
  private let size: Int
  private var sweeps: [ImplicitQL.Sweep] = []
  private var count = 0

  /// - Parameter vectors: `[size, size]`.
  init(_ vectors: UnsafeMutablePointer<Double>, _ size: Int) {
    self.vectors = vectors
    self.size = size
  }

  mutating func add(_ sweep: ImplicitQL.Sweep) {
    sweeps.append(sweep)
    count += sweep.rotations.count
    if count >= 16 * size { apply() }
  }

  mutating func apply() {
    let width = 32
    let (vectors, size, sweeps) = (vectors, size, sweeps)
    Threads.parallelFor(divideUp(size, width)) { chunk in
      let columns = min(width, size - chunk * width)
      for sweep in sweeps {
        var lower = vectors + sweep.first * size + chunk * width
        for (cosine, sine) in sweep.rotations {
          let upper = lower + size
          for column in 0..<columns {
            let (x, y) = (lower[column], upper[column])
            upper[column] = sine * x + cosine * y
            lower[column] = cosine * x - sine * y
          }
          lower -= size
        }
      }
    }
    self.sweeps.removeAll(keepingCapacity: true)
    count = 0
  }
}
