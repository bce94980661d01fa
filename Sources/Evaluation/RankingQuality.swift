import LatentSystem

/// How well a score tells positives from negatives, whatever the threshold: the area under the ROC curve, and the
/// average precision. For anomaly scores, anomalies are the positives.
///
/// ```swift
/// let quality = RankingQuality(scores: anomalyScores, isPositive: labels.map { $0 != normalDigit })
/// ```
///
/// Reference: Hanley and McNeil, "The meaning and use of the area under a receiver operating characteristic (ROC)
/// curve", Radiology 143(1), 1982. Ties are treated as scikit-learn's `roc_auc_score` and `average_precision_score` do.
public struct RankingQuality: Sendable, Hashable {
  /// The probability that a random positive has a higher score than a random negative; a tie counts half. ½ for scores
  /// that mean nothing, 1 for a perfect order. NaN if a score is.
  public let auroc: Double
  /// The mean of the precision at each positive, `Σ (recallₙ - recallₙ₋₁) precisionₙ` over the different scores in
  /// descending order, without interpolation. NaN if a score is.
  public let averagePrecision: Double
  /// How many positives there are.
  public let positiveCount: Int
  /// How many negatives there are.
  public let negativeCount: Int

  /// The quality of `scores`, the higher the likelier positive.
  /// - Precondition: one truth for each score; at least one positive and one negative.
  public init(scores: [Double], isPositive: [Bool]) {
    require(
      scores.count == isPositive.count,
      "RankingQuality: \(scores.count) scores and \(isPositive.count) truths; they must be equally many")
    positiveCount = isPositive.count { $0 }
    negativeCount = isPositive.count - positiveCount
    require(
      positiveCount > 0 && negativeCount > 0,
      "RankingQuality: \(positiveCount) positives and \(negativeCount) negatives; at least one of each is needed")
    guard !scores.contains(where: \.isNaN) else {
      (auroc, averagePrecision) = (.nan, .nan)
      return
    }
    let order = scores.indices.sorted { scores[$0] > scores[$1] }
    // Whole numbers, twice the area, so that nothing is rounded.
    var (positives, twiceArea, precisions) = (0, 0, 0.0)
    var start = 0
    while start < order.count {
      // Equal scores are one step of the curve.
      var (end, new) = (start, 0)
      while end < order.count, scores[order[end]] == scores[order[start]] {
        new += isPositive[order[end]] ? 1 : 0
        end += 1
      }
      twiceArea += (end - start - new) * (2 * positives + new)
      positives += new
      precisions += Double(new) * Double(positives) / Double(end)
      start = end
    }
    auroc = Double(twiceArea) / (2 * Double(positiveCount) * Double(negativeCount))
    averagePrecision = precisions / Double(positiveCount)
  }
}
