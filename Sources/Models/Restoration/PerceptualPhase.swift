import Datasets
import Layers
import Tensor
import Training

/// How the training of a network that restores images goes on once it has learned from their pixels alone.
///
/// The mean of all that an image may have been is the best for the error of its pixels, and blurred. From some step on a
/// discriminator of patches, which learns along, says whether what was restored looks like a whole image, and features of
/// a network that stays as it is say whether it shows the same; the error of the pixels goes on with a weight.
///
/// ```swift
/// var configuration = SuperResolution.Configuration()
/// configuration.perceptualPhase = PerceptualPhase(start: 2000)
/// ```
///
/// References: Ledig et al., "Photo-realistic single image super-resolution using a generative adversarial network",
/// arXiv:1609.04802, section 2.2; Pathak et al., "Context encoders: feature learning by inpainting", arXiv:1604.07379,
/// equation 3; Johnson, Alahi and Fei-Fei, "Perceptual losses for real-time style transfer and super-resolution",
/// arXiv:1603.08155, section 3.2.
public struct PerceptualPhase: Codable, Sendable, Equatable {
  /// How many steps there are before it, 0 or more.
  public var start: Int
  /// The weight of the error of the pixels, 0 or more.
  public var pixelWeight: Float
  /// The weight of passing for a whole image before the discriminator, 0 or more; there is none with 0.
  public var adversarialWeight: Float
  /// What both are trained on against each other.
  public var loss: AdversarialLoss
  /// The discriminator's channels at half the image size; there are twice as many at a quarter.
  public var discriminatorFeatures = 32
  /// The discriminator's learning rate, whatever that of the restorer.
  public var discriminatorLearningRate: Float = 2e-4
  /// The weight of the distance from the whole image in the features, 0 or more.
  public var featureWeight: Float
  /// Whose features these are; nil for none.
  public var features: PerceptualFeatures?

  /// A phase after `start` steps, with a discriminator and no features if nothing else is said.
  public init(
    start: Int, pixelWeight: Float = 1, adversarialWeight: Float = 1e-3, loss: AdversarialLoss = .leastSquares,
    featureWeight: Float = 1, features: PerceptualFeatures? = nil
  ) {
    (self.start, self.pixelWeight, self.adversarialWeight) = (start, pixelWeight, adversarialWeight)
    (self.loss, self.featureWeight, self.features) = (loss, featureWeight, features)
  }

  /// What is minimized: the sum of the parts by their weights, a scalar.
  ///
  /// - Parameters:
  ///   - error: that of the pixels.
  ///   - fooling: the restorer's part of the adversarial loss.
  ///   - featureError: the distance in the features.
  func total(error: Tensor, fooling: Tensor?, featureError: Tensor?) -> Tensor {
    var total = error * pixelWeight
    if let fooling { total = total + fooling * adversarialWeight }
    if let featureError { total = total + featureError * featureWeight }
    return total
  }

  func validate(_ kind: String, height: Int, width: Int) throws {
    let checks = ConfigurationChecks(kind: kind)
    try checks.check(start >= 0, "the perceptual phase begins after \(start) steps, expected 0 or more")
    try checks.checkWeights([
      "pixelWeight": pixelWeight, "adversarialWeight": adversarialWeight, "featureWeight": featureWeight,
    ])
    try checks.check(
      adversarialWeight > 0 || features != nil && featureWeight > 0,
      "a perceptual phase without weight: neither a discriminator nor features")
    try checks.check(["discriminatorFeatures": discriminatorFeatures], in: 1...4096)
    try checks.checkRates(["discriminatorLearningRate": discriminatorLearningRate])
    try checks.check(
      adversarialWeight == 0 || min(height, width) >= 8,
      "images of \(height)×\(width) are too small for a discriminator of patches: 8 at least")
    try features?.validate(kind, height: height, width: width)
  }
}

