import Datasets
import LatentSystem
import Layers
import Tensor
import Training

/// What a network that is to pass for something minimizes, given a discriminator's scores.
public enum FoolingLoss: String, Codable, Sendable, CaseIterable {
  /// `softplus(-score)`: bounded below, so that a network that has won stops.
  case nonSaturating
  /// `-score`, the logarithm of the density ratio: unbounded (Rosca et al., arXiv:1706.04987, equation 9).
  case logRatio

  /// The terms for scores, of their shape.
  public func callAsFunction(_ scores: Tensor) -> Tensor {
    switch self {
    case .nonSaturating: (-scores).softplus()
    case .logRatio: -scores
    }
  }
}

/// The training of a variational autoencoder in which discriminators stand for what has no closed form: one of samples
/// beside the distance of reconstructions, one of codes in the place of the divergence from the prior.
///
/// Four networks learn from one recording, each from its own loss. The discriminator of codes takes those of the prior for
/// real and those of the encoder for generated: the first version of the paper has them the other way round in equations
/// 16 and 17, which its authors have confirmed to be a mistake. Real samples count twice, as there are two kinds of
/// generated ones.
///
/// It knows modules and tensors only, so it serves samples of any kind.
///
/// Reference: Rosca, Lakshminarayanan, Warde-Farley and Mohamed, "Variational approaches for auto-encoding generative
/// adversarial networks", arXiv:1706.04987, algorithm 1. All four are updated once a step here.
public struct AlphaGANTraining: Sendable {
  /// The network that all parts belong to.
  public let network: Network
  /// Samples to codes, `[N, …]` → `[N, latent]`.
  public let encoder: any Layer
  /// Codes to samples.
  public let generator: any Generator
  /// Samples to scores.
  public let discriminator: any Discriminator
  /// Codes to scores, `[N, latent]` → `[N]`.
  public let codeDiscriminator: any Layer
  /// What codes should be like.
  public let prior: any LatentPrior
  /// The weight λ of the mean absolute error of a scalar of a reconstruction, 0 or more.
  public var reconstructionWeight: Float = 10
  /// What encoder and generator minimize to pass for prior and data.
  public var fooling = FoolingLoss.nonSaturating
  /// How much of the moving average of encoder and generator stays from step to step, in 0..<1; none is kept if nil.
  public var averageDecay: Float?
  private let names: [[String]]
  private let averagedNames: Set<String>

  /// A training of the given parts, with default choices that can be changed.
  /// - Precondition: all parts belong to `network` and share no parameter.
  public init(
    network: Network, encoder: any Layer, generator: any Generator, discriminator: any Discriminator,
    codeDiscriminator: any Layer, prior: any LatentPrior
  ) {
    self.network = network
    self.encoder = encoder
    self.generator = generator
    self.discriminator = discriminator
    self.codeDiscriminator = codeDiscriminator
    self.prior = prior
    let parts: [any Module] = [encoder, generator, discriminator, codeDiscriminator]
    network.requireSeparate(parts, "AlphaGANTraining")
    names = parts.map { network.parameterNames(of: $0).sorted() }
    averagedNames = network.tensorNames(of: [encoder, generator])
  }

  /// The names of the four in ``TrainingState/optimizers``.
  public enum OptimizerName {
    /// Moves the encoder.
    public static let encoder = "encoder"
    /// Moves the generator.
    public static let generator = AdversarialTraining.OptimizerName.generator
    /// Moves the discriminator of samples.
    public static let discriminator = AdversarialTraining.OptimizerName.discriminator
    /// Moves the discriminator of codes.
    public static let codeDiscriminator = "code_discriminator"
  }

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

