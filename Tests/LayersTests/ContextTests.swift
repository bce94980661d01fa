import Tensor
import Testing

@testable import Layers

private final class Counting: Layer {
  let dense = Dense(from: 1, to: 1, hasBias: false)
  let calls = Buffer([])

  func callAsFunction(_ input: Tensor, in context: Context) -> Tensor {
    if context.mode == .training { context[calls] = context[calls] + 1 }
    return dense(input, in: context)
  }
}

private final class Two: Module {
  let a = Dense(from: 1, to: 1, hasBias: false)
  let b = Dense(from: 1, to: 1, hasBias: false)
}

@Suite struct ContextTests {
  private let two = Two()
  private let state = State(["a.weight": Tensor([[2]]), "b.weight": Tensor([[3]])])

  @Test func onlyWhatIsDifferentiatedIsRecorded() {
    let network = Network(two)
    let context = Context(
      network, state, mode: .training, differentiating: ["b.weight"], random: RandomGenerator(seed: 0))
    let x = Tensor([[5]])
    let hidden = two.a(x, in: context)
    let output = two.b(hidden, in: context)
    #expect(!context[two.a.weight].isRecorded && !hidden.isRecorded)
    #expect(context[two.b.weight].isRecorded && output.isRecorded)
    #expect(context.gradients(of: output.sum()) == Gradients(["b.weight": Tensor([[10]])]))
    let inference = Context(network, state, mode: .inference)
    #expect(!two.b(x, in: inference).isRecorded)
  }

  @Test func severalLossesFromOneRecording() {
    let context = Context(
      Network(two), state, mode: .training, differentiating: ["a.weight", "b.weight"], random: RandomGenerator(seed: 0))
    let hidden = two.a(Tensor([[5]]), in: context)
    let output = two.b(hidden, in: context)
    // The state the context was made from may move on in between.
    let first = context.gradients(of: output.sum(), at: ["b.weight"])
    let second = context.gradients(of: output.square().sum(), at: ["a.weight"])
    let both = context.gradients(of: (output - hidden).sum())
    #expect(first == Gradients(["b.weight": Tensor([[10]])]))
    #expect(second == Gradients(["a.weight": Tensor([[2 * 30 * 3 * 5]])]))
    #expect(both == Gradients(["a.weight": Tensor([[10]]), "b.weight": Tensor([[10]])]))
  }

  @Test func whatALossDoesNotTouchHasGradientZero() {
    let context = Context(
      Network(two), state, mode: .training, differentiating: ["a.weight", "b.weight"], random: RandomGenerator(seed: 0))
    let loss = two.a(Tensor([[5]]), in: context).sum()
    #expect(context.gradients(of: loss) == Gradients(["a.weight": Tensor([[5]]), "b.weight": Tensor([[0]])]))
    #expect(context.gradients(of: Tensor(1), at: ["b.weight"]) == Gradients(["b.weight": Tensor([[0]])]))
  }

  @Test func gradientsThatAreRecorded() {
    let context = Context(
      Network(two), state, mode: .training, differentiating: ["a.weight", "b.weight"],
      random: RandomGenerator(seed: 0))
    // L = (5ab)², so dL/da = 50ab² and d²L/dadb = 100ab.
    let loss = two.b(two.a(Tensor([[5]]), in: context), in: context).square().sum()
    let gradients = context.gradients(of: loss, at: ["a.weight"], recording: true)
    #expect(gradients == Gradients(["a.weight": Tensor([[900]])]))
    #expect(gradients["a.weight"]?.isRecorded == true)
    let second = gradients["a.weight"].map { context.gradients(of: $0.sum(), at: ["b.weight"]) }
    #expect(second == Gradients(["b.weight": Tensor([[600]])]))
    #expect(context.gradients(of: loss)["a.weight"]?.isRecorded == false)
  }

  @Test func bufferUpdatesAreCollectedNotApplied() {
    let layer = Counting()
    var state = State(["dense.weight": Tensor([[1]]), "calls": Tensor(4)])
    let context = Context(
      Network(layer), state, mode: .training, differentiating: ["dense.weight"], random: RandomGenerator(seed: 0))
    _ = layer(Tensor([[1]]), in: context)
    let output = layer(Tensor([[1]]), in: context)
    #expect(state["calls"] == Tensor(4))
    #expect(context.bufferUpdates == State(["calls": Tensor(6)]))
    #expect(context.gradients(of: output.sum()).names == ["dense.weight"])
    state.merge(context.bufferUpdates)
    #expect(state == State(["dense.weight": Tensor([[1]]), "calls": Tensor(6)]))
    let inference = Context(Network(layer), state, mode: .inference)
    _ = layer(Tensor([[1]]), in: inference)
    #expect(inference.bufferUpdates == State())
  }