/// What judges restored images: parts of the model's network that do not restore.
public final class RestorationJudges: Module {
  /// Tells whole images from restored ones, patch by patch.
  public let discriminator: PatchDiscriminator?
  /// Features that stay as they are.
  public let features: (any FeatureMaps)?

  /// The judges of a phase; nil if there is none.
  init?(_ phase: PerceptualPhase?, channels: Int) {
    guard let phase else { return nil }
    discriminator =
      phase.adversarialWeight > 0
      ? PatchDiscriminator(from: channels, features: phase.discriminatorFeatures) : nil
    features = phase.featureWeight > 0 ? phase.features?.makeMaps(channels: channels) : nil
  }
}

// MARK: - Training

extension RestorationModel {
  /// One step of restorer and discriminator. What it tells as the loss is the error of the pixels, as before the phase.
  func perceptualStep(
    _ training: inout TrainingState, _ phase: PerceptualPhase, _ judges: RestorationJudges, _ images: Tensor,
    _ damaged: DamagedImages
  ) throws -> Metrics {
    let names = network.parameterNames(of: restorer)
    let judgeNames = judges.discriminator.map { network.parameterNames(of: $0) } ?? []
    let context = Context(
      network, training.state, mode: .training, differentiating: names.union(judgeNames),
      random: training.random.split(), reduction: training.reduction, samples: training.samples)
    let guess = guess(damaged, in: context)
    let made = composed(guess, damaged)
    let error = loss(of: guess, to: images, damaged)
    let opinion = judges.discriminator.map { AdversarialOpinion($0, of: made, images, phase.loss, in: context) }
    // Features stay as they are, with the statistics that they were trained with.
    let featureError = judges.features?.error(
      of: made, to: images, in: Context(network, training.state, mode: .inference))
    let total = phase.total(error: error, fooling: opinion?.fooling, featureError: featureError)
    var moves = [
      PlayerMove(
        RestorationOptimizer.restorer, loss: total, named: RestorationMetric.loss,
        context.gradients(of: total, at: names))
    ]
    if let loss = opinion?.loss {
      moves.append(
        PlayerMove(RestorationOptimizer.discriminator, loss: loss, context.gradients(of: loss, at: judgeNames)))
    }
    let ratio = PeakSignal.ratio(ofError: Double(error.detached().scalar))
    let metrics =
      [Metrics.Entry(RestorationMetric.loss, error), Metrics.Entry(name: RestorationMetric.ratio, value: ratio)]
      + (opinion?.metrics ?? []) + (featureError.map { [Metrics.Entry(RestorationMetric.featureError, $0)] } ?? [])
    return try training.play(
      Round(moves: moves, bufferUpdates: context.bufferUpdates, metrics: metrics), averaging: [], decay: nil)
  }
}

/// What a discriminator thinks of restored images beside whole ones.
private struct AdversarialOpinion {
  /// The restorer's part of the loss, a scalar.
  let fooling: Tensor
  /// The discriminator's own, a scalar.
  let loss: Tensor
  let metrics: [Metrics.Entry]

  init(
    _ discriminator: PatchDiscriminator, of made: Tensor, _ images: Tensor, _ kind: AdversarialLoss,
    in context: Context
  ) {
    let real = discriminator(images.signedPixels, in: context)
    let fake = discriminator(made.signedPixels, in: context)
    func batchMean(_ scores: Tensor) -> Tensor { context.batchMean(scores) }
    fooling = kind.objective.generatorLoss(real: real, fake: fake, batchMean: batchMean)
    loss = kind.objective.discriminatorLoss(real: real, fake: fake, target: 1, batchMean: batchMean)
    metrics = [
      Metrics.Entry(RestorationMetric.adversarialLoss, fooling), Metrics.Entry(GANMetric.discriminatorLoss, loss),
      Metrics.Entry(GANMetric.realScore, real.mean()), Metrics.Entry(GANMetric.fakeScore, fake.mean()),
    ]
  }
}
