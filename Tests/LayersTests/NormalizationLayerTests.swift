import Tensor
import Testing

@testable import Layers

@Suite struct BatchNormTests {
  @Test func runningStatisticsAsPyTorch() throws {
    let golden = try Golden.load().batchNormRunning
    let layer = BatchNorm(3, momentum: golden.momentum, epsilon: golden.epsilon)
    var random = RandomGenerator(seed: 1)
    var state = Network(layer).initialState(using: &random)
    #expect(golden.batches.count == 2)
    for batch in golden.batches {
      let context = Context(Network(layer), state, mode: .training, random: RandomGenerator(seed: 0))
      _ = layer(batch.tensor, in: context)
      state.merge(context.bufferUpdates)
    }
    let (mean, variance) = try (#require(state["runningMean"]), #require(state["runningVariance"]))
    #expect(isClose(mean, golden.runningMean.data, tolerance: 1e-6), "\(mean)")
    #expect(isClose(variance, golden.runningVariance.data, tolerance: 1e-6), "\(variance)")
  }

  @Test func namesShapesAndFirstValues() {
    let layer = BatchNorm(4, scaleInitializer: .normal(mean: 1, standardDeviation: 0.02))
    let network = Network(Sequential(layer))
    #expect(
      "\(network)" == """
        layers.0.scale [4]
        layers.0.offset [4]
        layers.0.runningMean [4] (buffer)
        layers.0.runningVariance [4] (buffer)
        """)
    var random = RandomGenerator(seed: 1)
    let state = network.initialState(using: &random)
    #expect(state["layers.0.offset"] == Tensor.zeros([4]) && state["layers.0.runningMean"] == Tensor.zeros([4]))
    #expect(state["layers.0.runningVariance"] == Tensor.ones([4]))
    #expect(state["layers.0.scale"]?.scalars.allSatisfy { $0 != 1 && abs($0 - 1) < 0.1 } == true)
  }

  /// Batches of images in one context: the second goes on from the first's statistics.
  @Test func runningStatisticsFollowTheFormula() throws {
    let layer = BatchNorm(2, momentum: 0.3)
    let (mean, variance) = (Tensor([0.5, -1]), Tensor([2, 0.25]))
    let state = State([
      "scale": Tensor([2, -1]), "offset": Tensor([3, 0.5]), "runningMean": mean, "runningVariance": variance,
    ])
    let context = Context(Network(layer), state, mode: .training, random: RandomGenerator(seed: 0))
    var expected = (mean: mean.scalars.map { Double($0) }, variance: variance.scalars.map { Double($0) })
    var random = RandomGenerator(seed: 3)
    for count in [2, 5, 3] {
      let batch = Tensor.normal([count, 3, 2, 2], mean: 1, standardDeviation: 2, using: &random)
      let output = layer(batch, in: context)
      #expect(output == batch.batchNorm(scale: Tensor([2, -1]), offset: Tensor([3, 0.5])).output)
      for channel in 0..<2 {
        let values = stride(from: channel, to: batch.scalarCount, by: 2).map { Double(batch.scalars[$0]) }
        let average = values.reduce(0, +) / Double(values.count)
        let unbiased = values.reduce(0) { $0 + ($1 - average) * ($1 - average) } / Double(values.count - 1)
        expected.mean[channel] = 0.7 * expected.mean[channel] + 0.3 * average
        expected.variance[channel] = 0.7 * expected.variance[channel] + 0.3 * unbiased
      }
    }
    #expect(isClose(context[layer.runningMean], expected.mean, tolerance: 1e-6))
    #expect(isClose(context[layer.runningVariance], expected.variance, tolerance: 1e-6))
    #expect(context.bufferUpdates.names == ["runningMean", "runningVariance"])
    #expect(state["runningMean"] == mean)
  }

  @Test func restsInInference() {
    let layer = BatchNorm(2, epsilon: 0.5)
    let parts = [
      "scale": Tensor([2, -1]), "offset": Tensor([3, 0.5]), "runningMean": Tensor([1, 2]),
      "runningVariance": Tensor([3.5, 0.5]),
    ]
    let context = Context(Network(layer), State(parts), mode: .inference)
    // (x - mean) / √(variance + 0.5) is (x - 1) / 2 and x - 2.
    #expect(layer(Tensor([[5, 7]]), in: context).isApproximatelyEqual(to: Tensor([[7, -4.5]])))
    let batch = Tensor([[5, 7], [1, 2], [-3, 0]])
    #expect(layer(batch, in: context)[0..<1] == layer(batch[0..<1], in: context))
    #expect(context.bufferUpdates == State())
  }

