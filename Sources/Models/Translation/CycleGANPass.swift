import LatentSystem
import Layers
import Tensor
import Training

/// The recording of what the translators make in one step, with their loss. All losses are scalars.
struct TranslationPass {
  /// What samples of b become.
  let toA: Tensor
  /// What samples of a become.
  let toB: Tensor
  let translatorLoss: Tensor
  let guidance: SemanticGuidance.Terms?
  let metrics: [Metrics.Entry]
  /// How different samples and translations of b are.
  let spreads: [Metrics.Entry]

  init(
    a: Tensor, b: Tensor, labels: [Int]?, _ training: CycleGANTraining, in context: Context, _ state: TrainingState
  ) {
    let (toB, toA) = (training.toB(a, in: context), training.toA(b, in: context))
    /// Twice the loss of LeastSquaresObjective, as the reference has it.
    func fooling(_ discriminator: any Layer, _ samples: Tensor) -> Tensor {
      (discriminator(samples, in: context) - 1).square().mean()
    }
    let adversarial =
      fooling(training.discriminatorB, toB) * training.targetWeight + fooling(training.discriminatorA, toA)
    let cycle =
      (training.toA(toB, in: context) - a).absolute().mean() + (training.toB(toA, in: context) - b).absolute().mean()
    var loss = adversarial + cycle * training.cycleWeight
    var metrics = [Metrics.Entry(TranslationMetric.adversarialLoss, adversarial)]
    metrics.append(Metrics.Entry(TranslationMetric.cycleLoss, cycle))
    if training.identityWeight > 0 {
      let identity =
        (training.toB(b, in: context) - b).absolute().mean() + (training.toA(a, in: context) - a).absolute().mean()
      loss = loss + identity * training.identityWeight
      metrics.append(Metrics.Entry(TranslationMetric.identityLoss, identity))
    }
    guidance = training.guidance.map {
      let labels = requireSome(labels, "CycleGANTraining: a guidance by classes needs the labels of the samples of a")
      return $0.terms(a: a, b: b, toB: toB, toA: toA, labels: labels, in: context, state)
    }
    if let guidance, let weight = training.guidance?.weight {
      if let own = guidance.translatorLoss { loss = loss + own * weight }
      metrics.append(Metrics.Entry(TranslationMetric.classifierLoss, guidance.classifierLoss))
      metrics.append(Metrics.Entry(TranslationMetric.semanticLoss, guidance.translatorLoss ?? Tensor(0)))
      metrics.append(Metrics.Entry(name: TranslationMetric.labelsKept, value: guidance.labelsKept))
    }
    (self.toA, self.toB, translatorLoss) = (toA, toB, loss)
    self.metrics = [Metrics.Entry(GANMetric.generatorLoss, loss)] + metrics
    spreads = GANMetric.spreads(real: b, fake: toB)
  }
}

/// The recording of what the discriminators think of samples and of past translations.
struct DiscriminatorPass {
  /// That of both, a scalar.
  let loss: Tensor
  /// The mean of both, for one sample and one translation as other GANs tell it, and each.
  let losses: [Metrics.Entry]
  /// Of samples of both kinds, and of translations to both.
  let scores: [Metrics.Entry]

  init(a: Tensor, b: Tensor, old: (a: Tensor, b: Tensor), _ training: CycleGANTraining, in context: Context) {
    let objective = LeastSquaresObjective()
    func judged(_ discriminator: any Layer, _ real: Tensor, _ fake: Tensor) -> (
      loss: Tensor, real: Tensor, fake: Tensor
    ) {
      let (ofReal, ofFake) = (discriminator(real, in: context), discriminator(fake, in: context))
      let loss =
        objective.discriminatorTerms(real: ofReal, target: 1).mean() + objective.discriminatorTerms(fake: ofFake).mean()
      return (loss, ofReal.detached().mean(), ofFake.detached().mean())
    }
    let ofA = judged(training.discriminatorA, a, old.a)
    let ofB = judged(training.discriminatorB, b, old.b)
    loss = ofA.loss + ofB.loss
    losses = [
      Metrics.Entry(GANMetric.discriminatorLoss, loss * 0.5),
      Metrics.Entry(TranslationMetric.discriminatorLossA, ofA.loss),
      Metrics.Entry(TranslationMetric.discriminatorLossB, ofB.loss),
    ]
    scores = [
      Metrics.Entry(GANMetric.realScore, (ofA.real + ofB.real) * 0.5),
      Metrics.Entry(GANMetric.fakeScore, (ofA.fake + ofB.fake) * 0.5),
    ]
  }
}

/// The metrics that trainings of translators have beside those of other GANs.
enum TranslationMetric {
  static let adversarialLoss = "adversarial_loss"
  static let cycleLoss = "cycle_loss"
  static let identityLoss = "identity_loss"
  static let classifierLoss = "classifier_loss"
  static let semanticLoss = "semantic_loss"
  static let labelsKept = "labels_kept"
  static let discriminatorLossA = "discriminator_loss_a"
  static let discriminatorLossB = "discriminator_loss_b"
  static let cycleError = "cycle_error"
  static let absoluteError = "absolute_error"
}
