import Tensor
import Testing

@testable import Layers

@Suite struct MappedLatentsTests {
  @Test func truncationAsGolden() throws {
    for golden in try AdversarialGolden.cases("truncation") {
      let y = try MappedLatents.truncated(
        golden.input("latents"), towards: golden.input("average"), by: #require(golden.params.psi),
        layers: golden.params.cutoff)
      #expect(isClose(y, try #require(golden.outputs["y"]).data, tolerance: 1e-6), "\(golden.name)")
    }
  }

  /// A share of 1, or no layers, is no truncation, and a share of 0 is exactly the mean.
  @Test func endsOfTruncation() {
    var random = RandomGenerator(seed: 1)
    let (mapped, average) = (Tensor.normal([3, 4, 2], using: &random), Tensor.normal([2], using: &random))
    #expect(MappedLatents.truncated(mapped, towards: average, by: 1) == mapped)
    #expect(MappedLatents.truncated(mapped, towards: average, by: 0, layers: 0) == mapped)
    #expect(MappedLatents.truncated(mapped, towards: average, by: 0) == average.broadcast(to: [3, 4, 2]))
  }

  /// The mean moves in training, by what comes out and no gradient, unless it is told not to.
  @Test func averageAsGolden() throws {
    for golden in try AdversarialGolden.cases("latentAverage") {
      let expected = try #require(golden.outputs["average"]).data
      // Biases alone, by which all latents are mapped to what is the mean in the case.
      let mapping = MappingNetwork(from: 1, to: 3, layerCount: 1, multiplier: 1)
      let (mean, average) = (try golden.input("latents").mean(axes: [0]), try golden.input("average"))
      let before = Tensor.where(mean .> 0, mean, else: mean * 5) / Float(2).squareRoot()
      let state = State(["layers.0.weight": .zeros([1, 3]), "layers.0.bias": before, "average": average])
      func moved(_ mode: Context.Mode, _ movesAverage: Bool) -> Tensor? {
        let context = Context(Network(mapping), state, mode: mode, random: RandomGenerator(seed: 1))
        _ = mapping(.ones([2, 1]), movesAverage: movesAverage, in: context)
        return context.bufferUpdates["average"]
      }
      #expect(isClose(try #require(moved(.training, true)), expected, tolerance: 1e-5))
      #expect(moved(.training, false) == nil && moved(.inference, true) == nil)
    }
  }

  @Test func mixingAsGolden() throws {
    for golden in try AdversarialGolden.cases("styleMixing") {
      let (first, second) = (try golden.input("first").recorded(), try golden.input("second").recorded())
      let y = try MappedLatents.mixed(
        [first, second], crossovers: #require(golden.params.crossover).map { [$0] },
        layers: #require(golden.params.layers))
      try golden.check(["y": y], from: ["first": first, "second": second], tolerance: 1e-6)
    }
  }

  @Test func mixingOfSeveral() {
    let latents = (0..<3).map { Tensor([Float($0), Float(10 + $0)], shape: [2, 1]) }
    let mixed = MappedLatents.mixed(latents, crossovers: [[1, 3], []], layers: 5)
    #expect(mixed == Tensor([0, 1, 1, 2, 2, 10, 10, 10, 10, 10], shape: [2, 5, 1]))
    #expect(MappedLatents.repeated(latents[0], layers: 2) == Tensor([0, 0, 10, 10], shape: [2, 2, 1]))
  }

  @Test func misuseStops() async {
    let result = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = MappedLatents.mixed([.ones([2, 3]), .ones([2, 3])], crossovers: [[1, 2], [1]], layers: 4)
    }
    expect(
      result,
      saysWhy:
        "MappedLatents: latents of shapes [[2, 3], [2, 3]] with up to 2 crossovers for 2 samples; one latent more than crossovers is needed, each [N, size]"
    )
  }
}

@Suite struct PathLengthPenaltyTests {
  /// A layer of features and one of an image, each with a mapped latent of its own.
  private final class TwoLayers: Module {
    let constant = Parameter([3, 4, 3], .zeros)
    let affine = [EqualizedDense(from: 3, to: 3), EqualizedDense(from: 3, to: 4)]
    let convolution = ModulatedConv2D(
      from: 3, to: 4, kernelSize: 3, gain: Float(2).squareRoot(), transforms: [])
    let bias = Parameter([4], .zeros)
    let image = ModulatedConv2D(from: 4, to: 2, kernelSize: 1, isDemodulated: false, transforms: [])
    let imageBias = Parameter([2], .zeros)

    func callAsFunction(_ mapped: Tensor, in context: Context) -> Tensor {
      let start = context[constant].expanded(axis: 0).broadcast(to: [mapped.shape[0], 3, 4, 3])
      let hidden = convolution(start, styles: affine[0](mapped[.all, 0], in: context), in: context)
      let features = (hidden + context[bias] * Float(2).squareRoot()).leakyReLU(slope: 0.2)
      return image(features, styles: affine[1](mapped[.all, 1], in: context), in: context) + context[imageBias]
    }
  }

  /// Differentiated at mapped latents, and that at all weights.
  @Test func asGolden() throws {
    for golden in try AdversarialGolden.cases("pathLength") {
      let layers = TwoLayers()
      let (context, leaves) = try golden.context(
        layers,
        [
          "constant": "const", "affine.0.weight": "affine0.w", "affine.0.bias": "affine0.b",
          "affine.1.weight": "affine1.w", "affine.1.bias": "affine1.b", "convolution.weight": "conv0.w",
          "bias": "conv0.b", "image.weight": "rgb.w", "imageBias": "rgb.b",
        ])
      let mapped = try golden.input("latents").recorded()
      let images = layers(mapped, in: context)
      let penalty = PathLengthPenalty(
        weight: try #require(golden.params.weight), decay: try #require(golden.params.decay),
        isMeanConstant: golden.params.meanDetached == true)
      let result = try penalty(
        images: images, mapped: mapped, noise: golden.input("noise"), mean: golden.input("pathMean"))
      let figures = ["image": images, "newPathMean": result.mean, "lengths": result.lengths]
      for (name, figure) in figures {
        #expect(isClose(figure, try #require(golden.outputs[name]).data, tolerance: 1e-5), "\(golden.name): \(name)")
      }
      try golden.check(["loss": result.loss], from: leaves, tolerance: 2e-5)
    }
  }

  /// Images that do not depend on their latents have lengths of next to nothing and no infinite gradients.
  @Test func lengthsOfZero() {
    let mapped = Tensor.ones([2, 1, 3]).recorded()
    let weight = Tensor(0).recorded()
    let images = (mapped.sum(axes: [1, 2]).reshaped(to: [2, 1, 1, 1]) * weight).broadcast(to: [2, 2, 2, 1])
    let result = PathLengthPenalty()(images: images, mapped: mapped, noise: .ones([2, 2, 2, 1]), mean: Tensor(1))
    #expect(result.lengths.max().scalar < 1e-5)
    #expect(result.loss.gradient(at: weight).isAllFinite)
  }

  @Test func misuseStops() async {
    let result = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      let mapped = Tensor.ones([2, 1, 3]).recorded()
      _ = PathLengthPenalty()(
        images: .ones([2, 4, 4, 1]), mapped: mapped, noise: .ones([2, 4, 4, 3]), mean: Tensor(0))
    }
    expect(
      result,
      saysWhy:
        "PathLengthPenalty: images of shape [2, 4, 4, 1], noise of [2, 4, 4, 3], mapped latents of [2, 1, 3]; [N, H, W, C] twice and [N, layers, size] are needed"
    )
  }
}