  /// The updates that a step on `real` makes, before any is made: of encoder, generator, discriminator and discriminator
  /// of codes, in this order.
  func round(_ real: Tensor, _ training: inout TrainingState) -> Round {
    let context = Context(
      network, training.state, mode: .training, differentiating: Set(names.joined()), random: training.random.split(),
      reduction: training.reduction, samples: training.samples)
    let pass = Pass(of: real, in: context, self, &training.sampleRandom)
    let ofError = pass.error.gradient(at: pass.reconstructions) * reconstructionWeight
    let ofScores = pass.generatorCost.gradients(at: [pass.reconstructions, pass.samples])
    let weighted = pass.error * reconstructionWeight
    let moves = [
      PlayerMove(
        OptimizerName.encoder, loss: weighted + pass.encoderCost,
        context.pullback([(pass.reconstructions, ofError), (pass.encoderCost, Tensor(1))], at: Set(names[0]))),
      PlayerMove(
        OptimizerName.generator, loss: weighted + pass.generatorCost,
        context.pullback(
          [(pass.reconstructions, ofError + ofScores[0]), (pass.samples, ofScores[1])], at: Set(names[1]))),
      PlayerMove(
        OptimizerName.discriminator, loss: pass.discriminatorCost,
        context.gradients(of: pass.discriminatorCost, at: Set(names[2]))),
      PlayerMove(
        OptimizerName.codeDiscriminator, loss: pass.codeCost, named: EncodingMetric.codeLoss,
        context.gradients(of: pass.codeCost, at: Set(names[3]))),
    ]
    return Round(moves: moves, bufferUpdates: context.bufferUpdates, metrics: pass.metrics(moves))
  }
}

/// The recording of one step, with its losses, each a scalar.
private struct Pass {
  let real: Tensor
  /// What the generator makes of the encoder's codes.
  let reconstructions: Tensor
  /// What it makes of codes of the prior.
  let samples: Tensor
  /// The mean absolute error of a scalar of a reconstruction.
  let error: Tensor
  /// What the encoder minimizes to pass for the prior.
  let encoderCost: Tensor
  /// What the generator minimizes to pass for the data, in both ways.
  let generatorCost: Tensor
  let discriminatorCost: Tensor
  let codeCost: Tensor
  private let codes: Tensor
  private let scores: (real: Tensor, fake: Tensor)

  init(of real: Tensor, in context: Context, _ training: AlphaGANTraining, _ random: inout SampleRandom) {
    let codes = training.encoder(real, in: context)
    let ofPrior = training.prior.draw(real.shape[0], using: &random)
    reconstructions = training.generator(codes, given: .none, in: context)
    samples = training.generator(ofPrior, given: .none, in: context)
    func scores(_ samples: Tensor) -> Tensor { training.discriminator(samples, given: .none, in: context).scores }
    let (ofReal, ofReconstructions, ofSamples) = (scores(real), scores(reconstructions), scores(samples))
    let codeScores = training.codeDiscriminator(codes, in: context)
    let loss = NonSaturatingObjective()
    self.real = real
    self.codes = codes.detached()
    self.scores = (ofReal, (ofReconstructions.detached() + ofSamples.detached()) * 0.5)
    error = (real - reconstructions).absolute().mean()
    encoderCost = training.fooling(codeScores).mean()
    generatorCost = training.fooling(ofReconstructions).mean() + training.fooling(ofSamples).mean()
    discriminatorCost =
      loss.discriminatorTerms(real: ofReal, target: 1).mean() * 2
      + loss.discriminatorTerms(fake: ofReconstructions).mean() + loss.discriminatorTerms(fake: ofSamples).mean()
    codeCost =
      loss.discriminatorTerms(real: training.codeDiscriminator(ofPrior, in: context), target: 1).mean()
      + loss.discriminatorTerms(fake: codeScores).mean()
  }

  /// The discriminator's loss is told for one real sample and one generated one, as that of other GANs.
  func metrics(_ moves: [PlayerMove]) -> [Metrics.Entry] {
    [
      Metrics.Entry(GANMetric.discriminatorLoss, discriminatorCost * 0.5),
      Metrics.Entry(GANMetric.generatorLoss, moves[1].loss), Metrics.Entry(EncodingMetric.encoderLoss, moves[0].loss),
      Metrics.Entry(EncodingMetric.codeLoss, codeCost), Metrics.Entry(EncodingMetric.reconstructionError, error),
      Metrics.Entry(name: GANMetric.realScore, value: scores.real.meanValue),
      Metrics.Entry(name: GANMetric.fakeScore, value: scores.fake.meanValue),
    ] + GANMetric.spreads(real: real, fake: samples) + [
      Metrics.Entry(EncodingMetric.codeMean, codes.mean(axes: [0]).absolute().mean()),
      Metrics.Entry(EncodingMetric.codeVariance, codes.variance(axes: [0]).mean()),
    ]
  }
}