  /// With scales and offsets of classes, in training and with running statistics.
  @Test func classesAsGolden() throws {
    for golden in try AdversarialGolden.cases("conditionalBatchNorm") {
      let layer = ConditionalBatchNorm(3, classCount: 4)
      let network = Network(layer)
      var random = RandomGenerator(seed: 1)
      var state = network.initialState(using: &random)
      let isTraining = try #require(golden.params.training as Bool?)
      for name in ["scale", "offset"] + (isTraining ? [] : ["runningMean", "runningVariance"]) {
        state[name] = try golden.input(name)
      }
      let context = Context(
        network, state, mode: isTraining ? .training : .inference, differentiating: network.parameterNames,
        random: random)
      let x = try golden.input("x").recorded()
      try golden.check(
        ["y": layer(x, labels: try #require(golden.params.labels), in: context)],
        from: ["x": x, "scale": context[layer.scale], "offset": context[layer.offset]], tolerance: 2e-5)
    }
  }

  /// Vectors that say a class are classes: both make the same numbers, and learn the same from them.
  @Test(arguments: [true, false]) func vectorsOfClasses(isTraining: Bool) throws {
    let (modulated, classes) = (ModulatedBatchNorm(3, vectorSize: 4), ConditionalBatchNorm(3, classCount: 4))
    var random = RandomGenerator(seed: 4)
    let (scales, offsets) = (Tensor.normal([4, 3], using: &random), Tensor.normal([4, 3], using: &random))
    let running = ["runningMean": Tensor([1, 0, -1]), "runningVariance": Tensor([1, 2, 3])]
    let ofVectors = State(running.merging(["scale.weight": scales, "offset.weight": offsets]) { $1 })
    let ofClasses = State(running.merging(["scale": 1 + scales, "offset": offsets]) { $1 })
    func context(_ network: Network, _ state: State) -> Context {
      Context(
        network, state, mode: isTraining ? .training : .inference, differentiating: network.parameterNames,
        random: RandomGenerator(seed: 0))
    }
    let (one, other) = (context(Network(modulated), ofVectors), context(Network(classes), ofClasses))
    let labels = [3, 0, 0, 2, 1]
    let input = Tensor.normal([5, 2, 2, 3], mean: 1, using: &random).recorded()
    let found = modulated(input, by: .oneHot(labels, classCount: 4), in: one)
    let expected = classes(input, labels: labels, in: other)
    #expect((found - expected).maximumMagnitude < 1e-5 && found.maximumMagnitude > 1)
    #expect(one.bufferUpdates == other.bufferUpdates && (one.bufferUpdates == State()) == !isTraining)
    let gradients = (found.square().sum(), expected.square().sum())
    for (a, b) in [
      (input, input), (one[modulated.scale.weight], other[classes.scale]),
      (one[modulated.offset.weight], other[classes.offset]),
    ] {
      let (x, y) = (gradients.0.gradient(at: a), gradients.1.gradient(at: b))
      #expect((x - y).maximumMagnitude < 1e-4 * (1 + y.maximumMagnitude) && y.maximumMagnitude > 0)
    }
  }

  @Test func misuseStops() async {
    var result = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) { _ = BatchNorm(0) }
    expect(result, saysWhy: "BatchNorm: 0 channels; the least is 1")
    result = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = BatchNorm(3, momentum: 1.5)
    }
    expect(result, saysWhy: "BatchNorm: the momentum is 1.5; it must lie in 0...1")
    result = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      let layer = BatchNorm(3)
      _ = layer(
        Tensor.zeros([4, 2]), in: Context(Network(layer), State(), mode: .training, random: RandomGenerator(seed: 0)))
    }
    expect(result, saysWhy: "BatchNorm: the input has shape [4, 2]; [N, …, 3] with 2 axes or more is needed")
    result = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      let layer = ModulatedBatchNorm(2, vectorSize: 3)
      _ = layer(
        .zeros([4, 2]), by: .zeros([3, 3]),
        in: Context(Network(layer), State(), mode: .training, random: RandomGenerator(seed: 0)))
    }
    expect(
      result,
      saysWhy: """
        ModulatedBatchNorm: vectors of shape [3, 3] for an input of shape [4, 2]; one is needed for each sample
        """)
  }
}

