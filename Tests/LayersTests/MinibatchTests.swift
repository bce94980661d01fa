import Tensor
import Testing

@testable import Layers

@Suite struct MinibatchTests {
  @Test func discriminationAsGolden() throws {
    for golden in try AdversarialGolden.cases("minibatchDiscrimination") {
      let t = try golden.input("t")
      let layer = MinibatchDiscrimination(t.shape[0], rows: t.shape[1], rowSize: t.shape[2])
      let (context, leaves) = try golden.context(layer, ["weight": "t"])
      let f = try golden.input("f").recorded()
      let flat = leaves.mapValues { $0.detached() }
      #expect(flat["t"]?.scalarCount == t.scalarCount)
      try golden.check(["o": layer.closeness(of: f, in: context)], from: leaves.merging(["f": f]) { $1 })
    }
  }

  /// A penalty of each sample's gradient, which depends on the other samples here.
  @Test func gradientPenaltyAsGolden() throws {
    for golden in try AdversarialGolden.cases("minibatchDiscriminationGradientPenalty") {
      let t = try golden.input("t")
      let minibatch = MinibatchDiscrimination(t.shape[0], rows: t.shape[1], rowSize: t.shape[2])
      let layer = Sequential(Dense(from: 5, to: 3), .tanh, minibatch, Dense(from: 5, to: 1))
      let (context, leaves) = try golden.context(
        layer,
        [
          "layers.0.weight": "w1", "layers.0.bias": "b1", "layers.2.weight": "t", "layers.3.weight": "w2",
          "layers.3.bias": "b2",
        ])
      let x = try golden.input("x")
      var score = Tensor(0)
      let gradient = x.gradient(recording: true) { input in
        score = layer(input, in: context).reshaped(to: [4])
        return score.sum()
      }
      let norms = gradient.norm(axes: [1])
      try golden.check(
        ["score": score, "inputGradient": gradient, "norms": norms, "loss": (norms - 1).square().mean()], from: leaves)
    }
  }

  @Test func discriminationTellsSamplesApart() {
    var random = RandomGenerator(seed: 1)
    let layer = MinibatchDiscrimination(6, rows: 3, rowSize: 4, initializer: .normal(standardDeviation: 1))
    let network = Network(layer)
    let context = Context(network, network.initialState(using: &random), mode: .inference)
    let row = Tensor.normal([1, 6], using: &random)
    let same = layer.closeness(of: row.broadcast(to: [5, 6]), in: context)
    #expect(same.isApproximatelyEqual(to: .ones([5, 3]) * 4, absoluteTolerance: 1e-5))
    // A sample far away is close to none.
    let rows = Tensor.normal([4, 6], using: &random)
    let far = layer.closeness(of: .concatenated([rows, rows[0..<1] + 1000]), in: context)
    #expect(far[4].absolute().max().scalar < 1e-6)
    let alone = layer.closeness(of: rows, in: context)
    #expect(far[0..<4].isApproximatelyEqual(to: alone, absoluteTolerance: 1e-5))
    let order = [2, 0, 3, 1]
    let permuted = layer.closeness(of: rows.gathered(at: order), in: context)
    #expect(permuted.isApproximatelyEqual(to: alone.gathered(at: order), absoluteTolerance: 1e-6))
    #expect(layer(rows, in: context).shape == [4, 9])
  }

  /// Where samples are alike the distance has a kink, whose slope counts as 0.
  @Test func derivativesOfSamplesThatAreAlike() {
    var random = RandomGenerator(seed: 4)
    let layer = MinibatchDiscrimination(6, rows: 3, rowSize: 4, initializer: .normal(standardDeviation: 0.3))
    let network = Network(layer)
    let context = Context(network, network.initialState(using: &random), mode: .inference)
    let row = Tensor.normal([1, 6], using: &random)
    func derivatives(_ rows: [Tensor]) -> (first: Tensor, second: Tensor) {
      let x = Tensor.concatenated(rows).recorded()
      let first = layer.closeness(of: x, in: context).sum().gradient(at: x, recording: true)
      return (first, first.square().sum().gradient(at: x))
    }
    let alike = derivatives([row, row, row])
    #expect(alike.first.maximumMagnitude == 0 && alike.second.maximumMagnitude == 0)
    let some = derivatives([row, row, .normal([1, 6], using: &random)])
    #expect(some.first.isAllFinite && some.second.isAllFinite)
    #expect(some.first.maximumMagnitude > 0 && some.second.maximumMagnitude > 0)
  }

  @Test func standardDeviationAsGolden() throws {
    for golden in try AdversarialGolden.cases("minibatchStandardDeviation") {
      let layer = MinibatchStandardDeviation(
        groupSize: try #require(golden.params.groupSize), newChannels: try #require(golden.params.channels))
      let (context, _) = try golden.context(layer, [:])
      let x = try golden.input("x").recorded()
      try golden.check(["y": layer(x, in: context)], from: ["x": x])
    }
  }

  /// With eight samples and groups of four, sample 0 is compared with samples 2, 4 and 6.
  @Test func groupsAreStrided() {
    let layer = MinibatchStandardDeviation(groupSize: 4)
    let context = Context(Network(layer), State(), mode: .inference)
    var values = [Float](repeating: 1, count: 8)
    for odd in [1, 3, 5, 7] { values[odd] = Float(odd) }
    let output = layer(Tensor(values, shape: [8, 1, 1, 1]), in: context)
    #expect((0..<8).map { output[$0, 0, 0, 1].scalar < 1e-3 } == [true, false, true, false, true, false, true, false])
  }

  @Test func virtualBatchNormAsGolden() throws {
    for golden in try AdversarialGolden.cases("virtualBatchNorm") {
      let (x, reference) = try (golden.input("x").recorded(), golden.input("reference").recorded())
      let layer = VirtualBatchNorm(3)
      let (context, leaves) = try golden.context(layer, ["scale": "scale", "offset": "offset"])
      let result = layer(x, reference: reference, in: context)
      try golden.check(
        ["y": result.output, "referenceOutput": result.reference],
        from: leaves.merging(["x": x, "reference": reference]) { $1 }, tolerance: 2e-5)
    }
  }

  /// No sample moves another, to the bit.
  @Test func virtualBatchNormKeepsSamplesApart() {
    var random = RandomGenerator(seed: 2)
    let layer = VirtualBatchNorm(3)
    let network = Network(layer)
    let context = Context(network, network.initialState(using: &random), mode: .training, random: random.split())
    let (x, reference) = (
      Tensor.normal([4, 5, 5, 3], using: &random), Tensor.normal([6, 5, 5, 3], using: &random)
    )
    let whole = layer(x, reference: reference, in: context)
    let part = layer(x[2..<3], reference: reference, in: context)
    #expect(part.output[0] == whole.output[2] && part.reference == whole.reference)
    #expect(!network.mixesSamples(in: layer))
  }

  @Test func misuseStops() async {
    var result = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      let layer = MinibatchStandardDeviation(groupSize: 4)
      _ = layer(.ones([6, 2, 2, 1]), in: Context(Network(layer), State(), mode: .inference))
    }
    expect(result, saysWhy: "MinibatchStandardDeviation: 6 samples do not divide into groups of 4")
    result = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      let layer = MinibatchDiscrimination(3, rows: 1, rowSize: 1)
      _ = layer(.ones([6, 2]), in: Context(Network(layer), State(), mode: .inference))
    }
    expect(result, saysWhy: "MinibatchDiscrimination: the input has shape [6, 2]; [N, 3] is needed")
  }
}
