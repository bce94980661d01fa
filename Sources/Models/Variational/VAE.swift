import Datasets
import LatentSystem
import Layers
import Tensor
import Training

/// A variational autoencoder: an encoder that gives a normal distribution over latents for an image, and a decoder that
/// gives a distribution over images for a latent, trained together on the evidence lower bound.
///
/// ```swift
/// let vae = try VAE(VAE.Configuration(latentSize: 20))
/// let trained = try Trainer(vae, length: .epochs(10)).train(on: images)
/// ```
///
/// With a number of classes in its configuration it is conditional: encoder and decoder see the class. Its posteriors may go
/// through flows, its latents may form several layers, and the bound may be importance-weighted; the configuration says
/// which.
///
/// Reference: Kingma and Welling, "Auto-encoding variational Bayes", arXiv:1312.6114. With β other than 1: Higgins et
/// al., "β-VAE", ICLR 2017. With classes: Kingma et al., "Semi-supervised learning with deep generative models",
/// arXiv:1406.5298, section 2.1. For the rest see ``InverseAutoregressiveFlow``, ``PlanarFlow``, ``ChainPrior``,
/// ``LadderEncoder`` and ``VariationalObjective``.
public struct VAE: GenerativeModel {
  public static let kind = "vae"

  /// Log-variances of the posterior are clamped to this range: variances from 2·10⁻⁹ to 22,026.
  public static let logVarianceRange: ClosedRange<Float> = -20...10

  public let configuration: Configuration
  public let network: Network
  /// What the model is put together from.
  public let parts: VariationalModel

  public init(_ configuration: Configuration) throws {
    try configuration.validate()
    self.configuration = configuration
    let modules = Modules(configuration)
    parts = VariationalModel(
      encoder: modules.encoder, prior: modules.prior,
      decoder: ClassDecoder(
        modules.decoder, classCount: configuration.classCount ?? 0,
        seenLatents: configuration.stochasticLayers == 1 ? nil : configuration.latentSize),
      observation: configuration.likelihood.observation)
    network = Network(modules)
  }

  public var inputs: [InputRequirement] {
    [
      InputRequirement(
        [configuration.height, configuration.width, configuration.channels],
        condition: configuration.classCount.map { .classes($0) } ?? .none, binarization: configuration.binarization)
    ]
  }

  /// What the names of the parameters begin with: `prior.…` with several layers of latents, `encoder.…`, `decoder.…`.
  private final class Modules: Module {
    let prior: any LatentPriorModel
    let encoder: any LatentEncoder
    let decoder: any Layer

    init(_ configuration: Configuration) {
      let blocks = VAEBlocks(configuration)
      let chain = configuration.stochasticLayers > 1 ? blocks.chainPrior : nil
      prior = chain ?? StandardNormalPrior(configuration.latentSize)
      encoder = chain.map { blocks.encoder(under: $0) } ?? blocks.encoder
      decoder = blocks.decoder
    }
  }
}

// MARK: - Training

extension VAE {
  public func makeOptimizers(learningRate: Float?) -> [String: any Optimizer] {
    [Self.optimizer: Adam(learningRate: learningRate ?? 1e-3)]
  }

  public func trainingStep(_ feed: inout BatchFeed, _ training: inout TrainingState) throws -> Metrics {
    let batch = feed.next()
    let objective = configuration.objective(at: training.step)
    let (descent, figures) = try training.descend(with: Self.optimizer, network) { context in
      let (loss, figures) = objective.loss(
        of: batch.samples, given: batch.condition, under: parts, in: context)
      return (loss, figures)
    }
    return [
      Metric.loss: descent.loss, Metric.reconstruction: figures.reconstruction, Metric.divergence: figures.divergence,
    ]
  }

  /// Until β has grown to what it stays, nothing is compared.
  public var warmupSteps: Int { configuration.betaWarmup }

  public func remarks(onTrainingOf stepCount: Int) -> [String] {
    DivergenceWarmup.remarks(configuration.betaWarmup, inTrainingOf: stepCount)
  }

  /// The negative evidence lower bound in nats, and its two terms, as means over the samples; before them what is
  /// minimized, if that is something else: with another weight of the divergence, with free bits, or a bound of several
  /// latents, as many as in the training, of the first samples.
  public func evaluate(on data: TrainingData, with state: State) -> Metrics {
    guard let source = data.main else { return Metrics() }
    let sums = parts.sums(over: source, in: heldOutContext(state)) { $0.condition }
    let count = Double(source.count)
    let (reconstruction, divergence) = (sums.reconstruction / count, sums.divergence / count)
    let figures: Metrics = [
      Metric.negativeELBO: reconstruction + divergence, Metric.reconstruction: reconstruction,
      Metric.divergence: divergence,
    ]
    let objective = configuration.objective(at: .max)
    let minimized = objective.minimized((reconstruction, divergence)) {
      objective.mean(over: source, under: parts, in: heldOutContext(state)) { $0.condition }
    }
    guard let minimized else { return figures }
    return Metrics([Metrics.Entry(name: Metric.loss, value: minimized)] + figures.entries)
  }

