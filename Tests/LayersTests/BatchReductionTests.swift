import Foundation
import LatentLayersTestSupport
import Tensor
import Testing

@testable import Layers

/// What one part finds out, or the whole.
private struct Findings: Sendable {
  var output: Tensor
  var gradients: Gradients
  /// At the input: of the loss, and of the squares of that gradient.
  var first: Tensor
  var second: Tensor
  /// Of the squares of the input's gradient at the scale.
  var secondAtScale: Tensor
  var buffers: State
}

private func expectClose(_ tensor: Tensor?, _ expected: Tensor?, _ what: String) throws {
  let (tensor, expected) = try (#require(tensor), #require(expected))
  #expect(isClose(tensor, expected.scalars.map { Double($0) }, tolerance: 1e-5), "\(what)")
}

@Suite struct BatchReductionTests {
  private static func findings(
    _ input: Tensor, _ factors: Tensor, _ layer: BatchNorm, _ state: State, _ reduction: any BatchReduction
  ) -> Findings {
    let context = Context(
      Network(layer), state, mode: .training, differentiating: ["scale", "offset"], random: RandomGenerator(seed: 1),
      reduction: reduction)
    let input = input.recorded()
    let output = layer(input, in: context)
    let loss = (output.square() * factors + output * output * output).sum()
    let gradients = context.gradients(of: loss)
    let first = loss.gradient(at: input, recording: true)
    let penalty = first.square().sum()
    return Findings(
      output: output.detached(), gradients: gradients, first: first.detached(),
      second: penalty.gradient(at: input).detached(),
      secondAtScale: penalty.gradient(at: context[layer.scale]).detached(), buffers: context.bufferUpdates)
  }

  /// Two unequal parts, on two threads, against the fused layer over all samples.
  @Test(arguments: [[6, 2, 2, 3], [5, 3]])
  func batchNormOverPartsIsThatOfTheWhole(shape: [Int]) throws {
    var random = RandomGenerator(seed: 4)
    let input = Tensor.normal(Tensor.Shape(shape), mean: 0.5, standardDeviation: 2, using: &random)
    let factors = Tensor.uniform(Tensor.Shape(shape), using: &random)
    let layer = BatchNorm(3, scaleInitializer: .uniform(bound: 2), offsetInitializer: .uniform(bound: 1))
    let state = Network(layer).initialState(using: &random)
    let whole = Self.findings(input, factors, layer, state, WholeBatch())
    let ranges = [0..<2, 2..<shape[0]]
    let parts = onThreads(2) { part, reduction in
      Self.findings(input[ranges[part]], factors[ranges[part]], layer, state, reduction)
    }
    let (a, b) = (parts[0], parts[1])
    try expectClose(.concatenated([a.output, b.output]), whole.output, "output")
    try expectClose(.concatenated([a.first, b.first]), whole.first, "gradient at the input")
    try expectClose(.concatenated([a.second, b.second]), whole.second, "second derivative at the input")
    try expectClose(a.secondAtScale + b.secondAtScale, whole.secondAtScale, "second derivative at the scale")
    let sum = a.gradients + b.gradients
    for name in ["scale", "offset"] { try expectClose(sum[name], whole.gradients[name], name) }
    #expect(a.buffers == b.buffers)
    for name in ["runningMean", "runningVariance"] { try expectClose(a.buffers[name], whole.buffers[name], name) }
  }

  /// The gradients of three parts of a batch add up to those of the whole, with all that mixes samples or is random.
  @Test func aStepInParts() throws {
    let layers = Sequential(
      Conv2D(from: 1, to: 4, kernelSize: 3), BatchNorm(4), .relu, .flatten, Dropout(0.4), Dense(from: 36, to: 8),
      BatchNorm(8), .tanh, Dense(from: 8, to: 3))
    let network = Network(layers)
    var random = RandomGenerator(seed: 6)
    let state = network.initialState(using: &random)
    let images = Tensor.normal([9, 5, 5, 1], using: &random)
    let labels = (0..<9).map { $0 % 3 }
    let generator = random
    @Sendable func step(
      _ range: Range<Int>, _ reduction: any BatchReduction
    ) -> (Gradients, State, RandomGenerator) {
      let context = Context(
        network, state, mode: .training, differentiating: network.parameterNames, random: generator,
        reduction: reduction, samples: range.count == 9 ? nil : Context.Samples(range, of: 9))
      let losses = layers(images[range], in: context).softmaxCrossEntropy(labels: Array(labels[range]))
      return (context.gradients(of: losses.sum() / 9), context.bufferUpdates, context.random)
    }
    let whole = step(0..<9, WholeBatch())
    let ranges = [0..<4, 4..<5, 5..<9]
    let parts = onThreads(3) { step(ranges[$0], $1) }
    let sum = parts.map(\.0).reduce(Gradients(), +)
    // A bias before batch normalization changes nothing: its gradient is noise.
    for name in network.parameterNames.sorted() where !name.hasSuffix("bias") || name == "layers.8.bias" {
      try expectClose(sum[name], whole.0[name], name)
    }
    for part in parts {
      #expect(part.2 == whole.2 && part.1 == parts[0].1)
      for name in whole.1.names { try expectClose(part.1[name], whole.1[name], name) }
    }
  }

  /// A mean over three parts, one of them empty, is that of the whole in each, and so is its gradient: no part waits.
  @Test func meansWithAnEmptyPart() throws {
    var random = RandomGenerator(seed: 3)
    let input = Tensor.normal([8, 3], using: &random)
    let ranges = [0..<3, 3..<3, 3..<8]
    let parts = onThreads(3) { part, reduction in
      let range = ranges[part]
      let context = Context(
        Network(Sequential()), State(), mode: .training, random: RandomGenerator(seed: 1), reduction: reduction,
        samples: Context.Samples(range, of: 8))
      let own = input[range].recorded()
      let mean = context.batchMean(own)
      // Each part's loss has the weight of its samples.
      let loss = mean.sum() * (Float(range.count) / 8)
      return (mean.detached(), loss.gradient(at: own))
    }
    for (range, (mean, gradient)) in zip(ranges, parts) {
      try expectClose(mean, input.mean(axes: [0]), "mean of \(range)")
      try expectClose(gradient, Tensor(repeating: 1 / 8, shape: [range.count, 3]), "gradient of \(range)")
    }
  }

  /// One sample in each part is enough if the batch has two.
  @Test func aPartMayHaveOneValue() throws {
    struct Twin: BatchReduction {
      func sum(_ partial: Tensor) -> Tensor { partial.reduced { $0 * 2 } }
    }
    let layer = BatchNorm(1)
    var random = RandomGenerator(seed: 1)
    let state = Network(layer).initialState(using: &random)
    let context = Context(Network(layer), state, mode: .training, random: random, reduction: Twin())
    #expect(layer(Tensor([[3]]), in: context) == Tensor([[0]]))
    #expect(context.bufferUpdates["runningMean"]?.isApproximatelyEqual(to: Tensor([0.3])) == true)
    #expect(context.bufferUpdates["runningVariance"]?.isApproximatelyEqual(to: Tensor([0.9])) == true)
  }

  @Test func misuseStops() async {
    var result = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = Tensor([1, 2]).reduced { $0.sum() }
    }
    expect(result, saysWhy: "reduced: the result has shape []; it must be the input's, [2]")
    result = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      struct Alone: BatchReduction {
        func sum(_ partial: Tensor) -> Tensor { partial.reduced { $0 } }
      }
      let layer = BatchNorm(1)
      var random = RandomGenerator(seed: 1)
      let state = Network(layer).initialState(using: &random)
      _ = layer(Tensor([[3]]), in: Context(Network(layer), state, mode: .training, random: random, reduction: Alone()))
    }
    expect(result, saysWhy: "BatchNorm: the whole batch has 1 values for each channel; training needs two or more")
  }
}
