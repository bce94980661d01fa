import Tensor
import Testing

@testable import Layers

/// Layers that follow each other in a training give the bits that they give one by one: output, gradients, those of
/// gradients, and running statistics.
@Suite struct TrainingStageTests {
  /// What comes of a training step.
  private struct Outcome: Equatable {
    var output: [Float]
    var ofInput: [Float]
    var ofParameters: [String: [Float]]
    var second: [Float]
    var buffers: [String: [Float]]
  }

  private func outcome(
    _ network: Network, _ state: State, _ input: Tensor, mode: Context.Mode, _ function: (Tensor, Context) -> Tensor
  ) -> Outcome {
    let context = Context(
      network, state, mode: mode, differentiating: network.parameterNames, random: RandomGenerator(seed: 4))
    let leaf = input.recorded()
    let output = function(leaf, context)
    let loss = (output * output * 0.5 + output).sum()
    let ofInput = loss.gradient(at: leaf, recording: true)
    let ofParameters = context.gradients(of: loss)
    let second = ofInput.square().sum().gradient(at: leaf)
    return Outcome(
      output: output.scalars, ofInput: ofInput.scalars, ofParameters: ofParameters.tensors.mapValues(\.scalars),
      second: second.scalars,
      buffers: Dictionary(
        uniqueKeysWithValues: context.bufferUpdates.names.map { ($0, context.bufferUpdates[$0]?.scalars ?? []) }))
  }

  private func expectSameBits(
    _ layers: [any Layer], _ shape: Tensor.Shape, sourceLocation: SourceLocation = #_sourceLocation
  ) {
    let network = Network(Sequential(layers))
    var random = RandomGenerator(seed: 1)
    let state = network.initialState(using: &random)
    let input = Tensor.normal(shape, using: &random)
    for mode in [Context.Mode.training, .inference] {
      let joined = outcome(network, state, input, mode: mode) { $1.output(of: layers, for: $0) }
      let separate = outcome(network, state, input, mode: mode) { input, context in
        layers.reduce(input) { $1($0, in: context) }
      }
      #expect(joined == separate, "\(mode)", sourceLocation: sourceLocation)
    }
  }

  @Test func denseLayers() {
    expectSameBits([Dense(from: 10, to: 6), .tanh, Dense(from: 6, to: 5), .sigmoid, Dense(from: 5, to: 1)], [7, 10])
    expectSameBits([Dense(from: 10, to: 6), .leakyReLU(slope: -0.5), Dense(from: 6, to: 2), .silu], [7, 10])
    expectSameBits([Dense(from: 10, to: 6, hasBias: false), .leakyReLU(slope: 0.1)], [7, 10])
  }

  @Test func normalizations() {
    // Channels that fill vectors, and such that do not; rows that fill groups of them, and such that do not.
    for channels in [1, 3, 16, 20] {
      for activation in [Activation.relu, .leakyReLU(slope: 0.2), .tanh, .sigmoid] {
        expectSameBits([Dense(from: 4, to: channels), BatchNorm(channels), activation], [37, 4])
      }
    }
  }

  @Test func generator() {
    expectSameBits(
      [
        Dense(from: 10, to: 3 * 3 * 16, hasBias: false), .reshape(to: [3, 3, 16]), BatchNorm(16), .relu,
        ConvTranspose2D(from: 16, to: 12, kernelSize: 4, stride: 2, padding: 1), BatchNorm(12), .relu,
        ConvTranspose2D(from: 12, to: 1, kernelSize: 4, stride: 2, padding: 1), .tanh,
      ], [5, 10])
  }

  @Test func discriminator() {
    expectSameBits(
      [
        Conv2D(from: 1, to: 6, kernelSize: 4, stride: 2, padding: 1), .leakyReLU(slope: 0.2),
        Conv2D(from: 6, to: 8, kernelSize: 3, padding: 1, paddingMode: .reflect), BatchNorm(8), .leakyReLU(slope: 0.2),
        Conv2D(from: 8, to: 8, kernelSize: 3, padding: 1, groups: 4), .relu, .flatten, Dense(from: 128, to: 1),
      ], [5, 8, 8, 1])
  }

  /// The operations of the layers above, not the layers: a bias that is added by itself, an activation by itself.
  @Test func biasesByThemselves() {
    let layers = [Conv2D(from: 2, to: 5, kernelSize: 3, padding: 1), Conv2D(from: 5, to: 4, kernelSize: 3, stride: 2)]
    let (norm, dense) = (BatchNorm(4), Dense(from: 36, to: 3))
    let all: [any Layer] = [layers[0], .relu, layers[1], norm, .tanh, .flatten, dense, .sigmoid]
    let network = Network(Sequential(all))
    var random = RandomGenerator(seed: 2)
    let (state, input) = (network.initialState(using: &random), Tensor.normal([6, 8, 8, 2], using: &random))
    let joined = outcome(network, state, input, mode: .training) { $1.output(of: all, for: $0) }
    let separate = outcome(network, state, input, mode: .training) { input, context in
      func bias(_ parameter: Parameter?) -> Tensor { parameter.map { context[$0] } ?? Tensor(0) }
      let first = input.conv2d(context[layers[0].weight], padding: 1) + bias(layers[0].bias)
      let second = first.relu().conv2d(context[layers[1].weight], stride: 2) + bias(layers[1].bias)
      let normalized = norm(second, in: context).tanh().flattened()
      return (normalized.matmul(context[dense.weight]) + bias(dense.bias)).sigmoid()
    }
    #expect(joined == separate)
  }
}