/// Normalizations of each sample by itself.
@Suite struct SampleNormalizationTests {
  private func input(_ shape: Tensor.Shape) -> Tensor {
    var random = RandomGenerator(seed: 9)
    return .normal(shape, mean: 1, standardDeviation: 3, using: &random)
  }

  /// The output of `layer`, in both modes the same, for a state of random scales and offsets.
  private func output(_ layer: any Layer, _ input: Tensor) -> (output: Tensor, state: State) {
    var random = RandomGenerator(seed: 2)
    let state = Network(layer).initialState(using: &random)
    let output = layer(input, in: Context(Network(layer), state, mode: .inference))
    let context = Context(Network(layer), state, mode: .training, random: RandomGenerator(seed: 0))
    #expect(layer(input, in: context) == output)
    #expect(context.bufferUpdates == State())
    return (output, state)
  }

  @Test func layerNormIsTheOperation() {
    let input = input([2, 3, 4, 5])
    let layer = LayerNorm(
      [4, 5], epsilon: 0.1, scaleInitializer: .normal(standardDeviation: 1),
      offsetInitializer: .normal(standardDeviation: 1))
    #expect("\(Network(layer))" == "scale [4, 5]\noffset [4, 5]")
    let (output, state) = output(layer, input)
    #expect(output == input.layerNorm(axisCount: 2, scale: state["scale"], offset: state["offset"], epsilon: 0.1))
    let plain = self.output(LayerNorm([5]), input)
    #expect(plain.output == input.layerNorm())
  }

  @Test func groupNormIsTheOperation() {
    let input = input([2, 3, 2, 6])
    let layer = GroupNorm(
      6, groups: 3, epsilon: 0.1, scaleInitializer: .normal(standardDeviation: 1),
      offsetInitializer: .normal(standardDeviation: 1))
    #expect("\(Network(layer))" == "scale [6]\noffset [6]")
    let (output, state) = output(layer, input)
    #expect(output == input.groupNorm(groups: 3, scale: state["scale"], offset: state["offset"], epsilon: 0.1))
    let plain = self.output(GroupNorm(6, groups: 2), input)
    #expect(plain.output == input.groupNorm(groups: 2))
  }

  @Test func instanceNormIsTheOperation() {
    let input = input([2, 3, 2, 4])
    let layer = InstanceNorm(
      4, epsilon: 0.1, scaleInitializer: .normal(standardDeviation: 1),
      offsetInitializer: .normal(standardDeviation: 1))
    #expect("\(Network(layer))" == "scale [4]\noffset [4]")
    let (output, state) = output(layer, input)
    #expect(output == input.instanceNorm(scale: state["scale"], offset: state["offset"], epsilon: 0.1))
    let plain = self.output(InstanceNorm(4, isAffine: false), input)
    #expect(plain.output == input.instanceNorm() && plain.state == State())
  }

  @Test func misuseStops() async {
    var result = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) { _ = LayerNorm([]) }
    expect(result, saysWhy: "LayerNorm: shape []; one axis or more is needed, and none empty")
    result = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      let layer = LayerNorm([4, 5])
      _ = layer(Tensor.zeros([2, 5, 4]), in: Context(Network(layer), State(), mode: .inference))
    }
    expect(result, saysWhy: "LayerNorm: the input has shape [2, 5, 4]; its last axes must be [4, 5]")
    result = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = GroupNorm(6, groups: 4)
    }
    expect(result, saysWhy: "GroupNorm: 6 channels do not form 4 groups of equal size")
    result = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      let layer = GroupNorm(6, groups: 2)
      _ = layer(Tensor.zeros([2, 4]), in: Context(Network(layer), State(), mode: .inference))
    }
    expect(result, saysWhy: "GroupNorm: the input has shape [2, 4]; [N, …, 6] with 2 axes or more is needed")
    result = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) { _ = InstanceNorm(0) }
    expect(result, saysWhy: "InstanceNorm: 0 channels; the least is 1")
    result = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      let layer = InstanceNorm(6)
      _ = layer(Tensor.zeros([2, 6]), in: Context(Network(layer), State(), mode: .inference))
    }
    expect(result, saysWhy: "InstanceNorm: the input has shape [2, 6]; [N, …, 6] with 3 axes or more is needed")
  }
}
