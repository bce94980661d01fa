import Testing

@testable import Tensor

@Suite struct NormalizationKernelTests {
  /// Rows and columns.
  static let sizes = [(0, 16), (1, 16), (7, 32), (8, 16), (9, 48), (17, 112), (100, 16), (1000, 32)]

  private func column(_ x: [Float], _ c: Int, _ columns: Int) -> [Double] {
    stride(from: c, to: x.count, by: columns).map { Double(x[$0]) }
  }

  private func moments(_ column: [Double]) -> (mean: Double, squares: Double) {
    let mean = column.reduce(0, +) / max(1, Double(column.count))
    return (mean, column.reduce(0) { $0 + ($1 - mean) * ($1 - mean) })
  }

  @Test("A mean of 1,000 leaves the variance its accuracy", arguments: KernelSet.all)
  func columnMoments(_ kernels: KernelSet) {
    var noise = Noise(state: 20)
    for (rows, columns) in Self.sizes {
      let x = noise.floats(rows * columns).map { $0 + 1000 }
      var squares = [Float]()
      let mean = guarded(columns) { mean, _ in
        squares = guarded(columns, x) { kernels.normalization.columnMoments($1[0], mean, $0, rows, columns) }
      }
      let exact = (0..<columns).map { moments(column(x, $0, columns)) }
      expectNear(mean, exact.map(\.mean), tolerance: 3e-7, "mean of \(rows) × \(columns)")
      expectNear(squares, exact.map(\.squares), tolerance: 1e-4, "squares of \(rows) × \(columns)")
    }
  }

  @Test(arguments: KernelSet.all)
  func joinedMoments(_ kernels: KernelSet) {
    var noise = Noise(state: 21)
    for (rows, otherRows, columns) in [(0, 3, 16), (1, 1, 16), (8, 5, 48), (100, 1, 32)] {
      let (x, y) = (noise.floats(rows * columns), noise.floats(otherRows * columns))
      let parts = (0..<columns).map { moments(column(x, $0, columns)) }
      let others = (0..<columns).map { moments(column(y, $0, columns)) }
      var squares = [Float]()
      let (otherMean, otherSquares) = (others.map { Float($0.mean) }, others.map { Float($0.squares) })
      let mean = guarded(columns, initial: parts.map { Float($0.mean) }) { mean, _ in
        squares = guarded(columns, otherMean, otherSquares, initial: parts.map { Float($0.squares) }) {
          kernels.normalization.joinColumnMoments(mean, $0, $1[0], $1[1], columns, rows, otherRows)
        }
      }
      let exact = (0..<columns).map { moments(column(x + y, $0, columns)) }
      expectNear(mean, exact.map(\.mean), tolerance: 1e-6, "mean")
      expectNear(squares, exact.map(\.squares), tolerance: 1e-5, "squares")
    }
  }

  @Test(arguments: KernelSet.all)
  func gradientSums(_ kernels: KernelSet) {
    var noise = Noise(state: 22)
    for (rows, columns) in Self.sizes {
      let (u, x, mean) = (noise.floats(rows * columns), noise.floats(rows * columns), noise.floats(columns))
      var products = [Float]()
      let sums = guarded(columns) { sums, _ in
        products = guarded(columns, u, x, mean) {
          kernels.normalization.columnGradientSums($1[0], $1[1], $1[2], sums, $0, rows, columns)
        }
      }
      // Relative to the number of rows: terms of either sign cancel.
      let scale = 1 / max(1, Double(rows))
      let exact = (0..<columns).map { c in
        zip(column(u, c, columns), column(x, c, columns)).reduce((0.0, 0.0)) {
          ($0.0 + $1.0 * scale, $0.1 + $1.0 * ($1.1 - Double(mean[c])) * scale)
        }
      }
      expectNear(sums.map { $0 * Float(scale) }, exact.map(\.0), tolerance: 2e-6, "sums of \(rows) × \(columns)")
      expectNear(
        products.map { $0 * Float(scale) }, exact.map(\.1), tolerance: 5e-6, "products of \(rows) × \(columns)")
    }
  }

  @Test("Maps, also over a last row that is not complete", arguments: KernelSet.all)
  func maps(_ kernels: KernelSet) {
    var noise = Noise(state: 23)
    for (n, columns) in [(0, 16), (5, 16), (16, 16), (31, 16), (100, 48), (1000, 112)] {
      let (x, u) = (noise.floats(n), noise.floats(n))
      let (mean, factor) = (noise.floats(columns), noise.floats(columns))
      let (slope, offset) = (noise.floats(columns), noise.floats(columns))
      let centred = (0..<n).map { Double(x[$0]) - Double(mean[$0 % columns]) }
      let normalized = guarded(n, x, mean, factor, offset) {
        kernels.normalization.normalizeColumns($1[0], $1[1], $1[2], $1[3], $0, n, columns)
      }
      expectNear(
        normalized, (0..<n).map { centred[$0] * Double(factor[$0 % columns]) + Double(offset[$0 % columns]) },
        tolerance: 3e-6, "normalized, \(n) in \(columns)")
      let gradient = guarded(n, u, x, mean, factor, slope, offset) {
        kernels.normalization.normalizeColumnsGradient(
          $1[0], $1[1], $1[2], $1[3], $1[4], $1[5], $0, n, columns)
      }
      expectNear(
        gradient,
        (0..<n).map { i in
          let c = i % columns
          return Double(u[i]) * Double(factor[c]) + centred[i] * Double(slope[c]) + Double(offset[c])
        }, tolerance: 5e-6, "gradient, \(n) in \(columns)")
    }
  }
}
