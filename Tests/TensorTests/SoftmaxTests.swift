import Foundation
import Testing

@testable import Tensor

/// Softmax, its logarithm and log Σ exp where digits could be lost, and at infinities, NaN and empty axes.
@Suite struct SoftmaxTests {
  @Test("The size of the logits costs no digits along any axis")
  func largeLogits() {
    #expect(Tensor([[1e8], [1e8]]).softmax(axis: 0) == Tensor([[0.5], [0.5]]))
    #expect(Tensor([[1e8, 1e8]]).softmax() == Tensor([[0.5, 0.5]]))
    var noise = TestNoise(101)
    // Multiples of 1/64, so that what is added leaves them as they are.
    let x = noise.integers([3, 17, 2], bound: 500) / 64
    for axis in 0..<3 {
      for shift in [0, 4096, -65536, 131_072] as [Float] {
        #expect((x + shift).softmax(axis: axis) == x.softmax(axis: axis), "\(shift) along \(axis)")
        #expect((x + shift).logSoftmax(axis: axis) == x.logSoftmax(axis: axis), "\(shift) along \(axis)")
      }
    }
  }

  @Test("Softmax and its logarithm along each axis against double precision", arguments: 0..<3)
  func againstReference(_ axis: Int) {
    var noise = TestNoise(102)
    for sizes in [[3, 17, 2], [1, 1, 1], [5, 1, 4], [2, 3, 100]] {
      let x = noise.tensor(Tensor.Shape(sizes), in: -40...40)
      let reference = Reference(x)
      func row(_ index: [Int]) -> [Double] {
        (0..<sizes[axis]).map { position in
          var place = index
          place[axis] = position
          return reference[place]
        }
      }
      let logarithm = Reference(sizes) { index in
        let values = row(index)
        let largest = values.max() ?? 0
        // The term of the largest is 1.
        let others = values.reduce(0.0) { $0 + exp($1 - largest) } - 1
        return (reference[index] - largest) - log1p(others)
      }
      let probabilities = Reference(sizes) { exp(logarithm[$0]) }
      expectSame(x.logSoftmax(axis: axis), logarithm, tolerance: 2e-7, "\(sizes)")
      let y = x.softmax(axis: axis)
      for (value, exact) in zip(y.scalars, probabilities.values) {
        // The exponent's rounding weighs as much as the distance to the largest.
        #expect(abs(Double(value) - exact) <= 1e-5 * exact)
      }
    }
  }

  @Test("The logarithm of a probability near 1 keeps its digits: logits 40 and 25")
  func dominantClass() {
    for axis in 0..<2 {
      let logits = axis == 1 ? Tensor([[40, 25]]) : Tensor([[40], [25]])
      let y = logits.logSoftmax(axis: axis).scalars
      #expect(abs(Double(y[0]) + 3.059_022_7e-7) < 1e-13)
      #expect(y[1] == -15)
    }
    #expect(abs(Double(Tensor([0, -80]).logSoftmax()[0].scalar) + exp(-80)) < 1e-41)
  }

