import Datasets
import LatentSystem
import Layers
import Tensor
import Training

/// The training of a network that makes samples of one kind out of samples of another, from pairs: what it makes has to be
/// near the partner, and to pass for it before a discriminator that sees both what it was made of and what was made.
///
/// It knows modules and tensors only, so it serves samples of any kind whose channels come last.
///
/// Reference: Isola, Zhu, Zhou and Efros, "Image-to-image translation with conditional adversarial networks",
/// arXiv:1611.07004, section 3.1.
public struct PairedTranslationTraining: Sendable {
  /// The network that both parts belong to.
  public let network: Network
  /// Samples of the first kind to samples of the second, `[N, …, C]` → `[N, …, D]`.
  public let translator: any Layer
  /// Pairs to scores: the channels of both, `[N, …, C + D]` → `[N, …]`.
  public let discriminator: any Layer
  /// What both are trained on against each other.
  public var loss = AdversarialLoss.nonSaturating
  /// The weight of the mean absolute error of a scalar, 0 or more.
  public var errorWeight: Float = 100
  /// The weight of the adversarial loss in the translator's, 0 or more: with 0, only distance counts, and the discriminator
  /// stays as it is.
  public var adversarialWeight: Float = 1
  private let translatorNames: Set<String>
  private let discriminatorNames: Set<String>

  /// A training of the given parts, with default choices that can be changed.
  /// - Precondition: both parts belong to `network` and share no parameter.
  public init(network: Network, translator: any Layer, discriminator: any Layer) {
    (self.network, self.translator, self.discriminator) = (network, translator, discriminator)
    network.requireSeparate([translator, discriminator], "PairedTranslationTraining")
    translatorNames = network.parameterNames(of: translator)
    discriminatorNames = network.parameterNames(of: discriminator)
  }

  /// The names of the two in ``TrainingState/optimizers``.
  public enum OptimizerName {
    /// Moves the translator.
    public static let translator = AdversarialTraining.OptimizerName.generator
    /// Moves the discriminator.
    public static let discriminator = AdversarialTraining.OptimizerName.discriminator
  }

  /// One step of both networks.
  ///
  /// - Parameters:
  ///   - a: samples `[N, …, C]`.
  ///   - b: what each of them should become, `[N, …, D]`.
  ///   - training: moved on, but for ``TrainingState/step``, which the caller counts.
  /// - Throws: ``TrainingError/notFinite(_:step:)``; nothing has moved then.
  public func trainingStep(_ training: inout TrainingState, a: Tensor, b: Tensor) throws -> Metrics {
    let round = round(&training, a: a, b: b)
    return try training.play(round, averaging: [], decay: nil)
  }

  /// The updates that a step makes, before any is made: of the translator, and of the discriminator if somebody listens to it.
  func round(_ training: inout TrainingState, a: Tensor, b: Tensor) -> Round {
    let context = Context(
      network, training.state, mode: .training, differentiating: translatorNames.union(discriminatorNames),
      random: training.random.split(), reduction: training.reduction, samples: training.samples)
    let made = translator(a, in: context)
    let error = (made - b).absolute().mean()
    let spreads = GANMetric.spreads(real: b, fake: made)
    guard adversarialWeight > 0 else {
      let loss = error * errorWeight
      return Round(
        moves: [PlayerMove(OptimizerName.translator, loss: loss, context.gradients(of: loss, at: translatorNames))],
        bufferUpdates: context.bufferUpdates,
        metrics: [
          Metrics.Entry(GANMetric.generatorLoss, loss), Metrics.Entry(TranslationMetric.absoluteError, error),
        ] + spreads)
    }
    func scores(_ b: Tensor) -> Tensor { discriminator(.concatenated([a, b], axis: -1), in: context) }
    let (ofReal, ofMade) = (scores(b), scores(made))
    func batchMean(_ scores: Tensor) -> Tensor { context.batchMean(scores) }
    let objective = loss.objective
    let fooling = objective.generatorLoss(real: ofReal, fake: ofMade, batchMean: batchMean)
    let translatorLoss = fooling * adversarialWeight + error * errorWeight
    // Half of it, so that the discriminator does not run ahead (appendix 6.2).
    let discriminatorLoss = objective.discriminatorLoss(real: ofReal, fake: ofMade, target: 1, batchMean: batchMean)
    let moves = [
      PlayerMove(
        OptimizerName.translator, loss: translatorLoss, context.gradients(of: translatorLoss, at: translatorNames)),
      PlayerMove(
        OptimizerName.discriminator, loss: discriminatorLoss,
        context.gradients(of: discriminatorLoss * 0.5, at: discriminatorNames)),
    ]
    return Round(
      moves: moves, bufferUpdates: context.bufferUpdates,
      metrics: [
        Metrics.Entry(GANMetric.discriminatorLoss, discriminatorLoss),
        Metrics.Entry(GANMetric.generatorLoss, translatorLoss),
        Metrics.Entry(TranslationMetric.adversarialLoss, fooling),
        Metrics.Entry(TranslationMetric.absoluteError, error),
        Metrics.Entry(GANMetric.realScore, ofReal.detached().mean()),
        Metrics.Entry(GANMetric.fakeScore, ofMade.detached().mean()),
      ] + spreads)
  }
}
