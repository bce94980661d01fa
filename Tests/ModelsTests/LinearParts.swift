import Datasets
import Layers
import Tensor
import Training

@testable import Models

// The decoder's half of a linear model, x = z + e with e of deviation ½, whose likelihood is known.

/// A decoder whose output is the latent.
final class IdentityDecoder: LatentDecoder {
  func callAsFunction(_ latents: Tensor, given: Condition, in context: Context) -> Tensor { latents }
}

/// Normal scalars of deviation ½ around the decoder's output.
struct HalfDeviation: ObservationModel {
  var parametersPerScalar: Int { 1 }
  var boundKind: LikelihoodKind { .lowerBound }
  func negativeLogLikelihood(of samples: Tensor, given output: Tensor) -> Tensor {
    output.gaussianNegativeLogLikelihood(of: samples, logVariance: Tensor(-1.386_294_4))
  }
  func mean(given output: Tensor) -> Tensor { output }
}
