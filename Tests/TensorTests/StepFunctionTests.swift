import Foundation
import Testing

@testable import Tensor

/// Operations whose derivative is declared to be 0, and functions of angles and near 1 in single precision.
@Suite struct StepFunctionTests {
  static let steps: [NamedFunction] = [
    NamedFunction("sign") { $0.sign() }, NamedFunction("floor") { $0.floor() }, NamedFunction("ceil") { $0.ceil() },
    NamedFunction("rounded") { $0.rounded() }, NamedFunction("isFinite") { $0.isFinite() },
    NamedFunction(".==") { $0 .== 1 }, NamedFunction(".!=") { $0 .!= 1 }, NamedFunction(".<") { $0 .< 1 },
    NamedFunction(".<=") { 1 .<= $0 }, NamedFunction(".>") { $0 .> $0 * 2 }, NamedFunction(".>=") { 1 .>= $0 },
    NamedFunction(".&") { $0 .& $0 }, NamedFunction(".|") { $0 .| $0 }, NamedFunction(".^") { $0 .^ Tensor(1) },
    NamedFunction(".!") { .!$0 },
    NamedFunction("any") { $0.any(axes: [0]) }, NamedFunction("all") { $0.all() },
    NamedFunction("argmax") { Tensor($0.argmax()) }, NamedFunction("argmin") { Tensor($0.argmin()) },
    NamedFunction("indices of sorted") { Tensor($0.sorted().indices) },
  ]

  @Test("Step functions have a derivative of 0: nothing flows back through them", arguments: steps)
  func zeroRule(_ function: NamedFunction) {
    let x = Tensor([-1.5, 0, 0.5, 2]).recorded()
    let y = function(x)
    #expect(!y.isRecorded)
    #expect(y.sum().gradient(at: x) == .zeros([4]))
    // Where another factor depends on x, only that one counts.
    #expect((y.sum() * x).sum().gradient(at: x) == Tensor(repeating: y.sum().scalar, shape: [4]))
  }

  @Test func rounding() {
    let x = Tensor([-1.5, -0.5, -0.0, 0.5, 1.5, 2.5, .infinity, -.infinity])
    #expect(x.ceil() == Tensor([-1, 0, 0, 1, 2, 3, .infinity, -.infinity]))
    #expect(x.floor() == -(-x).ceil())
    #expect(Tensor(.nan).ceil().scalar.isNaN)
  }

  @Test("Near 0, e^x - 1 and log(1 + x) are x: elu(-1e-8) is not 0")
  func nearZero() {
    for x in [-1e-8, 1e-8, -1e-20, 1e-3, -1e-3] as [Float] {
      #expect(abs(Double(Tensor(x).expm1().scalar) - expm1(Double(x))) <= 1.2e-7 * abs(Double(x)))
      #expect(abs(Double(Tensor(x).log1p().scalar) - log1p(Double(x))) <= 1.2e-7 * abs(Double(x)))
      #expect(abs(Double(Tensor(x).elu().scalar) - (x > 0 ? Double(x) : expm1(Double(x)))) <= 1.2e-7 * abs(Double(x)))
    }
    #expect(Tensor([1000, -1000]).elu() == [1000, -1])
    let x = Tensor([-40]).recorded()
    // 1 + (e^x - 1) would be 0.
    #expect(abs(Double(x.expm1().sum().gradient(at: x).scalar) - exp(-40)) < 1e-24)
  }
}
