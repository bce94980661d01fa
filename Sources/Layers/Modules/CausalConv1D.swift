import LatentSystem
import Tensor

/// A 1-D convolution of sequences with a bias in which an output sees the inputs up to its own place, and none after it:
/// `[N, L, in]` → `[N, L, out]`.
///
/// Output `i` sees the inputs `i`, `i - dilation`, …, `i - (kernelSize - 1) · dilation`; what lies before the sequence is
/// zero. The first layer of a model that predicts its own input leaves out the place itself.
public final class CausalConv1D: Layer {
  /// `[out, kernelSize, in]`; the last tap meets the latest input.
  public let weight: Parameter
  /// `[out]`.
  public let bias: Parameter?
  /// What the weight goes through before it is used.
  public let transforms: [any WeightTransforming]
  /// The distance between the inputs that an output sees.
  public let dilation: Int
  /// Whether an output sees the input at its own place; else all are one place earlier.
  public let includesOwn: Bool

  /// - Parameters:
  ///   - inputChannels: the number of channels in.
  ///   - outputChannels: the number of channels out.
  ///   - kernelSize: how many inputs an output sees.
  ///   - dilation: the distance between them, from 1 to 2³¹.
  ///   - includesOwn: whether an output sees the input at its own place.
  ///   - hasBias: whether a bias is added.
  ///   - initializer: of the weight.
  ///   - biasInitializer: of the bias.
  ///   - transforms: what the weight goes through before it is used, the first to be applied first.
  public init(
    from inputChannels: Int, to outputChannels: Int, kernelSize: Int, dilation: Int = 1, includesOwn: Bool = true,
    hasBias: Bool = true, initializer: Initializer = .networkWeight, biasInitializer: Initializer = .networkBias,
    transforms: [WeightTransform] = []
  ) {
    require(
      (1...Self.mostDilation).contains(dilation),
      "CausalConv1D: a dilation of \(dilation); it lies from 1 to \(Self.mostDilation)")
    let parts = ConvolutionParts(
      "CausalConv1D", from: inputChannels, to: outputChannels, kernel: [kernelSize], groups: 1, hasBias: hasBias,
      initializer, biasInitializer, transforms)
    (weight, bias, self.transforms) = (parts.weight, parts.bias, parts.transforms)
    self.dilation = dilation
    self.includesOwn = includesOwn
  }

  private static let mostDilation = 1 << 31

  /// `[N, L, in]` → `[N, L, out]`.
  public func callAsFunction(_ input: Tensor, in context: Context) -> Tensor {
    requireInput("CausalConv1D", input, weight, groups: 1)
    let (count, length) = (input.shape[0], input.shape[1])
    let seen = includesOwn || length == 0 ? input : input.sliced([0..<count, 0..<length - 1])
    let before = (weight.shape[1] - 1) * dilation + (includesOwn || length == 0 ? 0 : 1)
    let output = seen.conv1d(
      context[weight, through: transforms], padding: Tensor.Padding1D(before: before, after: 0), dilation: dilation)
    return context.adding(bias, to: output)
  }
}
