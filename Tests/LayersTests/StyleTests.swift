import Tensor
import Testing

@testable import Layers

@Suite struct StyleTests {
  @Test func pixelNormAsGolden() throws {
    for golden in try AdversarialGolden.cases("pixelNorm") {
      let x = try golden.input("x").recorded()
      try golden.check(["y": x.pixelNormalized()], from: ["x": x])
    }
  }

  @Test func equalizedLayersAsGolden() throws {
    for golden in try AdversarialGolden.cases("equalizedDense") {
      let x = try golden.input("x").recorded()
      let layer = EqualizedDense(from: 4, to: 3, multiplier: try #require(golden.params.learningRateMultiplier))
      let (context, leaves) = try golden.context(layer, ["weight": "d.w", "bias": "d.b"])
      try golden.check(["y": layer(x, in: context)], from: leaves.merging(["x": x]) { $1 })
    }
    for golden in try AdversarialGolden.cases("equalizedConv2d") {
      let x = try golden.input("x").recorded()
      let layers: [any Layer] = [
        Conv2D(from: 2, to: 3, kernelSize: 3, padding: 1, transforms: [.equalizedRate()]),
        EqualizedConv2D(from: 2, to: 3, kernelSize: 3),
      ]
      for layer in layers {
        let (context, leaves) = try golden.context(layer, ["weight": "w", "bias": "b"])
        try golden.check(["y": layer(x, in: context)], from: leaves.merging(["x": x]) { $1 })
      }
    }
  }

  @Test func mappingNetworkAsGolden() throws {
    for golden in try AdversarialGolden.cases("mappingNetwork") {
      let z = try golden.input("z").recorded()
      let mapping = MappingNetwork(from: 4, to: 3, hiddenSize: 5)
      let names = (0..<3).flatMap { [("layers.\($0).weight", "d\($0).w"), ("layers.\($0).bias", "d\($0).b")] }
      let (context, leaves) = try golden.context(mapping, Dictionary(uniqueKeysWithValues: names))
      try golden.check(["w": mapping(z, movesAverage: false, in: context)], from: leaves.merging(["z": z]) { $1 })
    }
  }

  @Test func modulatedConvolutionAsGolden() throws {
    for golden in try AdversarialGolden.cases("modulatedConv2d") {
      let (x, s, w) = try (golden.input("x").recorded(), golden.input("s").recorded(), golden.input("w"))
      let layer = ModulatedConv2D(
        from: w.shape[3], to: w.shape[0], kernelSize: w.shape[1],
        isDemodulated: golden.params.demodulate == true, transforms: [])
      let (context, leaves) = try golden.context(layer, ["weight": "w"])
      try golden.check(
        ["y": layer(x, styles: s, in: context)], from: leaves.merging(["x": x, "s": s]) { $1 })
    }
  }

  @Test func noiseAsGolden() throws {
    for golden in try AdversarialGolden.cases("noiseInjection") {
      let x = try golden.input("x").recorded()
      let layer = NoiseInjection()
      let (context, leaves) = try golden.context(layer, ["strength": "strength"])
      try golden.check(
        ["y": layer(x, noise: golden.input("noise"), in: context)], from: leaves.merging(["x": x]) { $1 })
    }
  }

  @Test func styledConvolutionAsGolden() throws {
    for golden in try AdversarialGolden.cases("styleLayer") {
      let (x, latent) = try (golden.input("x").recorded(), golden.input("latent").recorded())
      let layer = StyledConv2D(from: 3, to: 2, latentSize: 4, transforms: [])
      let (context, leaves) = try golden.context(
        layer,
        [
          "affine.weight": "affine.w", "affine.bias": "affine.b", "convolution.weight": "w",
          "noise.strength": "strength", "bias": "b",
        ])
      let y = try layer(x, latents: latent, noise: golden.input("noise"), in: context)
      try golden.check(["y": y], from: leaves.merging(["x": x, "latent": latent]) { $1 })
    }
  }

  /// A gain before a leaky rectifier is one after it.
  @Test func gains() {
    var random = RandomGenerator(seed: 6)
    let (plain, doubled) = (
      EqualizedConv2D(from: 3, to: 2, kernelSize: 3), EqualizedConv2D(from: 3, to: 2, kernelSize: 3, gain: 2)
    )
    var state = Network(plain).initialState(using: &random)
    state["bias"] = Tensor([0.5, -1])
    let x = Tensor.normal([2, 4, 4, 3], using: &random)
    let outputs = [plain, doubled].map {
      $0(x, in: Context(Network($0), state, mode: .inference)).leakyReLU(slope: 0.2)
    }
    #expect(outputs[1].isApproximatelyEqual(to: outputs[0] * 2, absoluteTolerance: 1e-5))
    let (one, three) = (
      ModulatedConv2D(from: 3, to: 2, kernelSize: 1), ModulatedConv2D(from: 3, to: 2, kernelSize: 1, gain: 3)
    )
    let weights = Network(one).initialState(using: &random)
    let modulated = [one, three].map {
      $0(x, styles: .ones([2, 3]), in: Context(Network($0), weights, mode: .inference))
    }
    #expect(modulated[1].isApproximatelyEqual(to: modulated[0] * 3, absoluteTolerance: 1e-5))
  }

  /// Demodulation takes the size of a style away; without it the output follows the size.
  @Test func sizesOfStyles() {
    var random = RandomGenerator(seed: 1)
    for isDemodulated in [true, false] {
      let layer = ModulatedConv2D(from: 4, to: 3, kernelSize: 3, isDemodulated: isDemodulated)
      let network = Network(layer)
      let context = Context(network, network.initialState(using: &random), mode: .inference)
      let (x, s) = (Tensor.normal([2, 6, 5, 4], using: &random), Tensor.normal([2, 4], using: &random))
      let (plain, scaled) = (layer(x, styles: s, in: context), layer(x, styles: s * 3, in: context))
      #expect(
        scaled.isApproximatelyEqual(
          to: isDemodulated ? plain : plain * 3, relativeTolerance: 1e-4, absoluteTolerance: 1e-4))
    }
  }

