import Foundation
import Testing

@testable import Tensor

/// Reductions against loops in double precision.
@Suite struct ReductionTests {
  static let shapes: [[Int]] = [
    [], [0], [1], [17], [3, 0], [0, 3], [2, 3], [17, 1, 3], [3, 17, 2], [2, 0, 3], [2, 3, 17, 1], [3, 1, 2, 17],
  ]

  /// All subsets of the axes.
  static func subsets(_ rank: Int) -> [[Int]] {
    (0..<1 << rank).map { mask in (0..<rank).filter { mask >> $0 & 1 == 1 } }
  }

  /// The values that each result is made of.
  private func groups(_ tensor: Tensor, _ axes: [Int]) -> [(index: [Int], values: [Double])] {
    let reference = Reference(tensor)
    let kept = reference.sizes.enumerated().map { axes.contains($0.offset) ? 1 : $0.element }
    let reduced = reference.sizes.enumerated().map { axes.contains($0.offset) ? $0.element : 1 }
    return Reference.indices(kept).map { index in
      (index, Reference.indices(reduced).map { offset in reference[zip(index, offset).map { $0 + $1 }] })
    }
  }

  private func check(
    _ result: Tensor, _ keeping: Tensor, of tensor: Tensor, _ axes: [Int], tolerance: Double, _ name: String,
    _ exact: ([Double]) -> Double
  ) {
    let values = groups(tensor, axes)
    let kept = tensor.shape.sizes.enumerated().map { axes.contains($0.offset) ? 1 : $0.element }
    let dropped = tensor.shape.sizes.enumerated().filter { !axes.contains($0.offset) }.map(\.element)
    let numbers = values.map { exact($0.values) }
    var place = -1
    let expected = Reference(kept) { _ in
      place += 1
      return numbers[place]
    }
    expectSame(keeping, expected, tolerance: tolerance, "\(name) of \(tensor.shape) over \(axes)")
    #expect(result.shape.sizes == dropped)
    #expect(result.scalars.map(\.bitPattern) == keeping.scalars.map(\.bitPattern))
  }

  @Test("Over all subsets of axes", arguments: shapes)
  func allAxes(_ sizes: [Int]) {
    var noise = TestNoise(7)
    let x = noise.tensor(Tensor.Shape(sizes))
    for axes in Self.subsets(sizes.count) {
      // Named from the end and in another order, the same.
      let named = axes.reversed().map { $0 - sizes.count }
      check(x.sum(axes: axes), x.sum(axes: named, keepingDimensions: true), of: x, axes, tolerance: 1e-5, "sum") {
        $0.reduce(0, +)
      }
      let count = axes.reduce(1) { $0 * sizes[$1] }
      guard count > 0 else { continue }
      check(x.mean(axes: axes), x.mean(axes: named, keepingDimensions: true), of: x, axes, tolerance: 1e-6, "mean") {
        $0.reduce(0, +) / Double(count)
      }
      check(
        x.variance(axes: axes), x.variance(axes: named, keepingDimensions: true), of: x, axes, tolerance: 2e-6,
        "variance"
      ) { values in
        let mean = values.reduce(0, +) / Double(count)
        return values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(count)
      }
      check(x.norm(axes: axes), x.norm(axes: named, keepingDimensions: true), of: x, axes, tolerance: 1e-6, "norm") {
        $0.reduce(0) { $0 + $1 * $1 }.squareRoot()
      }
      check(x.max(axes: axes), x.max(axes: named, keepingDimensions: true), of: x, axes, tolerance: 0, "max") {
        $0.max() ?? .nan
      }
      check(x.min(axes: axes), x.min(axes: named, keepingDimensions: true), of: x, axes, tolerance: 0, "min") {
        $0.min() ?? .nan
      }
      check(
        x.logSumExp(axes: axes), x.logSumExp(axes: named, keepingDimensions: true), of: x, axes, tolerance: 1e-6,
        "logSumExp"
      ) { log($0.reduce(0) { $0 + exp($1) }) }
    }
    #expect(x.sum() == x.sum(axes: Array(sizes.indices)))
  }

  @Test("Softmax along each axis") func softmax() {
    var noise = TestNoise(8)
    let x = noise.tensor([3, 17, 2], in: -20...20)
    for axis in -3..<3 {
      let y = x.softmax(axis: axis)
      #expect(y.sum(axes: [axis]).isApproximatelyEqual(to: Tensor.ones(x.shape).max(axes: [axis])))
      #expect(x.logSoftmax(axis: axis).exp().isApproximatelyEqual(to: y))
      #expect((x + 1000).softmax(axis: axis).isApproximatelyEqual(to: y, relativeTolerance: 1e-3))
    }
    #expect(Tensor([-1000, 1000]).logSoftmax() == Tensor([-2000, 0]))
  }

