import Datasets
import LatentSystem
import Tensor

/// How strong a series is relative to what is wrong with a noisy or restored version of it, in decibels.
public enum SignalToNoise {
  /// `10 log₁₀(variance of the clean series / mean squared error)`, where the variance is that of each channel around its
  /// mean; infinite without an error.
  ///
  /// - Parameters:
  ///   - series: `[L, C]`.
  ///   - clean: what it should be.
  /// - Precondition: both have the same shape.
  public static func ratio(of series: Tensor, to clean: Tensor) -> Double {
    require(
      series.shape == clean.shape && series.rank == 2,
      "SignalToNoise: series of shapes \(series.shape) and \(clean.shape); two of one shape [L, C] are needed")
    let power = (clean - clean.mean(axes: [0])).sumOfSquares
    let error = (series - clean).sumOfSquares
    return 10 * log10(power / error)
  }
}
