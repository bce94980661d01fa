import Foundation
import Tensor
import Testing

@testable import Layers

@Suite struct LossTests {
  /// Checks one of the golden cases; ours are sums over a sample's scalars, theirs mostly means over everything.
  private func check(
    _ name: String, _ find: (String) throws -> Golden.Case = Golden.find,
    _ loss: ([String: Tensor], Golden.Parameters) throws -> Tensor
  ) throws {
    let golden = try find(name)
    let inputs = golden.inputs.mapValues { $0.tensor.recorded() }
    try golden.check(loss(inputs, golden.params), from: inputs)
  }

  @Test func sigmoidCrossEntropy() throws {
    try check("sigmoidCrossEntropy/mean") { inputs, parameters in
      let logits = try #require(inputs["x"])
      return try logits.sigmoidCrossEntropy(targets: #require(parameters.targets).tensor).mean()
        / Float(logits.shape[1])
    }
  }

  @Test func softmaxCrossEntropy() throws {
    try check("softmaxCrossEntropy/mean") { inputs, parameters in
      try #require(inputs["x"]).softmaxCrossEntropy(labels: #require(parameters.labels)).mean()
    }
  }

  @Test(arguments: ["crossEntropy/smoothing", "crossEntropy/weights", "crossEntropy/both"])
  func smoothedAndWeightedCrossEntropy(_ name: String) throws {
    try check(name, Golden.findLoss) { inputs, parameters in
      try #require(inputs["x"]).softmaxCrossEntropy(
        labels: #require(parameters.labels), smoothing: parameters.smoothing ?? 0,
        classWeights: parameters.classWeights?.tensor)
    }
  }

  @Test func crossEntropyOfDistributions() throws {
    try check("crossEntropy/targets", Golden.findLoss) { inputs, _ in
      try #require(inputs["x"]).softmaxCrossEntropy(targets: #require(inputs["t"]))
    }
    let logits = Tensor([[1, 2, -1], [0, 0.5, 3]])
    let certain = logits.softmaxCrossEntropy(targets: Tensor([[0, 1, 0], [1, 0, 0]]))
    #expect(certain.isApproximatelyEqual(to: logits.softmaxCrossEntropy(labels: [1, 0])))
    // A label that is any class is the uniform distribution.
    let uniform = logits.softmaxCrossEntropy(targets: Tensor(repeating: 1 / 3, shape: [2, 3]))
    #expect(uniform.isApproximatelyEqual(to: logits.softmaxCrossEntropy(labels: [2, 2], smoothing: 1)))
  }

  @Test func huberError() throws {
    try check("huber", Golden.findLoss) { inputs, parameters in
      try #require(inputs["a"]).huberError(to: #require(inputs["b"]), delta: #require(parameters.delta))
    }
    // Both pieces meet at delta, in value and slope.
    let x = Tensor([[0, 1, -1, 3]]).recorded()
    let loss = x.huberError(to: Tensor.zeros([1, 4]))
    #expect(loss == Tensor([0.5 + 0.5 + 2.5]))
    #expect(loss.sum().gradient(at: x) == Tensor([[0, 1, -1, 1]]))
  }

  @Test func cosine() throws {
    try check("cosine", Golden.findLoss) { inputs, _ in
      try #require(inputs["a"]).cosineSimilarity(to: #require(inputs["b"]))
    }
    let a = Tensor([[3, 4], [1, 0], [0, 0]]).recorded()
    let similarity = a.cosineSimilarity(to: Tensor([[6, 8], [-2, 0], [1, 1]]))
    #expect(similarity.isApproximatelyEqual(to: Tensor([1, -1, 0])))
    #expect(similarity.sum().gradient(at: a).isAllFinite)
    let error = a.cosineError(to: Tensor([[6, 8], [-2, 0], [1, 1]]))
    #expect(error.isApproximatelyEqual(to: Tensor([0, 2, 1])))
  }

  @Test func accuracy() {
    let logits = Tensor([[1, 2, 0], [3, 3, -1], [0, -1, 5], [-3, -2, -1]])
    #expect(logits.accuracy(labels: [1, 0, 2, 0]) == 0.75)
    #expect(logits.accuracy(labels: [0, 1, 0, 0]) == 0)
    #expect(logits.accuracy(labels: [1, 0, 2, 2]) == 1)
  }

