import LatentSystem
import Tensor
import Training

/// A loss of scores: a value that gives terms of the scores' shape, of which the training takes the mean.
///
/// Scores are logits, or unbounded scores of a critic: one for each sample, for each pack of samples, or for each patch of
/// a sample.
public protocol AdversarialObjective: NamedChoice {
  /// The discriminator's terms for scores of real samples; `target` is what a real sample counts as.
  func discriminatorTerms(real scores: Tensor, target: Float) -> Tensor
  /// The discriminator's terms for scores of generated samples.
  func discriminatorTerms(fake scores: Tensor) -> Tensor
  /// The generator's terms for scores of its samples.
  func generatorTerms(fake scores: Tensor) -> Tensor
  /// Whether real samples have a target that can be smoothed.
  var hasTarget: Bool { get }
  /// The loss of a discriminator that is always right, for labels smoothed by `smoothing`; nil if there is no least one.
  func leastDiscriminatorLoss(smoothing: Double) -> Double?
  /// Whether a score above 0 says that a sample is taken for real, one below 0 that it is not.
  var hasSignedScores: Bool { get }
  /// Whether the generator's loss needs scores of real samples too.
  var comparesSamples: Bool { get }

  /// The discriminator's loss, a scalar: the means of the terms of both, unless it compares the two.
  ///
  /// - Parameters:
  ///   - real: scores of real samples.
  ///   - fake: scores of generated ones.
  ///   - target: what a real sample counts as.
  ///   - batchMean: the mean over the first axis, in the whole batch if others hold parts of it.
  func discriminatorLoss(real: Tensor, fake: Tensor, target: Float, batchMean: (Tensor) -> Tensor) -> Tensor

  /// The generator's loss, a scalar: the mean of its terms, unless it compares samples. `real` is nil unless it does.
  func generatorLoss(real: Tensor?, fake: Tensor, batchMean: (Tensor) -> Tensor) -> Tensor
}

extension AdversarialObjective {
  public var hasSignedScores: Bool { false }
  public var comparesSamples: Bool { false }

  public func discriminatorLoss(
    real: Tensor, fake: Tensor, target: Float, batchMean: (Tensor) -> Tensor
  ) -> Tensor {
    discriminatorTerms(real: real, target: target).mean() + discriminatorTerms(fake: fake).mean()
  }

  public func generatorLoss(real: Tensor?, fake: Tensor, batchMean: (Tensor) -> Tensor) -> Tensor {
    generatorTerms(fake: fake).mean()
  }
}

/// Cross-entropy; the generator maximizes the log-probability of its samples being real. Reference: Goodfellow et al.,
/// "Generative adversarial nets", arXiv:1406.2661, section 3.
public struct NonSaturatingObjective: AdversarialObjective {
  public static let name = "nonSaturating"
  public var hasTarget: Bool { true }
  public var hasSignedScores: Bool { true }
  /// The loss.
  public init() {}

  public func discriminatorTerms(real scores: Tensor, target: Float) -> Tensor { scores.softplus() - scores * target }
  public func discriminatorTerms(fake scores: Tensor) -> Tensor { scores.softplus() }
  public func generatorTerms(fake scores: Tensor) -> Tensor { (-scores).softplus() }
  public func leastDiscriminatorLoss(smoothing: Double) -> Double? { entropy(smoothing) }
}

/// Cross-entropy; the generator minimizes the log-probability of its samples being generated, whose gradient vanishes
/// where the discriminator is sure. Reference: Goodfellow et al., arXiv:1406.2661, equation 1.
public struct MinimaxObjective: AdversarialObjective {
  public static let name = "minimax"
  public var hasTarget: Bool { true }
  public var hasSignedScores: Bool { true }
  /// The loss.
  public init() {}

  public func discriminatorTerms(real scores: Tensor, target: Float) -> Tensor { scores.softplus() - scores * target }
  public func discriminatorTerms(fake scores: Tensor) -> Tensor { scores.softplus() }
  public func generatorTerms(fake scores: Tensor) -> Tensor { -scores.softplus() }
  public func leastDiscriminatorLoss(smoothing: Double) -> Double? { entropy(smoothing) }
}

/// Half the squared distances of the scores to 1 and 0. Reference: Mao et al., "Least squares generative adversarial
/// networks", arXiv:1611.04076, equation 9.
public struct LeastSquaresObjective: AdversarialObjective {
  public static let name = "leastSquares"
  public var hasTarget: Bool { true }
  /// The loss.
  public init() {}

