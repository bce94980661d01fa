import LatentSystem
import Tensor

/// Gives the weights of each output a length that is learned apart from their direction: `gain · v / |v|`.
///
/// Reference: Salimans and Kingma, "Weight normalization", arXiv:1602.07868, equation 2.
public final class WeightNorm: WeightTransforming {
  /// The length of each output's weights, `[out]`, 1 at first.
  public let gain: Parameter
  private let shape: Tensor.Shape
  private let outputAxis: Int

  /// - Parameters:
  ///   - shape: of the weight.
  ///   - outputAxis: the weight's axis of outputs, the first or the last.
  /// - Precondition: the weight has two axes or more.
  public init(_ shape: Tensor.Shape, outputAxis: Int) {
    require(shape.rank >= 2, "WeightNorm: a weight of shape \(shape); two axes or more are needed")
    require(
      outputAxis == 0 || outputAxis == shape.rank - 1,
      "WeightNorm: output axis \(outputAxis) of a weight of shape \(shape); it must be the first or the last")
    gain = Parameter([shape[outputAxis]], .ones)
    self.shape = shape
    self.outputAxis = outputAxis
  }

  /// The weight with those lengths, in the same shape.
  public func callAsFunction(_ weight: Tensor, in context: Context) -> Tensor {
    require(
      weight.shape == shape, "WeightNorm: the weight has shape \(weight.shape), the module was made for \(shape)")
    let others = (0..<shape.rank).filter { $0 != outputAxis }
    let lengths = weight.norm(axes: others, epsilon: Self.epsilon, keepingDimensions: true)
    return weight * (context[gain].reshaped(to: lengths.shape) / lengths)
  }

  /// Inside the root, whose gradient at 0 would be infinite.
  private static let epsilon: Float = 1e-12
}

extension WeightTransform {
  /// A length of each output's weights that is learned apart from their direction; see ``WeightNorm``.
  public static func weightNorm() -> WeightTransform { WeightTransform { WeightNorm($0, outputAxis: $1) } }
}
