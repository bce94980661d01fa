// Convolution's primitives: three maps, each bilinear, each one's derivatives are the other two.

/// The three maps of one convolution, with the sizes of everything in it.
///
/// `x` is `[count, inputSize, inputChannels]`, `y` is `[count, outputSize, outputChannels]` and `w` is as `weightOrder`
/// says. All describe the forward convolution, `y = x * w`; the transposed one is ``inputGradient(_:_:)``. The output's
/// size is stated, since several input sizes have the same, and since a transposed convolution may begin with fewer
/// positions than the forward one would give.
///
/// All are linear in both arguments, and `⟨y, forward(x, w)⟩ = ⟨x, inputGradient(y, w)⟩ = ⟨w, filterGradient(x, y)⟩`.
/// So each one's pullback is made of the other two.
struct ConvolutionMaps: Hashable, Sendable {
  let geometry: Tensor.ConvolutionGeometry
  var count: Int
  let inputSize: Tensor.Size2D
  let inputChannels: Int
  let outputSize: Tensor.Size2D
  let outputChannels: Int
  let weightOrder: WeightOrder
  /// Whether each channel of `y` is made of the channel of `x` with the same number alone. Then there are as many of
  /// both, and `w` is `[channels, kernelHeight, kernelWidth, 1]` in either order.
  var isDepthwise = false

  /// How a weight's axes lie in memory.
  enum WeightOrder: Sendable {
    /// `[outputChannels, kernelHeight, kernelWidth, inputChannels]`: the weight of a convolution.
    case outputFirst
    /// `[inputChannels, kernelHeight, kernelWidth, outputChannels]`: the weight of a transposed convolution, whose input
    /// and output are the forward convolution's output and input.
    case inputFirst
  }

  var xShape: Tensor.Shape { [count, inputSize.height, inputSize.width, inputChannels] }
  var yShape: Tensor.Shape { [count, outputSize.height, outputSize.width, outputChannels] }
  var wShape: Tensor.Shape {
    if isDepthwise { return [outputChannels, geometry.kernel.height, geometry.kernel.width, 1] }
    return weightOrder == .outputFirst
      ? [outputChannels, geometry.kernel.height, geometry.kernel.width, inputChannels]
      : [inputChannels, geometry.kernel.height, geometry.kernel.width, outputChannels]
  }

  /// `y` from `x` and `w`.
  ///
  /// - Parameters:
  ///   - block: where the weight may be kept as the kernels want it: its own block if it does not change soon.
  ///   - finish: what is done with the result, if the map is not depthwise.
  func forward(_ x: Tensor, _ w: Tensor, keeping block: Storage? = nil, finish: ChannelFinish? = nil) -> Tensor {
    let result = Tensor(yShape) { y in
      if isDepthwise { return DepthwiseConvolution(self).forward(x.pointer, w.pointer, y) }
      ConvolutionProblem(self, weight: block, finish: finish).forward(x.pointer, w.pointer, y)
    }
    return Tensor.recordProduct("conv2d", result, from: x, w, finish) { u, x, w, isWanted in
      [isWanted[0] ? inputGradient(u, w) : nil, isWanted[1] ? filterGradient(x, u) : nil]
    }
  }

  /// `x` from `y` and `w`: the transpose of the forward map. `block` and `finish` are as for the forward map.
  func inputGradient(_ y: Tensor, _ w: Tensor, keeping block: Storage? = nil, finish: ChannelFinish? = nil) -> Tensor {
    let result = Tensor(xShape) { x in
      if isDepthwise { return DepthwiseConvolution(self).inputGradient(y.pointer, w.pointer, x) }
      ConvolutionProblem(self, weight: block, finish: finish).inputGradient(y.pointer, w.pointer, x)
    }
    return Tensor.recordProduct("convTranspose2d", result, from: y, w, finish) { u, y, w, isWanted in
      [isWanted[0] ? forward(u, w) : nil, isWanted[1] ? filterGradient(u, y) : nil]
    }
  }

  /// `w` from `x` and `y`.
  func filterGradient(_ x: Tensor, _ y: Tensor) -> Tensor {
    let result = Tensor(wShape) { w in
      if isDepthwise { return DepthwiseConvolution(self).filterGradient(x.pointer, y.pointer, w) }
      ConvolutionProblem(self).filterGradient(x.pointer, y.pointer, w)
    }
    return Tensor.record("conv2d's filter gradient", result, from: x, y, saving: [.input(0), .input(1)]) {
      let (u, x, y) = ($0.cotangent, $0.saved[0], $0.saved[1])
      return [$0.isWanted[0] ? inputGradient(y, u) : nil, $0.isWanted[1] ? forward(x, u) : nil]
    }
  }
}
