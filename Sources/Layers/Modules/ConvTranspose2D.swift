import Tensor

/// A 2-D transposed convolution of images with a bias; see
/// ``Tensor/convTranspose2d(_:stride:padding:outputPadding:dilation:)``.
public final class ConvTranspose2D: Layer {
  /// `[out, kernelHeight, kernelWidth, in]`, channels of this layer's own output and input.
  public let weight: Parameter
  /// `[out]`.
  public let bias: Parameter?
  /// What the weight goes through before it is used.
  public let transforms: [any WeightTransforming]
  /// How the kernel of the convolution that this layer transposes moves over this layer's output.
  public let geometry: Tensor.ConvolutionGeometry
  /// Additional rows at the bottom and columns at the right.
  public let outputPadding: Tensor.Size2D

  /// - Parameters:
  ///   - inputChannels: the number of channels in.
  ///   - outputChannels: the number of channels out.
  ///   - kernelSize: height and width of the kernel.
  ///   - stride: distance between the places that neighbouring positions are spread to.
  ///   - padding: rows and columns that are cut off at the sides of the output.
  ///   - outputPadding: additional rows at the bottom and columns at the right.
  ///   - dilation: distance between neighbours within the kernel.
  ///   - hasBias: whether a bias is added.
  ///   - initializer: of the weight. Its fans are those of the convolution that this layer transposes, as PyTorch counts
  ///     them: `out · kernelHeight · kernelWidth` in, `in · kernelHeight · kernelWidth` out.
  ///   - biasInitializer: of the bias, with the same fans.
  ///   - transforms: what the weight goes through before it is used, the first to be applied first.
  public init(
    from inputChannels: Int, to outputChannels: Int, kernelSize: Tensor.Size2D, stride: Tensor.Size2D = 1,
    padding: Tensor.Padding2D = 0, outputPadding: Tensor.Size2D = 0, dilation: Tensor.Size2D = 1,
    hasBias: Bool = true, initializer: Initializer = .networkWeight, biasInitializer: Initializer = .networkBias,
    transforms: [WeightTransform] = []
  ) {
    requireConvolution("ConvTranspose2D", from: inputChannels, to: outputChannels, kernelSize)
    let area = kernelSize.height * kernelSize.width
    let fan = Fan(in: outputChannels * area, out: inputChannels * area)
    let shape: Tensor.Shape = [outputChannels, kernelSize.height, kernelSize.width, inputChannels]
    weight = Parameter(shape, initializer, fan: fan)
    bias = hasBias ? Parameter([outputChannels], biasInitializer, fan: fan) : nil
    self.transforms = transforms.map { $0.module(for: shape, outputAxis: 0) }
    geometry = Tensor.ConvolutionGeometry(kernel: kernelSize, stride: stride, padding: padding, dilation: dilation)
    self.outputPadding = outputPadding
  }

  /// `[N, H, W, in]` → `[N, H', W', out]`.
  public func callAsFunction(_ input: Tensor, in context: Context) -> Tensor {
    requireImages("ConvTranspose2D", input, weight)
    let output = input.convTranspose2d(
      context[weight, through: transforms], stride: geometry.stride, padding: geometry.padding,
      outputPadding: outputPadding, dilation: geometry.dilation)
    return bias.map { output + context[$0] } ?? output
  }
}
