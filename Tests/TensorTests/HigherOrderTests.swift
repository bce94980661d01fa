import Testing

@testable import Tensor

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

  /// Functions, each followed by its third derivative.
  static let thirdDerivatives: [(NamedFunction, NamedFunction)] = [
    (NamedFunction("exp") { $0.exp() }, NamedFunction("exp") { $0.exp() }),
    (NamedFunction("log") { $0.log() }, NamedFunction("2/x³") { 2 / $0.pow(3) }),
    (NamedFunction("sin") { $0.sin() }, NamedFunction("-cos") { -$0.cos() }),
    (NamedFunction("1/x") { 1 / $0 }, NamedFunction("-6/x⁴") { -6 / $0.pow(4) }),
    (NamedFunction("√x") { $0.squareRoot() }, NamedFunction("⅜ x^-5/2") { 0.375 * $0.pow(-2.5) }),
    (NamedFunction("x²√x") { $0.square() * $0.squareRoot() }, NamedFunction("15/8 x^-1/2") { 1.875 * $0.pow(-0.5) }),
    (
      NamedFunction("tanh") { $0.tanh() },
      NamedFunction("(1-t²)(6t²-2)") { (1 - $0.tanh().square()) * (6 * $0.tanh().square() - 2) }
    ),
  ]

  @Test("Third derivatives of functions", arguments: thirdDerivatives)
  func thirdOrder(_ function: NamedFunction, _ third: NamedFunction) {
    let x = Tensor([0.5, 0.9, 1.7, 3])
    let value = x.gradient { $0.gradient { $0.gradient { function($0).sum() }.sum() }.sum() }
    #expect(!value.isRecorded)
    #expect(
      value.isApproximatelyEqual(to: third(x), relativeTolerance: 1e-4, absoluteTolerance: 1e-5),
      "\(function.testDescription): \(value), expected \(third(x))")
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
    // With column sums s of a and c of b, ∂Σ/∂b_pk = s_p c_k + (sb)_k; its sum's gradient is Σs + 2 s_q in row q.
    #expect(third == Tensor([[18, 18], [22, 22]]))
  }

  @Test("The mixed derivative of a power where the exponent is 0")
  func powerOfZeroExponent() {
    let base = Tensor(2).recorded()
    let exponent = Tensor(0).recorded()
    let y = base.pow(exponent)
    // d/de (e·b^(e-1)) = b^(e-1)·(1 + e·log b) = 1/2, whichever way round.
    let atBase = y.gradient(at: base, recording: true).gradient(at: exponent)
    let atExponent = y.gradient(at: exponent, recording: true).gradient(at: base)
    #expect(atBase.isApproximatelyEqual(to: Tensor(0.5)) && atExponent.isApproximatelyEqual(to: Tensor(0.5)))
  }

  // MARK: Perturbation confusion

  @Test("The inner function captures the outer argument")
  func capturedOuterArgument() {
    // d/dx [x · d/dy (x + y)] = 1, and not 2.
    let x = Tensor(3)
    let derivative = x.gradient { x in x * x.gradient { y in x + y } }
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
    let derivative = x.gradient { x in y.gradient { y in (x.square() * y).sum() }.sum() }
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
    let (value, gradient) = x.valueAndGradient { $0.matmul(w).square().sum() }
    #expect(value.scalar == 52)
    // gradient = 2 x w wᵀ
    #expect(gradient == Tensor([[32, 72]]))
    // d/dw Σ 2 x w wᵀ = 2 (xᵀ 1 w + 1ᵀ x w)
    #expect(gradient.sum().gradient(at: w) == Tensor([[16, 24], [16, 24]]))
    #expect(value.gradient(at: w) == Tensor([[8, 12], [8, 12]]))
  }
}
