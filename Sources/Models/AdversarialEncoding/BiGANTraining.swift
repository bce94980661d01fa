import Datasets
import LatentSystem
import Layers
import Tensor
import Training

/// The training of a GAN that tells pairs of a sample and its code from pairs of a generated sample and the code that it
/// was made of: an encoder that passes has learned the inverse of the generator.
///
/// Three networks learn from one recording. The discriminator sees the code of a sample as its condition. It knows modules
/// and tensors only, so it serves samples of any kind.
///
/// Reference: Donahue, Krähenbühl and Darrell, "Adversarial feature learning", arXiv:1605.09782; Dumoulin et al.,
/// "Adversarially learned inference", arXiv:1606.00704, whose encoder is random, while this one is not.
public struct BiGANTraining: Sendable {
  /// The network that all parts belong to.
  public let network: Network
  /// Samples to codes, `[N, …]` → `[N, latent]`.
  public let encoder: any Layer
  /// Codes to samples.
  public let generator: any Generator
  /// Samples, and their codes as a tensor for each, to scores.
  public let discriminator: any Discriminator
  /// What codes should be like.
  public let prior: any LatentPrior
  /// How much of the moving average of encoder and generator stays from step to step, in 0..<1; none is kept if nil.
  public var averageDecay: Float?
  private let encoderNames: Set<String>
  private let generatorNames: Set<String>
  private let discriminatorNames: Set<String>
  private let averagedNames: Set<String>

  /// A training of the given parts, with default choices that can be changed.
  /// - Precondition: all parts belong to `network` and share no parameter.
  public init(
    network: Network, encoder: any Layer, generator: any Generator, discriminator: any Discriminator,
    prior: any LatentPrior
  ) {
    self.network = network
    self.encoder = encoder
    self.generator = generator
    self.discriminator = discriminator
    self.prior = prior
    network.requireSeparate([encoder, generator, discriminator], "BiGANTraining")
    encoderNames = network.parameterNames(of: encoder)
    generatorNames = network.parameterNames(of: generator)
    discriminatorNames = network.parameterNames(of: discriminator)
    averagedNames = network.tensorNames(of: [encoder, generator])
  }

  /// The names of the three in ``TrainingState/optimizers``.
  public typealias OptimizerName = VAEGANTraining.OptimizerName

  /// One step of each network.
  ///
  /// - Parameters:
  ///   - real: samples `[N, …]`.
  ///   - training: moved on, but for ``TrainingState/step``, which the caller counts.
  /// - Throws: ``TrainingError/notFinite(_:step:)``; nothing has moved then.
  public func trainingStep(_ training: inout TrainingState, real: Tensor) throws -> Metrics {
    let round = round(real, &training)
    return try training.play(round, averaging: averagedNames, decay: averageDecay)
  }

  /// The updates that a step on `real` makes, before any is made.
  func round(_ real: Tensor, _ training: inout TrainingState) -> Round {
    let context = Context(
      network, training.state, mode: .training,
      differentiating: encoderNames.union(generatorNames).union(discriminatorNames), random: training.random.split(),
      reduction: training.reduction, samples: training.samples)
    let codes = encoder(real, in: context)
    let drawn = prior.draw(real.shape[0], using: &training.sampleRandom)
    let samples = generator(drawn, given: .none, in: context)
    let ofReal = discriminator(real, given: .tensor(codes), in: context).scores
    let ofSamples = discriminator(samples, given: .tensor(drawn), in: context).scores
    let loss = NonSaturatingObjective()
    let discriminatorCost =
      loss.discriminatorTerms(real: ofReal, target: 1).mean() + loss.discriminatorTerms(fake: ofSamples).mean()
    // The encoder wants its pairs to pass for the generator's.
    let encoderCost = loss.discriminatorTerms(fake: ofReal).mean()
    let generatorCost = loss.generatorTerms(fake: ofSamples).mean()
    let moves = [
      PlayerMove(OptimizerName.encoder, loss: encoderCost, context.gradients(of: encoderCost, at: encoderNames)),
      PlayerMove(
        OptimizerName.generator, loss: generatorCost, context.gradients(of: generatorCost, at: generatorNames)),
      PlayerMove(
        OptimizerName.discriminator, loss: discriminatorCost,
        context.gradients(of: discriminatorCost, at: discriminatorNames)),
    ]
    let constants = codes.detached()
    let metrics =
      [
        Metrics.Entry(GANMetric.discriminatorLoss, discriminatorCost),
        Metrics.Entry(GANMetric.generatorLoss, generatorCost), Metrics.Entry(EncodingMetric.encoderLoss, encoderCost),
        Metrics.Entry(name: GANMetric.realScore, value: ofReal.meanValue),
        Metrics.Entry(name: GANMetric.fakeScore, value: ofSamples.meanValue),
      ] + GANMetric.spreads(real: real, fake: samples) + [
        Metrics.Entry(EncodingMetric.codeMean, constants.mean(axes: [0]).absolute().mean()),
        Metrics.Entry(EncodingMetric.codeVariance, constants.variance(axes: [0]).mean()),
      ]
    return Round(moves: moves, bufferUpdates: context.bufferUpdates, metrics: metrics)
  }
}
