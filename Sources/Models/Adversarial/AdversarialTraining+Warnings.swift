import LatentSystem
import Tensor
import Training

/// The names of an adversarial training's metrics.
enum GANMetric {
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
  static let realHueSpread = "real_hue_spread"
  static let fakeHueSpread = "fake_hue_spread"

  /// How different the samples of two batches are, and their hues if they have some: what tells of collapses.
  static func spreads(real: Tensor, fake: Tensor) -> [Metrics.Entry] {
    var entries = [
      Metrics.Entry(name: realSpread, value: real.spread), Metrics.Entry(name: fakeSpread, value: fake.spread),
    ]
    if let realHues = real.hueSpread, let fakeHues = fake.hueSpread {
      entries.append(Metrics.Entry(name: realHueSpread, value: realHues))
      entries.append(Metrics.Entry(name: fakeHueSpread, value: fakeHues))
    }
    return entries
  }
}

extension AdversarialTraining {
  /// What is going wrong with a training.
  ///
  /// - Parameter trend: how the metrics that ``step(_:nextReal:)`` gives have gone.
  public func warnings(for trend: TrainingTrend) -> [TrainingWarning] {
    let loss = lossWithoutTerms(trend)
    return [
      Self.collapse(trend), hueCollapse(trend), vanishingGradient(trend) ?? victory(loss), oscillation(trend),
      penaltyOutOfHand(trend) ?? divergence(trend, loss),
    ].compactMap { $0 }
  }

  /// The kinds of warnings that trainings of two networks against each other have, beside those of
  /// `TrainingWarning.Kind`.
  public enum WarningKind {
    /// Generated samples that are all alike.
    public static let collapse = "collapse"
    /// Generated images that all have the same hue.
    public static let hueCollapse = "hue-collapse"
    /// A discriminator that is always right.
    public static let discriminatorWon = "discriminator-won"
    /// A generator's gradient that is next to nothing.
    public static let vanishingGradient = "vanishing-gradient"
    /// Two networks that take turns at winning.
    public static let oscillation = "oscillation"
  }
}

// MARK: - Samples that are alike

extension AdversarialTraining {
  /// Samples that are alike, by the metrics ``GANMetric/spreads(real:fake:)``.
  static func collapse(_ trend: TrainingTrend) -> TrainingWarning? {
    guard let fake = trend[GANMetric.fakeSpread], let real = trend[GANMetric.realSpread], fake < leastSpread * real
    else {
      return nil
    }
    return TrainingWarning(
      kind: WarningKind.collapse,
      text: """
        the generated samples have collapsed: they differ from each other \(percent(fake / real)) as much as real \
        ones do; a lower learning rate, or another loss or regularizer, may help
        """)
  }

  /// Many a healthy training goes through a time of one hue, so it is told late, and not while hues part. Real images
  /// whose hues hardly differ may be matched by generated ones that differ less.
  private func hueCollapse(_ trend: TrainingTrend) -> TrainingWarning? {
    guard let course = trend.course(of: GANMetric.fakeHueSpread), let fake = course.median,
      let real = trend[GANMetric.realHueSpread], let spread = trend[GANMetric.realSpread],
      trend.stepCount >= Self.leastStepsForHue, real > Self.leastHue * spread, fake < Self.leastSpread * real,
      course.isRising(by: Self.leastHueGrowth, least: Self.leastHueRise * Self.leastSpread * real) == false
    else { return nil }
    return TrainingWarning(
      kind: WarningKind.hueCollapse,
      text: """
        the generated images all have the same hue: their mean colours differ from each other \
        \(Self.percent(fake / real)) as much as those of real ones do; \(wassersteinAdvice)
        """)
  }

  private static let leastSpread = 0.1
  private static let leastHue = 0.05
  private static let leastHueGrowth = 1.5
  private static let leastHueRise = 0.01
  /// How many steps it takes to tell whether the hues of images have collapsed.
  static let leastStepsForHue = 300

  /// How many steps it takes to tell whether a GAN of images ended well: more, if they have colours.
  static func leastStepsToJudge(channels: Int) -> Int { channels > 1 ? leastStepsForHue : TrainingWarning.leastSteps }
}

// MARK: - A game that one side wins

extension AdversarialTraining {
  /// Next to nothing for the generator to learn from: scores that no longer depend on its samples, or a loss that is flat
  /// where the discriminator is sure.
  private func vanishingGradient(_ trend: TrainingTrend) -> TrainingWarning? {
    guard let course = trend.course(of: GANMetric.generatorGradientNorm), let norm = course.median else { return nil }
    let first = course.first ?? 0
    guard norm < Self.leastGradient || norm < Self.leastGradientShare * first else { return nil }
    let advice =
      loss == .minimax
      ? "the non-saturating loss has a gradient there, and a Wasserstein loss with gradient penalty has one everywhere"
      : wassersteinAdvice
    let before = first > norm ? ", from \(DecimalText.significant(first, digits: 2)) at \(trend.beginning)" : ""
    return TrainingWarning(
      kind: WarningKind.vanishingGradient,
      text: """
        the generator's gradient has vanished to a norm of \(DecimalText.significant(norm, digits: 2))\(before): it learns \
        nothing any more; \(advice)
        """)
  }

