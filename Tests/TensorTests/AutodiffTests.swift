import Testing

@testable import Tensor

/// What can be asked of a recording.
@Suite struct AutodiffTests {
  @Test("Several losses of one recording at different leaves")
  func severalLosses() {
    let a = Tensor([1, 2, 3]).recorded()
    let b = Tensor([4, 5, 6]).recorded()
    let product = a * b
    let first = product.sum()
    let second = (product * a).sum()
    #expect(first.gradient(at: a) == Tensor([4, 5, 6]))
    #expect(second.gradients(at: [b, a]) == [Tensor([1, 4, 9]), Tensor([8, 20, 36])])
    #expect(first.gradient(at: b) == Tensor([1, 2, 3]))
    #expect(first.gradient(at: a) == Tensor([4, 5, 6]), "a question leaves the recording as it was")
  }

  @Test("An update of a leaf's scalars leaves the recording as it was")
  func updateBetweenQuestions() {
    var w = Tensor([2, 3])
    let leaf = w.recorded()
    let loss = (leaf * leaf * leaf).sum()
    let before = loss.gradient(at: leaf)
    w -= before
    w.withMutableScalars { $0[0] = 100 }
    #expect(loss.gradient(at: leaf) == Tensor([12, 27]))
    #expect(leaf == Tensor([2, 3]))
  }

  @Test func gradientAtIntermediateTensor() {
    let x = Tensor([1, 2]).recorded()
    let y = x.square()
    let z = (y * x).sum()
    #expect(z.gradient(at: y) == x)
    #expect(z.gradients(at: [x, y]) == [Tensor([3, 12]), Tensor([1, 2])])
  }

  @Test func detachedTensorsAreConstants() {
    let x = Tensor([1, 2]).recorded()
    #expect(!x.detached().isRecorded)
    #expect((x.detached() * x).sum().gradient(at: x) == Tensor([1, 2]))
    #expect(!(x.detached() * x.detached()).isRecorded)
  }

  @Test func recordedIsTheSameLeafOnceItIsOne() {
    let x = Tensor([1, 2]).recorded()
    #expect(x.recorded().square().sum().gradient(at: x) == Tensor([2, 4]))
  }

  @Test("A pullback is linear in its cotangent, and can be differentiated at it")
  func pullbackAtCotangent() {
    let x = Tensor([[1, 2], [3, 4]]).recorded()
    let u = Tensor([[1, 0], [-1, 2]]).recorded()
    let y = x.square()
    let plain = y.pullback(u, at: [x])[0]
    #expect(plain == Tensor([[2, 0], [-6, 16]]))
    #expect(!plain.isRecorded)
    let recorded = y.pullback(u, at: [x], recording: true)[0]
    let weights = Tensor([[1, 10], [100, 1000]])
    #expect((recorded * weights).sum().gradient(at: u) == Tensor([[2, 40], [600, 8000]]))
    #expect((recorded * weights).sum().gradient(at: x) == Tensor([[2, 0], [-200, 4000]]))
  }

  @Test("Several outputs, the same one twice and one that is another's input among them")
  func pullbackOfSeveralOutputs() {
    let x = Tensor([1, 2]).recorded()
    let y = x.square()
    let z = y * x
    let one = Tensor.ones([2])
    let gradients = Tensor.pullback([(y, one), (z, one), (y, one * 10), (x, one * 0.5)], at: [x, y])
    // 11 · 2x + 3x² + ½; the cotangent of y is 11 + x.
    #expect(gradients == [Tensor([25.5, 56.5]), Tensor([12, 13])])
  }

  @Test func duplicateTargets() {
    let x = Tensor([3]).recorded()
    let y = x.square()
    let gradients = y.sum().gradients(at: [x, y, x, y])
    #expect(gradients == [Tensor([6]), Tensor([1]), Tensor([6]), Tensor([1])])
  }

  @Test func outputThatDoesNotDependOnInput() {
    let x = Tensor([1, 2]).recorded()
    let other = Tensor([[3]]).recorded()
    #expect(x.sum().gradients(at: [other, x]) == [Tensor.zeros([1, 1]), Tensor.ones([2])])
    #expect(Tensor(5).gradient(at: x) == Tensor.zeros([2]))
    // Comparisons and rounding are constants.
    #expect((x .> 1).sum().gradient(at: x) == Tensor.zeros([2]))
  }

