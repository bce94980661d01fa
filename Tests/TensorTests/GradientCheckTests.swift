import Testing

@testable import Tensor

/// Gradients against differences of values, for compositions that the golden table lacks.
@Suite struct GradientCheckTests {
  /// A function of tensors of given shapes, with values from `domain`.
  struct Composition: Sendable, CustomTestStringConvertible {
    let name: String
    let shapes: [Tensor.Shape]
    var domain: ClosedRange<Float> = -1...1
    let function: @Sendable ([Tensor]) -> Tensor

    var testDescription: String { name }
  }

  static let smooth: [Composition] = [
    Composition(name: "two layers", shapes: [[4, 3], [3, 5], [5], [5, 2]]) {
      ($0[0].matmul($0[1]) + $0[2]).tanh().matmul($0[3]).sigmoid()
    },
    Composition(name: "batch statistics", shapes: [[6, 3], [3], [3]]) {
      let centered = $0[0] - $0[0].mean(axes: [0])
      let scale = ($0[0].variance(axes: [0]) + 0.1).reciprocalSquareRoot()
      return (centered * scale * $0[1] + $0[2]).softplus()
    },
    Composition(name: "attention", shapes: [[2, 3, 4], [2, 5, 4], [2, 5, 2]]) {
      $0[0].matmul($0[1], transposingOther: true).softmax().matmul($0[2])
    },
    Composition(name: "mixture's log-likelihood", shapes: [[4, 1], [3], [3]]) {
      (($0[0] - $0[1]).square() * -0.5 + $0[2].logSoftmax()).logSumExp(axes: [1])
    },
    Composition(name: "gate and running sum", shapes: [[3, 4], [4]]) {
      ($0[0].silu() * $0[1].exp()).cumulativeSum(axis: 0, isReversed: true).sin()
    },
    Composition(name: "division and powers", shapes: [[2, 3], [3], [2, 1]], domain: 0.5...2) {
      ($0[0].pow($0[1]) / $0[2] + $0[0].log() * $0[2].squareRoot() + 2).pow(1.5)
    },
    Composition(name: "pieces", shapes: [[3, 6], [2, 3]]) {
      let pieces = $0[0].split(into: 3, axis: 1)
      let joined = Tensor.stacked([pieces[0] * pieces[2], pieces[1].cos()], axis: 1)
      let product = joined.permuted([2, 1, 0]).matmul($0[1], transposingOther: true)
      return product.padded(before: [0, 1, 0], after: [1, 0, 2])[0..<2]
    },
    Composition(name: "gathered", shapes: [[4, 3]]) {
      let rows = $0[0].gathered(at: [3, 1, 1, 0]) * $0[0]
      return rows.gathered(alongAxis: 1, indices: [0, 2, 1, 1, 2, 0, 0, 0]).norm(axes: [1], epsilon: 0.1)
    },
    Composition(name: "gelu and erf", shapes: [[5], [2, 5]]) { ($0[0].gelu() * $0[1]).erf().logSigmoid() },
  ]

  /// Σ value · weights, in double precision.
  private func weighted(_ value: Tensor, _ weights: Tensor) -> Double {
    zip(value.scalars, weights.scalars).reduce(0) { $0 + Double($1.0) * Double($1.1) }
  }

  /// The derivative at step 0 from central differences with two large steps, extrapolated to a step of 0.
  private func slope(_ value: (Float) -> Double) -> Double {
    func difference(_ step: Float) -> Double { (value(step) - value(-step)) / (2 * Double(step)) }
    return (4 * difference(1 / 32) - difference(1 / 16)) / 3
  }

  @Test("First and second order along random directions", arguments: smooth, [1, 2] as [UInt64])
  func directions(_ composition: Composition, _ seed: UInt64) {
    var noise = TestNoise(seed)
    let inputs = composition.shapes.map { noise.tensor($0, in: composition.domain) }
    let directions = composition.shapes.map { noise.tensor($0, in: -1...1) }
    let weights = noise.tensor(composition.function(inputs).shape, in: -1...1)
    func moved(_ step: Float) -> [Tensor] { zip(inputs, directions).map { $0 + $1 * step } }

    let leaves = inputs.map { $0.recorded() }
    let gradients = composition.function(leaves).pullback(weights, at: leaves, recording: true)
    let expected = slope { weighted(composition.function(moved($0)), weights) }
    let along = zip(gradients, directions).reduce(0) { $0 + weighted($1.0, $1.1) }
    let size = zip(gradients, directions).reduce(0.1) { $0 + ($1.0.sumOfSquares * $1.1.sumOfSquares).squareRoot() }
    #expect(abs(along - expected) < 3e-4 * size, "\(along), difference \(expected)")

    // The gradient of ½ Σ gradient², against differences of that number.
    let energy = gradients.map { $0.square().sum() }.reduce(Tensor(0), +) * 0.5
    let seconds = energy.gradients(at: leaves)
    let expectedSecond = slope { step in
      let leaves = moved(step).map { $0.recorded() }
      return composition.function(leaves).pullback(weights, at: leaves).reduce(0) { $0 + 0.5 * $1.sumOfSquares }
    }
    let alongSecond = zip(seconds, directions).reduce(0) { $0 + weighted($1.0, $1.1) }
    let sizeSecond = zip(seconds, directions).reduce(0.1) {
      $0 + ($1.0.sumOfSquares * $1.1.sumOfSquares).squareRoot()
    }
    #expect(abs(alongSecond - expectedSecond) < 1e-3 * sizeSecond, "second: \(alongSecond), \(expectedSecond)")
  }