  /// A discriminator that is always right.
  private func victory(_ value: Double?) -> TrainingWarning? {
    guard let value, let least = leastDiscriminatorLoss, value - least < Self.leastLoss else { return nil }
    return TrainingWarning(
      kind: WarningKind.discriminatorWon,
      text: """
        the discriminator has won: its loss is within \(DecimalText.significant(value - least, digits: 2)) of the least \
        there is; a lower learning rate of the discriminator or a regularizer may help
        """)
  }

  private static let leastGradient = 1e-6
  private static let leastGradientShare = 5e-3
  private static let leastLoss = 0.01
}

// MARK: - A game that nobody wins

extension AdversarialTraining {
  /// Real samples that are scored higher than generated ones and lower in turn, smoothly and on and on: each network
  /// chases the other around the place where both would rest. A healthy discriminator is better than chance all the time.
  private func oscillation(_ trend: TrainingTrend) -> TrainingWarning? {
    guard let real = trend.course(of: GANMetric.realScore)?.means,
      let fake = trend.course(of: GANMetric.fakeScore)?.means,
      real.count == fake.count, real.count >= Self.leastMeans, let swings = Swings(zip(real, fake).map { $0 - $1 }),
      abs(swings.mean) < Self.mostLead * swings.deviation, swings.alternationCount >= Self.leastAlternations,
      swings.roughness < Self.mostRoughness, swings.growth > Self.leastGrowth
    else { return nil }
    let stepCount = real.count * MetricCourse.meanLength
    return TrainingWarning(
      kind: WarningKind.oscillation,
      text: """
        the two networks chase each other in circles: in the last \(stepCount) steps the lead of the real samples' score \
        changed \(swings.alternationCount) times between gain and loss; a gradient penalty, less momentum or a lower \
        learning rate may help
        """)
  }

  private static let leastMeans = 30
  private static let mostLead = 0.7
  private static let leastAlternations = 4
  private static let mostRoughness = 0.7
  private static let leastGrowth = 0.7
}

// MARK: - Numbers that grow

extension AdversarialTraining {
  /// A critic whose gradients are nowhere near where the penalty wants them.
  private func penaltyOutOfHand(_ trend: TrainingTrend) -> TrainingWarning? {
    guard let weight = (regularizer.term as? GradientPenalty)?.weight, weight > 0,
      let penalty = trend[GANMetric.penalty]
    else { return nil }
    let distance = (penalty / Double(weight)).squareRoot()
    guard distance > Self.mostDistance else { return nil }
    return TrainingWarning(
      kind: TrainingWarning.Kind.divergence,
      text: """
        the critic is out of hand: the norm of its gradient is \(DecimalText.significant(distance, digits: 2)) away \
        from 1, where the penalty should hold it; a lower learning rate may help
        """)
  }

  /// A discriminator that is far worse than one that knows nothing, or a critic whose scores have no bounds.
  private func divergence(_ trend: TrainingTrend, _ value: Double?) -> TrainingWarning? {
    let reason: String
    if leastDiscriminatorLoss != nil, let value, value > Self.mostLoss * ignorance {
      reason = """
        the discriminator's loss is \(DecimalText.significant(value, digits: 3)), where \
        \(DecimalText.significant(ignorance, digits: 2)) is that of guessing; a lower learning rate may help
        """
    } else if leastDiscriminatorLoss == nil, let real = trend[GANMetric.realScore],
      let fake = trend[GANMetric.fakeScore],
      let spread = trend[GANMetric.realSpread], spread > 0, max(abs(real), abs(fake)) > Self.mostScore * spread
    {
      reason = """
        the critic's scores have grown to \(DecimalText.significant(max(abs(real), abs(fake)), digits: 2)), more than any \
        distance between samples; \(isRegularized ? "a lower learning rate" : "a gradient penalty") may help
        """
    } else {
      return nil
    }
    return TrainingWarning(kind: TrainingWarning.Kind.divergence, text: "the training diverges: \(reason)")
  }

  private var isRegularized: Bool { regularizer.term != nil }

  private static let mostDistance = 3.0
  /// How many times the loss of guessing a discriminator's is at most.
  static let mostLoss = 10.0
  private static let mostScore = 1e4
}

// MARK: - The discriminator's loss

extension AdversarialTraining {
  /// What is usual of late for the discriminator's loss without further terms.
  private func lossWithoutTerms(_ trend: TrainingTrend) -> Double? {
    let names = Set(allTerms.filter { $0.period == 1 && !$0.hasOwnUpdate }.map(\.metricName))
    return trend[GANMetric.discriminatorLoss].map { names.reduce($0) { $0 - (trend[$1] ?? 0) } }
  }

  /// The loss of a discriminator that is always right; nil if there is no least one.
  private var leastDiscriminatorLoss: Double? {
    loss.objective.leastDiscriminatorLoss(smoothing: Double(labelSmoothing))
  }

  /// What to do where a loss has no gradient or misses much of the samples' variety.
  private var wassersteinAdvice: String {
    regularizer.term is GradientPenalty
      ? "a lower learning rate or a larger weight of the penalty may help"
      : "a Wasserstein loss with gradient penalty may help"
  }

  private static func percent(_ share: Double) -> String { DecimalText.significant(share * 100, digits: 2) + "%" }
}
