import Tensor
import Testing

@testable import Layers

/// Layers that follow each other, in a state that is prepared for inference, give the bits that they give one by one.
@Suite struct StageTests {
  private let images: Tensor
  private let latents: Tensor

  init() {
    var random = RandomGenerator(seed: 3)
    images = .normal([3, 8, 8, 4], using: &random)
    latents = .normal([3, 10], using: &random)
  }

  /// A state in which running statistics are not those of a beginning.
  private func state(_ network: Network) -> State {
    var random = RandomGenerator(seed: 1)
    var state = network.initialState(using: &random)
    for name in state.names where name.hasSuffix("runningMean") || name.hasSuffix("runningVariance") {
      state[name] = .uniform(state[name]?.shape ?? [], in: 0.2..<2, using: &random)
    }
    return state
  }

  private func expectSameBits(_ layers: [any Layer], _ input: Tensor, sourceLocation: SourceLocation = #_sourceLocation)
  {
    let network = Network(Sequential(layers))
    let state = state(network)
    let plain = Context(network, state, mode: .inference)
    let expected = layers.reduce(input) { $1($0, in: plain) }
    let prepared = state.prepared(for: network)
    for _ in 0..<2 {
      let context = Context(network, prepared, mode: .inference)
      let output = context.output(of: layers, for: input)
      #expect(output.shape == expected.shape && output.scalars == expected.scalars, sourceLocation: sourceLocation)
      // A layer by itself.
      let one = layers.reduce(input) { $1($0, in: context) }
      #expect(one.scalars == expected.scalars, sourceLocation: sourceLocation)
    }
  }

  @Test func denseLayers() {
    expectSameBits(
      [Dense(from: 10, to: 6), .tanh, Dense(from: 6, to: 33, hasBias: false), BatchNorm(33), .relu], latents)
    expectSameBits([Dense(from: 10, to: 6), BatchNorm(6), .leakyReLU(slope: 0.3), .sigmoid, .silu], latents)
    expectSameBits([.reshape(to: [5, 2]), Dense(from: 2, to: 7), .sigmoid], latents)
  }

  @Test func generator() {
    expectSameBits(
      [
        Dense(from: 10, to: 3 * 3 * 64, hasBias: false), .reshape(to: [3, 3, 64]), BatchNorm(64), .relu,
        ConvTranspose2D(from: 64, to: 32, kernelSize: 4, stride: 2, padding: 1, hasBias: false), BatchNorm(32), .relu,
        ConvTranspose2D(from: 32, to: 1, kernelSize: 4, stride: 2, padding: 1), .tanh,
      ], latents)
  }

  @Test func convolutions() {
    expectSameBits(
      [
        Conv2D(from: 4, to: 6, kernelSize: 3, padding: 1, paddingMode: .reflect), BatchNorm(6), .relu,
        Conv2D(from: 6, to: 8, kernelSize: 4, stride: 2, padding: 1, transforms: [.spectralNorm()]), .relu,
        Conv2D(from: 8, to: 8, kernelSize: 3, padding: 1, groups: 8), .flatten, Dense(from: 128, to: 2),
      ], images)
  }

  @Test func aShapeThatIsNotFollowedByANormalization() {
    expectSameBits([Dense(from: 10, to: 2 * 2 * 6), .reshape(to: [2, 2, 6]), .relu, .flatten, BatchNorm(24)], latents)
    // Channels of which a normalization takes several together.
    expectSameBits([Dense(from: 10, to: 24), .reshape(to: [2, 12]), BatchNorm(12), .tanh], latents)
  }

  @Test func whatIsJoined() {
    let (dense, norm) = (Dense(from: 10, to: 48), BatchNorm(12))
    let enlarge = ConvTranspose2D(from: 12, to: 5, kernelSize: 4, stride: 2, padding: 1)
    let layers: [any Layer] = [dense, .reshape(to: [2, 2, 12]), norm, .relu, enlarge, .silu]
    let network = Network(Sequential(layers))
    let prepared = state(network).prepared(for: network)
    _ = Context(network, prepared, mode: .inference).output(of: layers, for: latents)
    #expect(
      prepared.preparation?.stages == [
        .init(layer: ObjectIdentifier(dense), norm: ObjectIdentifier(norm), function: .relu),
        .init(layer: ObjectIdentifier(enlarge), norm: nil, function: nil),
      ])
  }