  // MARK: Bilinear operations, exactly

  struct Product: Sendable, CustomTestStringConvertible {
    /// Sizes of the batch axes.
    let batchA: [Int]
    let batchB: [Int]
    let transposesA: Bool
    let transposesB: Bool

    var testDescription: String { "\(batchA)\(transposesA ? "ᵀ" : "") · \(batchB)\(transposesB ? "ᵀ" : "")" }

    static let all: [Product] = [
      ([], []), ([2], [2]), ([2], []), ([], [2]), ([2, 3], [3]), ([2, 1], [1, 3]), ([1], [4]), ([0], []), ([3, 2], []),
    ].flatMap { batchA, batchB in
      [(false, false), (false, true), (true, false), (true, true)].map {
        Product(batchA: batchA, batchB: batchB, transposesA: $0, transposesB: $1)
      }
    }

    func shapes(_ m: Int, _ n: Int, _ k: Int) -> (Tensor.Shape, Tensor.Shape) {
      (
        Tensor.Shape(batchA + (transposesA ? [k, m] : [m, k])), Tensor.Shape(batchB + (transposesB ? [n, k] : [k, n]))
      )
    }

    func callAsFunction(_ a: Tensor, _ b: Tensor) -> Tensor {
      a.matmul(b, transposingSelf: transposesA, transposingOther: transposesB)
    }
  }

  @Test("Matrix products with whole numbers and step 1: no rounding at all", arguments: Product.all)
  func matmul(_ product: Product) {
    var noise = TestNoise(11)
    for (m, n, k) in [(3, 4, 5), (1, 1, 1), (7, 2, 9), (1, 17, 3), (2, 3, 0), (0, 3, 2)] {
      let (shapeA, shapeB) = product.shapes(m, n, k)
      let a = noise.integers(shapeA).recorded()
      let b = noise.integers(shapeB).recorded()
      let (stepA, stepB) = (noise.integers(shapeA), noise.integers(shapeB))
      let value = product(a, b)
      expectSame(value, Self.reference(a, b, product), "\(shapeA) \(shapeB)")

      let u = noise.integers(value.shape).recorded()
      let gradients = value.pullback(u, at: [a, b], recording: true)
      func f(_ a: Tensor, _ b: Tensor) -> Double { weighted(product(a.detached(), b.detached()), u) }
      #expect(weighted(gradients[0], stepA) == f(a + stepA, b) - f(a, b))
      #expect(weighted(gradients[1], stepB) == f(a, b + stepB) - f(a, b))

      // The gradients are bilinear too: g(a) = ⟨∂f/∂a, stepA⟩ = f(stepA, b), linear in b and u.
      let second = (gradients[0] * stepA).sum().gradients(at: [b, u, a])
      #expect(weighted(second[0], stepB) == f(stepA, stepB))
      #expect(second[1] == product(stepA, b.detached()))
      #expect(second[2].scalars.allSatisfy { $0 == 0 })
    }
  }

  private static func reference(_ a: Tensor, _ b: Tensor, _ product: Product) -> Reference {
    let (left, right) = (Reference(a), Reference(b))
    let batch = Tensor.Shape.broadcast(Tensor.Shape(product.batchA), Tensor.Shape(product.batchB))
    let rows = left.sizes.suffix(2)
    let columns = right.sizes.suffix(2)
    let m = product.transposesA ? rows[rows.endIndex - 1] : rows[rows.startIndex]
    let k = product.transposesA ? rows[rows.startIndex] : rows[rows.endIndex - 1]
    let n = product.transposesB ? columns[columns.startIndex] : columns[columns.endIndex - 1]
    func place(_ index: [Int], _ sizes: [Int], _ i: Int, _ j: Int, _ transposes: Bool) -> [Int] {
      let batch = zip(index.dropLast(2).suffix(sizes.count - 2), sizes).map { $1 == 1 ? 0 : $0 }
      return batch + (transposes ? [j, i] : [i, j])
    }
    return Reference((batch?.sizes ?? []) + [m, n]) { index in
      let (i, j) = (index[index.count - 2], index[index.count - 1])
      return (0..<k).reduce(0.0) { sum, l in
        sum + left[place(index, left.sizes, i, l, product.transposesA)]
          * right[place(index, right.sizes, l, j, product.transposesB)]
      }
    }
  }
}
