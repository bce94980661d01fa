import LatentTestSupport
import Testing

@testable import Tensor

/// Factorizations against what they promise, over edge sizes. Derivatives are golden.
@Suite struct LinearAlgebraTests {
  static let sizes = [0, 1, 2, 3, 7, 8, 9, 17, 65]

  /// The product of two matrices of the last two axes in double precision.
  private func product(_ a: Reference, _ b: Reference) -> Reference {
    let (rank, inner) = (a.sizes.count, a.sizes[a.sizes.count - 1])
    return Reference(Array(a.sizes.dropLast()) + [b.sizes[rank - 1]]) { index in
      let (batch, row, column) = (Array(index.dropLast(2)), index[rank - 2], index[rank - 1])
      return (0..<inner).reduce(0.0) { $0 + a[batch + [row, $1]] * b[batch + [$1, column]] }
    }
  }

  private func product(_ tensors: Tensor...) -> Reference {
    tensors.dropFirst().reduce(Reference(tensors[0])) { product($0, Reference($1)) }
  }

  private func identities(_ batch: Int, _ size: Int) -> Reference {
    Reference([batch, size, size]) { $0[1] == $0[2] ? 1 : 0 }
  }

  /// Positive definite matrices, two of them, with numbers around 1 on the diagonal.
  private func positive(_ size: Int, _ noise: inout TestNoise) -> Tensor {
    let x = noise.tensor([2, size, size])
    return x.matmul(x, transposingOther: true) * (1 / Float(max(1, size))) + Tensor.identity(size)
  }

  @Test(arguments: sizes) func choleskyFactors(_ size: Int) {
    var noise = TestNoise(31)
    let x = positive(size, &noise)
    let factor = x.cholesky()
    #expect(factor == factor.lowerTriangle())
    expectSame(x, product(factor, factor.transposed()), tolerance: 1e-6)
  }

  @Test(arguments: sizes, [0, 1, 3, 64, 130]) func solutions(_ size: Int, _ width: Int) {
    var noise = TestNoise(32)
    // Rows in a bad order: without pivots there would be few right digits.
    let x = noise.tensor([2, size, size]) + Tensor.identity(size).flipped(axis: 0) * Float(size)
    let expected = noise.tensor([2, size, width])
    let b = product(x, expected)
    let rightSides = Tensor(b.values.map { Float($0) }, shape: [2, size, width])
    let solution = x.solve(rightSides)
    expectSame(solution, Reference(expected), tolerance: 2e-5)
    #expect(solution[1] == x[1].solve(rightSides[1]), "each matrix by itself")
  }

  /// Elimination and Cholesky factors of more than two blocks.
  @Test func severalBlocks() {
    var noise = TestNoise(39)
    let x = positive(150, &noise)
    let factor = x.cholesky()
    #expect(factor == factor.lowerTriangle())
    expectSame(x, Reference(factor.matmul(factor, transposingOther: true)), tolerance: 1e-5)
    let flipped = x.flipped(axis: 1)
    let expected = noise.tensor([2, 150, 3])
    let rightSides = Tensor(product(flipped, expected).values.map { Float($0) }, shape: [2, 150, 3])
    expectSame(flipped.solve(rightSides), Reference(expected), tolerance: 2e-5)
  }

  @Test("A matrix for all right sides, and right sides for all matrices") func broadcasting() {
    var noise = TestNoise(33)
    let (a, b) = (noise.tensor([3, 3]) + Tensor.identity(3) * 5, noise.tensor([4, 2, 3, 2]))
    let x = a.solve(b)
    #expect(x.shape == [4, 2, 3, 2] && x[3, 1] == a.solve(b[3, 1]))
    let triangles = noise.tensor([2, 3, 3]) + Tensor.identity(3) * 5
    let y = triangles.triangularSolve(b[0, 0])
    #expect(y.shape == [2, 3, 2] && y[1] == triangles[1].triangularSolve(b[0, 0]))
  }

  static let systems = [false, true].flatMap { isLower in
    [(false, false), (false, true), (true, false), (true, true)].map {
      TriangularSystem(isLower: isLower, isTransposed: $0, hasUnitDiagonal: $1)
    }
  }

  @Test(arguments: systems) func triangles(_ system: TriangularSystem) {
    var noise = TestNoise(34)
    for size in Self.sizes {
      let x = noise.tensor([1, size, size], in: -0.2...0.2) + Tensor.identity(size) * 2
      var triangle = system.isLower ? x.lowerTriangle() : x.upperTriangle()
      if system.hasUnitDiagonal { triangle = .where(Tensor.identity(size), Tensor(1), else: triangle) }
      let b = noise.tensor([1, size, 3])
      let solution = x.triangularSolve(
        b, isLower: system.isLower, isTransposed: system.isTransposed, hasUnitDiagonal: system.hasUnitDiagonal)
      expectSame(b, product(system.isTransposed ? triangle.transposed() : triangle, solution), tolerance: 1e-5)
    }
  }

