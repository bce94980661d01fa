import LatentSystem
import Tensor

/// A fully connected layer: `input · weight + bias`.
///
/// The last axis of the input has `inputSize` features; the axes before it are batches.
public final class Dense: Layer, ProductLayer {
  /// `[in, out]`.
  public let weight: Parameter
  /// `[out]`.
  public let bias: Parameter?
  /// What the weight goes through before it is used.
  public let transforms: [any WeightTransforming]

  /// - Parameters:
  ///   - inputSize: the number of features in.
  ///   - outputSize: the number of features out.
  ///   - hasBias: whether a bias is added.
  ///   - initializer: of the weight.
  ///   - biasInitializer: of the bias.
  ///   - fan: what initializers scale by, if not each output depends on each input.
  ///   - transforms: what the weight goes through before it is used, the first to be applied first.
  public init(
    from inputSize: Int, to outputSize: Int, hasBias: Bool = true, initializer: Initializer = .networkWeight,
    biasInitializer: Initializer = .networkBias, fan: Fan? = nil, transforms: [WeightTransform] = []
  ) {
    require(inputSize > 0 && outputSize > 0, "Dense: from \(inputSize) to \(outputSize); both must be positive")
    let fan = fan ?? Fan(in: inputSize, out: outputSize)
    let shape: Tensor.Shape = [inputSize, outputSize]
    weight = Parameter(shape, initializer, fan: fan)
    bias = hasBias ? Parameter([outputSize], biasInitializer, fan: fan) : nil
    self.transforms = transforms.map { $0.module(for: shape, outputAxis: 1) }
  }

  /// `[…, in]` → `[…, out]`.
  public func callAsFunction(_ input: Tensor, in context: Context) -> Tensor {
    output(for: input, finish: context.finish(of: self, for: input), in: context)
  }

  var outputChannels: Int { weight.shape[1] }

  func check(_ input: Tensor) {
    require(
      input.rank >= 2 && input.shape[-1] == weight.shape[0],
      "Dense: the input has shape \(input.shape), the weight \(weight.shape); the last axis must be the weight's first")
  }

  func output(for input: Tensor, finish: ChannelFinish?, in context: Context) -> Tensor {
    let weight = context[weight, through: transforms]
    return finish.map { input.matmul(weight, finish: $0) } ?? input.matmul(weight)
  }
}
