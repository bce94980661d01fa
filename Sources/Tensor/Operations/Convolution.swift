import LatentSystem

// Convolution: three maps, each bilinear, each one's derivatives are the other two.

extension Tensor {
  /// The 2-D convolution (without flipping the kernel, as everywhere in deep learning) of a batch of images.
  ///
  /// `y[n, i, j, o] = Σ x[n, i * stride - top + a * dilation, j * stride - left + b * dilation, c] * weight[o, a, b, c]`,
  /// where positions outside of the image count as zeros. A bias is added with `+`.
  ///
  /// ```swift
  /// let images = Tensor.ones([128, 28, 28, 1])
  /// images.conv2d(weight, stride: 2, padding: 1)   // [128, 14, 14, 64] for a weight [64, 4, 4, 1]
  /// ```
  ///
  /// - Parameters:
  ///   - weight: `[outChannels, kernelHeight, kernelWidth, inChannels]`.
  ///   - stride: distance between neighbouring positions of the kernel; `2` or `Tensor.Size2D(height: 2, width: 1)`.
  ///   - padding: zeros around the image; `1` or `Tensor.Padding2D(top: 0, bottom: 1, left: 0, right: 1)`.
  ///   - dilation: distance between neighbours within the kernel.
  /// - Returns: `[N, H', W', outChannels]`; for the sizes see ``ConvolutionGeometry/outputSize(for:)``.
  /// - Precondition: this tensor is `[N, H, W, inChannels]`, and the kernel fits into the padded image.
  /// - Complexity: O(N · H' · W' · kernelHeight · kernelWidth · inChannels · outChannels).
  public func conv2d(
    _ weight: Tensor, stride: Size2D = 1, padding: Padding2D = 0, dilation: Size2D = 1
  ) -> Tensor {
    Self.checkRanks("conv2d", self, weight)
    let geometry = ConvolutionGeometry(
      kernel: Size2D(height: weight.shape[1], width: weight.shape[2]), stride: stride, padding: padding,
      dilation: dilation)
    geometry.check("conv2d")
    require(
      shape[3] == weight.shape[3],
      "conv2d: input \(shape) has \(shape[3]) channels, weight \(weight.shape) expects \(weight.shape[3])")
    let size = Size2D(height: shape[1], width: shape[2])
    let outputSize = geometry.outputSize(for: size)
    require(
      outputSize.both { $0 >= 1 },
      "conv2d: weight \(weight.shape) with dilation \(dilation) does not fit into input \(shape) with padding \(padding)"
    )
    let maps = ConvolutionMaps(
      geometry: geometry, count: shape[0], inputSize: size, inputChannels: shape[3], outputSize: outputSize,
      outputChannels: weight.shape[0], weightOrder: .outputFirst)
    return maps.forward(self, weight, keeping: weight.isRecorded ? nil : weight.storage)
  }

