import LatentSystem
import Tensor

/// A convolution whose weight each sample scales by a style of its own, channel by channel of the input.
///
/// No sample has a convolution to itself: scaling the input by the style, and with demodulation the output by
/// `d_o = (Σ_i s_i² Σ w²_{o,i} + ε)^-½`, comes to the same. Demodulation makes outputs of deviation 1 from inputs of
/// deviation 1.
///
/// Reference: Karras et al., arXiv:1912.04958, section 2.2.
public final class ModulatedConv2D: Module {
  /// `[out, kernelHeight, kernelWidth, in]`.
  public let weight: Parameter
  /// What the weight goes through before it is used.
  public let transforms: [any WeightTransforming]
  /// Whether outputs are scaled to a deviation of 1.
  public let isDemodulated: Bool
  /// What outputs are multiplied by.
  public let gain: Float
  private let padding: Tensor.Padding2D
  private static let epsilon: Float = 1e-8

  /// - Parameters:
  ///   - inputChannels: the number of channels in, and of scalars in a style.
  ///   - outputChannels: the number of channels out.
  ///   - kernelSize: height and width of the kernel, odd: images keep their size.
  ///   - isDemodulated: whether outputs are scaled to a deviation of 1.
  ///   - initializer: of the weight.
  ///   - gain: what outputs are multiplied by.
  ///   - transforms: what the weight goes through before it is used.
  public init(
    from inputChannels: Int, to outputChannels: Int, kernelSize: Int, isDemodulated: Bool = true,
    initializer: Initializer = .normal(standardDeviation: 1), gain: Float = 1,
    transforms: [WeightTransform] = [.equalizedRate()]
  ) {
    require(
      inputChannels > 0 && outputChannels > 0 && kernelSize % 2 == 1,
      "ModulatedConv2D: from \(inputChannels) to \(outputChannels) channels with a kernel of \(kernelSize); an odd one is needed"
    )
    let shape: Tensor.Shape = [outputChannels, kernelSize, kernelSize, inputChannels]
    weight = Parameter(
      shape, initializer,
      fan: Fan(in: inputChannels * kernelSize * kernelSize, out: outputChannels * kernelSize * kernelSize))
    self.transforms = transforms.map { $0.module(for: shape, outputAxis: 0) }
    self.isDemodulated = isDemodulated
    self.gain = gain
    padding = Tensor.Padding2D(kernelSize / 2)
  }

  /// - Parameters:
  ///   - input: `[N, H, W, in]`.
  ///   - styles: `[N, in]`.
  /// - Returns: `[N, H, W, out]`.
  public func callAsFunction(_ input: Tensor, styles: Tensor, in context: Context) -> Tensor {
    let channels = weight.shape[3]
    require(
      input.rank == 4 && input.shape[3] == channels && styles.shape == [input.shape[0], channels],
      "ModulatedConv2D: an input of shape \(input.shape), styles of \(styles.shape); [N, H, W, \(channels)] and [N, \(channels)] are needed"
    )
    let weight = context[weight, through: transforms]
    let count = input.shape[0]
    let output = (input * styles.reshaped(to: [count, 1, 1, channels])).conv2d(weight, padding: padding)
    guard isDemodulated else { return gain == 1 ? output : output * gain }
    let squares = styles.square().matmul(weight.square().sum(axes: [1, 2]), transposingOther: true)
    let factors = (squares + Self.epsilon).reciprocalSquareRoot()
    return output * (gain == 1 ? factors : factors * gain).reshaped(to: [count, 1, 1, weight.shape[0]])
  }
}
