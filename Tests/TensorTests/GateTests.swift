import LatentTestSupport
import Testing

@testable import Tensor

@Suite struct GateTests {
  private func composite(_ x: Tensor) -> Tensor {
    let halves = x.split(into: 2, axis: -1)
    return halves[0].tanh() * halves[1].sigmoid()
  }

  @Test("Values, gradients and second derivatives of the composite", arguments: [1, 3, 16, 37])
  func likeTheComposite(_ columns: Int) {
    var random = RandomGenerator(seed: 1)
    let values = Tensor.normal([3, 5, 2 * columns], standardDeviation: 2, using: &random)
    let weights = Tensor.normal([3, 5, columns], using: &random)
    func derivatives(_ gate: (Tensor) -> Tensor) -> [Tensor] {
      let (x, u) = (values.recorded(), weights.recorded())
      let y = gate(x)
      let first = y.pullback(u, at: [x], recording: true)[0]
      let second = (first.square().sum() * 0.5).gradients(at: [x, u])
      return [y.detached(), first.detached()] + second
    }
    for (own, expected) in zip(derivatives { $0.tanhGate() }, derivatives(composite)) {
      #expect(own.shape == expected.shape)
      #expect(own.isApproximatelyEqual(to: expected, relativeTolerance: 1e-5, absoluteTolerance: 1e-6))
    }
  }

  private func compositeStep(_ gates: Tensor, _ state: Tensor) -> (output: Tensor, state: Tensor) {
    let parts = gates.split(into: 4, axis: -1)
    let next = parts[1].sigmoid() * state + parts[0].sigmoid() * parts[2].tanh()
    return (parts[3].sigmoid() * next.tanh(), next)
  }

  /// Of two steps, so that the second one's state depends on the first one's gates.
  @Test(
    "Steps of long short-term memory: values, gradients, derivatives of the second and third order",
    arguments: [1, 16, 19])
  func stepsLikeTheComposite(_ columns: Int) {
    var random = RandomGenerator(seed: 3)
    let values = [
      Tensor.normal([2, 3, 4 * columns], using: &random), Tensor.normal([2, 3, columns], using: &random),
    ]
    let weights = Tensor.normal([2, 3, columns], using: &random)
    func derivatives(_ step: (Tensor, Tensor) -> (output: Tensor, state: Tensor)) -> [Tensor] {
      let leaves = values.map { $0.recorded() }
      let once = step(leaves[0], leaves[1])
      let twice = step(leaves[0] * 0.5 + once.output.tiled(counts: [1, 1, 4]), once.state)
      let value = (twice.output * weights + twice.state.square()).sum()
      var (all, energy) = ([once.output, once.state, twice.output, twice.state], value)
      for order in 1...3 {
        let gradients = energy.gradients(at: leaves, recording: order < 3)
        all += gradients
        energy = gradients.map { $0.square().sum() * 0.5 }.reduce(Tensor(0), +)
      }
      return all.map { $0.detached() }
    }
    for (own, expected) in zip(derivatives { $0.lstmStep(from: $1) }, derivatives(compositeStep)) {
      let scale = expected.absolute().max().scalar
      #expect(own.isApproximatelyEqual(to: expected, relativeTolerance: 0, absoluteTolerance: 2e-5 * scale))
    }
  }

  @Test func gatesOfAnotherSize() async {
    let result = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = Tensor.zeros([2, 8]).lstmStep(from: .zeros([2, 3]))
    }
    let message = "lstmStep: gates of shape [2, 8] and a state of shape [2, 3]; the gates need four times the last axis"
    let text = String(decoding: result?.standardErrorContent ?? [], as: UTF8.self)
    #expect(text.contains(message), "\(text)")
  }

  @Test func largeRowsOnAnyNumberOfThreads() {
    var random = RandomGenerator(seed: 2)
    let x = Tensor.normal([3000, 64], using: &random).recorded()
    func both() -> [[Float]] {
      let y = x.tanhGate()
      return [y.scalars, y.sum().gradient(at: x).scalars]
    }
    let one = withThreads(1) { both() }
    #expect(withThreads(3) { both() } == one)
    #expect(x[1234..<1235].tanhGate().scalars == x.tanhGate()[1234].scalars)
  }

  @Test func extremesAndEmptyOnes() {
    #expect(Tensor([1000, -1000]).tanhGate() == Tensor([0]))
    #expect(Tensor([-1000, 1000]).tanhGate() == Tensor([-1]))
    #expect(Tensor.zeros([0, 4]).tanhGate().shape == [0, 2] && Tensor.zeros([3, 0]).tanhGate().shape == [3, 0])
  }

  @Test func oddAxes() async {
    let result = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = Tensor.zeros([2, 3]).tanhGate()
    }
    let message = "tanhGate: shape [2, 3]; the last axis must have two halves of equal size"
    let text = String(decoding: result?.standardErrorContent ?? [], as: UTF8.self)
    #expect(text.contains(message), "\(text)")
  }
}
