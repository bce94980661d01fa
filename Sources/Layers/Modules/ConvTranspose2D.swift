import Tensor

/// A 2-D transposed convolution of images with a bias; see
/// ``Tensor/convTranspose2d(_:stride:padding:outputPadding:dilation:groups:)``.
public final class ConvTranspose2D: Layer, ProductLayer {
  /// `[out, kernelHeight, kernelWidth, in / groups]`, channels of this layer's own output and input.
  public let weight: Parameter
  /// `[out]`.
  public let bias: Parameter?
  /// What the weight goes through before it is used.
  public let transforms: [any WeightTransforming]
  /// How the kernel of the convolution that this layer transposes moves over this layer's output.
  public let geometry: Tensor.ConvolutionGeometry
  /// Additional rows at the bottom and columns at the right.
  public let outputPadding: Tensor.Size2D
  /// Into how many groups the channels are cut; each group of the output is made of the same group of the input alone.
  public let groups: Int

  /// - Parameters:
  ///   - inputChannels: the number of channels in.
  ///   - outputChannels: the number of channels out.
  ///   - kernelSize: height and width of the kernel.
  ///   - stride: distance between the places that neighbouring positions are spread to.
  ///   - padding: rows and columns that are cut off at the sides of the output.
  ///   - outputPadding: additional rows at the bottom and columns at the right.
  ///   - dilation: distance between neighbours within the kernel.
  ///   - groups: into how many groups the channels are cut; it divides both numbers of channels. With as many as
  ///     `inputChannels`, the convolution is depthwise.
  ///   - hasBias: whether a bias is added.
  ///   - initializer: of the weight. Its fans are those of the convolution that this layer transposes, as PyTorch counts
  ///     them: `out / groups · kernelHeight · kernelWidth` in, and as many times `in / groups` out.
  ///   - biasInitializer: of the bias, with the same fans.
  ///   - transforms: what the weight goes through before it is used, the first to be applied first.
  public init(
    from inputChannels: Int, to outputChannels: Int, kernelSize: Tensor.Size2D, stride: Tensor.Size2D = 1,
    padding: Tensor.Padding2D = 0, outputPadding: Tensor.Size2D = 0, dilation: Tensor.Size2D = 1, groups: Int = 1,
    hasBias: Bool = true, initializer: Initializer = .networkWeight, biasInitializer: Initializer = .networkBias,
    transforms: [WeightTransform] = []
  ) {
    let parts = ConvolutionParts(
      "ConvTranspose2D", from: inputChannels, to: outputChannels, kernel: [kernelSize.height, kernelSize.width],
      groups: groups, hasBias: hasBias, initializer, biasInitializer, transforms, isTransposed: true)
    (weight, bias, self.transforms) = (parts.weight, parts.bias, parts.transforms)
    geometry = Tensor.ConvolutionGeometry(kernel: kernelSize, stride: stride, padding: padding, dilation: dilation)
    self.outputPadding = outputPadding
    self.groups = groups
  }

  /// `[N, H, W, in]` → `[N, H', W', out]`.
  public func callAsFunction(_ input: Tensor, in context: Context) -> Tensor {
    output(for: input, finish: context.finish(of: self, for: input), in: context)
  }

  var outputChannels: Int { weight.shape[0] }

  func check(_ input: Tensor) { requireInput("ConvTranspose2D", input, weight, groups: groups) }

  func output(for input: Tensor, finish: ChannelFinish?, in context: Context) -> Tensor {
    let weight = context[weight, through: transforms]
    return finish.map {
      input.convTranspose2d(weight, geometry, outputPadding: outputPadding, groups: groups, finish: $0)
    }
      ?? input.convTranspose2d(
        weight, stride: geometry.stride, padding: geometry.padding, outputPadding: outputPadding,
        dilation: geometry.dilation, groups: groups)
  }
}