  @Test("Empty axes give −∞ or an empty result")
  func emptyAxes() {
    let empty = Tensor.zeros([2, 0]).recorded()
    #expect(empty.logSumExp(axes: [1]) == Tensor([-.infinity, -.infinity]))
    #expect(empty.logSumExp() == Tensor(-.infinity))
    #expect(empty.logSumExp(axes: [0]).shape == [0])
    #expect(
      Tensor.zeros([0, 3]).logSumExp(axes: [0], keepingDimensions: true)
        == Tensor([[-.infinity, -.infinity, -.infinity]]))
    #expect(empty.logSumExp(axes: [1]).sum().gradient(at: empty).shape == [2, 0])
    for axis in 0..<2 {
      #expect(empty.softmax(axis: axis).shape == [2, 0] && empty.logSoftmax(axis: axis).shape == [2, 0])
      #expect(empty.softmax(axis: axis).sum().gradient(at: empty).shape == [2, 0])
    }
    #expect(Tensor.zeros([0, 3]).max(axes: [1]).shape == [0])
  }

  /// Rows, and what PyTorch makes of them: log Σ exp and its gradient, softmax, its logarithm.
  static let extremes: [(row: [Float], sum: Float, gradient: [Float], softmax: [Float], logSoftmax: [Float])] = {
    let (infinity, nan) = (Float.infinity, Float.nan)
    let none = [nan, nan]
    return [
      ([-infinity, -infinity], -infinity, none, none, none), ([infinity, 1], infinity, [nan, 0], none, none),
      ([infinity, infinity], infinity, none, none, none), ([nan, 1], nan, none, none, none),
      ([1, -infinity], 1, [1, 0], [1, 0], [0, -infinity]),
    ]
  }()

  @Test("Infinities and NaN give what they give in PyTorch, along any axis", arguments: extremes.indices)
  func infinities(_ index: Int) {
    let expected = Self.extremes[index]
    func same(_ tensor: Tensor, _ values: [Float]) -> Bool {
      zip(tensor.scalars, values).allSatisfy { $0 == $1 || ($0.isNaN && $1.isNaN) }
    }
    for isColumn in [false, true] {
      let row = Tensor(expected.row).reshaped(to: isColumn ? [2, 1] : [1, 2]).recorded()
      let axis = isColumn ? 0 : 1
      let sum = row.logSumExp(axis: axis)
      #expect(same(sum, [expected.sum]), "\(sum)")
      #expect(same(sum.sum().gradient(at: row), expected.gradient))
      #expect(same(row.softmax(axis: axis), expected.softmax))
      #expect(same(row.logSoftmax(axis: axis), expected.logSoftmax))
    }
  }

  @Test("The largest, the smallest and their places beside NaN: NaN wins, the first of several")
  func extremesOfNaN() {
    let x = Tensor([[1, .nan, 3, .nan], [-.infinity, 2, .infinity, 0]]).recorded()
    for (values, finite) in [(x.max(axes: [1]), Float.infinity), (x.min(axes: [1]), -Float.infinity)] {
      #expect(values.scalars[0].isNaN && values.scalars[1] == finite)
      let gradient = values.sum().gradient(at: x).scalars
      #expect(gradient[..<4].allSatisfy(\.isNaN) && gradient[4...].reduce(0, +) == 1)
    }
    #expect(x.argmax() == [1, 2] && x.argmin() == [1, 0])
    #expect(Tensor([-.nan, 1]).argmin() == [0] && Tensor([1, -.nan]).argmax() == [1])
  }
}

/// The kernels of the derivatives against compositions of other operations.
@Suite struct SoftmaxDerivativeTests {
  @Test("Three derivatives", arguments: [1, 3, 16, 37, 130])
  func derivatives(_ columns: Int) {
    var noise = TestNoise(1)
    let (x, weights) = (noise.tensor([3, columns], in: -2...2), noise.tensor([3, columns]))
    for (name, fused, composed) in [
      (
        "softmax", { (x: Tensor) in x.softmax() },
        { (x: Tensor) in x.exp() / x.exp().sum(axes: [1], keepingDimensions: true) }
      ),
      ("logSoftmax", { $0.logSoftmax() }, { $0 - $0.exp().sum(axes: [1], keepingDimensions: true).log() }),
    ] {
      func all(_ function: @escaping (Tensor) -> Tensor) -> [Tensor] {
        func weighted(_ f: @escaping (Tensor) -> Tensor) -> (Tensor) -> Tensor { { (f($0) * weights).sum() } }
        let first = { (x: Tensor) in x.gradient(of: weighted(function)) }
        let second = { (x: Tensor) in x.gradient(of: weighted(first)) }
        return [first(x), second(x), x.gradient(of: weighted(second))]
      }
      for (order, (value, expected)) in zip(all(fused), all(composed)).enumerated() {
        let largest = max(1, expected.maximumMagnitude)
        #expect((value - expected).maximumMagnitude <= 1e-5 * largest, "\(name), order \(order + 1)")
      }
    }
  }
}
