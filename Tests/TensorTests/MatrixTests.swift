import Testing

@testable import Tensor

/// A matrix of normal numbers.
private func normal(_ rows: Int, _ columns: Int, seed: UInt64) -> Matrix {
  var generator = RandomGenerator(seed: seed)
  return Matrix(
    rows: rows, columns: columns, scalars: Tensor.normal([rows, columns], using: &generator).scalars.map { Double($0) })
}

/// `aᵀ b` by plain sums.
private func plainProduct(_ a: Matrix, _ b: Matrix) -> Matrix {
  var result = Matrix(rows: a.columns, columns: b.columns)
  for i in 0..<a.columns {
    for j in 0..<b.columns {
      result.scalars[i * b.columns + j] = (0..<a.rows).reduce(0) { $0 + a[$1, i] * b[$1, j] }
    }
  }
  return result
}

private func difference(_ a: Matrix, _ b: Matrix) -> Double {
  zip(a.scalars, b.scalars).reduce(0) { max($0, abs($1.0 - $1.1)) }
}

/// What decompositions are made of, and those that keep doubles, over sizes around those of tiles and blocks.
@Suite struct MatrixTests {
  static let sizes = [1, 2, 3, 5, 11, 12, 13, 63, 64, 65, 130, 193]

  @Test(arguments: sizes) func products(_ size: Int) {
    for (rows, other) in [(size, 7), (7, size), (size, size)] {
      let (a, b) = (normal(rows, size, seed: 1), normal(rows, other, seed: 2))
      let expected = plainProduct(a, b)
      #expect(difference(a.matmul(b, transposingSelf: true), expected) < 1e-12)
      #expect(difference(a.transposed.matmul(b), expected) < 1e-12)
      #expect(difference(a.transposed.matmul(b.transposed, transposingOther: true), expected) < 1e-12)
      let gram = a.matmul(a, transposingSelf: true, isSymmetric: true)
      #expect(difference(gram, plainProduct(a, a)) < 1e-12 && gram == gram.transposed)
    }
  }

  /// `Rᵀ R` is the matrix, of full rank and of less; the rank is found.
  @Test(arguments: sizes) func cholesky(_ size: Int) {
    for rank in Set([size, (size + 1) / 2, 1]) {
      let root = normal(rank, size, seed: 3)
      let matrix = plainProduct(root, root)
      let factor = PivotedCholesky.factor(matrix)
      #expect(factor.columns == rank)
      #expect(difference(plainProduct(factor.transposed, factor.transposed), matrix) < 1e-12)
    }
    #expect(PivotedCholesky.factor(Matrix(rows: size, columns: size)).columns == 0)
  }

  /// Substitution over one block and several, for a single right side too.
  @Test(arguments: sizes, LinearAlgebraTests.systems) func triangles(_ size: Int, _ system: TriangularSystem) {
    var matrix = normal(size, size, seed: 8)
    for index in matrix.scalars.indices { matrix.scalars[index] /= Double(2 * size) }
    for i in 0..<size { matrix[i, i] = 2 }
    var triangle = matrix
    for i in 0..<size {
      for j in 0..<size where system.isLower ? j > i : j < i { triangle[i, j] = 0 }
      if system.hasUnitDiagonal { triangle[i, i] = 1 }
    }
    for width in [1, 9] {
      let expected = normal(size, width, seed: 9)
      var x = plainProduct(system.isTransposed ? triangle : triangle.transposed, expected)
      x.withMutablePointer { x in matrix.withPointer { system.solve($0, size: size, x, width: width) } }
      #expect(difference(x, expected) < 1e-13)
    }
  }

  /// Eigenvalues and eigenvectors satisfy their definition and are orthogonal.
  @Test(arguments: sizes) func symmetricEigen(_ size: Int) {
    let root = normal(size + 1, size, seed: 4)
    check(plainProduct(root, root), count: size)
    // Indefinite, with equal eigenvalues, and of nothing but zeros.
    var indefinite = normal(size, size, seed: 5)
    for i in 0..<size { for j in 0..<size { indefinite.scalars[i * size + j] = indefinite[j, i] } }
    check(indefinite, count: (size + 1) / 2)
    var identity = Matrix(rows: size, columns: size)
    for i in 0..<size { identity.scalars[i * size + i] = 3 }
    check(identity, count: size)
    check(Matrix(rows: size, columns: size), count: size)
  }

  private func check(_ matrix: Matrix, count: Int) {
    let size = matrix.rows
    let eigen = SymmetricEigen(matrix, vectorCount: count)
    let vectors = eigen.vectors.transposed
    let scale = max(1, matrix.largestMagnitude) * Double(size)
    #expect(eigen.values == eigen.values.sorted(by: >) && eigen.values.count == size)
    #expect(
      abs(eigen.values.reduce(0, +) - (0..<size).reduce(0) { $0 + matrix[$1, $1] }) < 1e-14 * scale * Double(size))
    var identity = Matrix(rows: count, columns: count)
    for i in 0..<count { identity.scalars[i * count + i] = 1 }
    #expect(difference(plainProduct(vectors, vectors), identity) < 1e-13 * Double(size))
    var scaled = eigen.vectors
    for i in 0..<count { for j in 0..<size { scaled.scalars[i * size + j] *= eigen.values[i] } }
    #expect(difference(plainProduct(matrix, vectors), scaled.transposed) < 1e-14 * scale)
    #expect(SymmetricEigen(matrix, vectorCount: 0).values == eigen.values)
  }

  /// The sum of singular values: that of the roots of the eigenvalues of the product with the transpose.
  @Test(arguments: sizes) func singularValues(_ size: Int) {
    for columns in [size, (size + 1) / 2, 1] {
      let matrix = normal(size, columns, seed: 6)
      let eigen = SymmetricEigen(plainProduct(matrix, matrix), vectorCount: 0)
      let expected = eigen.values.reduce(0) { $0 + max(0, $1).squareRoot() }
      for width in [1, 2, 3, 8, 64] {
        #expect(abs(SingularValues.sum(of: matrix, bandWidth: width) - expected) < 1e-11 * expected, "\(width)")
      }
      #expect(abs(SingularValues.sum(of: matrix.transposed) - expected) < 1e-11 * expected)
    }
    var diagonal = Matrix(rows: size, columns: size)
    for i in 0..<size { diagonal.scalars[i * size + i] = Double(i % 2 == 0 ? i : -i) }
    #expect(abs(SingularValues.sum(of: diagonal) - Double(size * (size - 1) / 2)) < 1e-11)
    #expect(SingularValues.sum(of: Matrix(rows: size, columns: 0)) == 0)
  }

  /// Values over twelve orders of magnitude: the small ones keep their digits, as no squares are formed.
  @Test func smallSingularValues() {
    let size = 24
    // An orthogonal matrix: the eigenvectors of some symmetric one.
    let basis = SymmetricEigen(
      plainProduct(normal(size, size, seed: 7), normal(size, size, seed: 7)), vectorCount: size
    )
    .vectors
    var matrix = basis
    var sum = 0.0
    for i in 0..<size {
      let value = i < 2 ? 1e-9 * Double(i + 1) : 1e-12
      sum += value
      for j in 0..<size { matrix.scalars[i * size + j] *= value }
    }
    for width in [1, 3, 8, 64] {
      #expect(abs(SingularValues.sum(of: matrix, bandWidth: width) - sum) < 1e-14 * sum, "\(width)")
    }
  }
}
