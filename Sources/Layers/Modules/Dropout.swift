import LatentSystem
import Tensor

/// In training, sets each scalar to 0 with a given probability and scales the others up so that the mean stays.
///
/// Reference: Srivastava et al., "Dropout: a simple way to prevent neural networks from overfitting", JMLR 15 (2014).
public final class Dropout: Layer {
  /// The probability with which a scalar is dropped.
  public let probability: Float

  /// - Precondition: `0 <= probability < 1`.
  public init(_ probability: Float) {
    require(probability >= 0 && probability < 1, "Dropout: the probability is \(probability); it must lie in 0..<1")
    self.probability = probability
  }

  public func callAsFunction(_ input: Tensor, in context: Context) -> Tensor {
    guard context.mode == .training, probability > 0 else { return input }
    let keep = 1 - probability
    return input * (context.bernoulli(input.shape, probability: keep) / keep)
  }
}
