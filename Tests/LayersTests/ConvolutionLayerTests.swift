import Tensor
import Testing

@testable import Layers

/// Convolutions as layers, and the layers that resize images. The operations themselves are tested with the tensors.
@Suite struct ConvolutionLayerTests {
  private func state(_ module: any Module, seed: UInt64 = 1) -> State {
    var random = RandomGenerator(seed: seed)
    return Network(module).initialState(using: &random)
  }

  private func images(_ shape: Tensor.Shape) -> Tensor {
    var random = RandomGenerator(seed: 7)
    return .normal(shape, using: &random)
  }

  @Test func namesAndShapes() {
    let layers = Sequential(
      Dense(from: 5, to: 4 * 4 * 6, hasBias: false, transforms: [.spectralNorm()]), .reshape(to: [4, 4, 6]),
      ConvTranspose2D(from: 6, to: 3, kernelSize: 4, stride: 2, padding: 1),
      Conv2D(
        from: 3, to: 2, kernelSize: .init(height: 3, width: 5), padding: .init(height: 1, width: 2), hasBias: false,
        transforms: [.spectralNorm(), .spectralNorm()]))
    #expect(
      "\(Network(layers))" == """
        layers.0.weight [5, 96]
        layers.2.weight [3, 4, 4, 6]
        layers.2.bias [3]
        layers.3.weight [2, 3, 5, 3]
        layers.0.transforms.0.u [96] (buffer)
        layers.0.transforms.0.v [5] (buffer)
        layers.3.transforms.0.u [2] (buffer)
        layers.3.transforms.0.v [45] (buffer)
        layers.3.transforms.1.u [2] (buffer)
        layers.3.transforms.1.v [45] (buffer)
        """)
    let context = Context(Network(layers), state(layers), mode: .inference)
    #expect(layers(images([7, 5]), in: context).shape == [7, 8, 8, 2])
  }

  @Test func initialValuesScaleWithTheFans() throws {
    let convolution = Conv2D(
      from: 4, to: 9, kernelSize: .init(height: 2, width: 3), initializer: .uniformByFanIn,
      biasInitializer: .uniformByFanIn)
    let transposed = ConvTranspose2D(
      from: 4, to: 9, kernelSize: .init(height: 2, width: 3), initializer: .uniformByFanIn,
      biasInitializer: .uniformByFanIn)
    let cases: [(any Module, Parameter, Parameter?, Fan)] = [
      (convolution, convolution.weight, convolution.bias, Fan(in: 24, out: 54)),
      (transposed, transposed.weight, transposed.bias, Fan(in: 54, out: 24)),
    ]
    for (module, weight, bias, fan) in cases {
      #expect(weight.fan == fan && bias?.fan == fan)
      let state = state(module)
      let bound = 1 / Float(fan.in).squareRoot()
      for name in ["weight", "bias"] {
        let largest = try #require(state[name]?.scalars.map(abs).max())
        #expect(largest <= bound && largest > 0.5 * bound, "\(name) of \(type(of: module))")
      }
    }
  }

  @Test func conv2dIsTheOperationWithItsArguments() throws {
    let (stride, dilation) = (Tensor.Size2D(height: 1, width: 2), Tensor.Size2D(height: 2, width: 1))
    let padding = Tensor.Padding2D(top: 0, bottom: 1, left: 2, right: 3)
    let layer = Conv2D(
      from: 2, to: 3, kernelSize: .init(height: 2, width: 3), stride: stride, padding: padding, dilation: dilation,
      biasInitializer: .normal(standardDeviation: 1))
    let (state, input) = (state(layer), images([2, 5, 6, 2]))
    let output = layer(input, in: Context(Network(layer), state, mode: .inference))
    let (weight, bias) = try (#require(state["weight"]), #require(state["bias"]))
    #expect(output == input.conv2d(weight, stride: stride, padding: padding, dilation: dilation) + bias)
    #expect(output.shape == [2, 4, 5, 3])
    let size = layer.geometry.outputSize(for: .init(height: 5, width: 6))
    #expect(size == .init(height: 4, width: 5))
  }

  @Test func convTranspose2dIsTheOperationWithItsArguments() throws {
    let (stride, dilation) = (Tensor.Size2D(height: 2, width: 3), Tensor.Size2D(height: 2, width: 1))
    let padding = Tensor.Padding2D(top: 0, bottom: 1, left: 2, right: 1)
    let outputPadding = Tensor.Size2D(height: 1, width: 2)
    let layer = ConvTranspose2D(
      from: 2, to: 3, kernelSize: .init(height: 2, width: 3), stride: stride, padding: padding,
      outputPadding: outputPadding, dilation: dilation, biasInitializer: .normal(standardDeviation: 1))
    let (state, input) = (state(layer), images([2, 3, 4, 2]))
    let output = layer(input, in: Context(Network(layer), state, mode: .inference))
    let (weight, bias) = try (#require(state["weight"]), #require(state["bias"]))
    let expected = input.convTranspose2d(
      weight, stride: stride, padding: padding, outputPadding: outputPadding, dilation: dilation)
    #expect(output == expected + bias)
    #expect(output.shape == [2, 7, 11, 3])
  }

  @Test func withoutBias() throws {
    let (convolution, transposed) = (
      Conv2D(from: 2, to: 3, kernelSize: 3, hasBias: false),
      ConvTranspose2D(from: 2, to: 3, kernelSize: 3, hasBias: false)
    )
    let input = images([1, 4, 4, 2])
    var (numbers, weight) = (state(convolution), try #require(state(convolution)["weight"]))
    #expect(numbers.names == ["weight"])
    #expect(convolution(input, in: Context(Network(convolution), numbers, mode: .inference)) == input.conv2d(weight))
    (numbers, weight) = (state(transposed), try #require(state(transposed)["weight"]))
    #expect(numbers.names == ["weight"])
    let output = transposed(input, in: Context(Network(transposed), numbers, mode: .inference))
    #expect(output == input.convTranspose2d(weight))
  }

  @Test func resizingLayersAreTheOperations() {
    let input = images([2, 6, 9, 8])
    let context = Context(Network(Sequential()), State(), mode: .inference)
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
      (.upsampledNearest2d(factor: wide), input.upsampledNearest2d(factor: wide)),
      (.upsampledBilinear2d(factor: wide), input.upsampledBilinear2d(factor: wide)),
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

  @Test func gradientsReachWeightAndBias() throws {
    let layer = ConvTranspose2D(from: 2, to: 3, kernelSize: 3, stride: 2)
    let context = Context(
      Network(layer), state(layer), mode: .training, differentiating: ["weight", "bias"],
      random: RandomGenerator(seed: 0))
    let output = layer(images([2, 3, 3, 2]), in: context)
    let gradients = context.gradients(of: output.sum())
    // Each of the 2 · 7 · 7 positions adds the bias once.
    #expect(gradients["bias"] == Tensor([98, 98, 98]))
    #expect(gradients["weight"]?.shape == [3, 3, 3, 2])
  }

  @Test func misuseStops() async {
    var result = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = Conv2D(from: 0, to: 3, kernelSize: 3)
    }
    expect(result, saysWhy: "Conv2D: from 0 to 3 channels; both must be positive")
    result = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = ConvTranspose2D(from: 2, to: 3, kernelSize: .init(height: 0, width: 3))
    }
    expect(result, saysWhy: "ConvTranspose2D: the kernel's size is [0, 3]; the least is 1")
    result = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      let layer = Conv2D(from: 2, to: 3, kernelSize: 3)
      _ = layer(Tensor.zeros([1, 8, 8, 3]), in: Context(Network(layer), State(), mode: .inference))
    }
    expect(
      result,
      saysWhy: "Conv2D: the input has shape [1, 8, 8, 3], the weight [3, 3, 3, 2]; images [N, H, W, 2] are needed")
    result = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      let layer = ConvTranspose2D(from: 2, to: 3, kernelSize: 3)
      _ = layer(Tensor.zeros([8, 2]), in: Context(Network(layer), State(), mode: .inference))
    }
    expect(
      result,
      saysWhy: "ConvTranspose2D: the input has shape [8, 2], the weight [3, 3, 3, 2]; images [N, H, W, 2] are needed")
    result = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      let layer = Sequential(.reshape(to: [7, 7, 256]))
      _ = layer(Tensor.zeros([4, 100]), in: Context(Network(layer), State(), mode: .inference))
    }
    expect(
      result,
      saysWhy: "reshape: the input has shape [4, 100]; samples of 12544 scalars are needed for shape [7, 7, 256]")
  }
}
