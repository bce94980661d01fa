import LatentSystem
import Tensor

/// In training, adds normally distributed noise to each scalar.
public final class GaussianNoise: Layer {
  /// The standard deviation of the noise, 0 or more.
  public let standardDeviation: Float

  /// - Precondition: `standardDeviation >= 0`.
  public init(_ standardDeviation: Float) {
    require(
      standardDeviation >= 0, "GaussianNoise: a standard deviation of \(standardDeviation); it must be 0 or more")
    self.standardDeviation = standardDeviation
  }

  public func callAsFunction(_ input: Tensor, in context: Context) -> Tensor {
    guard context.mode == .training, standardDeviation > 0 else { return input }
    return input + context.normal(input.shape, standardDeviation: standardDeviation)
  }
}
