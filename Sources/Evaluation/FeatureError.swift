import LatentSystem
import Tensor
import Training

/// How far images are from their originals in what a judge sees of them, beside how far two originals are from each other.
///
/// ```swift
/// var error = try FeatureError(by: judge)
/// try error.add(reconstructions, of: originals)
/// print(error.value)
/// ```
///
/// Pixels that moved a little cost much in a signal-to-noise ratio, and nothing here. Figures of different judges cannot be
/// compared.
public struct FeatureError: Sendable {
  /// How many images were looked at.
  public private(set) var count = 0
  private let judge: TrainedModel
  private var squaredDistances = 0.0
  private var sums: [Double] = []
  private var squares = 0.0
  /// What rounding can make of no variance, as a share of the mean square.
  private static let leastVariance = 1e-6

  /// Nothing yet, in the features of a model.
  /// - Throws: ``CapabilityError`` if it has none.
  public init(by judge: TrainedModel) throws {
    _ = try judge.featureExtractor("compare images")
    self.judge = judge
  }

  /// Looks at images and their originals, both `[N, …]` of the shape that the judge learned from.
  /// - Throws: ``CapabilityError`` if they have another shape.
  public mutating func add(_ images: Tensor, of originals: Tensor) throws {
    require(
      images.shape == originals.shape,
      "FeatureError: images of shape \(images.shape), originals of shape \(originals.shape); they must be equal")
    let (own, expected) = (try judge.features(of: images), try judge.features(of: originals))
    count += own.shape[0]
    squaredDistances += (own - expected).sumOfSquares
    squares += expected.sumOfSquares
    let batch = expected.sum(axes: [0]).scalars.map(Double.init)
    sums = sums.isEmpty ? batch : zip(sums, batch).map(+)
  }

  /// The mean squared distance of an image to its original, as a share of that of two originals: 0 if the judge sees no
  /// difference, about 1 if the image could as well be of another original. NaN where all originals look alike to the judge.
  public var value: Double {
    guard count > 1 else { return .nan }
    // Two of the originals are twice their variance apart.
    let variance = (squares - sums.reduce(0) { $0 + $1 * $1 } / Double(count)) / Double(count - 1)
    guard variance > Self.leastVariance * squares / Double(count) else { return .nan }
    return squaredDistances / Double(count) / (2 * variance)
  }
}
