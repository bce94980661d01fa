import Tensor

/// A 1-D convolution of sequences with a bias; see ``Tensor/conv1d(_:stride:padding:dilation:groups:)``.
public final class Conv1D: Layer {
  /// `[out, kernelSize, in / groups]`.
  public let weight: Parameter
  /// `[out]`.
  public let bias: Parameter?
  /// What the weight goes through before it is used.
  public let transforms: [any WeightTransforming]
  /// How the kernel moves over a sequence.
  public let geometry: Tensor.ConvolutionAxis
  /// What the padding holds.
  public let paddingMode: Tensor.PaddingMode
  /// Into how many groups the channels are cut; each group of the output is made of the same group of the input alone.
  public let groups: Int

  /// - Parameters:
  ///   - inputChannels: the number of channels in.
  ///   - outputChannels: the number of channels out.
  ///   - kernelSize: length of the kernel.
  ///   - stride: distance between neighbouring positions of the kernel.
  ///   - padding: positions before and after the sequence.
  ///   - paddingMode: what they hold: zeros, or the sequence itself, reflected, repeated or its edge.
  ///   - dilation: distance between neighbours within the kernel.
  ///   - groups: into how many groups the channels are cut; it divides both numbers of channels. With as many as
  ///     `inputChannels`, the convolution is depthwise.
  ///   - hasBias: whether a bias is added.
  ///   - initializer: of the weight. An output depends on `in / groups · kernelSize` inputs.
  ///   - biasInitializer: of the bias.
  ///   - transforms: what the weight goes through before it is used, the first to be applied first.
  public init(
    from inputChannels: Int, to outputChannels: Int, kernelSize: Int, stride: Int = 1, padding: Tensor.Padding1D = 0,
    paddingMode: Tensor.PaddingMode = .zeros, dilation: Int = 1, groups: Int = 1, hasBias: Bool = true,
    initializer: Initializer = .networkWeight, biasInitializer: Initializer = .networkBias,
    transforms: [WeightTransform] = []
  ) {
    let parts = ConvolutionParts(
      "Conv1D", from: inputChannels, to: outputChannels, kernel: [kernelSize],
      groups: groups, hasBias: hasBias, initializer, biasInitializer, transforms)
    (weight, bias, self.transforms) = (parts.weight, parts.bias, parts.transforms)
    geometry = Tensor.ConvolutionAxis(kernel: kernelSize, stride: stride, padding: padding, dilation: dilation)
    self.paddingMode = paddingMode
    self.groups = groups
  }

  /// `[N, L, in]` → `[N, L', out]`.
  public func callAsFunction(_ input: Tensor, in context: Context) -> Tensor {
    requireInput("Conv1D", input, weight, groups: groups)
    let isZeros = paddingMode == .zeros
    let padded = isZeros ? input : input.padded1d(geometry.padding, mode: paddingMode)
    let output = padded.conv1d(
      context[weight, through: transforms], stride: geometry.stride, padding: isZeros ? geometry.padding : 0,
      dilation: geometry.dilation, groups: groups)
    return context.adding(bias, to: output)
  }
}
