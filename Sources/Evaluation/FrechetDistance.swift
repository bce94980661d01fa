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
    let (count, size) = (features.shape[0], features.shape[1])
    self.count = count
    (mean, covariance) = features.withScalars { scalars in
      let mean = Self.mean(scalars, count: count, size: size)
      return (mean, Self.covariance(scalars, mean, count: count, size: size))
    }
  }

  /// The Fréchet distance, squared as is usual, of the normal distributions with these statistics:
  /// `|μ₁ - μ₂|² + tr(Σ₁ + Σ₂ - 2 (Σ₁ Σ₂)^½)`. 0 for equal ones; never negative; NaN if a feature is not finite.
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
    guard (mean + covariance + other.mean + other.covariance).allSatisfy(\.isFinite) else { return .nan }
    let shift = zip(mean, other.mean).reduce(0) { $0 + ($1.0 - $1.1) * ($1.0 - $1.1) }
    let traces = (0..<size).reduce(0) { $0 + covariance[$1 * size + $1] + other.covariance[$1 * size + $1] }
    return max(0, shift + traces - 2 * traceOfRootOfProduct(with: other))
  }

  /// `tr (Σ₁ Σ₂)^½`: with `Σ = Rᵀ R`, the sum of the singular values of `R₁ R₂ᵀ`. So no root is taken of a number that
  /// is 0 but for rounding, as some eigenvalues of the product are.
  private func traceOfRootOfProduct(with other: FeatureStatistics) -> Double {
    let size = mean.count
    let (a, b) = (factor(), other.factor())
    var product = [Double](repeating: 0, count: size * size)
    a.withUnsafeBufferPointer { a in
      b.withUnsafeBufferPointer { b in
        guard let a = a.baseAddress, let b = b.baseAddress else { return }
        for i in 0..<size {
          for j in 0..<size { product[i * size + j] = OneSidedJacobi.dot(a + i * size, b + j * size, size) }
        }
      }
    }
    OneSidedJacobi.orthogonalizeRows(&product, rows: size, columns: size)
    return Self.rowNorms(product, size).reduce(0, +)
  }

  /// A matrix `R` with `Rᵀ R` the covariance: in each row an eigenvector times the root of its eigenvalue.
  private func factor() -> [Double] {
    let size = mean.count
    var rows = covariance
    OneSidedJacobi.orthogonalizeRows(&rows, rows: size, columns: size)
    for (row, eigenvalue) in Self.rowNorms(rows, size).enumerated() where eigenvalue > 0 {
      let scale = 1 / eigenvalue.squareRoot()
      for column in 0..<size { rows[row * size + column] *= scale }
    }
    return rows
  }

  private static func rowNorms(_ matrix: [Double], _ size: Int) -> [Double] {
    matrix.withUnsafeBufferPointer { matrix in
      guard let base = matrix.baseAddress else { return [] }
      return (0..<size).map { OneSidedJacobi.dot(base + $0 * size, base + $0 * size, size).squareRoot() }
    }
  }

  private static func mean(_ scalars: UnsafeBufferPointer<Float>, count: Int, size: Int) -> [Double] {
    var sums = [Double](repeating: 0, count: size)
    for row in 0..<count {
      for column in 0..<size { sums[column] += Double(scalars[row * size + column]) }
    }
    return sums.map { $0 / Double(count) }
  }

  /// Sums products of centred features over slices of vectors, each of which stays in the cache.
  private static func covariance(
    _ scalars: UnsafeBufferPointer<Float>, _ mean: [Double], count: Int, size: Int
  ) -> [Double] {
    let slice = 64
    var result = [Double](repeating: 0, count: size * size)
    // One row a feature; what a last, shorter slice leaves over is 0.
    var centred = [Double](repeating: 0, count: size * slice)
    for start in stride(from: 0, to: count, by: slice) {
      for feature in 0..<size {
        for place in 0..<slice {
          let row = start + place
          centred[feature * slice + place] = row < count ? Double(scalars[row * size + feature]) - mean[feature] : 0
        }
      }
      centred.withUnsafeBufferPointer { centred in
        guard let base = centred.baseAddress else { return }
        for i in 0..<size {
          for j in i..<size {
            result[i * size + j] += OneSidedJacobi.dot(base + i * slice, base + j * slice, slice)
          }
        }
      }
    }
    for i in 0..<size {
      for j in i..<size {
        result[i * size + j] /= Double(count - 1)
        result[j * size + i] = result[i * size + j]
      }
    }
    return result
  }
}