  @Test func squaredError() throws {
    try check("meanSquaredError") { inputs, _ in
      let (a, b) = try (#require(inputs["a"]), #require(inputs["b"]))
      return a.squaredError(to: b).mean() / Float(a.shape[1])
    }
  }

  @Test func absoluteError() throws {
    try check("meanAbsoluteError") { inputs, _ in
      let (a, b) = try (#require(inputs["a"]), #require(inputs["b"]))
      return a.absoluteError(to: b).mean() / Float(a.shape[1])
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
    let result = mean.gaussianNegativeLogLikelihood(of: targets, logVariance: logVariance)
    #expect(isClose(result, [terms[0] + terms[1] + terms[2], terms[3] + terms[4] + terms[5]], tolerance: 1e-6))
    let shared = mean.gaussianNegativeLogLikelihood(of: targets, logVariance: Tensor(0))
    #expect(shared.isApproximatelyEqual(to: mean.squaredError(to: targets) * 0.5 + 3 * 0.918_938_533))
  }

  @Test func extremeLogitsStayFinite() {
    let logits = Tensor([[1000, -1000], [-1000, 1000]]).recorded()
    let sigmoid = logits.sigmoidCrossEntropy(targets: Tensor([[1, 0], [1, 0]]))
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
      _ = Tensor.zeros([2, 3]).squaredError(to: Tensor.zeros([2, 1]))
    }
    expect(result, saysWhy: "squaredError: shapes [2, 3] and [2, 1] must be the same and have an axis of samples")
    result = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = Tensor.zeros([2, 3]).softmaxCrossEntropy(labels: [0, 3])
    }
    expect(result, saysWhy: "softmaxCrossEntropy: label 3 of row 1 lies outside of the classes 0..<3")
    result = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      let mean = Tensor.zeros([2, 3])
      _ = mean.gaussianNegativeLogLikelihood(of: mean, logVariance: Tensor.zeros([4, 1, 1]))
    }
    expect(
      result,
      saysWhy: "gaussianNegativeLogLikelihood: logVariance [4, 1, 1] does not broadcast to the mean's shape [2, 3]")
  }

  enum Misuse: String, Codable, Sendable, CaseIterable {
    case smoothing, weights, negativeLabel, noSamples, delta, shapes, epsilon

    var message: String {
      switch self {
      case .smoothing: "softmaxCrossEntropy: a smoothing of 1.5; it must lie in 0...1"
      case .weights: "softmaxCrossEntropy: class weights of shape [2] for 3 classes"
      case .negativeLabel: "accuracy: label -1 of row 0 lies outside of the classes 0..<3"
      case .noSamples: "accuracy: there are no samples"
      case .delta: "huberError: delta is 0.0; it must be positive"
      case .shapes: "cosineSimilarity: shapes [2, 3] and [2, 2] must be the same and have an axis of samples"
      case .epsilon: "cosineSimilarity: epsilon is 0.0; it must be positive"
      }
    }
  }

  @Test(arguments: Misuse.allCases) func moreMisuseStops(_ misuse: Misuse) async {
    let result = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) { [misuse] in
      let x = Tensor.zeros([2, 3])
      switch misuse {
      case .smoothing: _ = x.softmaxCrossEntropy(labels: [0, 1], smoothing: 1.5)
      case .weights: _ = x.softmaxCrossEntropy(labels: [0, 1], classWeights: Tensor([1, 2]))
      case .negativeLabel: _ = x.accuracy(labels: [-1, 0])
      case .noSamples: _ = Tensor.zeros([0, 3]).accuracy(labels: [])
      case .delta: _ = x.huberError(to: x, delta: 0)
      case .shapes: _ = x.cosineSimilarity(to: .zeros([2, 2]))
      case .epsilon: _ = x.cosineSimilarity(to: x, epsilon: 0)
      }
    }
    expect(result, saysWhy: misuse.message)
  }

  @Test func noSamplesGiveNoLosses() {
    #expect(Tensor.zeros([0, 10]).softmaxCrossEntropy(labels: []).shape == [0])
  }
}
