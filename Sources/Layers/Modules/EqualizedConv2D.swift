import LatentSystem
import Tensor

/// A convolution with an equalized rate: `conv(input, weight · g / √fanIn) + bias · g` with a gain g. Images keep their
/// size.
///
/// With a gain of √2 before a leaky rectifier, outputs have the mean square of the inputs.
///
/// Reference: Karras et al., "Progressive growing of GANs", arXiv:1710.10196, section 4.1.
public final class EqualizedConv2D: Layer {
  /// `[out, kernelSize, kernelSize, in]`; starts as standard normal numbers.
  public let weight: Parameter
  /// `[out]`, starting at 0.
  public let bias: Parameter?
  /// What weight and bias are multiplied by.
  public let gain: Float

  /// - Parameters:
  ///   - inputChannels: the number of channels in.
  ///   - outputChannels: the number of channels out.
  ///   - kernelSize: height and width of the kernel, odd.
  ///   - gain: what weight and bias are multiplied by.
  ///   - hasBias: whether a bias is added.
  public init(
    from inputChannels: Int, to outputChannels: Int, kernelSize: Int, gain: Float = 1, hasBias: Bool = true
  ) {
    require(
      inputChannels > 0 && outputChannels > 0 && kernelSize > 0 && kernelSize % 2 == 1,
      "EqualizedConv2D: from \(inputChannels) to \(outputChannels) channels with a kernel of \(kernelSize); an odd one is needed"
    )
    weight = Parameter([outputChannels, kernelSize, kernelSize, inputChannels], .normal(standardDeviation: 1))
    bias = hasBias ? Parameter([outputChannels], .zeros) : nil
    self.gain = gain
  }

  /// `[N, H, W, in]` → `[N, H, W, out]`.
  public func callAsFunction(_ input: Tensor, in context: Context) -> Tensor {
    requireInput("EqualizedConv2D", input, weight, groups: 1)
    let fanIn = Float(weight.shape.scalarCount / weight.shape[0])
    let output = input.conv2d(
      context[weight] * (gain / fanIn.squareRoot()), padding: Tensor.Padding2D(weight.shape[1] / 2))
    return bias.map { output + (gain == 1 ? context[$0] : context[$0] * gain) } ?? output
  }
}