  @Test("Ties of argmax go to the first") func argmax() {
    #expect(Tensor([1, 3, 3, 2]).argmax() == [1])
    #expect(Tensor([[0, 0, 0], [1, 2, 2]]).argmax() == [0, 1])
    #expect(Tensor([[0, 5, 0], [1, 2, 2]]).argmax(axis: 0) == [1, 0, 1])
    var noise = TestNoise(9)
    for sizes in [[17], [3, 40], [2, 5, 33], [1000, 1], [1, 0 + 1]] {
      let x = noise.integers(Tensor.Shape(sizes), bound: 2)
      for axis in sizes.indices {
        let expected = groups(x, [axis]).map { group in
          group.values.firstIndex(of: group.values.max() ?? .nan) ?? -1
        }
        #expect(x.argmax(axis: axis) == expected, "\(sizes) axis \(axis)")
        #expect(x.argmax(axis: axis - sizes.count) == expected)
      }
    }
    #expect(Tensor.zeros([0, 3]).argmax() == [])
  }

  @Test("Ties of the maximum share the gradient equally") func tiesOfMaximum() {
    let x = Tensor([[1, 3, 3], [2, 2, 2]]).recorded()
    #expect(x.max(axes: [1]).sum().gradient(at: x) == Tensor([[0, 0.5, 0.5], [1 / 3, 1 / 3, 1 / 3]]))
    #expect(x.max().gradient(at: x) == Tensor([[0, 0.5, 0.5], [0, 0, 0]]))
    #expect(x.min(axes: [0, 1]).gradient(at: x) == Tensor([[1, 0, 0], [0, 0, 0]]))
  }

  @Test("Plain numbers") func numbers() {
    #expect(Tensor([1, -5, 2]).maximumMagnitude == 5 && Tensor.zeros([0]).maximumMagnitude == 0)
    #expect(Tensor([1, .nan]).maximumMagnitude.isNaN)
    #expect(Tensor([1, -5, 2]).sumOfSquares == 30)
    #expect(Tensor([1e30, 1e30]).sumOfSquares.isFinite)
    #expect(Tensor.zeros([0]).mean().scalar.isNaN && Tensor.zeros([0, 2]).sum(axes: [0]) == Tensor([0, 0]))
    #expect(Tensor([1, 2, 3, 4]).variance(isUnbiased: true).isApproximatelyEqual(to: Tensor(5 / 3)))
  }

  @Test("Long sums are accurate") func longSums() {
    let count = 1_000_003
    let x = Tensor.ramp(from: 0, by: 1e-3, count: count)
    let exact = x.scalars.reduce(0.0) { $0 + Double($1) }
    #expect(abs(Double(x.sum().scalar) - exact) < 2e-6 * exact)
    let matrix = x[0..<1_000_000].reshaped(to: [1000, 1000])
    let columns = Reference(matrix)
    let sums = Reference([1000]) { column in (0..<1000).reduce(0.0) { $0 + columns[[$1, column[0]]] } }
    expectSame(matrix.sum(axes: [0]), sums, tolerance: 1e-5)
    let rows = Reference([1000]) { row in (0..<1000).reduce(0.0) { $0 + columns[[row[0], $1]] } }
    expectSame(matrix.sum(axes: [1]), rows, tolerance: 1e-5)
  }

  @Test("Log Σ exp and softmax of rows agree with those of columns", arguments: [1, 3, 10, 64, 1000, 5000])
  func rowsAndColumns(_ count: Int) {
    var noise = TestNoise(11)
    let x = noise.tensor([7, count], in: -20...20).recorded()
    let u = noise.tensor([7, count])
    // Along the first axis both are composed of other operations.
    let functions: [(Tensor, Int) -> Tensor] = [
      { $0.logSumExp(axes: [$1], keepingDimensions: true) }, { $0.softmax(axis: $1) },
    ]
    for function in functions {
      let (rows, columns) = (function(x, 1), function(x.transposed(), 0).transposed())
      expectSame(rows, Reference(columns), tolerance: 1e-5)
      let cotangent = rows.shape == u.shape ? u : u.mean(axes: [1], keepingDimensions: true)
      let gradients = [rows, columns].map { $0.pullback(cotangent, at: [x], recording: true)[0] }
      expectSame(gradients[0], Reference(gradients[1]), tolerance: 1e-5)
      let second = gradients.map { ($0 * u).sum().gradient(at: x) }
      expectSame(second[0], Reference(second[1]), tolerance: 1e-5)
    }
  }
}