  /// The 2-D transposed convolution of a batch of images: the transpose of ``conv2d(_:stride:padding:dilation:)`` with
  /// the same stride, padding and dilation. It spreads each position over a kernel's extent, and so enlarges images.
  ///
  /// The output's height is `(H - 1) * stride - top - bottom + dilation * (kernelHeight - 1) + 1 + outputPadding`, and
  /// the width likewise. A bias is added with `+`.
  ///
  /// ```swift
  /// let features = Tensor.ones([128, 7, 7, 256])
  /// features.convTranspose2d(weight, stride: 2, padding: 1)   // [128, 14, 14, 64] for a weight [64, 4, 4, 256]
  /// ```
  ///
  /// - Parameters:
  ///   - weight: `[outChannels, kernelHeight, kernelWidth, inChannels]`, channels of this operation's own output and
  ///     input.
  ///   - stride: distance between the places that neighbouring positions are spread to.
  ///   - padding: rows and columns that are cut off at the sides of the output.
  ///   - outputPadding: additional rows at the bottom and columns at the right: with a stride, a convolution maps images
  ///     of several sizes to one size; this chooses among them.
  ///   - dilation: distance between neighbours within the kernel.
  /// - Returns: `[N, H', W', outChannels]`.
  /// - Precondition: this tensor is `[N, H, W, inChannels]`, `0 <= outputPadding < max(stride, dilation)`, and the
  ///   output has a row and a column.
  /// - Complexity: O(N · H · W · kernelHeight · kernelWidth · inChannels · outChannels).
  public func convTranspose2d(
    _ weight: Tensor, stride: Size2D = 1, padding: Padding2D = 0, outputPadding: Size2D = 0, dilation: Size2D = 1
  ) -> Tensor {
    Self.checkRanks("convTranspose2d", self, weight)
    let geometry = ConvolutionGeometry(
      kernel: Size2D(height: weight.shape[1], width: weight.shape[2]), stride: stride, padding: padding,
      dilation: dilation)
    geometry.check("convTranspose2d")
    require(
      shape[3] == weight.shape[3],
      "convTranspose2d: input \(shape) has \(shape[3]) channels, weight \(weight.shape) expects \(weight.shape[3])")
    require(
      outputPadding.both { $0 >= 0 } && outputPadding.height < Swift.max(stride.height, dilation.height)
        && outputPadding.width < Swift.max(stride.width, dilation.width),
      "convTranspose2d: outputPadding \(outputPadding) must be at least 0 and less than stride \(stride) or dilation \(dilation)"
    )
    let size = Size2D(height: shape[1], width: shape[2])
    let outputSize = geometry.transposedOutputSize(for: size, outputPadding: outputPadding)
    require(
      size.both { $0 >= 1 } && outputSize.both { $0 >= 1 },
      "convTranspose2d: input \(shape) and weight \(weight.shape) with padding \(padding) give size \(outputSize); the least is 1"
    )
    let maps = ConvolutionMaps(
      geometry: geometry, count: shape[0], inputSize: outputSize, inputChannels: weight.shape[0], outputSize: size,
      outputChannels: shape[3], weightOrder: .inputFirst)
    return maps.inputGradient(self, weight, keeping: weight.isRecorded ? nil : weight.storage)
  }

  private static func checkRanks(_ operation: StaticString, _ input: Tensor, _ weight: Tensor) {
    require(
      input.rank == 4 && weight.rank == 4,
      "\(operation): input \(input.shape) and weight \(weight.shape); both need four axes, [N, H, W, C] and [outChannels, kernelHeight, kernelWidth, inChannels]"
    )
  }
}

// MARK: - Primitives

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
    weightOrder == .outputFirst
      ? [outputChannels, geometry.kernel.height, geometry.kernel.width, inputChannels]
      : [inputChannels, geometry.kernel.height, geometry.kernel.width, outputChannels]
  }

  /// `y` from `x` and `w`.
  ///
  /// - Parameter block: where the weight may be kept as the kernels want it: its own block if it does not change soon.
  func forward(_ x: Tensor, _ w: Tensor, keeping block: Storage? = nil) -> Tensor {
    let result = Tensor(yShape) { ConvolutionProblem(self, weight: block).forward(x.pointer, w.pointer, $0) }
    return Tensor.record("conv2d", result, from: [x, w], saving: [.input(0), .input(1)]) {
      let (u, x, w) = ($0.cotangent, $0.saved[0], $0.saved[1])
      return [$0.isWanted[0] ? inputGradient(u, w) : nil, $0.isWanted[1] ? filterGradient(x, u) : nil]
    }
  }

  /// `x` from `y` and `w`: the transpose of the forward map. `block` is as for the forward map.
  func inputGradient(_ y: Tensor, _ w: Tensor, keeping block: Storage? = nil) -> Tensor {
    let result = Tensor(xShape) { ConvolutionProblem(self, weight: block).inputGradient(y.pointer, w.pointer, $0) }
    return Tensor.record("convTranspose2d", result, from: [y, w], saving: [.input(0), .input(1)]) {
      let (u, y, w) = ($0.cotangent, $0.saved[0], $0.saved[1])
      return [$0.isWanted[0] ? forward(u, w) : nil, $0.isWanted[1] ? filterGradient(u, y) : nil]
    }
  }

  /// `w` from `x` and `y`.
  func filterGradient(_ x: Tensor, _ y: Tensor) -> Tensor {
    let result = Tensor(wShape) { ConvolutionProblem(self).filterGradient(x.pointer, y.pointer, $0) }
    return Tensor.record("conv2d's filter gradient", result, from: [x, y], saving: [.input(0), .input(1)]) {
      let (u, x, y) = ($0.cotangent, $0.saved[0], $0.saved[1])
      return [$0.isWanted[0] ? inputGradient(y, u) : nil, $0.isWanted[1] ? forward(x, u) : nil]
    }
  }
}
