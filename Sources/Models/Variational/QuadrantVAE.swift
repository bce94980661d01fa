import Datasets
import LatentSystem
import Layers
import Tensor
import Training

/// A variational autoencoder that completes images of which some quadrants are given.
///
/// A baseline guesses the pixels from those that are given. The prior of the latents is learned: it sees the given pixels
/// and the baseline's guess; so does the decoder, beside the latents. The encoder sees the whole image. Given pixels never
/// enter the likelihood. The baseline is trained at the same time on a loss of its own, which the rest does not move.
///
/// ```swift
/// let model = try QuadrantVAE(QuadrantVAE.Configuration(givenQuadrants: 1))
/// let trained = try Trainer(model, length: .epochs(50)).train(on: images)
/// let completed = try trained.restore(damaged, seed: 1)
/// ```
///
/// Reference: Sohn, Lee and Yan, "Learning structured output representation using deep conditional generative models",
/// NIPS 2015.
public struct QuadrantVAE: GenerativeModel {
  public static let kind = "quadrant-vae"

  public let configuration: Configuration
  public let network: Network
  /// What the conditional model is put together from. Its condition is a tensor `[N, 2 · pixels]`: the given pixels, with
  /// zeros for the others, and the baseline's guess.
  public let parts: VariationalModel
  /// 1 where a pixel is given, `[1, pixels]`.
  public let given: Tensor
  private let modules: Modules

  public init(_ configuration: Configuration) throws {
    try configuration.validate()
    self.configuration = configuration
    modules = Modules(configuration)
    given = configuration.mask
    parts = VariationalModel(
      encoder: modules.encoder, prior: modules.prior, decoder: modules.decoder,
      observation: MissingPixels(given: given))
    network = Network(modules)
  }

  public var inputs: [InputRequirement] {
    [
      InputRequirement(
        [configuration.height, configuration.width, configuration.channels], binarization: configuration.binarization)
    ]
  }

  /// What the names of the parameters begin with.
  private final class Modules: Module {
    let baseline: Sequential
    let prior: GivenPixelsPrior
    let encoder: GaussianEncoder
    let decoder: GivenPixelsDecoder

    init(_ configuration: Configuration) {
      let (pixels, latents) = (configuration.pixelCount, configuration.latentSize)
      let blocks = VAEBlocks(configuration.blocks)
      baseline = Sequential(blocks.hiddenLayers(pixels) + [blocks.dense(configuration.hiddenSize, pixels)])
      prior = GivenPixelsPrior(blocks.gaussian(2 * pixels, latents))
      encoder = blocks.gaussian(pixels, latents, after: [.flatten])
      decoder = GivenPixelsDecoder(
        Sequential(blocks.hiddenLayers(latents + 2 * pixels) + [blocks.dense(configuration.hiddenSize, pixels)]))
    }
  }
}

// MARK: - Training

extension QuadrantVAE {
  public func makeOptimizers(learningRate: Float?) -> [String: any Optimizer] {
    [Self.optimizer: Adam(learningRate: learningRate ?? 1e-3)]
  }

  public func trainingStep(_ feed: inout BatchFeed, _ training: inout TrainingState) throws -> Metrics {
    let samples = feed.next().samples
    let objective = configuration.objective(at: training.step)
    let (_, (figures, loss, baseline)) = try training.descend(with: Self.optimizer, network) { context in
      let (condition, guess) = seen(of: samples, in: context)
      let baseline = parts.observation.negativeLogLikelihood(of: samples, given: guess).meanOrZero()
      let (loss, figures) = objective.loss(of: samples, given: condition, under: parts, in: context)
      return (loss + baseline, (figures, Double(loss.scalar), Double(baseline.scalar)))
    }
    return [
      Metric.loss: loss, Metric.reconstruction: figures.reconstruction, Metric.divergence: figures.divergence,
      Metric.baseline: baseline,
    ]
  }

  /// Until β has grown to what it stays, nothing is compared.
  public var warmupSteps: Int { configuration.betaWarmup }

  public func remarks(onTrainingOf stepCount: Int) -> [String] {
    DivergenceWarmup.remarks(configuration.betaWarmup, inTrainingOf: stepCount)
  }

  public func warnings(for trend: TrainingTrend) -> [TrainingWarning] {
    guard configuration.beta > 0 else { return [] }
    let advice = "a lower learning rate or a smaller beta may help"
    return [trend.posteriorCollapse(of: Metric.divergence, advice: advice)].compactMap { $0 }
  }