  @Test func valueAndGradients() {
    let layer = Counting()
    let state = State(["dense.weight": Tensor([[3]]), "calls": Tensor(0)])
    var random = RandomGenerator(seed: 1)
    let before = random
    let result = Network(layer).valueAndGradients(at: state, using: &random) { context in
      #expect(context.mode == .training)
      return layer(Tensor([[2]]), in: context).square().sum()
    }
    #expect(result.value == Tensor(36) && !result.value.isRecorded)
    #expect(result.gradients == Gradients(["dense.weight": Tensor([[24]])]))
    #expect(result.bufferUpdates == State(["calls": Tensor(1)]))
    #expect(random != before)
    var again = before
    let more = Network(layer).valueAndGradients(at: state, using: &again) { context in
      let output = layer(Tensor([[2]]), in: context)
      return (output.square().sum(), (output.detached(), "text"))
    }
    #expect(more.value == result.value && more.gradients == result.gradients && again == random)
    #expect(more.bufferUpdates == result.bufferUpdates)
    #expect(more.auxiliary.0 == Tensor([[6]]) && more.auxiliary.1 == "text")
  }

  /// One call is gradients, update and merge, and changes parameters in place.
  @Test func updateIsAllOfAStep() throws {
    let layer = Counting()
    let network = Network(layer)
    var (state, expected) = (State(["dense.weight": Tensor([[3]]), "calls": Tensor(0)]), State())
    expected = state
    var (optimizer, byHand) = (SGD(learningRate: 0.125, momentum: 0.5), SGD(learningRate: 0.125, momentum: 0.5))
    var (random, other) = (RandomGenerator(seed: 1), RandomGenerator(seed: 1))
    for step in 0..<3 {
      let result = network.valueAndGradients(at: expected, using: &other) {
        layer(Tensor([[2]]), in: $0).square().sum()
      }
      byHand.update(&expected, with: result.gradients)
      expected.merge(result.bufferUpdates)
      if step < 2 {
        let loss = network.update(&state, with: &optimizer, using: &random) {
          layer(Tensor([[2]]), in: $0).square().sum()
        }
        #expect(loss == result.value.scalar)
      } else {
        let (loss, output) = network.update(&state, with: &optimizer, using: &random) { context in
          let output = layer(Tensor([[2]]), in: context)
          return (output.square().sum(), output.scalar)
        }
        #expect(loss == result.value.scalar && output * output == loss)
      }
      #expect(state == expected && random == other && optimizer.progress == byHand.progress)
    }
    #expect(state["calls"] == Tensor(3))
    let before = state
    network.update(&state, with: &optimizer, differentiating: ["dense.weight"], using: &random) {
      layer(Tensor([[2]]), in: $0).sum()
    }
    #expect(state != before)
  }

  @Test func misuseStops() async {
    var result = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = Context(
        Network(Two()), State(), mode: .training, differentiating: ["b.weight", "c.weight"],
        random: RandomGenerator(seed: 0))
    }
    expect(result, saysWhy: "Context: cannot differentiate at c.weight; the network has no parameter of that name")
    result = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      let two = Two()
      let state = State(["a.weight": Tensor([[2]]), "b.weight": Tensor([[3]])])
      let context = Context(
        Network(two), state, mode: .training, differentiating: ["a.weight"], random: RandomGenerator(seed: 0))
      _ = context.gradients(of: two.b(Tensor([[1]]), in: context).sum(), at: ["b.weight"])
    }
    expect(result, saysWhy: "Context: gradients at b.weight, which this context does not differentiate")
    result = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      let two = Two()
      let context = Context(Network(two), State(["a.weight": Tensor([[2]])]), mode: .inference)
      _ = context.gradients(of: two.a(Tensor([[1]]), in: context).sum())
    }
    expect(
      result,
      saysWhy: "Context: gradients of a context that differentiates nothing; name the parameters in differentiating:")
    result = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      let context = Context(
        Network(Two()), State(), mode: .training, differentiating: ["a.weight"], random: RandomGenerator(seed: 0))
      _ = context.gradients(of: Tensor(1), at: [])
    }
    expect(result, saysWhy: "Context: gradients at no parameter; names is empty")
    result = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      let two = Two()
      _ = Context(Network(two), State(), mode: .inference)[two.a.weight]
    }
    expect(result, saysWhy: "Context: the state has no tensor called a.weight")
    result = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      let two = Two()
      _ = Context(Network(two), State(["a.weight": Tensor([1])]), mode: .inference)[two.a.weight]
    }
    expect(result, saysWhy: "Context: a.weight has shape [1] in the state, its layer expects [1, 1]")
    result = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      let layer = Counting()
      Context(Network(layer), State(), mode: .training, random: RandomGenerator(seed: 0))[layer.calls] = Tensor([1])
    }
    expect(result, saysWhy: "Context: buffer calls of shape [] set to shape [1]")
  }
}
