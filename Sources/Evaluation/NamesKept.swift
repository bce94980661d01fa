import LatentSystem
import Tensor
import Training

/// Which share of images a classifier names as it names the originals, after something was done to them: enlarged, filled,
/// given a style.
///
/// ```swift
/// var kept = try NamesKept(by: judge)
/// try kept.add(restored, like: originals)
/// print(kept.share)
/// ```
///
/// No labels are needed, and mistakes that the classifier makes with the originals too do not count.
public struct NamesKept: Sendable {
  /// How many images were looked at.
  public private(set) var count = 0
  /// How many of them have the same name as their original.
  public private(set) var keptCount = 0
  private let judge: TrainedModel

  /// Nothing yet, by the names that a classifier gives.
  /// - Throws: ``CapabilityError`` if the model tells no classes.
  public init(by judge: TrainedModel) throws {
    guard judge.model is any Classifying else {
      throw CapabilityError("\(judge.kind) cannot name images: it tells no classes")
    }
    self.judge = judge
  }

  /// Looks at images and their originals, both `[N, …]` of the shape that the classifier learned from.
  /// - Throws: ``CapabilityError`` if they have another shape.
  public mutating func add(_ images: Tensor, like originals: Tensor) throws {
    require(
      images.shape == originals.shape,
      "NamesKept: images of shape \(images.shape), originals of shape \(originals.shape); they must be equal")
    let (own, expected) = (
      try judge.classProbabilities(of: images).argmax(axis: 1),
      try judge.classProbabilities(of: originals).argmax(axis: 1)
    )
    count += own.count
    keptCount += zip(own, expected).count { $0 == $1 }
  }

  /// The share of images with the same name as their original; NaN without images.
  public var share: Double { Double(keptCount) / Double(count) }
}
