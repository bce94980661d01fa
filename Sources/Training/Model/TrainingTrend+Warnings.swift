import LatentSystem

/// What goes wrong with trainings of every kind.
extension TrainingTrend {
  /// What the metric called ``loss`` and the figures on held-out samples tell: divergence and overfitting, of the whole or
  /// else of a part with a loss of its own. Nothing if a training has neither.
  public var warnings: [TrainingWarning] { [divergence, overfitting].compactMap { $0 } }

  /// A loss that nearly always is higher than before anything was learned, or that has lost half of what was gained.
  private var divergence: TrainingWarning? {
    guard let course = course(of: Self.loss), let first = course.first, let median = course.median,
      let low = course.quantile(Self.lowShare)
    else { return nil }
    let best = course.lowestMedian ?? median
    let margin = Self.leastChange * abs(first)
    let comparison: String
    if low > first + margin {
      comparison = "more than the \(Self.text(first)) of \(beginning)"
    } else if first - best > margin, low > best + Self.leastLoss * (first - best) {
      comparison = "which was \(Self.text(best)) before and \(Self.text(first)) at \(beginning)"
    } else {
      return nil
    }
    return TrainingWarning(
      kind: TrainingWarning.Kind.divergence,
      text: "the training diverges: its loss is \(Self.text(median)), \(comparison); a lower learning rate may help")
  }

  private var overfitting: TrainingWarning? {
    if let ofAll = overfitting(heldOut, whileFalling: "the loss") { return ofAll }
    let parts = furtherHeldOut.sorted { $0.key < $1.key }
    return parts.lazy.compactMap { overfitting($0.value, whileFalling: "on those that are learned from it") }.first
  }

  /// Figures on held-out samples that have been rising while the loss was falling.
  private func overfitting(_ heldOut: HeldOutCourse, whileFalling loss: String) -> TrainingWarning? {
    guard let best = heldOut.best, let now = heldOut.lastEpochs, let first = heldOut.first,
      let scatter = heldOut.scatter, let lossThen = best.loss, let lossNow = now.loss, lossNow < lossThen
    else { return nil }
    let rise = now.value - best.value
    guard rise > 0, rise > Self.mostScatter * scatter, rise > Self.leastRise * (first - best.value) else { return nil }
    return TrainingWarning(
      kind: TrainingWarning.Kind.overfitting,
      text: """
        the model is overfitting: on held-out samples \(heldOut.name) has risen from \(Self.text(best.value)) to \
        \(Self.text(now.value)), while \(loss) has fallen from \(Self.text(lossThen)) to \(Self.text(lossNow)); fewer \
        epochs, more samples or a smaller network may help
        """)
  }

  /// Nine of ten steps lie above the value with this share below it.
  private static let lowShare = 0.1
  private static let leastChange = 0.05
  private static let leastLoss = 0.5
  private static let leastRise = 0.02
  private static let mostScatter = 6.0

  private static func text(_ value: Double) -> String { DecimalText.significant(value, digits: 4) }
}
