import LatentSystem
import Tensor

/// Mean and covariance of feature vectors, in double precision: all that the Fréchet distance needs of a set.
///
/// ```swift
/// let real = FeatureStatistics(of: features(images))
/// let distance = real.frechetDistance(to: FeatureStatistics(of: features(samples)))
/// ```
public struct FeatureStatistics: Sendable, Hashable {
  /// The number of vectors.
  public let count: Int
  /// The mean, `[features]`.
  public let mean: [Double]
  /// The unbiased covariance, `[features, features]` in row-major order.
  public let covariance: [Double]

  /// The statistics of `features`, `[count, features]`.
  /// - Precondition: rank 2, and at least two vectors.
  /// - Complexity: O(count · features²).
  public init(of features: Tensor) {
    require(
      features.rank == 2 && features.shape[0] >= 2,
      "FeatureStatistics: features of shape \(features.shape); [count, features] with a count of at least 2 is needed")
    count = features.shape[0]
    let centred = CentredFeatures(features)
    mean = centred.mean
    covariance = centred.covariance().scalars
  }

  /// The Fréchet distance, squared as is usual, of the normal distributions with these statistics:
  /// `|μ₁ - μ₂|² + tr(Σ₁ + Σ₂ - 2 (Σ₁ Σ₂)^½)`. 0 for equal ones; never negative; NaN if a feature is not finite.
  ///
  /// It falls with the number of vectors: compare distances of equally many, and with the distance between two real
  /// sets of that size. A covariance of no more vectors than features is singular, which is allowed.
  ///
  /// With features of the Inception network this is the FID; with others the figures cannot be compared with published
  /// ones.
  ///
  /// - Precondition: both have equally many features.
  /// - Complexity: O(features³).
  ///
  /// Reference: Heusel et al., "GANs trained by a two time-scale update rule converge to a local Nash equilibrium",
  /// arXiv:1706.08500; Dowson and Landau, "The Fréchet distance between multivariate normal distributions", 1982.
  public func frechetDistance(to other: FeatureStatistics) -> Double {
    let size = mean.count
    require(
      size == other.mean.count,
      "frechetDistance: \(size) features here, \(other.mean.count) there; they must be the same")
    guard isFinite && other.isFinite else { return .nan }
    let shift = zip(mean, other.mean).reduce(0) { $0 + ($1.0 - $1.1) * ($1.0 - $1.1) }
    let traces = (0..<size).reduce(0) { $0 + covariance[$1 * size + $1] + other.covariance[$1 * size + $1] }
    return max(0, shift + traces - 2 * traceOfRootOfProduct(with: other))
  }

  private var isFinite: Bool { mean.allSatisfy(\.isFinite) && covariance.allSatisfy(\.isFinite) }

  /// `tr (Σ₁ Σ₂)^½`: with `Σ = Rᵀ R`, the sum of the singular values of `R₁ R₂ᵀ`. So no root is taken of a number that
  /// is 0 but for rounding, as some eigenvalues of the product are.
  private func traceOfRootOfProduct(with other: FeatureStatistics) -> Double {
    let size = mean.count
    let (a, b) = (
      PivotedCholesky.factor(Matrix(rows: size, columns: size, scalars: covariance)),
      PivotedCholesky.factor(Matrix(rows: size, columns: size, scalars: other.covariance))
    )
    return SingularValues.sum(of: a.matmul(b, transposingSelf: true))
  }
}
