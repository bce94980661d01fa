import LatentSystem
import Layers
import Tensor
import Training

/// A probability of being full for each voxel, where full voxels count more often than empty ones, or less. With a weight of
/// 1 it is ``BernoulliObservation``; with others, what the loss is of is no distribution.
public struct OccupancyObservation: ObservationModel {
  /// How often a full voxel counts.
  public let fullWeight: Float
  public var parametersPerScalar: Int { 1 }
  public var boundKind: LikelihoodKind { .crossEntropyBound }

  /// Voxels whose logits the decoder puts out.
  /// - Precondition: `fullWeight > 0`.
  public init(fullWeight: Float = 1) {
    require(fullWeight > 0, "OccupancyObservation: a weight of \(fullWeight); it has to be above 0")
    self.fullWeight = fullWeight
  }

  /// `Σ w · x · softplus(-l) + (1 - x) · softplus(l)`, `[N, …]` → `[N]`.
  public func negativeLogLikelihood(of samples: Tensor, given output: Tensor) -> Tensor {
    let (logits, targets) = (output.flattened(), samples.flattened())
    if fullWeight == 1 { return logits.sigmoidCrossEntropy(targets: targets) }
    // softplus(l) = softplus(-l) + l, so one function for both terms, and a straight line.
    let full = (-logits).softplus()
    return (full * (targets * (fullWeight - 1) + 1) + logits * (1 - targets)).summedPerSample()
  }

  public func mean(given output: Tensor) -> Tensor { output.flattened().sigmoid() }
}
