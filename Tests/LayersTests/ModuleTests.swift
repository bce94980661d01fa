import Foundation
import Tensor
import Testing

@testable import Layers

@Suite struct ModuleTests {
  private func training(_ module: any Module, seed: UInt64 = 1) -> Context {
    Context(Network(module), State(), mode: .training, random: RandomGenerator(seed: seed))
  }

  @Test func denseKeepsTheAxesBeforeTheLast() {
    let dense = Dense(from: 2, to: 3)
    let state = State(["weight": Tensor([[1, 2, 3], [4, 5, 6]]), "bias": Tensor([10, 20, 30])])
    let context = Context(Network(dense), state, mode: .inference)
    #expect(dense(Tensor([[1, 1]]), in: context) == Tensor([[15, 27, 39]]))
    let batch = dense(Tensor([1, 0, 0, 1, 1, 1, 0, 0], shape: [2, 2, 2]), in: context)
    #expect(batch == Tensor([11, 22, 33, 14, 25, 36, 15, 27, 39, 10, 20, 30], shape: [2, 2, 3]))
  }

  @Test func dropoutKeepsTheMean() {
    let dropout = Dropout(0.3)
    let context = training(dropout)
    let output = dropout(Tensor.ones([200, 500]), in: context)
    let kept = output.scalars.filter { $0 != 0 }
    #expect(kept.allSatisfy { abs($0 - 1.428_571_4) < 1e-6 })
    // 70,000 are expected, with a standard deviation of √(100,000 · 0.7 · 0.3) = 145.
    #expect(abs(kept.count - 70_000) < 5 * 145)
    #expect(dropout(Tensor.ones([200, 500]), in: context) != output)
    #expect(dropout(Tensor.ones([200, 500]), in: training(dropout)) == output)
    #expect(dropout(Tensor.ones([200, 500]), in: training(dropout, seed: 2)) != output)
  }

  @Test func dropoutPassesGradientsWhereItPassesValues() {
    let dropout = Dropout(0.5)
    let input = Tensor.ones([10, 10]).recorded()
    let output = dropout(input, in: training(dropout))
    #expect(output.sum().gradient(at: input) == output.detached())
  }

  @Test func dropoutRestsInInference() {
    let input = Tensor([[1, 2], [3, 4]])
    #expect(Dropout(0.9)(input, in: Context(Network(Dropout(0.9)), State(), mode: .inference)) == input)
    let none = Dropout(0)
    #expect(none(input, in: training(none)) == input)
  }

  @Test func embeddingAddsUpGradientsOfRepeatedIndices() {
    let embedding = Embedding(count: 3, size: 2)
    let network = Network(embedding)
    let state = State(["weight": Tensor([[1, 2], [3, 4], [5, 6]])])
    let context = Context(
      network, state, mode: .training, differentiating: ["weight"], random: RandomGenerator(seed: 0))
    let output = embedding([2, 0, 2], in: context)
    #expect(output.detached() == Tensor([[5, 6], [1, 2], [5, 6]]))
    let loss = (output * Tensor([[1, 10], [2, 20], [3, 30]])).sum()
    #expect(context.gradients(of: loss)["weight"] == Tensor([[2, 20], [0, 0], [4, 40]]))
    #expect(embedding([], in: context).shape == [0, 2])
  }

  @Test func sequentialAppliesInOrder() {
    let layers = Sequential([Activation("double") { $0 * 2 }, Activation("increment") { $0 + 1 }, .flatten])
    let context = Context(Network(layers), State(), mode: .inference)
    #expect(layers(Tensor([1, 2, 3, 4], shape: [1, 2, 2]), in: context) == Tensor([[3, 5, 7, 9]]))
    #expect(Sequential()(Tensor([1]), in: context) == Tensor([1]))
  }

