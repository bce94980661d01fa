import Datasets

/// Which classes a model learns as normal where every class has its turn, so that models are compared by a table with a
/// figure for each class. Figures of the two do not compare.
public enum AnomalyProtocol: String, Sendable, CaseIterable {
  /// The class whose turn it is is normal and learned; all others are anomalies.
  case oneNormal = "one-normal"
  /// The class whose turn it is is the anomaly; all others are normal and learned.
  case oneHeldOut = "one-held-out"

  /// Whether images of class `label` are anomalies when it is the turn of class `chosen`.
  public func isAnomaly(_ label: Int, whenTurnOf chosen: Int) -> Bool {
    switch self {
    case .oneNormal: label != chosen
    case .oneHeldOut: label == chosen
    }
  }

  /// The images that are learned when it is the turn of class `chosen`; nil if there are none, or no labels.
  public func normal(of images: ImageSet, whenTurnOf chosen: Int) -> ImageSet? {
    guard let labels = images.labels else { return nil }
    let places = labels.indices.filter { !isAnomaly(labels[$0], whenTurnOf: chosen) }
    return places.isEmpty ? nil : images.subset(places)
  }
}
