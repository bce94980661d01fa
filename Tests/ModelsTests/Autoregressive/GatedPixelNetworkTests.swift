import Datasets
import Layers
import Tensor
import Testing

@testable import Models

@Suite struct GatedPixelNetworkTests {
  private static func network(
    _ values: PixelValues = .binary, features: Int = 5, kernels: [Int], classes: Int? = nil
  ) -> GatedPixelNetwork {
    GatedPixelNetwork(
      from: values.inputChannels, features: features, kernelSizes: kernels, headFeatures: 6, to: values.logitCount,
      classCount: classes)
  }

  private static func checks() -> [PixelNetworkChecks] {
    [
      PixelNetworkChecks("one layer of one pixel", network(kernels: [1]), 3),
      PixelNetworkChecks("one layer", network(kernels: [3]), 4),
      PixelNetworkChecks("two layers", network(kernels: [5, 3]), 5),
      PixelNetworkChecks("three layers, wide", network(kernels: [3, 3, 5]), Tensor.Size2D(height: 3, width: 6)),
      PixelNetworkChecks(
        "grey", network(.grey(levels: 4), features: 16, kernels: [7, 3]), values: .grey(levels: 4),
        Tensor.Size2D(height: 5, width: 4)),
      PixelNetworkChecks("codes", network(.codes(count: 5), kernels: [3, 3]), values: .codes(count: 5), 4),
      PixelNetworkChecks(
        "classes", network(features: 17, kernels: [3, 1, 3], classes: 3), 4, condition: .labels([0, 2])),
      PixelNetworkChecks("a row", network(kernels: [3, 3]), Tensor.Size2D(height: 1, width: 5)),
      PixelNetworkChecks("a column", network(kernels: [3, 3]), Tensor.Size2D(height: 5, width: 1)),
    ]
  }

  @Test func pixelsAfterDoNotMatter() { for check in Self.checks() { check.pixelsAfterDoNotMatter() } }

  @Test func firstPixelKnowsNothing() { for check in Self.checks() { check.firstPixelKnowsNothing() } }

  @Test func cachesAreExact() {
    for check in Self.checks() { for count in [1, 3] { check.cachesAreExact(count: count) } }
    // The reference sizes, and channels of which a kernel takes more than one block of depth.
    PixelNetworkChecks("reference", Self.network(features: 32, kernels: [7, 3, 3]), 9).cachesAreExact(count: 7)
    // A first kernel that is wider than the image, as the usual one nearly is.
    PixelNetworkChecks("wide kernel", Self.network(features: 8, kernels: [25, 3]), 9).cachesAreExact(count: 2)
    PixelNetworkChecks(
      "wide kernel, narrow image", Self.network(features: 8, kernels: [25, 3]), Tensor.Size2D(height: 9, width: 5)
    ).cachesAreExact(count: 2)
    PixelNetworkChecks("many channels", Self.network(features: 100, kernels: [3, 5]), 6).cachesAreExact(count: 2)
  }

  /// With kernels that reach all of the image, no pixel is left out: no blind spot.
  @Test func everyPixelBeforeMatters() {
    for kernels in [[9], [5, 5], [5, 3, 3], [3, 3, 3, 3]] {
      PixelNetworkChecks("kernels \(kernels)", Self.network(features: 12, kernels: kernels), 5).pixelsBeforeMatter()
    }
  }

  /// With two layers of 3×3, a pixel sees those of the row above that are two to its left and two to its right, where a
  /// masked 3×3 stack is blind, but neither itself nor the next one.
  @Test func upperRightIsSeen() throws {
    let network = Self.network(features: 12, kernels: [3, 3])
    let structure = Network(network)
    var random = RandomGenerator(seed: 1)
    let context = Context(structure, structure.initialState(using: &random), mode: .inference)
    let input = Tensor.uniform([1, 6, 6, 1], using: &random).recorded()
    let logit = network(input, given: .none, in: context)[0, 3, 2, 0]
    let gradient = logit.gradient(at: input)
    #expect(gradient[scalarAt: 0, 2, 4, 0] != 0 && gradient[scalarAt: 0, 2, 0, 0] != 0)
    #expect(gradient[scalarAt: 0, 3, 2, 0] == 0 && gradient[scalarAt: 0, 3, 3, 0] == 0)
  }

  @Test func probabilitiesAddUp() {
    for seed in 1...3 as ClosedRange<UInt64> {
      PixelNetworkChecks("binary", Self.network(kernels: [3, 3]), 3, seed: seed).probabilitiesAddUp()
      PixelNetworkChecks(
        "classes", Self.network(kernels: [3, 3], classes: 2), 3, condition: .labels([1]), seed: seed
      ).probabilitiesAddUp()
      PixelNetworkChecks(
        "grey", Self.network(.grey(levels: 4), kernels: [3]), values: .grey(levels: 4), 2, seed: seed
      ).probabilitiesAddUp()
    }
  }

  // MARK: Golden values

  private static func goldenName(_ name: String) -> String {
    name.replacingParts([
      ("layers.", "layer"), ("head.", "head0."), ("output.", "head1."), (".weight", ".w"), (".bias", ".b"),
    ])
  }

  private static func goldenNetwork(_ golden: Golden.Case) throws -> GatedPixelNetwork {
    GatedPixelNetwork(
      from: 1, features: try #require(golden.params.channels), kernelSizes: try #require(golden.params.kernels),
      headFeatures: 4, to: 1)
  }

  @Test func goldenLogitsAndGradients() throws {
    let golden = try Golden.only("gatedPixelCNN")
    let module = try Self.goldenNetwork(golden)
    let network = Network(module)
    let state = try golden.state(network, Self.goldenName)
    let context = Context(network, state, mode: .inference, differentiating: network.parameterNames)
    let x = try golden.input("x")
    let logits = module(x, given: .none, in: context)
    try golden.check(logits, "logits")
    let losses = PixelDistribution(module, values: .binary, size: 5)
      .negativeLogLikelihood(of: x, given: .none, in: context)
    try golden.check(losses, "nll")
    try golden.check(losses.mean(), "loss")
    let gradients = context.gradients(of: losses.mean())
    for name in network.parameterNames {
      try golden.check(gradient: #require(gradients[name]), Self.goldenName(name))
    }
    // All of the case's, but the last layer's residual, which has no influence and is left out.
    #expect(network.parameters.count + 2 == golden.inputs.count - 1)
  }

  @Test func goldenSamples() throws {
    let golden = try Golden.only("gatedPixelCNNSample")
    let module = try Self.goldenNetwork(golden)
    let network = Network(module)
    let context = Context(network, try golden.state(network, Self.goldenName), mode: .inference)
    let uniforms = try golden.input("uniforms")
    var scan = module.scan(5, count: 2, given: .none, in: context)
    var (sample, probabilities) = (Tensor.zeros([2, 25]), Tensor.zeros([2, 25]))
    for place in scan.order {
      let probability = scan.logits(at: place).sigmoid()
      let pixel = uniforms[.all, place / 5, place % 5] .< probability
      (sample[.all, place], probabilities[.all, place]) = (pixel.reshaped(to: [2]), probability.reshaped(to: [2]))
      scan.fill(place, with: pixel)
    }
    try golden.check(sample, "sample")
    try golden.check(probabilities, "probabilities")
  }
}

extension String {
  /// With each of the parts replaced by its counterpart.
  func replacingParts(_ parts: [(String, String)]) -> String {
    parts.reduce(self) { text, part in
      text.split(separator: part.0, omittingEmptySubsequences: false).joined(separator: part.1)
    }
  }
}