  /// Draws the same latents each time.
  private func heldOutContext(_ state: State) -> Context {
    Context(network, state, mode: .inference, random: RandomGenerator(seed: 0, stream: RandomStream.order))
  }

  private static let optimizer = "adam"

  private enum Metric {
    static let loss = TrainingTrend.loss
    static let reconstruction = "reconstruction"
    static let divergence = "kl"
    static let negativeELBO = "negative_elbo"
  }

  public func warnings(for trend: TrainingTrend) -> [TrainingWarning] {
    [blurredBeyondGrey(trend), posteriorCollapse(trend)].compactMap { $0 }
  }

  private func blurredBeyondGrey(_ trend: TrainingTrend) -> TrainingWarning? {
    let ignorance = Double(sampleShape.scalarCount) * Self.grey
    guard configuration.likelihood == .bernoulli, let reconstruction = trend[Metric.reconstruction],
      reconstruction > ignorance
    else { return nil }
    return TrainingWarning(
      kind: TrainingWarning.Kind.divergence,
      text: """
        the reconstruction loss is \(DecimalText.significant(reconstruction, digits: 4)) nats, more than the \
        \(DecimalText.significant(ignorance, digits: 4)) of a uniform grey; a lower learning rate may help
        """)
  }

  private func posteriorCollapse(_ trend: TrainingTrend) -> TrainingWarning? {
    guard configuration.beta > 0 else { return nil }
    return trend.posteriorCollapse(
      of: Metric.divergence, advice: "a lower learning rate or a smaller beta may help")
  }

  /// The cross-entropy in nats of a pixel that is taken for white or black with equal probability.
  private static let grey = 0.693147
}

// MARK: - Use

extension VAE: LatentEncoding, LikelihoodEstimating, AnomalyScoring, FeatureExtracting {
  public var latentShape: Tensor.Shape { [configuration.latentCount] }
  public var firstLatentWeight: String? { configuration.stochasticLayers == 1 ? "decoder.layers.0.weight" : nil }

  public func drawLatents(
    _ count: Int, given condition: Condition, with state: State, using random: inout SampleRandom
  ) -> Tensor {
    if configuration.stochasticLayers == 1 { return random.normal([count, configuration.latentSize]) }
    let context = Context(network, state, mode: .inference, random: &random)
    return parts.prior.distribution(count, given: condition, in: context).draw(1, in: context).latents
  }

  /// Of several layers the first is all that the decoder sees, and its prior depends on the one above it.
  public var latentVariables: LatentVariables {
    configuration.stochasticLayers == 1
      ? .standardNormal : .inseparable(reason: "they form layers, each of which depends on the one above it")
  }

  /// What ``logLikelihoods(of:given:draws:with:using:)`` gives: on grey pixels with the Bernoulli likelihood a
  /// cross-entropy bound, which is no log-likelihood.
  public var likelihoodKind: LikelihoodKind {
    configuration.binarization == .none ? parts.observation.boundKind : .lowerBound
  }

  /// The center of each image's posterior: `[N, H, W, C]` → `[N, latent]`. That is its mean; with flows it is where they
  /// take the mean of what they begin with, and with several layers the mean of each, given those means before it.
  public func encode(_ images: Tensor, given condition: Condition, with state: State) -> Tensor {
    posterior(of: images, given: condition, with: state).center
  }

  /// With flows or several layers, the center of a posterior is not its mean.
  public var encodesPosteriorMeans: Bool { configuration.posterior == .gaussian && configuration.stochasticLayers == 1 }

  public var featureCount: Int { configuration.latentCount }

  /// What ``encode(_:given:with:)`` gives for each image: `[N, H, W, C]` → `[N, latent]`. Images with classes are told apart
  /// by these too, so a conditional model has no features of its own.
  /// - Precondition: the model is told no classes.
  public func features(of images: Tensor, with state: State) -> Tensor {
    encode(images, given: .none, with: state)
  }

  /// The posterior of each image `[N, H, W, C]`.
  public func posterior(
    of images: Tensor, given condition: Condition = .none, with state: State
  ) -> any LatentDistribution {
    parts.encoder.posterior(of: images, given: condition, in: Context(network, state, mode: .inference))
  }

  /// The mean image of each latent: `[N, latent]` → `[N, H, W, C]` in 0...1.
  public func decode(_ latents: Tensor, given condition: Condition, with state: State) -> Tensor {
    require(
      latents.rank == 2 && latents.shape[1] == configuration.latentCount,
      "decode: latents of shape \(latents.shape), expected [N, \(configuration.latentCount)]")
    let output = parts.decoder(latents, given: condition, in: Context(network, state, mode: .inference))
    return parts.observation.mean(given: output)
      .reshaped(to: Tensor.Shape([latents.shape[0]] + sampleShape.sizes))
  }

  /// The evidence lower bound of each image, with more draws an importance-weighted one: `[N, H, W, C]` → `[N]`.
  public func logLikelihoods(
    of images: Tensor, given condition: Condition, draws: Int, with state: State, using random: inout SampleRandom
  ) -> Tensor {
    let context = Context(network, state, mode: .inference, random: &random)
    return parts.logLikelihoodBounds(of: images, given: condition, draws: draws, in: context)
  }
}
