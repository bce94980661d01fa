import Tensor
import Testing

@testable import Layers

/// Convolutions as layers. The operations themselves are tested with the tensors.
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

  /// The layers of other ranks, with a group and a padding mode each, against the operations.
  @Test func sequencesAndVolumes() throws {
    let one = Conv1D(
      from: 4, to: 6, kernelSize: 3, stride: 2, padding: .init(before: 2), paddingMode: .edge, dilation: 2, groups: 2)
    let oneBack = ConvTranspose1D(
      from: 4, to: 6, kernelSize: 3, stride: 2, padding: 1, outputPadding: 1, dilation: 2, groups: 2)
    let three = Conv3D(
      from: 2, to: 4, kernelSize: .init(depth: 1, height: 2, width: 3), stride: .init(depth: 1, height: 1, width: 2),
      padding: .init(back: 1, left: 2), paddingMode: .reflect, dilation: .init(depth: 1, height: 2, width: 1),
      groups: 2)
    let threeBack = ConvTranspose3D(
      from: 2, to: 4, kernelSize: .init(depth: 1, height: 2, width: 3), stride: .init(depth: 1, height: 2, width: 1),
      padding: .init(depth: 0, height: 1, width: 1), outputPadding: .init(depth: 0, height: 1, width: 0),
      groups: 2)
    let (sequences, volumes) = (images([2, 7, 4]), images([2, 3, 4, 5, 2]))
    let table: [(layer: any Layer, input: Tensor, expected: (Tensor) -> Tensor, weight: Tensor.Shape)] = [
      (
        one, sequences,
        { sequences.padded1d(.init(before: 2), mode: .edge).conv1d($0, stride: 2, dilation: 2, groups: 2) }, [6, 3, 2]
      ),
      (
        oneBack, sequences,
        { sequences.convTranspose1d($0, stride: 2, padding: 1, outputPadding: 1, dilation: 2, groups: 2) }, [6, 3, 2]
      ),
      (
        three, volumes,
        {
          volumes.padded3d(.init(back: 1, left: 2), mode: .reflect).conv3d(
            $0, stride: .init(depth: 1, height: 1, width: 2), dilation: .init(depth: 1, height: 2, width: 1), groups: 2)
        }, [4, 1, 2, 3, 1]
      ),
      (
        threeBack, volumes,
        {
          volumes.convTranspose3d(
            $0, stride: .init(depth: 1, height: 2, width: 1), padding: .init(depth: 0, height: 1, width: 1),
            outputPadding: .init(depth: 0, height: 1, width: 0), groups: 2)
        }, [4, 1, 2, 3, 1]
      ),
    ]
    for (layer, input, expected, shape) in table {
      var state = state(layer)
      state["bias"] = Tensor((0..<shape[0]).map(Float.init))
      let (weight, bias) = try (#require(state["weight"]), #require(state["bias"]))
      #expect(weight.shape == shape)
      let output = layer(input, in: Context(Network(layer), state, mode: .inference))
      #expect(output == expected(weight) + bias, "\(type(of: layer))")
    }
  }

  @Test("Groups and padding modes of images, and the fans of groups")
  func groupsAndPaddingModes() throws {
    let input = images([2, 5, 6, 4])
    for mode in Tensor.PaddingMode.allCases {
      let layer = Conv2D(from: 4, to: 8, kernelSize: 3, padding: 1, paddingMode: mode, groups: 4, hasBias: false)
      let state = state(layer)
      let weight = try #require(state["weight"])
      let output = layer(input, in: Context(Network(layer), state, mode: .inference))
      #expect(output == input.padded2d(1, mode: mode).conv2d(weight, groups: 4))
      #expect(layer.weight.fan == Fan(in: 9, out: 18))
    }
    let transposed = ConvTranspose2D(from: 4, to: 8, kernelSize: 3, groups: 2, hasBias: false)
    #expect(transposed.weight.fan == Fan(in: 36, out: 18))
    let numbers = state(transposed)
    let weight = try #require(numbers["weight"])
    #expect(
      transposed(input, in: Context(Network(transposed), numbers, mode: .inference))
        == input.convTranspose2d(weight, groups: 2))
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

  /// Variables as well as literals, and sizes that differ along the axes.
  @Test func wholeNumbersForSizes() {
    let (kernel, stride, padding) = (3, 2, 1)
    let square = Conv2D(from: 1, to: 2, kernelSize: kernel, stride: stride, padding: padding, dilation: 1)
    let same = Conv2D(
      from: 1, to: 2, kernelSize: Tensor.Size2D(3), stride: Tensor.Size2D(2), padding: Tensor.Padding2D(1))
    #expect(square.geometry == same.geometry && square.weight.shape == [2, 3, 3, 1])
    #expect(Conv2D(from: 1, to: 2, kernelSize: 3, stride: 2, padding: 1).geometry == same.geometry)
    let mixed = Conv2D(from: 1, to: 2, kernelSize: .init(height: 1, width: 3), stride: 2)
    #expect(mixed.weight.shape == [2, 1, 3, 1] && mixed.geometry.stride == 2)
    let transposed = ConvTranspose2D(from: 1, to: 2, kernelSize: kernel, stride: stride, outputPadding: padding)
    #expect(
      transposed.geometry.stride == 2 && transposed.outputPadding == 1 && transposed.weight.shape == [2, 3, 3, 1])
    let volume = Conv3D(from: 1, to: 2, kernelSize: kernel, stride: stride, padding: padding)
    #expect(volume.weight.shape == [2, 3, 3, 3, 1] && volume.stride == 2 && volume.padding == 1)
    let wide = ConvTranspose3D(from: 1, to: 2, kernelSize: kernel, stride: stride, outputPadding: padding)
    #expect(wide.weight.shape == [2, 3, 3, 3, 1] && wide.stride == 2 && wide.outputPadding == 1)
    let context = Context(Network(Sequential()), State(), mode: .inference)
    let images = Tensor((0..<16).map { Float($0) }, shape: [1, 4, 4, 1])
    let layers: [(Activation, Activation)] = [
      (.averagePool2d(stride), .averagePool2d(Tensor.Size2D(2))),
      (.maxPool2d(kernel, stride: padding), .maxPool2d(Tensor.Size2D(3), stride: Tensor.Size2D(1))),
      (.adaptiveAveragePool2d(to: stride), .adaptiveAveragePool2d(to: Tensor.Size2D(2))),
      (.upsampledNearest2d(factor: stride), .upsampledNearest2d(factor: Tensor.Size2D(2))),
      (.upsampledBilinear2d(factor: stride), .upsampledBilinear2d(factor: Tensor.Size2D(2))),
    ]
    for (byNumber, bySize) in layers {
      #expect(byNumber(images, in: context) == bySize(images, in: context))
    }
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
      _ = Conv3D(from: 4, to: 6, kernelSize: 3, groups: 4)
    }
    expect(result, saysWhy: "Conv3D: from 4 to 6 channels in 4 groups; groups must divide both")
    result = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      let layer = ConvTranspose1D(from: 4, to: 6, kernelSize: 3, groups: 2)
      _ = layer(Tensor.zeros([1, 8, 2]), in: Context(Network(layer), State(), mode: .inference))
    }
    expect(
      result,
      saysWhy:
        "ConvTranspose1D: the input has shape [1, 8, 2], the weight [6, 3, 2]; sequences [N, L, 4] are needed")
  }
}