  /// A convolution with the modulated and demodulated weight of each sample is the same.
  @Test func factorizedIsPerSample() throws {
    var random = RandomGenerator(seed: 2)
    let layer = ModulatedConv2D(from: 4, to: 3, kernelSize: 3, transforms: [])
    let network = Network(layer)
    let state = network.initialState(using: &random)
    let (x, s) = (Tensor.normal([3, 6, 5, 4], using: &random), Tensor.normal([3, 4], using: &random))
    let output = layer(x, styles: s, in: Context(network, state, mode: .inference))
    let weight = try #require(state["weight"])
    for sample in 0..<3 {
      let modulated = weight * s[sample]
      let length = (modulated.square().sum(axes: [1, 2, 3], keepingDimensions: true) + 1e-8).squareRoot()
      let own = x[sample..<sample + 1].conv2d(modulated / length, padding: 1)
      #expect(output[sample..<sample + 1].isApproximatelyEqual(to: own, absoluteTolerance: 1e-4))
    }
  }

  /// Inputs of deviation 1 have outputs of deviation 1 at the start, whatever the styles are.
  @Test func deviationsAtTheStart() {
    var random = RandomGenerator(seed: 3)
    let layer = ModulatedConv2D(from: 32, to: 64, kernelSize: 3)
    let network = Network(layer)
    let context = Context(network, network.initialState(using: &random), mode: .inference)
    let output = layer(
      .normal([16, 32, 32, 32], using: &random), styles: .normal([16, 32], using: &random) + 1, in: context)
    // Away from the edges, beyond which there are zeros.
    let inner = output[.all, 1..<31, 1..<31]
    #expect(abs(inner.standardDeviation().scalar - 1) < 0.02)
  }

  /// Noise differs between samples and places, not between channels, and is a matter of a sample's place.
  @Test func noiseIsTheSameInAllChannels() {
    let layer = NoiseInjection()
    let network = Network(layer)
    let state = State(["strength": Tensor(2)])
    func output(_ count: Int) -> Tensor {
      layer(
        .zeros([count, 4, 4, 3]), in: Context(network, state, mode: .training, random: RandomGenerator(seed: 4)))
    }
    let noise = output(2)
    #expect(noise[.all, .all, .all, 0] == noise[.all, .all, .all, 2])
    #expect(noise[0] != noise[1])
    #expect(output(1)[0] == noise[0])
  }

  @Test func misuseStops() async {
    var result = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      let layer = ModulatedConv2D(from: 3, to: 3, kernelSize: 3)
      _ = layer(
        .ones([2, 4, 4, 3]), styles: .ones([1, 3]), in: Context(Network(layer), State(), mode: .inference))
    }
    expect(
      result,
      saysWhy: "ModulatedConv2D: an input of shape [2, 4, 4, 3], styles of [1, 3]; [N, H, W, 3] and [N, 3] are needed")
    result = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = EqualizedDense(from: 2, to: 3, multiplier: 0)
    }
    expect(result, saysWhy: "EqualizedDense: a multiplier of 0.0; it must be above 0")
  }
}

/// Twice and half the size, with the filter (1, 3, 3, 1).
@Suite struct FilteredResamplingTests {
  @Test func asGolden() throws {
    for golden in try AdversarialGolden.cases("firUpsample2d") {
      let x = try golden.input("x").recorded()
      try golden.check(["y": x.filteredUpsampled2d()], from: ["x": x])
    }
    for golden in try AdversarialGolden.cases("firDownsample2d") {
      let x = try golden.input("x").recorded()
      try golden.check(["y": x.filteredDownsampled2d()], from: ["x": x])
    }
  }

  /// Halving is a quarter of the transpose of doubling.
  @Test func transposes() {
    var random = RandomGenerator(seed: 5)
    let (x, y) = (Tensor.normal([2, 3, 5, 4], using: &random), Tensor.normal([2, 6, 10, 4], using: &random))
    let (left, right) = ((x.filteredUpsampled2d() * y).sum().scalar, (x * y.filteredDownsampled2d()).sum().scalar)
    #expect(abs(left - 4 * right) < 1e-3)
  }
}
