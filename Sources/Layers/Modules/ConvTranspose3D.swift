import Tensor

/// A 3-D transposed convolution of volumes with a bias; see
/// ``Tensor/convTranspose3d(_:stride:padding:outputPadding:dilation:groups:)``.
public final class ConvTranspose3D: Layer {
  /// `[out, kernelDepth, kernelHeight, kernelWidth, in / groups]`, channels of this layer's own output and input.
  public let weight: Parameter
  /// `[out]`.
  public let bias: Parameter?
  /// What the weight goes through before it is used.
  public let transforms: [any WeightTransforming]
  /// Depth, height and width of the kernel.
  public let kernelSize: Tensor.Size3D
  /// Distance between the places that neighbouring positions are spread to.
  public let stride: Tensor.Size3D
  /// Planes, rows and columns that are cut off at the sides of the output.
  public let padding: Tensor.Padding3D
  /// Distance between neighbours within the kernel.
  public let dilation: Tensor.Size3D
  /// Additional planes at the back, rows at the bottom and columns at the right.
  public let outputPadding: Tensor.Size3D
  /// Into how many groups the channels are cut; each group of the output is made of the same group of the input alone.
  public let groups: Int

  /// - Parameters:
  ///   - inputChannels: the number of channels in.
  ///   - outputChannels: the number of channels out.
  ///   - kernelSize: depth, height and width of the kernel.
  ///   - stride: distance between the places that neighbouring positions are spread to.
  ///   - padding: planes, rows and columns that are cut off at the sides of the output.
  ///   - outputPadding: additional planes at the back, rows at the bottom and columns at the right.
  ///   - dilation: distance between neighbours within the kernel.
  ///   - groups: into how many groups the channels are cut; it divides both numbers of channels. With as many as
  ///     `inputChannels`, the convolution is depthwise.
  ///   - hasBias: whether a bias is added.
  ///   - initializer: of the weight. Its fans are those of the convolution that this layer transposes, as PyTorch counts
  ///     them: `out / groups · kernelDepth · kernelHeight · kernelWidth` in, and as many times `in / groups` out.
  ///   - biasInitializer: of the bias, with the same fans.
  ///   - transforms: what the weight goes through before it is used, the first to be applied first.
  public init(
    from inputChannels: Int, to outputChannels: Int, kernelSize: Tensor.Size3D, stride: Tensor.Size3D = 1,
    padding: Tensor.Padding3D = 0, outputPadding: Tensor.Size3D = 0, dilation: Tensor.Size3D = 1, groups: Int = 1,
    hasBias: Bool = true, initializer: Initializer = .networkWeight, biasInitializer: Initializer = .networkBias,
    transforms: [WeightTransform] = []
  ) {
    let parts = ConvolutionParts(
      "ConvTranspose3D", from: inputChannels, to: outputChannels,
      kernel: [kernelSize.depth, kernelSize.height, kernelSize.width],
      groups: groups, hasBias: hasBias, initializer, biasInitializer, transforms, isTransposed: true)
    (weight, bias, self.transforms) = (parts.weight, parts.bias, parts.transforms)
    self.kernelSize = kernelSize
    self.stride = stride
    self.padding = padding
    self.dilation = dilation
    self.outputPadding = outputPadding
    self.groups = groups
  }

  /// `[N, D, H, W, in]` → `[N, D', H', W', out]`.
  public func callAsFunction(_ input: Tensor, in context: Context) -> Tensor {
    requireInput("ConvTranspose3D", input, weight, groups: groups)
    let output = input.convTranspose3d(
      context[weight, through: transforms], stride: stride, padding: padding,
      outputPadding: outputPadding, dilation: dilation, groups: groups)
    return context.adding(bias, to: output)
  }
}
