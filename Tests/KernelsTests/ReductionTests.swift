import Foundation
import Testing

@testable import Tensor

@Suite struct ReductionTests {
  static let shapes = [
    (0, 3, 4), (2, 0, 3), (2, 3, 0), (1, 1, 1), (3, 7, 1), (2, 100, 1), (1, 5000, 1), (2, 9, 2), (1, 40, 3),
    (2, 33, 10), (2, 17, 16),
    (1, 3, 1), (40, 10, 1), (33, 1, 1), (37, 17, 1), (70, 64, 1), (2, 0, 1),
    (1, 9, 17), (3, 8, 31), (2, 25, 64), (1, 3, 100), (1, 20, 5000),
  ]

  @Test(arguments: KernelSet.all)
  func middleAxis(_ kernels: KernelSet) {
    var noise = Noise(state: 6)
    for (outer, reduced, inner) in Self.shapes {
      let x = noise.floats(outer * reduced * inner)
      let columns = (0..<outer * inner).map { k in
        (0..<reduced).map { r in x[(k / inner * reduced + r) * inner + k % inner] }
      }
      let sums = guarded(outer * inner, x) { kernels.reductions.sumMiddle($1[0], $0, outer, reduced, inner) }
      expectNear(
        sums, columns.map { $0.reduce(0) { $0 + Double($1) } }, tolerance: 2e-5, "sum \((outer, reduced, inner))")
      let maxima = guarded(outer * inner, x) { kernels.reductions.maxMiddle($1[0], $0, outer, reduced, inner) }
      #expect(maxima == columns.map { $0.max() ?? -.infinity }, "max \((outer, reduced, inner))")
      if reduced == 0 { continue }
      var indices = [Int](repeating: -1, count: outer * inner + 1)
      fenced(x) { kernels.reductions.argmaxMiddle($0, &indices, outer, reduced, inner) }
      #expect(indices.dropLast() == (columns.map { c in c.firstIndex(of: c.max() ?? 0) ?? -1 })[...])
      #expect(indices.last == -1)
    }
  }

  @Test("The sum of a short row does not depend on the rows beside it", arguments: KernelSet.all)
  func shortRows(_ kernels: KernelSet) {
    var noise = Noise(state: 12)
    for columns in [1, 3, 10, 16, 31, 64, 65] {
      let rows = 50
      let x = noise.floats(rows * columns)
      let all = guarded(rows, x) { kernels.reductions.sumMiddle($1[0], $0, rows, columns, 1) }
      for r in 0..<rows {
        let row = Array(x[r * columns..<(r + 1) * columns])
        let alone = guarded(1, row) { kernels.reductions.sumMiddle($1[0], $0, 1, columns, 1) }
        #expect(alone == [all[r]], "row \(r) of \(columns)")
      }
    }
  }

  @Test(arguments: KernelSet.all)
  func ties(_ kernels: KernelSet) {
    for n in [3, 9, 40] {
      for inner in [1, 3, 20] {
        for (values, expected) in [([1: Float(5), n - 1: 5], 1), ([0: 7, 1: .nan, n - 1: .nan], 1)] {
          var x = [Float](repeating: -1, count: n * inner)
          for (r, v) in values { for i in 0..<inner { x[r * inner + i] = v } }
          var indices = [Int](repeating: -1, count: inner)
          fenced(x) { kernels.reductions.argmaxMiddle($0, &indices, 1, n, inner) }
          #expect(indices.allSatisfy { $0 == expected })
          let maximum = guarded(inner, x) { kernels.reductions.maxMiddle($1[0], $0, 1, n, inner) }
          #expect(maximum.allSatisfy { same($0, values[1] ?? 0) })
        }
      }
    }
  }

  @Test(arguments: KernelSet.all)
  func wholeArrays(_ kernels: KernelSet) {
    var noise = Noise(state: 7)
    for n in edgeSizes + [4095, 4096, 4097, 8192, 8193, 100_003] {
      let x = noise.floats(n)
      let exact = x.reduce(0.0) { $0 + Double($1) }
      let sum = guarded(1, x) { kernels.reductions.sumMiddle($1[0], $0, 1, n, 1) }[0]
      #expect(abs(Double(sum) - exact) <= 1e-6 * x.reduce(1.0) { $0 + abs(Double($1)) })
      let squares = x.reduce(0.0) { $0 + Double($1) * Double($1) }
      #expect(abs(fenced(x) { kernels.reductions.sumOfSquares($0, n) } - squares) <= 1e-12 * max(squares, 1))
      #expect(fenced(x) { kernels.reductions.maximumMagnitude($0, n) } == x.reduce(0) { max($0, abs($1)) })
      #expect(fenced(x) { kernels.reductions.allFinite($0, n) })
      for bad in [Float.infinity, -.infinity, .nan] where n > 0 {
        for place in Set([0, n / 2, n - 1]) {
          var y = x
          y[place] = bad
          #expect(fenced(y) { !kernels.reductions.allFinite($0, n) })
          #expect(fenced(y) { same(kernels.reductions.maximumMagnitude($0, n), abs(bad)) })
        }
      }
    }
  }

