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

  @Test("Values and three derivatives", arguments: forms, [1, 16, 37])
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

  @Test("Far from 0", arguments: forms)
  func extremes(_ form: Form) {
    let x = Tensor([-Float.infinity, -200, -150, 0, 90, 1e30])
    let values = form.fused(x).scalars
    #expect(values[1...] == [-0, -0, 0, 90, 1e30])
    let slopes = x.sliced([1..<6]).gradient { form.fused($0).sum() }.scalars
    #expect(slopes == [0, 0, 0.5, 1, 1] && values[0].isNaN)
  }
}