  @Test func activationsAreTheFunctionsOfTheirNames() {
    let input = Tensor([[-2, -0.5, 0, 0.5, 2]])
    let context = Context(Network(Sequential()), State(), mode: .inference)
    let table: [(Activation, @Sendable (Double) -> Double)] = [
      (.relu, { max($0, 0) }), (.leakyReLU(slope: 0.2), { $0 > 0 ? $0 : 0.2 * $0 }), (.tanh, { Foundation.tanh($0) }),
      (.sigmoid, { 1 / (1 + exp(-$0)) }), (.softplus, { log1p(exp($0)) }), (.silu, { $0 / (1 + exp(-$0)) }),
      (.gelu, { $0 * 0.5 * (1 + erf($0 / 2.0.squareRoot())) }), (.elu(), { $0 > 0 ? $0 : expm1($0) }),
      (.selu, { 1.0507009873554805 * ($0 > 0 ? $0 : 1.6732632423543772 * expm1($0)) }),
      (.mish, { $0 * Foundation.tanh(log1p(exp($0))) }),
    ]
    for (layer, function) in table {
      #expect(
        isClose(layer(input, in: context), input.scalars.map { function(Double($0)) }, tolerance: 1e-6), "\(layer.name)"
      )
    }
  }

  @Test func misuseStops() async {
    var result = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      let dense = Dense(from: 2, to: 3)
      _ = dense(Tensor.zeros([4, 3]), in: Context(Network(dense), State(), mode: .inference))
    }
    expect(
      result, saysWhy: "Dense: the input has shape [4, 3], the weight [2, 3]; the last axis must be the weight's first")
    result = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) { _ = Dropout(1) }
    expect(result, saysWhy: "Dropout: the probability is 1.0; it must lie in 0..<1")
    result = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = Embedding(count: 0, size: 2)
    }
    expect(result, saysWhy: "Embedding: 0 vectors of length 2; both must be positive")
    result = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      let embedding = Embedding(count: 3, size: 2)
      _ = embedding([0, 2, 3], in: Context(Network(embedding), State(), mode: .inference))
    }
    expect(result, saysWhy: "Embedding: index 3 at place 2 lies outside of the classes 0..<3")
  }
}

@Suite struct TrainingTests {
  /// Two spirals around each other: points `[2 * count, 2]`, and which spiral each is on.
  private func spirals(_ count: Int, using generator: inout RandomGenerator) -> (points: Tensor, labels: [Int]) {
    var scalars: [Float] = []
    for index in 0..<2 * count {
      let radius = 0.1 + 0.9 * Double(index / 2) / Double(count)
      let angle = 2 * Double.pi * radius + Double(index % 2) * .pi
      scalars.append(Float(radius * cos(angle)) + 0.02 * (generator.uniform() - 0.5))
      scalars.append(Float(radius * sin(angle)) + 0.02 * (generator.uniform() - 0.5))
    }
    return (Tensor(scalars, shape: [2 * count, 2]), (0..<2 * count).map { $0 % 2 })
  }

  private func accuracy(_ logits: Tensor, _ labels: [Int]) -> Double {
    let scalars = logits.scalars
    let right = labels.indices.filter { (scalars[2 * $0 + 1] > scalars[2 * $0]) == (labels[$0] == 1) }
    return Double(right.count) / Double(labels.count)
  }

  @Test func learnsSpirals() {
    var random = RandomGenerator(seed: 5)
    let (points, labels) = spirals(100, using: &random)
    let (newPoints, newLabels) = spirals(77, using: &random)
    let classifier = Sequential(
      Dense(from: 2, to: 32), .tanh, Dense(from: 32, to: 32), .tanh, Dense(from: 32, to: 2))
    let network = Network(classifier)
    var state = network.initialState(using: &random)
    var optimizer = Adam(learningRate: 1e-2)
    for _ in 0..<300 {
      let result = network.valueAndGradients(at: state, using: &random) { context in
        classifier(points, in: context).softmaxCrossEntropy(labels: labels).mean()
      }
      optimizer.update(&state, with: result.gradients)
    }
    let context = Context(network, state, mode: .inference)
    #expect(accuracy(classifier(newPoints, in: context), newLabels) > 0.95)
  }
}
