import LatentSystem
import Tensor

/// A 2-D convolution of images with a bias; see ``Tensor/conv2d(_:stride:padding:dilation:)``.
public final class Conv2D: Layer {
  /// `[out, kernelHeight, kernelWidth, in]`.
  public let weight: Parameter
  /// `[out]`.
  public let bias: Parameter?
  /// What the weight goes through before it is used.
  public let transforms: [any WeightTransforming]
  /// How the kernel moves over an image.
  public let geometry: Tensor.ConvolutionGeometry

  /// - Parameters:
  ///   - inputChannels: the number of channels in.
  ///   - outputChannels: the number of channels out.
  ///   - kernelSize: height and width of the kernel.
  ///   - stride: distance between neighbouring positions of the kernel.
  ///   - padding: zeros around the image.
  ///   - dilation: distance between neighbours within the kernel.
  ///   - hasBias: whether a bias is added.
  ///   - initializer: of the weight. An output depends on `in · kernelHeight · kernelWidth` inputs.
  ///   - biasInitializer: of the bias.
  ///   - transforms: what the weight goes through before it is used, the first to be applied first.
  public init(
    from inputChannels: Int, to outputChannels: Int, kernelSize: Tensor.Size2D, stride: Tensor.Size2D = 1,
    padding: Tensor.Padding2D = 0, dilation: Tensor.Size2D = 1, hasBias: Bool = true,
    initializer: Initializer = .networkWeight, biasInitializer: Initializer = .networkBias,
    transforms: [WeightTransform] = []
  ) {
    requireConvolution("Conv2D", from: inputChannels, to: outputChannels, kernelSize)
    let area = kernelSize.height * kernelSize.width
    let fan = Fan(in: inputChannels * area, out: outputChannels * area)
    let shape: Tensor.Shape = [outputChannels, kernelSize.height, kernelSize.width, inputChannels]
    weight = Parameter(shape, initializer, fan: fan)
    bias = hasBias ? Parameter([outputChannels], biasInitializer, fan: fan) : nil
    self.transforms = transforms.map { $0.module(for: shape, outputAxis: 0) }
    geometry = Tensor.ConvolutionGeometry(kernel: kernelSize, stride: stride, padding: padding, dilation: dilation)
  }

  /// `[N, H, W, in]` → `[N, H', W', out]`.
  public func callAsFunction(_ input: Tensor, in context: Context) -> Tensor {
    requireImages("Conv2D", input, weight)
    let output = input.conv2d(
      context[weight, through: transforms], stride: geometry.stride, padding: geometry.padding,
      dilation: geometry.dilation)
    return bias.map { output + context[$0] } ?? output
  }
}

/// Stops the program if channels or kernel of a layer are out of their range.
func requireConvolution(
  _ layer: StaticString, from inputChannels: Int, to outputChannels: Int, _ kernelSize: Tensor.Size2D
) {
  require(
    inputChannels > 0 && outputChannels > 0,
    "\(layer): from \(inputChannels) to \(outputChannels) channels; both must be positive")
  require(
    kernelSize.height > 0 && kernelSize.width > 0, "\(layer): the kernel's size is \(kernelSize); the least is 1")
}

/// Stops the program if `input` is not a batch of images for a convolution with `weight`, `[out, …, in]`.
func requireImages(_ layer: StaticString, _ input: Tensor, _ weight: Parameter) {
  require(
    input.rank == 4 && input.shape[-1] == weight.shape[-1],
    "\(layer): the input has shape \(input.shape), the weight \(weight.shape); images [N, H, W, \(weight.shape[-1])] are needed"
  )
}