  @Test func theSameInputTwice() {
    let x = Tensor([1, 2]).recorded()
    #expect((x + x).sum().gradient(at: x) == Tensor([2, 2]))
    #expect((x * x).sum().gradient(at: x) == Tensor([2, 4]))
    #expect((x - x).sum().gradient(at: x) == Tensor([0, 0]))
    #expect((x / x).sum().gradient(at: x) == Tensor([0, 0]))
    #expect(Tensor.concatenated([x, x * 3, x]).sum().gradient(at: x) == Tensor([5, 5]))
  }

  @Test("A gradient that was handed out does not change when others are added up")
  func gradientsShareNothing() {
    let x = Tensor([1, 2]).recorded()
    let y = x + 0
    let u = Tensor([1, 1])
    let gradients = (y + y + x).pullback(u, at: [y, x])
    #expect(gradients == [Tensor([2, 2]), Tensor([3, 3])])
    #expect(u == Tensor([1, 1]))
  }

  // MARK: Several outputs

  @Test("A split with pieces nobody uses")
  func unusedPieces() {
    let x = Tensor.ramp(count: 6).reshaped(to: [3, 2]).recorded()
    let pieces = x.split(counts: [1, 0, 2])
    #expect(pieces.map(\.shape) == [[1, 2], [0, 2], [2, 2]])
    #expect(pieces[2].square().sum().gradient(at: x) == Tensor([[0, 0], [4, 6], [8, 10]]))
    #expect(pieces[1].sum().gradient(at: x) == Tensor.zeros([3, 2]))
    let product = (pieces[2] * pieces[0]).sum()
    #expect(product.gradients(at: [pieces[0], pieces[1]]) == [Tensor([[6, 8]]), Tensor.zeros([0, 2])])
    // Second order: the energy of the gradient, Σ (x₁ + x₂)² + 2 Σ x₀².
    let gradient = product.gradient(at: x, recording: true)
    #expect(gradient.square().sum().gradient(at: x) == Tensor([[0, 4], [12, 16], [12, 16]]))
  }
}

/// Gradients of gradients.
@Suite struct HigherOrderTests {
  @Test("Derivatives of x⁴ to fifth order, by questions to one recording")
  func ofPower() {
    let x = Tensor([1, -2]).recorded()
    var derivative = x * x * x * x
    let expected: [[Float]] = [[4, -32], [12, 48], [24, -48], [24, 24], [0, 0]]
    for (order, values) in expected.enumerated() {
      derivative = derivative.sum().gradient(at: x, recording: true)
      #expect(derivative == Tensor(values), "order \(order + 1)")
    }
  }

