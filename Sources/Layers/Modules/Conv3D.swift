import Tensor

/// A 3-D convolution of volumes with a bias; see ``Tensor/conv3d(_:stride:padding:dilation:groups:)``.
public final class Conv3D: Layer {
  /// `[out, kernelDepth, kernelHeight, kernelWidth, in / groups]`.
  public let weight: Parameter
  /// `[out]`.
  public let bias: Parameter?
  /// What the weight goes through before it is used.
  public let transforms: [any WeightTransforming]
  /// Depth, height and width of the kernel.
  public let kernelSize: Tensor.Size3D
  /// Distance between neighbouring positions of the kernel.
  public let stride: Tensor.Size3D
  /// Planes, rows and columns around the volume.
  public let padding: Tensor.Padding3D
  /// Distance between neighbours within the kernel.
  public let dilation: Tensor.Size3D
  /// What the padding holds.
  public let paddingMode: Tensor.PaddingMode
  /// Into how many groups the channels are cut; each group of the output is made of the same group of the input alone.
  public let groups: Int

  /// - Parameters:
  ///   - inputChannels: the number of channels in.
  ///   - outputChannels: the number of channels out.
  ///   - kernelSize: depth, height and width of the kernel.
  ///   - stride: distance between neighbouring positions of the kernel.
  ///   - padding: planes, rows and columns around the volume.
  ///   - paddingMode: what they hold: zeros, or the volume itself, reflected, repeated or its edge.
  ///   - dilation: distance between neighbours within the kernel.
  ///   - groups: into how many groups the channels are cut; it divides both numbers of channels. With as many as
  ///     `inputChannels`, the convolution is depthwise.
  ///   - hasBias: whether a bias is added.
  ///   - initializer: of the weight. An output depends on `in / groups · kernelDepth · kernelHeight · kernelWidth` inputs.
  ///   - biasInitializer: of the bias.
  ///   - transforms: what the weight goes through before it is used, the first to be applied first.
  public init(
    from inputChannels: Int, to outputChannels: Int, kernelSize: Tensor.Size3D, stride: Tensor.Size3D = 1,
    padding: Tensor.Padding3D = 0, paddingMode: Tensor.PaddingMode = .zeros, dilation: Tensor.Size3D = 1,
    groups: Int = 1, hasBias: Bool = true, initializer: Initializer = .networkWeight,
    biasInitializer: Initializer = .networkBias, transforms: [WeightTransform] = []
  ) {
    let parts = ConvolutionParts(
      "Conv3D", from: inputChannels, to: outputChannels,
      kernel: [kernelSize.depth, kernelSize.height, kernelSize.width],
      groups: groups, hasBias: hasBias, initializer, biasInitializer, transforms)
    (weight, bias, self.transforms) = (parts.weight, parts.bias, parts.transforms)
    self.kernelSize = kernelSize
    self.stride = stride
    self.padding = padding
    self.dilation = dilation
    self.paddingMode = paddingMode
    self.groups = groups
  }

  /// `[N, D, H, W, in]` → `[N, D', H', W', out]`.
  public func callAsFunction(_ input: Tensor, in context: Context) -> Tensor {
    requireInput("Conv3D", input, weight, groups: groups)
    let isZeros = paddingMode == .zeros
    let padded = isZeros ? input : input.padded3d(padding, mode: paddingMode)
    let output = padded.conv3d(
      context[weight, through: transforms], stride: stride, padding: isZeros ? padding : 0,
      dilation: dilation, groups: groups)
    return context.adding(bias, to: output)
  }
}