  @Test func layersThatAreUsedTwice() {
    let (dense, norm) = (Dense(from: 10, to: 10), BatchNorm(10))
    expectSameBits([dense, norm, .relu, dense, .tanh, dense, norm], latents)
  }

  @Test func changesDropThePreparation() throws {
    let layers: [any Layer] = [Dense(from: 10, to: 6), BatchNorm(6), .relu]
    let network = Network(Sequential(layers))
    let prepared = state(network).prepared(for: network)
    let before = Context(network, prepared, mode: .inference).output(of: layers, for: latents)
    var changed = prepared
    #expect(changed.isPrepared && changed == prepared)
    changed["layers.1.scale"] = .zeros([6])
    #expect(!changed.isPrepared && prepared.isPrepared)
    let after = Context(network, changed, mode: .inference).output(of: layers, for: latents)
    let offset = try #require(changed["layers.1.offset"])
    #expect(after.scalars == (Tensor.zeros([3, 6]) + offset).relu().scalars)
    #expect(Context(network, prepared, mode: .inference).output(of: layers, for: latents).scalars == before.scalars)
    var taken = prepared
    _ = taken.take("layers.0.weight")
    var merged = prepared
    merged.merge(State())
    #expect(!taken.isPrepared && !merged.isPrepared)
  }

  @Test func whatIsRecordedIsRecorded() {
    let layers: [any Layer] = [Dense(from: 10, to: 6), BatchNorm(6), .relu]
    let network = Network(Sequential(layers))
    let state = state(network)
    let prepared = state.prepared(for: network)
    func gradients(_ state: State) -> [Tensor] {
      let leaf = latents.recorded()
      let context = Context(network, state, mode: .inference)
      let ofInput = context.output(of: layers, for: leaf).sum().gradients(at: [leaf])
      let training = Context(network, state, mode: .inference, differentiating: ["layers.0.weight"])
      let gradients = training.gradients(of: training.output(of: layers, for: latents).sum())
      return ofInput + gradients.tensors.values
    }
    #expect(gradients(prepared) == gradients(state))
  }

  @Test func anotherNetworkWithTheSameNames() {
    func layers() -> [any Layer] { [Dense(from: 10, to: 6), BatchNorm(6), .relu] }
    let (first, second) = (layers(), layers())
    let (firstNetwork, secondNetwork) = (Network(Sequential(first)), Network(Sequential(second)))
    let prepared = state(firstNetwork).prepared(for: firstNetwork)
    let expected = Context(firstNetwork, prepared, mode: .inference).output(of: first, for: latents)
    let other = Context(secondNetwork, prepared, mode: .inference).output(of: second, for: latents)
    #expect(other.scalars == expected.scalars)
  }

  @Test func misuse() async {
    await expect(
      #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
        let layers: [any Layer] = [Dense(from: 10, to: 6), .relu]
        let network = Network(Sequential(layers))
        var random = RandomGenerator(seed: 1)
        let state = network.initialState(using: &random).prepared(for: network)
        _ = Context(network, state, mode: .inference).output(of: layers, for: .ones([2, 9]))
      }, saysWhy: "Dense: the input has shape [2, 9], the weight [10, 6]")
    await expect(
      #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
        let layers: [any Layer] = [Conv2D(from: 3, to: 6, kernelSize: 3), BatchNorm(5)]
        let network = Network(Sequential(layers))
        var random = RandomGenerator(seed: 1)
        let state = network.initialState(using: &random).prepared(for: network)
        _ = Context(network, state, mode: .inference).output(of: layers, for: .ones([2, 9, 9, 3]))
      }, saysWhy: "BatchNorm: the input has shape [2, 7, 7, 6]; [N, …, 5]")
  }
}
