import LatentSystem
import Tensor

extension WeightTransform {
  /// Scales a weight by `multiplier / √fanIn`, so that weights that start as standard normal numbers are all moved at
  /// the same rate by an optimizer that scales its steps, as Adam does.
  ///
  /// Reference: Karras et al., "Progressive growing of GANs", arXiv:1710.10196, section 4.1.
  public static func equalizedRate(multiplier: Float = 1) -> WeightTransform {
    WeightTransform { shape, outputAxis in
      let fanIn = Float(shape.scalarCount / max(1, shape[outputAxis]))
      return ScaledWeight(by: multiplier / fanIn.squareRoot())
    }
  }
}

/// Scales a weight by a constant.
final class ScaledWeight: WeightTransforming {
  private let factor: Float

  init(by factor: Float) { self.factor = factor }

  func callAsFunction(_ weight: Tensor, in context: Context) -> Tensor { weight * factor }
}

/// A fully connected layer with an equalized rate: `input · (weight · m / √in) + bias · m` with a multiplier m.
public final class EqualizedDense: Layer {
  /// `[in, out]`; starts as normal numbers with a deviation of 1 over the multiplier.
  public let weight: Parameter
  /// `[out]`.
  public let bias: Parameter
  /// By how much the rate of this layer differs from that of others.
  public let multiplier: Float

  /// - Parameters:
  ///   - inputSize: the number of features in.
  ///   - outputSize: the number of features out.
  ///   - multiplier: by how much the rate of this layer differs from that of others, above 0.
  ///   - firstBias: what the bias is at the start.
  public init(from inputSize: Int, to outputSize: Int, multiplier: Float = 1, firstBias: Float = 0) {
    require(
      inputSize > 0 && outputSize > 0, "EqualizedDense: from \(inputSize) to \(outputSize); both must be positive")
    require(multiplier > 0, "EqualizedDense: a multiplier of \(multiplier); it must be above 0")
    weight = Parameter([inputSize, outputSize], .normal(standardDeviation: 1 / multiplier))
    bias = Parameter(
      [outputSize], firstBias == 0 ? .zeros : .normal(mean: firstBias / multiplier, standardDeviation: 0))
    self.multiplier = multiplier
  }

  /// `[…, in]` → `[…, out]`.
  public func callAsFunction(_ input: Tensor, in context: Context) -> Tensor {
    require(
      input.rank >= 2 && input.shape[-1] == weight.shape[0],
      "EqualizedDense: the input has shape \(input.shape), the weight \(weight.shape); the last axis must be the weight's first"
    )
    let factor = multiplier / Float(weight.shape[0]).squareRoot()
    return input.matmul(context[weight] * factor) + context[bias] * multiplier
  }
}