  @Test(arguments: KernelSet.all)
  func softmax(_ kernels: KernelSet) {
    var noise = Noise(state: 8)
    for (rows, columns) in [(0, 3), (3, 1), (4, 10), (2, 16), (3, 35), (1, 1000)] {
      let x = noise.floats(rows * columns, 30)
      let y = guarded(rows * columns, x) { kernels.reductions.softmaxRows($1[0], $0, rows, columns) }
      let z = guarded(rows, x) { kernels.reductions.logSumExpRows($1[0], $0, rows, columns) }
      for r in 0..<rows {
        let row = x[r * columns..<(r + 1) * columns].map { Double($0) }
        let total = row.reduce(0) { $0 + Foundation.exp($1) }
        expectNear(
          Array(y[r * columns..<(r + 1) * columns]), row.map { Foundation.exp($0) / total }, tolerance: 1e-6, "softmax")
        expectNear([z[r]], [Foundation.log(total)], tolerance: 1e-6, "logSumExp")
      }
    }
    let infinite: [Float] = [-.infinity, -.infinity, 1, -.infinity, 1, .infinity]
    #expect(guarded(3, infinite) { kernels.reductions.logSumExpRows($1[0], $0, 3, 2) } == [-.infinity, 1, .infinity])
    #expect(guarded(2, [1, -.infinity]) { kernels.reductions.softmaxRows($1[0], $0, 1, 2) } == [1, 0])
    #expect(guarded(1, infinite) { kernels.reductions.logSumExpRows($1[0], $0, 1, 0) } == [-.infinity])
  }

  @Test("The logarithm of softmax keeps its digits beside large logits and dominant columns", arguments: KernelSet.all)
  func logSoftmax(_ kernels: KernelSet) {
    var noise = Noise(state: 9)
    for (rows, columns) in [(0, 3), (3, 1), (4, 10), (2, 16), (3, 17), (3, 35), (1, 1000), (2, 40_000)] {
      let x = noise.floats(rows * columns, 30).map { $0 + 4096 }
      let y = guarded(rows * columns, x) { kernels.reductions.logSoftmaxRows($1[0], $0, rows, columns) }
      for r in 0..<rows {
        let row = x[r * columns..<(r + 1) * columns].map { Double($0) }
        let largest = row.max() ?? 0
        let total = Foundation.log(row.reduce(0) { $0 + Foundation.exp($1 - largest) })
        expectNear(
          Array(y[r * columns..<(r + 1) * columns]), row.map { ($0 - largest) - total }, tolerance: 3e-7, "logSoftmax")
      }
    }
    // Relative to the result itself, however small it is.
    for gap in stride(from: Float(0), through: 80, by: 0.5) {
      for x in [[40, 40 - gap], [gap, 2 * gap], [1e8 - 64, 1e8 - 64]] as [[Float]] {
        let y = guarded(2, x) { kernels.reductions.logSoftmaxRows($1[0], $0, 1, 2) }
        let distance = Double(x[1]) - Double(x[0])
        let exact = [-log1p(Foundation.exp(distance)), -log1p(Foundation.exp(-distance))]
        for (value, exact) in zip(y, exact) { #expect(abs(Double(value) - exact) <= 3e-7 * abs(exact), "\(x)") }
      }
    }
    #expect(guarded(2, [1, -.infinity]) { kernels.reductions.logSoftmaxRows($1[0], $0, 1, 2) } == [0, -.infinity])
    for row in [[.infinity, 1], [-.infinity, -.infinity], [.nan, 1]] as [[Float]] {
      let y = guarded(2, row) { kernels.reductions.logSoftmaxRows($1[0], $0, 1, 2) }
      #expect(y[0].isNaN && y[1].isNaN, "\(row)")
    }
  }
}
