import LatentSystem
import Tensor

/// The directions in which feature vectors, or latents, vary most: for plots in the plane, and for what a latent space
/// holds.
///
/// ```swift
/// let components = PrincipalComponents(of: latents)
/// let points = components.project(latents)      // [N, 2]
/// ```
///
/// Reference: Pearson, "On lines and planes of closest fit to systems of points in space", Philosophical Magazine
/// 2(11), 1901.
public struct PrincipalComponents: Sendable, Equatable {
  /// The mean of the vectors, `[features]`, which projections are relative to.
  public let mean: Tensor
  /// Directions of length 1, orthogonal to each other, `[count, features]`. Of the two signs the one by which the
  /// coordinate of largest magnitude is positive.
  public let components: Tensor
  /// The variance along each direction, the largest first, divided by one less than the number of vectors.
  public let variances: [Double]
  /// The variance in all directions together.
  public let totalVariance: Double

  /// The share of the variance along each direction; NaN if there is none at all.
  public var varianceShares: [Double] { variances.map { $0 / totalVariance } }

  /// The first `count` principal components of `features`.
  ///
  /// - Parameter features: `[N, features]`.
  /// - Precondition: rank 2; two vectors or more; `count` at least 1, and no more than features, and less than vectors;
  ///   all scalars finite.
  /// - Complexity: O(N · F · min(N, F) + min(N, F)³).
  public init(of features: Tensor, count: Int = 2) {
    require(
      features.rank == 2 && features.shape[0] >= 2,
      "PrincipalComponents: features of shape \(features.shape); [N, features] with at least two vectors is needed")
    let (vectors, size) = (features.shape[0], features.shape[1])
    require(
      count >= 1 && count <= size && count < vectors,
      "PrincipalComponents: \(count) components of \(vectors) vectors of \(size) features")
    require(features.isAllFinite, "PrincipalComponents: a feature is not finite")
    let centred = CentredFeatures(features)
    let decomposition: LeadingDirections
    if size <= vectors {
      let eigen = SymmetricEigen(centred.covariance(), vectorCount: count)
      decomposition = LeadingDirections(values: eigen.values, rows: eigen.vectors)
    } else {
      // The products of vectors have the same eigenvalues but for zeros, and there are fewer.
      let matrix = centred.matrix()
      var gram = matrix.matmul(matrix, transposingOther: true, isSymmetric: true)
      for index in gram.scalars.indices { gram.scalars[index] /= Double(vectors - 1) }
      let eigen = SymmetricEigen(gram, vectorCount: count)
      decomposition = LeadingDirections(values: eigen.values, rows: eigen.vectors.matmul(matrix))
    }
    mean = Tensor(centred.mean.map { Float($0) })
    components = decomposition.directions
    variances = decomposition.values.prefix(count).map { max(0, $0) }
    totalVariance = decomposition.values.reduce(0) { $0 + max(0, $1) }
  }

  /// The coordinates of `features`, `[N, features]`, along the components, `[N, count]`.
  /// - Precondition: as many features as the components have.
  public func project(_ features: Tensor) -> Tensor {
    require(
      features.rank == 2 && features.shape[1] == mean.scalarCount,
      "project: features of shape \(features.shape) onto components of shape \(components.shape)")
    return (features.detached() - mean).matmul(components, transposingOther: true)
  }

  /// The vectors, `[N, features]`, with the given coordinates, `[N, count]`, along the components and 0 in all other
  /// directions.
  /// - Precondition: as many coordinates as components.
  public func vectors(at coordinates: Tensor) -> Tensor {
    require(
      coordinates.rank == 2 && coordinates.shape[1] == components.shape[0],
      "vectors: coordinates of shape \(coordinates.shape) along components of shape \(components.shape)")
    return coordinates.detached().matmul(components) + mean
  }
}
