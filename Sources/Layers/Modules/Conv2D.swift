import Tensor

/// A 2-D convolution of images with a bias; see ``Tensor/conv2d(_:stride:padding:dilation:groups:)``.
public final class Conv2D: Layer, ProductLayer {
  /// `[out, kernelHeight, kernelWidth, in / groups]`.
  public let weight: Parameter
  /// `[out]`.
  public let bias: Parameter?
  /// What the weight goes through before it is used.
  public let transforms: [any WeightTransforming]
  /// How the kernel moves over an image.
  public let geometry: Tensor.ConvolutionGeometry
  /// What the padding holds.
  public let paddingMode: Tensor.PaddingMode
  /// Into how many groups the channels are cut; each group of the output is made of the same group of the input alone.
  public let groups: Int

  /// - Parameters:
  ///   - inputChannels: the number of channels in.
  ///   - outputChannels: the number of channels out.
  ///   - kernelSize: height and width of the kernel.
  ///   - stride: distance between neighbouring positions of the kernel.
  ///   - padding: rows and columns around the image.
  ///   - paddingMode: what they hold: zeros, or the image itself, reflected, repeated or its edge.
  ///   - dilation: distance between neighbours within the kernel.
  ///   - groups: into how many groups the channels are cut; it divides both numbers of channels. With as many as
  ///     `inputChannels`, the convolution is depthwise.
  ///   - hasBias: whether a bias is added.
  ///   - initializer: of the weight. An output depends on `in / groups · kernelHeight · kernelWidth` inputs.
  ///   - biasInitializer: of the bias.
  ///   - transforms: what the weight goes through before it is used, the first to be applied first.
  public init(
    from inputChannels: Int, to outputChannels: Int, kernelSize: Tensor.Size2D, stride: Tensor.Size2D = 1,
    padding: Tensor.Padding2D = 0, paddingMode: Tensor.PaddingMode = .zeros, dilation: Tensor.Size2D = 1,
    groups: Int = 1, hasBias: Bool = true, initializer: Initializer = .networkWeight,
    biasInitializer: Initializer = .networkBias, transforms: [WeightTransform] = []
  ) {
    let parts = ConvolutionParts(
      "Conv2D", from: inputChannels, to: outputChannels, kernel: [kernelSize.height, kernelSize.width],
      groups: groups, hasBias: hasBias, initializer, biasInitializer, transforms)
    (weight, bias, self.transforms) = (parts.weight, parts.bias, parts.transforms)
    geometry = Tensor.ConvolutionGeometry(kernel: kernelSize, stride: stride, padding: padding, dilation: dilation)
    self.paddingMode = paddingMode
    self.groups = groups
  }

  /// `[N, H, W, in]` → `[N, H', W', out]`.
  public func callAsFunction(_ input: Tensor, in context: Context) -> Tensor {
    output(for: input, finish: context.finish(of: self, for: input), in: context)
  }

  var outputChannels: Int { weight.shape[0] }

  func check(_ input: Tensor) { requireInput("Conv2D", input, weight, groups: groups) }

  func output(for input: Tensor, finish: ChannelFinish?, in context: Context) -> Tensor {
    let (padded, padding) = padded(input)
    let weight = context[weight, through: transforms]
    return finish.map { padded.conv2d(weight, geometry, padding: padding, groups: groups, finish: $0) }
      ?? padded.conv2d(
        weight, stride: geometry.stride, padding: padding, dilation: geometry.dilation, groups: groups)
  }

  /// The input with what the padding holds if that is not zeros, and the zeros that are still wanted.
  private func padded(_ input: Tensor) -> (input: Tensor, padding: Tensor.Padding2D) {
    paddingMode == .zeros ? (input, geometry.padding) : (input.padded2d(geometry.padding, mode: paddingMode), 0)
  }
}