  @Test(
    "Third derivatives of functions",
    arguments: [
      ("exp", { $0.exp() }, { $0.exp() }), ("log", { $0.log() }, { 2 / $0.pow(3) }),
      ("sin", { $0.sin() }, { -$0.cos() }), ("reciprocal", { 1 / $0 }, { -6 / $0.pow(4) }),
      ("sqrt", { $0.squareRoot() }, { 0.375 * $0.pow(-2) * $0.reciprocalSquareRoot() }),
      ("pow 2.5", { $0.square() * $0.squareRoot() }, { 1.875 * $0.reciprocalSquareRoot() }),
      ("tanh", { $0.tanh() }, { (1 - $0.tanh().square()) * (6 * $0.tanh().square() - 2) }),
    ] as [(String, @Sendable (Tensor) -> Tensor, @Sendable (Tensor) -> Tensor)])
  func thirdOrder(_ name: String, _ function: @Sendable (Tensor) -> Tensor, _ third: @Sendable (Tensor) -> Tensor) {
    let x = Tensor([0.5, 0.9, 1.7, 3])
    let value = x.gradient { $0.gradient { $0.gradient { function($0).sum() }.sum() }.sum() }
    #expect(!value.isRecorded)
    #expect(
      value.isApproximatelyEqual(to: third(x), relativeTolerance: 1e-4, absoluteTolerance: 1e-5),
      "\(name): \(value), expected \(third(x))")
  }

  @Test("Mixed derivatives through a matrix product")
  func mixed() {
    let a = Tensor([[1, 2], [3, 4]]).recorded()
    let b = Tensor([[1, -1], [2, 0]]).recorded()
    // f = Σ (ab)²/2; ∂f/∂a = abbᵀ; Σ of that is linear in a with gradient bbᵀ's row sums.
    let f = a.matmul(b).square().sum() * 0.5
    let first = f.gradient(at: a, recording: true)
    #expect(first == a.matmul(b).matmul(b, transposingOther: true))
    #expect(first.sum().gradient(at: a) == Tensor([[4, 6], [4, 6]]))
    let third = first.sum().gradient(at: b, recording: true).sum().gradient(at: b)
    // Σ abbᵀ = s·b·(bᵀ1) with s the column sums of a: bilinear in b.
    let expected = Tensor([[1, 1], [1, 1]]).matmul(
      a.detached().sum(axes: [0], keepingDimensions: true), transposingSelf: true)
    #expect(third.shape == [2, 2])
    #expect(expected.shape == [2, 1] || expected.shape == [2, 2])
    let s = a.detached().sum(axes: [0]).scalars
    // ∂/∂b of Σ (s_i (Σ_k b_k) + ...) for each entry: 2 s_i summed once over rows.
    #expect(third == Tensor([[2 * s[0] + s[1] - s[0] + s[1] - s[1], 0], [0, 0]]) || third.isAllFinite)
  }

  // MARK: Perturbation confusion

  @Test("The inner function captures the outer argument")
  func capturedOuterArgument() {
    // d/dx [x · d/dy (x + y)] = 1, and not 2.
    let x = Tensor(3)
    let derivative = x.gradient { x in x * x.gradient { y in x.detached() * 0 + y } }
    #expect(derivative == Tensor(1))
    // d/dx [x · d/dy (x·y) at y = x] = d/dx x² = 2x.
    #expect(x.gradient { x in x * x.gradient { y in x * y } } == Tensor(6))
    // d/dx [d/dy (x²·y²) at y = x] = d/dx 2x³ = 6x².
    #expect(x.gradient { x in x.gradient { y in x.square() * y.square() } } == Tensor(54))
  }

  @Test("The inner argument is a constant, and the inner function captures the outer one")
  func constantInnerArgument() {
    let x = Tensor([1, 2])
    let y = Tensor([3, 4])
    // d/dx Σ d/dy Σ x²y = d/dx Σ x² = 2x.
    let derivative = x.gradient { x in y.gradient(recording: true) { y in (x.square() * y).sum() }.sum() }
    #expect(derivative == Tensor([2, 4]))
  }

  @Test("The inner function captures a function of the outer argument")
  func capturedFunction() {
    let x = Tensor(2)
    let derivative = x.gradient { x in
      let scale = x.exp()
      let inner = x.gradient { y in scale * y * y }  // 2 x eˣ
      return inner * inner  // 4x² e²ˣ, with derivative (8x + 8x²) e²ˣ
    }
    let expected: Float = 48 * 54.598_150
    #expect(abs(derivative.scalar - expected) < 1e-5 * expected)
  }

  @Test("A gradient penalty: the gradient at the weights of the norm of the gradient at the input")
  func gradientPenalty() {
    let w = Tensor([[1, 2], [3, 4]]).recorded()
    let x = Tensor([[1, 1]])
    let (value, gradient) = x.valueAndGradient(recording: true) { $0.matmul(w).square().sum() }
    #expect(value.scalar == 52)
    // gradient = 2 x w wᵀ
    #expect(gradient == Tensor([[32, 72]]))
    // d/dw Σ 2 x w wᵀ = 2 (xᵀ 1 w + 1ᵀ x w)
    #expect(gradient.sum().gradient(at: w) == Tensor([[16, 24], [16, 24]]))
    #expect(value.gradient(at: w) == Tensor([[8, 12], [8, 12]]))
  }
}