  public func discriminatorTerms(real scores: Tensor, target: Float) -> Tensor { (scores - target).square() * 0.5 }
  public func discriminatorTerms(fake scores: Tensor) -> Tensor { scores.square() * 0.5 }
  public func generatorTerms(fake scores: Tensor) -> Tensor { (scores - 1).square() * 0.5 }
  public func leastDiscriminatorLoss(smoothing: Double) -> Double? { 0 }
}

/// `max(0, 1 - real)`, `max(0, 1 + fake)`; the generator maximizes its score. Reference: Lim and Ye, "Geometric GAN",
/// arXiv:1705.02894; Miyato et al., arXiv:1802.05957, equations 16 and 17.
public struct HingeObjective: AdversarialObjective {
  public static let name = "hinge"
  public var hasTarget: Bool { false }
  public var hasSignedScores: Bool { true }
  /// The loss.
  public init() {}

  public func discriminatorTerms(real scores: Tensor, target: Float) -> Tensor { (1 - scores).relu() }
  public func discriminatorTerms(fake scores: Tensor) -> Tensor { (1 + scores).relu() }
  public func generatorTerms(fake scores: Tensor) -> Tensor { -scores }
  public func leastDiscriminatorLoss(smoothing: Double) -> Double? { 0 }
}

/// The difference of the scores, for a critic that a regularizer keeps Lipschitz. Reference: Arjovsky, Chintala and
/// Bottou, "Wasserstein GAN", arXiv:1701.07875.
public struct WassersteinObjective: AdversarialObjective {
  public static let name = "wasserstein"
  public var hasTarget: Bool { false }
  /// The loss.
  public init() {}

  public func discriminatorTerms(real scores: Tensor, target: Float) -> Tensor { -scores }
  public func discriminatorTerms(fake scores: Tensor) -> Tensor { scores }
  public func generatorTerms(fake scores: Tensor) -> Tensor { -scores }
  public func leastDiscriminatorLoss(smoothing: Double) -> Double? { nil }
}

/// Cross-entropy of how much more a sample is taken for real than those of the other kind are in the mean; the generator
/// moves both. One that scores all alike has the loss 2 ln 2.
///
/// `D: sp(-(d(x) - E d(fake))) + sp(d(fake) - E d(x))`, for the generator with x and fake exchanged. Reference:
/// Jolicoeur-Martineau, "The relativistic discriminator: a key element missing from standard GAN", arXiv:1807.00734.
/// Gradients pass through the means too.
public struct RelativisticAverageObjective: AdversarialObjective {
  public static let name = "relativisticAverage"
  public var hasTarget: Bool { true }
  public var comparesSamples: Bool { true }
  /// The loss.
  public init() {}

  /// Terms for scores from which the mean of those of generated samples was taken.
  public func discriminatorTerms(real scores: Tensor, target: Float) -> Tensor { scores.softplus() - scores * target }
  /// Terms for scores from which the mean of those of real samples was taken.
  public func discriminatorTerms(fake scores: Tensor) -> Tensor { scores.softplus() }
  /// Terms for scores from which the mean of those of real samples was taken: one half of the generator's loss.
  public func generatorTerms(fake scores: Tensor) -> Tensor { (-scores).softplus() }
  public func leastDiscriminatorLoss(smoothing: Double) -> Double? { entropy(smoothing) }

  public func discriminatorLoss(
    real: Tensor, fake: Tensor, target: Float, batchMean: (Tensor) -> Tensor
  ) -> Tensor {
    discriminatorTerms(real: real - batchMean(fake).mean(), target: target).mean()
      + discriminatorTerms(fake: fake - batchMean(real).mean()).mean()
  }

  public func generatorLoss(real: Tensor?, fake: Tensor, batchMean: (Tensor) -> Tensor) -> Tensor {
    let real = requireSome(real, "RelativisticAverageObjective: the generator's loss needs scores of real samples")
    return generatorTerms(fake: fake - batchMean(real).mean()).mean()
      + (real - batchMean(fake).mean()).softplus().mean()
  }
}

/// The entropy in nats of a label that is wrong with probability `q`.
private func entropy(_ q: Double) -> Double { q == 0 ? 0 : -(1 - q) * log(1 - q) - q * log(q) }