  @Test(arguments: sizes) func eigenvectors(_ size: Int) {
    var noise = TestNoise(35)
    let x = noise.tensor([2, size, size])
    let (values, vectors) = x.symmetricEigen()
    let symmetric = (x + x.transposed()) * 0.5
    expectSame(vectors.transposed().matmul(vectors), identities(2, size), tolerance: 1e-5)
    let rebuilt = product(vectors * values.expanded(axis: 1), vectors.transposed())
    expectSame(symmetric, rebuilt, tolerance: 1e-5)
    #expect(values == values.sorted().values)
    #expect(vectors[1] == x[1].symmetricEigen().vectors, "each matrix by itself")
  }

  /// Of components that mirror each other the first is positive; equal values keep the order of the axes.
  @Test func signsAndOrderOfEigenvectors() {
    let root = Float(0.5).squareRoot()
    expectSame(
      Tensor([[2, 1], [1, 2]]).symmetricEigen().vectors, Reference(Tensor([[root, root], [-root, root]])),
      tolerance: 1e-7)
    #expect(Tensor.identity(5).symmetricEigen().vectors == .identity(5))
    let diagonal = Tensor([[3, 0, 0], [0, -1, 0], [0, 0, 3]]).symmetricEigen()
    #expect(diagonal.values == Tensor([-1, 3, 3]))
    #expect(diagonal.vectors == Tensor([[0, 1, 0], [1, 0, 0], [0, 0, 1]]))
  }

  @Test(arguments: sizes, [0, 1, 4, 8, 33]) func singularValues(_ rows: Int, _ columns: Int) {
    var noise = TestNoise(36)
    let x = noise.tensor([2, rows, columns])
    let (u, values, v) = x.svd()
    let count = min(rows, columns)
    #expect(u.shape == [2, rows, count] && values.shape == [2, count] && v.shape == [2, columns, count])
    expectSame(u.matmul(u, transposingSelf: true), identities(2, count), tolerance: 1e-5)
    expectSame(v.matmul(v, transposingSelf: true), identities(2, count), tolerance: 1e-5)
    expectSame(x, product(u * values.expanded(axis: 1), v.transposed()), tolerance: 1e-5)
    #expect(values == values.sorted(isDescending: true).values && values.scalars.allSatisfy { $0 >= 0 })
  }

  /// From the squares of the matrix alone, the small one would have three right digits.
  @Test func smallSingularValuesKeepTheirDigits() {
    let small: Float = 1 / 1_048_576
    let values = Tensor([[1, 1], [0, small]]).svd().values.scalars.map { Double($0) }
    // The squares add up to 2 + small², and the product is small.
    let sum = 2 + Double(small) * Double(small)
    let largest = ((sum + (sum * sum - 4 * Double(small) * Double(small)).squareRoot()) / 2).squareRoot()
    #expect(abs(values[0] / largest - 1) < 1e-7 && abs(values[1] * largest / Double(small) - 1) < 2e-7)
  }

  /// Equal rows, and nothing at all: the vectors are orthogonal all the same.
  @Test func missingRank() {
    let rows = Tensor([[1, 2, 3], [2, 4, 6], [0, 0, 0], [-1, -2, -3]])
    for x in [rows, rows.transposed(), Tensor.zeros([4, 3]), Tensor([[0, 0], [0, 2], [0, 0]])] {
      let (u, values, v) = x.svd()
      let count = values.scalarCount
      expectSame(u.matmul(u, transposingSelf: true), Reference(Tensor.identity(count)), tolerance: 1e-6)
      expectSame(v.matmul(v, transposingSelf: true), Reference(Tensor.identity(count)), tolerance: 1e-6)
      expectSame(x, product(u * values, v.transposed()), tolerance: 1e-6)
      #expect(values.scalars.dropFirst().allSatisfy { $0 == 0 })
    }
    let (values, vectors) = Tensor.ones([5, 5]).symmetricEigen()
    expectSame(vectors.matmul(vectors, transposingSelf: true), Reference(Tensor.identity(5)), tolerance: 1e-6)
    expectSame(values, Reference([5]) { $0[0] == 4 ? 5 : 0 }, tolerance: 1e-6)
  }

