import Tensor
import Testing

@testable import Layers

@Suite struct GradientReversalTests {
  private func input() -> Tensor {
    var random = RandomGenerator(seed: 4)
    return .normal([3, 4], using: &random)
  }

  /// The same bits forwards; backwards the gradient times -λ, of first and second order.
  @Test(arguments: [1, 0.25, 0, -2] as [Float]) func factor(_ factor: Float) {
    let x = input().recorded()
    let y = x.reversingGradient(by: factor)
    #expect(y == input())
    func loss(_ z: Tensor) -> Tensor { (z * z * z).sum() }
    let plain = loss(x).gradient(at: x)
    let gradient = loss(y).gradients(at: [x], recording: true)[0]
    #expect((gradient - plain * -factor).maximumMagnitude < 1e-6)
    // The gradient -λ · 3 z² is one of z, which comes back times -λ again.
    let second = gradient.sum().gradient(at: x)
    let expected = input() * 6 * factor * factor
    #expect((second - expected).maximumMagnitude < 1e-5)
  }

  /// Twice reversed is as it was; what is not recorded stays so.
  @Test func twice() {
    let x = input().recorded()
    let plain = x.tanh().sum().gradient(at: x)
    #expect(x.reversingGradient().reversingGradient().tanh().sum().gradient(at: x) == plain)
    #expect(!input().reversingGradient(by: 3).isRecorded)
  }

  /// In one pass, a classifier learns to tell what the features before it unlearn to tell.
  @Test func asALayer() {
    let (body, head) = (Dense(from: 4, to: 3), Dense(from: 3, to: 2))
    let reversed = Sequential(body, .reversedGradient(by: 0.5), head)
    let network = Network(reversed)
    var random = RandomGenerator(seed: 1)
    let state = network.initialState(using: &random)
    func gradients(_ pass: (Context) -> Tensor) -> Gradients {
      let context = Context(
        network, state, mode: .training, differentiating: network.parameterNames, random: RandomGenerator(seed: 0))
      return context.gradients(of: pass(context).softmaxCrossEntropy(labels: [0, 1, 1]).mean())
    }
    let plain = gradients { head(body(input(), in: $0), in: $0) }
    let found = gradients { reversed(input(), in: $0) }
    for name in network.parameterNames {
      guard let (own, other) = found[name].flatMap({ own in plain[name].map { (own, $0) } }) else { continue }
      let factor: Float = name.hasPrefix("layers.0.") ? -0.5 : 1
      #expect((own - other * factor).maximumMagnitude < 1e-6 && other.maximumMagnitude > 0, "\(name)")
    }
  }
}
