import LatentSystem
import Tensor
import Training

/// Normal distributions of one deviation, whose means are the decoder's output: numbers of any size.
public struct NormalObservation: ObservationModel {
  /// The standard deviation of each scalar, above 0.
  public let standardDeviation: Float
  public var parametersPerScalar: Int { 1 }
  public var boundKind: LikelihoodKind { .lowerBound }

  /// The distribution of the given deviation.
  public init(standardDeviation: Float) {
    require(
      standardDeviation > 0, "NormalObservation: a standard deviation of \(standardDeviation); it must be positive")
    self.standardDeviation = standardDeviation
  }

  public func negativeLogLikelihood(of samples: Tensor, given output: Tensor) -> Tensor {
    output.flattened().gaussianNegativeLogLikelihood(
      of: samples.flattened(), logVariance: Tensor(standardDeviation).log() * 2)
  }

  public func mean(given output: Tensor) -> Tensor { output.flattened() }
}