  /// The negative evidence lower bound of the missing pixels in nats, its two terms, and the negative log-likelihood that
  /// the baseline has, as means over the samples; before them what is minimized, if the divergence has another weight
  /// there, or the bound is one of several latents, of the first samples.
  public func evaluate(on data: TrainingData, with state: State) -> Metrics {
    guard let source = data.main else { return Metrics() }
    let context = heldOutContext(state)
    var baseline = 0.0
    let sums = parts.sums(over: source, in: context) { batch in
      let (condition, guess) = seen(of: batch.samples, in: context)
      baseline += Double(parts.observation.negativeLogLikelihood(of: batch.samples, given: guess).sum().scalar)
      return condition
    }
    let count = Double(source.count)
    let (reconstruction, divergence) = (sums.reconstruction / count, sums.divergence / count)
    let figures: Metrics = [
      Metric.negativeELBO: reconstruction + divergence, Metric.reconstruction: reconstruction,
      Metric.divergence: divergence, Metric.baseline: baseline / count,
    ]
    let objective = configuration.objective(at: .max)
    let minimized = objective.minimized((reconstruction, divergence)) {
      let own = heldOutContext(state)
      return objective.mean(over: source, under: parts, in: own) { seen(of: $0.samples, in: own).condition }
    }
    guard let minimized else { return figures }
    return Metrics([Metrics.Entry(name: Metric.loss, value: minimized + baseline / count)] + figures.entries)
  }

  /// Draws the same latents each time.
  private func heldOutContext(_ state: State) -> Context {
    Context(network, state, mode: .inference, random: RandomGenerator(seed: 0, stream: RandomStream.order))
  }

  /// What prior and decoder see of some images, and the logits of the baseline's guess, `[N, pixels]`.
  private func seen(of samples: Tensor, in context: Context) -> (condition: Condition, guess: Tensor) {
    let pixels = samples.flattened() * given
    let guess = modules.baseline(pixels, in: context)
    return (.tensor(.concatenated([pixels, guess.detached().sigmoid()], axis: 1)), guess)
  }

  private static let optimizer = "adam"

  private enum Metric {
    static let loss = "loss"
    static let reconstruction = "reconstruction"
    static let divergence = "kl"
    static let baseline = "baseline"
    static let negativeELBO = "negative_elbo"
  }
}

// MARK: - Use

extension QuadrantVAE: LikelihoodEstimating, AnomalyScoring, Restoring {
  /// The likelihood is that of the missing pixels, given the others.
  public var likelihoodKind: LikelihoodKind {
    configuration.binarization == .none ? parts.observation.boundKind : .lowerBound
  }

  public var likelihoodSubject: String? { "the missing pixels" }

  /// A lower bound of the log-likelihood of each image's missing pixels, given the others: `[N, H, W, C]` → `[N]`.
  public func logLikelihoods(
    of images: Tensor, given condition: Condition, draws: Int, with state: State, using random: inout SampleRandom
  ) -> Tensor {
    let context = Context(network, state, mode: .inference, random: &random)
    return parts.logLikelihoodBounds(
      of: images, given: seen(of: images, in: context).condition, draws: draws, in: context)
  }

  /// The log-likelihood in nats that the baseline has of each image's missing pixels: `[N, H, W, C]` → `[N]`.
  public func baselineLogLikelihoods(of images: Tensor, with state: State) -> Tensor? {
    let context = Context(network, state, mode: .inference)
    return -parts.observation.negativeLogLikelihood(of: images, given: seen(of: images, in: context).guess)
  }

  public var damagedShape: Tensor.Shape { [configuration.height, configuration.width, configuration.channels] }

  /// The quadrants that are given.
  public var neededMask: Tensor? { given.reshaped(to: damagedShape) }

  /// One completion of each image, with latents drawn from the prior, as mean pixels: `[N, H, W, C]` → `[N, H, W, C]`.
  /// Whatever is known, the model sees the given quadrants alone; other known pixels keep their bits.
  ///
  /// - Parameter mask: 1 where a pixel is known, of the shape of `damaged`; nil for the given quadrants.
  /// - Precondition: `mask` is nil, or 1 at the given quadrants at least.
  public func restore(_ damaged: Tensor, mask: Tensor?, with state: State, using random: inout SampleRandom) -> Tensor {
    if let mask {
      require(
        (given * (1 - mask.flattened())).maximumMagnitude == 0,
        "QuadrantVAE: the mask hides pixels of the quadrants that the model is given")
    }
    let context = Context(network, state, mode: .inference, random: &random)
    let condition = seen(of: damaged, in: context).condition
    let latents = parts.prior.distribution(damaged.shape[0], given: condition, in: context).draw(1, in: context).latents
    let mean = parts.observation.mean(given: parts.decoder(latents, given: condition, in: context))
    let known = mask?.flattened() ?? given
    return (damaged.flattened() * known + mean * (1 - known)).reshaped(to: damaged.shape)
  }

  /// Of each of the first ten images: what is given, eight completions, the image.
  public func preview(
    with state: State, from data: TrainingData, progress: (Double) throws -> Void
  ) throws -> Preview? {
    guard let source = data.main, configuration.channels == 1 || configuration.channels == 3 else { return nil }
    let images = source.batch(at: Array(0..<min(10, source.count))).samples
    let known = (images.flattened() * given).reshaped(to: images.shape)
    var columns = [known]
    for seed in 0..<8 {
      try progress(Double(seed) / 8)
      var random = SampleRandom(RandomGenerator(seed: UInt64(seed)))
      columns.append(restore(images, mask: nil, with: state, using: &random))
    }
    return Preview(
      try ImageSet(
        Tensor.stacked(columns + [images], axis: 1).reshaped(
          to: Tensor.Shape([10 * images.shape[0]] + damagedShape.sizes))), columns: 10)
  }
}
