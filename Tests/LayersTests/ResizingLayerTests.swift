import Tensor
import Testing

@testable import Layers

/// The layers that resize, pool and pad, and activations with parameters. The operations themselves are tested with the
/// tensors.
@Suite struct ResizingLayerTests {
  private func images(_ shape: Tensor.Shape) -> Tensor {
    var random = RandomGenerator(seed: 7)
    return .normal(shape, using: &random)
  }

  private let context = Context(Network(Sequential()), State(), mode: .inference)

  @Test func layersOfImagesAreTheOperations() {
    let input = images([2, 6, 9, 8])
    let (wide, three) = (Tensor.Size2D(height: 1, width: 2), Tensor.Size2D(3))
    let table: [(Activation, Tensor)] = [
      (.averagePool2d(3), input.averagePool2d(3)),
      (
        .averagePool2d(three, stride: wide, padding: 1, countsPadding: false),
        input.averagePool2d(three, stride: wide, padding: 1, countsPadding: false)
      ),
      (.averagePool2d(three, padding: 1), input.averagePool2d(three, padding: 1)),
      (.maxPool2d(wide), input.maxPool2d(wide)),
      (.maxPool2d(three, stride: 2, padding: 1), input.maxPool2d(three, stride: 2, padding: 1)),
      (.adaptiveAveragePool2d(to: wide), input.adaptiveAveragePool2d(to: wide)),
      (.upsampledNearest2d(factor: wide), input.upsampledNearest2d(factor: wide)),
      (.upsampledBilinear2d(factor: wide), input.upsampledBilinear2d(factor: wide)),
      (.resized(to: 4), input.resized(to: 4)),
      (
        .resized(to: three, method: .bicubic, antialias: true),
        input.resized(to: three, method: .bicubic, antialias: true)
      ),
      (.padded2d(2, mode: .reflect), input.padded2d(2, mode: .reflect)),
      (.pixelShuffle(factor: wide), input.pixelShuffled(factor: wide)),
      (.reshape(to: [3, 2, 9, 8]), input.reshaped(to: [2, 3, 2, 9, 8])),
      (.reshape(to: [432]), input.flattened()),
    ]
    for (layer, expected) in table {
      let isEqual = layer(input, in: context) == expected
      #expect(isEqual, "\(layer.name) to \(expected.shape)")
    }
    let layers = Sequential(.reshape(to: [7, 7, 256]), .upsampledNearest2d(factor: 2), .maxPool2d(7))
    #expect(layers(Tensor.zeros([0, 7 * 7 * 256]), in: context).shape == [0, 2, 2, 256])
  }

  @Test func layersOfSequencesAndVolumesAreTheOperations() {
    let (sequence, volume) = (images([2, 9, 3]), images([2, 4, 5, 6, 2]))
    let table: [(Activation, Tensor, Tensor)] = [
      (
        .averagePool1d(3, stride: 2, padding: 1, countsPadding: false), sequence,
        sequence.averagePool1d(3, stride: 2, padding: 1, countsPadding: false)
      ),
      (.maxPool1d(3, stride: 2, padding: 1), sequence, sequence.maxPool1d(3, stride: 2, padding: 1)),
      (.adaptiveAveragePool1d(to: 4), sequence, sequence.adaptiveAveragePool1d(to: 4)),
      (
        .averagePool3d(3, stride: 2, padding: 1, countsPadding: false), volume,
        volume.averagePool3d(3, stride: 2, padding: 1, countsPadding: false)
      ),
      (.maxPool3d(3, stride: 2, padding: 1), volume, volume.maxPool3d(3, stride: 2, padding: 1)),
      (.adaptiveAveragePool3d(to: 2), volume, volume.adaptiveAveragePool3d(to: 2)),
    ]
    for (layer, input, expected) in table {
      let isEqual = layer(input, in: context) == expected
      #expect(isEqual, "\(layer.name) to \(expected.shape)")
    }
  }

  @Test func preluHasSlopesOfItsOwn() throws {
    var random = RandomGenerator(seed: 1)
    let input = images([2, 3, 4])
    for channels in [1, 4] {
      let layer = PReLU(channels)
      let state = Network(layer).initialState(using: &random)
      #expect(state["slope"] == Tensor(repeating: 0.25, shape: [channels]))
      let context = Context(
        Network(layer), state, mode: .training, differentiating: ["slope"], random: RandomGenerator(seed: 0))
      let output = layer(input, in: context)
      #expect(output.detached() == input.leakyReLU(slope: 0.25))
      let negative = input.minimum(Tensor(0))
      let expected = channels == 1 ? negative.sum().reshaped(to: [1]) : negative.sum(axes: [0, 1])
      let gradient = try #require(context.gradients(of: output.sum())["slope"])
      #expect(gradient.isApproximatelyEqual(to: expected))
    }
  }

  @Test func rmsNormIsTheOperation() {
    let layer = RMSNorm([3, 4], epsilon: 0.5, scaleInitializer: .normal(standardDeviation: 1))
    var random = RandomGenerator(seed: 1)
    let (input, state) = (images([2, 3, 4]), Network(layer).initialState(using: &random))
    let output = layer(input, in: Context(Network(layer), state, mode: .inference))
    #expect(output == input.rmsNorm(axisCount: 2, scale: state["scale"], epsilon: 0.5))
    #expect("\(Network(Sequential(layer, PReLU(4))))" == "layers.0.scale [3, 4]\nlayers.1.slope [4]")
  }

  @Test func misuseStops() async {
    var result = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      let layer = Sequential(.reshape(to: [7, 7, 256]))
      _ = layer(Tensor.zeros([4, 100]), in: Context(Network(layer), State(), mode: .inference))
    }
    expect(
      result,
      saysWhy: "reshape: the input has shape [4, 100]; samples of 12544 scalars are needed for shape [7, 7, 256]")
    result = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      let layer = PReLU(3)
      _ = layer(Tensor.zeros([4, 100]), in: Context(Network(layer), State(), mode: .inference))
    }
    expect(result, saysWhy: "PReLU: the input has shape [4, 100]; [N, …, 3] with 1 axes or more is needed")
    result = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      let layer = RMSNorm([3])
      _ = layer(Tensor.zeros([4, 100]), in: Context(Network(layer), State(), mode: .inference))
    }
    expect(result, saysWhy: "RMSNorm: the input has shape [4, 100]; its last axes must be [3]")
    result = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) { _ = RMSNorm([]) }
    expect(result, saysWhy: "RMSNorm: shape []; one axis or more is needed, and none empty")
    result = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) { _ = PReLU(0) }
    expect(result, saysWhy: "PReLU: 0 channels; the least is 1")
  }
}
