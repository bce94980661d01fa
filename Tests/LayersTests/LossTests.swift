import Foundation
import Tensor
import Testing

@testable import Layers

@Suite struct LossTests {
  /// Checks one of the golden cases; ours are sums over a sample's scalars, theirs mostly means over everything.
  private func check(_ name: String, _ loss: ([String: Tensor], Golden.Parameters) throws -> Tensor) throws {
    let golden = try Golden.find(name)
    let inputs = golden.inputs.mapValues { $0.tensor.recorded() }
    try golden.check(loss(inputs, golden.params), from: inputs)
  }

  @Test func sigmoidCrossEntropy() throws {
    try check("sigmoidCrossEntropy/mean") { inputs, parameters in
      let logits = try #require(inputs["x"])
      return try logits.sigmoidCrossEntropy(#require(parameters.targets).tensor).mean() / Float(logits.shape[1])
    }
  }

  @Test func softmaxCrossEntropy() throws {
    try check("softmaxCrossEntropy/mean") { inputs, parameters in
      try #require(inputs["x"]).softmaxCrossEntropy(labels: #require(parameters.labels)).mean()
    }
  }

  @Test func squaredError() throws {
    try check("meanSquaredError") { inputs, _ in
      let (a, b) = try (#require(inputs["a"]), #require(inputs["b"]))
      return a.squaredError(b).mean() / Float(a.shape[1])
    }
  }

  @Test func absoluteError() throws {
    try check("meanAbsoluteError") { inputs, _ in
      let (a, b) = try (#require(inputs["a"]), #require(inputs["b"]))
      return a.absoluteError(b).mean() / Float(a.shape[1])
    }
  }

  @Test func gaussianKL() throws {
    try check("gaussianKL/standard-normal") { inputs, _ in
      try #require(inputs["mean"]).gaussianKL(logVariance: #require(inputs["logVariance"]))
    }
  }

  @Test func dense() throws {
    let golden = try Golden.find("dense")
    let layer = Dense(from: 5, to: 3)
    let network = Network(layer)
    let (weight, bias) = try (#require(golden.inputs["w"]), #require(golden.inputs["b"]))
    let state = State(["weight": weight.tensor, "bias": bias.tensor])
    let context = Context(
      network, state, mode: .training, differentiating: network.parameterNames, random: RandomGenerator(seed: 0))
    let input = try #require(golden.inputs["x"]).tensor.recorded()
    let output = layer(input, in: context)
    let bias2 = try #require(layer.bias)
    try golden.check(output, from: ["x": input, "w": context[layer.weight], "b": context[bias2]])
  }

  @Test func gaussianNegativeLogLikelihood() {
    let mean = Tensor([[0.5, -1, 2], [0, 1, -2]])
    let logVariance = Tensor([[-1, 0, 1], [0.5, -0.5, 0]])
    let targets = Tensor([[1, 0, 2], [0, 3, -1]])
    let terms = (0..<6).map { index -> Double in
      let (m, v) = (Double(mean.scalars[index]), exp(Double(logVariance.scalars[index])))
      let difference = Double(targets.scalars[index]) - m
      return 0.5 * (difference * difference / v + log(2 * .pi * v))
    }
    let result = mean.gaussianNegativeLogLikelihood(targets, logVariance: logVariance)
    #expect(isClose(result, [terms[0] + terms[1] + terms[2], terms[3] + terms[4] + terms[5]], tolerance: 1e-6))
    let shared = mean.gaussianNegativeLogLikelihood(targets, logVariance: Tensor(0))
    #expect(shared.isApproximatelyEqual(to: mean.squaredError(targets) * 0.5 + 3 * 0.918_938_533))
  }

  @Test func extremeLogitsStayFinite() {
    let logits = Tensor([[1000, -1000], [-1000, 1000]]).recorded()
    let sigmoid = logits.sigmoidCrossEntropy(Tensor([[1, 0], [1, 0]]))
    #expect(sigmoid == Tensor([0, 2000]))
    #expect(sigmoid.sum().gradient(at: logits) == Tensor([[0, 0], [-1, 1]]))
    let softmax = logits.softmaxCrossEntropy(labels: [0, 0])
    #expect(softmax == Tensor([0, 2000]))
    #expect(softmax.sum().gradient(at: logits) == Tensor([[0, 0], [-1, 1]]))
  }

  @Test func misuseStops() async {
    var result = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = Tensor.zeros([2, 3]).softmaxCrossEntropy(labels: [0])
    }
    expect(result, saysWhy: "softmaxCrossEntropy: 1 labels for logits of shape [2, 3]; one is needed for each row")
    result = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = Tensor.zeros([2, 3]).squaredError(Tensor.zeros([2, 1]))
    }
    expect(result, saysWhy: "squaredError: shapes [2, 3] and [2, 1] must be the same and have an axis of samples")
    result = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = Tensor.zeros([2, 3]).softmaxCrossEntropy(labels: [0, 3])
    }
    expect(result, saysWhy: "3")
    result = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      let mean = Tensor.zeros([2, 3])
      _ = mean.gaussianNegativeLogLikelihood(mean, logVariance: Tensor.zeros([4, 1, 1]))
    }
    expect(
      result,
      saysWhy: "gaussianNegativeLogLikelihood: logVariance [4, 1, 1] does not broadcast to the mean's shape [2, 3]")
  }

  @Test func noSamplesGiveNoLosses() {
    #expect(Tensor.zeros([0, 10]).softmaxCrossEntropy(labels: []).shape == [0])
  }
}
