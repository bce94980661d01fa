import LatentSystem
import Tensor

/// How many latent variables of a model carry something: those whose posterior mean varies with the sample.
///
/// ```swift
/// let units = ActiveUnits(of: try trained.encode(testImages))
/// print(units.count, "of", units.variances.count)
/// ```
///
/// Reference: Burda, Grosse and Salakhutdinov, "Importance weighted autoencoders", arXiv:1509.00519, section 5.2.
public struct ActiveUnits: Sendable, Hashable {
  /// For each variable the variance, over samples, of its posterior mean, divided by their number.
  public let variances: [Double]
  /// The variance above which a variable counts as active.
  public let threshold: Double

  /// The number of active variables.
  public var count: Int { variances.count { $0 > threshold } }

  /// Whether each variable is active.
  public var isActive: [Bool] { variances.map { $0 > threshold } }

  /// The active ones of variables with the given posterior means.
  ///
  /// - Parameters:
  ///   - means: `[N, …]`: for each sample the mean of `q(z|x)`.
  ///   - threshold: 0.01 in the paper.
  /// - Precondition: rank 2 or more, with at least two samples.
  public init(of means: Tensor, threshold: Double = 0.01) {
    require(
      means.rank >= 2 && means.shape[0] >= 2,
      "ActiveUnits: means of shape \(means.shape); [N, …] of at least two samples is needed")
    let rows = flattened(means, "ActiveUnits")
    let (count, size) = (rows.shape[0], rows.shape[1])
    let mean = CentredFeatures.mean(of: rows)
    var sums = [Double](repeating: 0, count: size)
    rows.withScalars { scalars in
      for row in 0..<count {
        for column in 0..<size {
          let difference = Double(scalars[row * size + column]) - mean[column]
          sums[column] += difference * difference
        }
      }
    }
    variances = sums.map { $0 / Double(count) }
    self.threshold = threshold
  }
}
