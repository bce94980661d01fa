import Tensor

/// A 1-D transposed convolution of sequences with a bias; see
/// ``Tensor/convTranspose1d(_:stride:padding:outputPadding:dilation:groups:)``.
public final class ConvTranspose1D: Layer {
  /// `[out, kernelSize, in / groups]`, channels of this layer's own output and input.
  public let weight: Parameter
  /// `[out]`.
  public let bias: Parameter?
  /// What the weight goes through before it is used.
  public let transforms: [any WeightTransforming]
  /// How the kernel of the convolution that this layer transposes moves over this layer's output.
  public let geometry: Tensor.ConvolutionAxis
  /// Additional positions at the end.
  public let outputPadding: Int
  /// Into how many groups the channels are cut; each group of the output is made of the same group of the input alone.
  public let groups: Int

  /// - Parameters:
  ///   - inputChannels: the number of channels in.
  ///   - outputChannels: the number of channels out.
  ///   - kernelSize: length of the kernel.
  ///   - stride: distance between the places that neighbouring positions are spread to.
  ///   - padding: positions that are cut off at the ends of the output.
  ///   - outputPadding: additional positions at the end.
  ///   - dilation: distance between neighbours within the kernel.
  ///   - groups: into how many groups the channels are cut; it divides both numbers of channels. With as many as
  ///     `inputChannels`, the convolution is depthwise.
  ///   - hasBias: whether a bias is added.
  ///   - initializer: of the weight. Its fans are those of the convolution that this layer transposes, as PyTorch counts
  ///     them: `out / groups · kernelSize` in, and as many times `in / groups` out.
  ///   - biasInitializer: of the bias, with the same fans.
  ///   - transforms: what the weight goes through before it is used, the first to be applied first.
  public init(
    from inputChannels: Int, to outputChannels: Int, kernelSize: Int, stride: Int = 1, padding: Tensor.Padding1D = 0,
    outputPadding: Int = 0, dilation: Int = 1, groups: Int = 1, hasBias: Bool = true,
    initializer: Initializer = .networkWeight, biasInitializer: Initializer = .networkBias,
    transforms: [WeightTransform] = []
  ) {
    let parts = ConvolutionParts(
      "ConvTranspose1D", from: inputChannels, to: outputChannels, kernel: [kernelSize],
      groups: groups, hasBias: hasBias, initializer, biasInitializer, transforms, isTransposed: true)
    (weight, bias, self.transforms) = (parts.weight, parts.bias, parts.transforms)
    geometry = Tensor.ConvolutionAxis(kernel: kernelSize, stride: stride, padding: padding, dilation: dilation)
    self.outputPadding = outputPadding
    self.groups = groups
  }

  /// `[N, L, in]` → `[N, L', out]`.
  public func callAsFunction(_ input: Tensor, in context: Context) -> Tensor {
    requireInput("ConvTranspose1D", input, weight, groups: groups)
    let output = input.convTranspose1d(
      context[weight, through: transforms], stride: geometry.stride, padding: geometry.padding,
      outputPadding: outputPadding, dilation: geometry.dilation, groups: groups)
    return context.adding(bias, to: output)
  }
}