  /// What only looks at values has a derivative where two are equal too: the trace, by way of the eigenvalues.
  @Test func equalValues() {
    let x = Tensor.identity(3).recorded()
    #expect(x.symmetricEigen().values.sum().gradient(at: x) == .identity(3))
    expectSame(x.svd().values.sum().gradient(at: x), Reference(Tensor.identity(3)), tolerance: 1e-6)
    let gradient = (x.symmetricEigen().vectors * Tensor([[1, 2, 3], [4, 5, 6], [7, 8, 9]])).sum().gradient(at: x)
    #expect(gradient.scalars.contains { !$0.isFinite })
  }

  @Test func whatIsNotFiniteGivesNaN() {
    var x = Tensor.stacked([Tensor.identity(3), Tensor.identity(3)])
    for bad in [Float.nan, .infinity] {
      x[scalarAt: 0, 1, 1] = bad
      for result in [
        x.cholesky(), x.solve(.ones([2, 3, 1])), x.symmetricEigen().values, x.symmetricEigen().vectors, x.svd().u,
        x.svd().values, x.svd().v,
      ] {
        #expect(result[0].scalars.allSatisfy(\.isNaN) && result[1].isAllFinite)
      }
    }
  }

  @Test func threadsChangeNothing() {
    var noise = TestNoise(38)
    let (x, b) = (positive(48, &noise).broadcast(to: [4, 2, 48, 48]), noise.tensor([2, 48, 200]))
    func results() -> [[UInt32]] {
      let (eigen, singular) = (x.symmetricEigen(), x.svd())
      return [x.cholesky(), x.solve(b), x.cholesky().triangularSolve(b), eigen.vectors, singular.u, singular.v]
        .map(bitPatterns)
    }
    let one = withThreads(1) { results() }
    #expect(withThreads(2) { results() } == one)
  }

  #if os(macOS) || os(Linux) || os(FreeBSD) || os(OpenBSD) || os(Windows)
    @Test(arguments: LinearAlgebraMisuse.allCases) func misuseStops(_ misuse: LinearAlgebraMisuse) async {
      let result = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) { [misuse] in
        misuse.commit()
      }
      let text = String(decoding: result?.standardErrorContent ?? [], as: UTF8.self)
      #expect(text.contains(misuse.message), "\(text)")
    }
  #endif
}

/// What a programmer can get wrong with matrices, and the message that says so.
enum LinearAlgebraMisuse: String, CaseIterable, Codable, Sendable {
  case square, vector, indefinite, singular, zeroPivot, rows, batch, eigenSquare, svdRank

  var message: String {
    switch self {
    case .square: "cholesky: shape [2, 3]; square matrices […, n, n] are needed"
    case .vector: "solve: shape [3]; square matrices […, n, n] are needed"
    case .indefinite:
      "cholesky: matrix 1 of shape [2, 2, 2] is not positive definite: the pivot of row 1 is -3.0; a multiple of"
    case .singular: "solve: matrix 0 of shape [2, 2] is singular: no row is left for column 1"
    case .zeroPivot: "triangularSolve: matrix 1 of shape [2, 2, 2] is singular: place 1 of its diagonal is 0"
    case .rows: "solve: matrices [2, 2] and right sides [3, 1]; […, 2, m] are needed"
    case .batch: "triangularSolve: the batch axes of shapes [2, 2, 2] and [3, 2, 1] do not broadcast"
    case .eigenSquare: "symmetricEigen: shape [2, 3]; square matrices […, n, n] are needed"
    case .svdRank: "svd: shape [3]; matrices […, m, n] are needed"
    }
  }

  func commit() {
    let identities = Tensor.identity(2).broadcast(to: [2, 2, 2])
    switch self {
    case .square: _ = Tensor.ones([2, 3]).cholesky()
    case .vector: _ = Tensor.ones([3]).solve(.ones([3, 1]))
    case .indefinite: _ = Tensor.stacked([.identity(2), Tensor([[1, 2], [2, 1]])]).cholesky()
    case .singular: _ = Tensor([[1, 2], [2, 4]]).solve(.ones([2, 1]))
    case .zeroPivot: _ = Tensor.stacked([.identity(2), Tensor([[1, 0], [2, 0]])]).triangularSolve(.ones([2, 1]))
    case .rows: _ = Tensor.identity(2).solve(.ones([3, 1]))
    case .batch: _ = identities.triangularSolve(.ones([3, 2, 1]))
    case .eigenSquare: _ = Tensor.ones([2, 3]).symmetricEigen()
    case .svdRank: _ = Tensor.ones([3]).svd()
    }
  }
}
