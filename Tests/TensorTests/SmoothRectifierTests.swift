import Testing

@testable import Tensor

/// The kernels of smooth rectifiers and of their derivatives, against compositions of other operations.
@Suite struct SmoothRectifierTests {
  struct Form: Sendable, CustomTestStringConvertible {
    let testDescription: String
    let fused: @Sendable (Tensor) -> Tensor
    let composed: @Sendable (Tensor) -> Tensor
  }

  static let forms = [
    Form(testDescription: "silu", fused: { $0.silu() }, composed: { $0 * $0.sigmoid() }),
    Form(
      testDescription: "gelu", fused: { $0.gelu() },
      composed: { $0 * ($0.scaled(by: 0.707_106_781_2).erf() + 1) * 0.5 }),
  ]

  /// Where it is positive, the exponential must not overflow.
  static let exponentialForms = [1, 0.3, 1.7].map { (alpha: Float) in
    Form(
      testDescription: "elu \(alpha)", fused: { $0.elu(alpha: alpha) },
      composed: { .where($0 .> 0, $0, else: Tensor.where($0 .> 0, Tensor(0), else: $0).expm1() * alpha) })
  }

  @Test("Values and three derivatives", arguments: forms + exponentialForms, [1, 16, 37])
  func derivatives(_ form: Form, _ count: Int) {
    var noise = TestNoise(1)
    let x = noise.tensor([count], in: -6...6)
    func all(_ function: @escaping (Tensor) -> Tensor) -> [Tensor] {
      func sum(_ f: @escaping (Tensor) -> Tensor) -> (Tensor) -> Tensor { { f($0).sum() } }
      let first = { (x: Tensor) in x.gradient(of: sum(function)) }
      let second = { (x: Tensor) in x.gradient(of: sum(first)) }
      return [function(x), first(x), second(x), x.gradient(of: sum(second))]
    }
    for (order, (value, expected)) in zip(all(form.fused), all(form.composed)).enumerated() {
      #expect((value - expected).maximumMagnitude <= 3e-6, "order \(order)")
    }
  }

  @Test("Exponential ones have the bits of their composition, far from 0 too", arguments: exponentialForms)
  func sameBits(_ form: Form) {
    var noise = TestNoise(2)
    let edges = Tensor([
      -.infinity, -200, -104, -30, -.leastNonzeroMagnitude, 0, .leastNonzeroMagnitude, 88, 90, 1e30, .infinity, .nan,
    ])
    let x = Tensor.concatenated([edges, noise.tensor([30], in: -100...20)])
    let pairs = zip(form.fused(x).scalars, form.composed(x).scalars)
    #expect(pairs.allSatisfy { $0 == $1 || $0.isNaN && $1.isNaN })
    let u = noise.tensor(x.shape)
    let slopes = [form.fused, form.composed].map { function in x.gradient { (function($0) * u).sum() }.scalars }
    #expect(zip(slopes[0], slopes[1]).allSatisfy { $0 == $1 || $0.isNaN && $1.isNaN })
  }

  @Test("Far from 0", arguments: forms)
  func extremes(_ form: Form) {
    let x = Tensor([-Float.infinity, -200, -150, 0, 90, 1e30])
    let values = form.fused(x).scalars
    #expect(values[1...] == [-0, -0, 0, 90, 1e30])
    let slopes = x.sliced([1..<6]).gradient { form.fused($0).sum() }.scalars
    #expect(slopes == [0, 0, 0.5, 1, 1] && values[0].isNaN)
  }
}
