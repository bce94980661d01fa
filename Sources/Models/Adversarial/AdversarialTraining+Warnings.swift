import LatentSystem
import Tensor
import Training

/// The names of an adversarial training's metrics.
enum Metric {
  static let discriminatorLoss = "discriminator_loss"
  static let generatorLoss = "generator_loss"
  static let wassersteinEstimate = "wasserstein_estimate"
  static let penalty = "penalty"
  static let realScore = "real_score"
  static let fakeScore = "fake_score"
  static let discriminatorGradientNorm = "discriminator_gradient_norm"
  static let generatorGradientNorm = "generator_gradient_norm"
  static let realSpread = "real_spread"
  static let fakeSpread = "fake_spread"
}

extension AdversarialTraining {
  /// What is going wrong with a training.
  ///
  /// - Parameter recent: what is usual of late for the metrics that ``step(_:nextReal:)`` gives, as medians over some
  ///   fifty steps: a single step says little.
  public func warnings(for recent: Metrics) -> [TrainingWarning] {
    [collapse(recent), victory(recent), penaltyOutOfHand(recent)].compactMap { $0 }
  }

  /// Samples that are all alike.
  private func collapse(_ recent: Metrics) -> TrainingWarning? {
    guard let fake = recent[Metric.fakeSpread], let real = recent[Metric.realSpread], fake < Self.leastSpread * real
    else {
      return nil
    }
    return TrainingWarning(
      kind: "collapse",
      text: """
        the generated samples have collapsed: they differ from each other \(Self.percent(fake / real)) as much as real \
        ones do; a lower learning rate, or another loss or regularizer, may help
        """)
  }

  /// A discriminator that is always right, or whose scores no longer depend on the samples, leaves the generator next to
  /// nothing to learn from.
  private func victory(_ recent: Metrics) -> TrainingWarning? {
    guard let value = recent[Metric.discriminatorLoss], let norm = recent[Metric.generatorGradientNorm] else {
      return nil
    }
    let ofTerms = Set(allTerms.filter { $0.period == 1 && !$0.hasOwnUpdate }.map(\.metricName)).reduce(0) {
      $0 + (recent[$1] ?? 0)
    }
    let excess = leastDiscriminatorLoss.map { value - ofTerms - $0 }
    let reason: String
    if norm < Self.leastGradient {
      reason = "the generator's gradient has vanished to a norm of \(DecimalText.significant(norm, digits: 2))"
    } else if let excess, excess < Self.leastLoss {
      reason = "its loss is within \(DecimalText.significant(excess, digits: 2)) of the least there is"
    } else {
      return nil
    }
    return TrainingWarning(
      kind: "discriminator-won",
      text: "the discriminator has won: \(reason); a lower learning rate, label smoothing or a regularizer may help")
  }

  /// The loss of a discriminator that is always right; nil if there is no least one.
  private var leastDiscriminatorLoss: Double? {
    loss.objective.leastDiscriminatorLoss(smoothing: Double(labelSmoothing))
  }

  /// A critic whose gradients are nowhere near where the penalty wants them.
  private func penaltyOutOfHand(_ recent: Metrics) -> TrainingWarning? {
    guard let weight = (regularizer.term as? GradientPenalty)?.weight, weight > 0,
      let penalty = recent[Metric.penalty]
    else { return nil }
    let distance = (penalty / Double(weight)).squareRoot()
    guard distance > Self.mostDistance else { return nil }
    return TrainingWarning(
      kind: "penalty",
      text: """
        the critic is out of hand: the norm of its gradient is \(DecimalText.significant(distance, digits: 2)) away \
        from 1, where the penalty should hold it; a lower learning rate may help
        """)
  }

  private static let leastSpread = 0.1
  private static let leastLoss = 0.01
  private static let leastGradient = 1e-6
  private static let mostDistance = 3.0

  private static func percent(_ share: Double) -> String { DecimalText.significant(share * 100, digits: 2) + "%" }
}
