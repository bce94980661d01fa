import Datasets
import LatentSystem
import Layers
import Tensor

/// A variational autoencoder: an encoder that gives a normal distribution over latents for an image, and a decoder that
/// gives a distribution over images for a latent, trained together on the evidence lower bound.
///
/// ```swift
/// let vae = try VAE(VAE.Configuration(latentSize: 20))
/// var training = vae.makeTraining(seed: 1)
/// ```
///
/// Reference: Kingma and Welling, "Auto-encoding variational Bayes", arXiv:1312.6114. With β other than 1: Higgins et
/// al., "β-VAE", ICLR 2017.
public struct VAE: GenerativeModel {
  public static let kind = "vae"

  /// Log-variances of the posterior are clamped to this range: variances from 2·10⁻⁹ to 22,026.
  public static let logVarianceRange: ClosedRange<Float> = -20...10

  public let configuration: Configuration
  public let network: Network
  /// Images to latent distributions.
  public let encoder: GaussianEncoder
  /// Latents to logits of pixels, `[N, latent]` → `[N, H, W, C]`, or `[N, H · W · C]` with dense layers.
  public let decoder: any Layer

  public init(_ configuration: Configuration) throws {
    try configuration.validate()
    self.configuration = configuration
    let parts = Parts(configuration)
    encoder = parts.encoder
    decoder = parts.decoder
    network = Network(parts)
  }

  public var imageShape: Tensor.Shape { [configuration.height, configuration.width, configuration.channels] }

  /// What the names of the parameters begin with: `encoder.…`, `decoder.…`.
  private final class Parts: Module {
    let encoder: GaussianEncoder
    let decoder: any Layer

    init(_ configuration: Configuration) {
      let blocks = VAEBlocks(configuration)
      let (body, featureCount) = blocks.encoderBody
      encoder = GaussianEncoder(
        body: body, mean: blocks.dense(featureCount, configuration.latentSize),
        logVariance: blocks.dense(featureCount, configuration.latentSize), logVarianceRange: VAE.logVarianceRange)
      decoder = blocks.decoder
    }
  }
}

/// A network that gives a normal distribution with diagonal covariance for each input.
public final class GaussianEncoder: Module {
  /// What both heads see.
  public let body: any Layer
  /// The head for the means.
  public let mean: Dense
  /// The head for the logarithms of the variances.
  public let logVariance: Dense
  /// What the logarithms of the variances are clamped to.
  public let logVarianceRange: ClosedRange<Float>

  /// An encoder of the given parts.
  public init(body: any Layer, mean: Dense, logVariance: Dense, logVarianceRange: ClosedRange<Float>) {
    self.body = body
    self.mean = mean
    self.logVariance = logVariance
    self.logVarianceRange = logVarianceRange
  }

  /// Mean and log-variance for each input: `[N, …]` → two of `[N, latent]`.
  public func callAsFunction(_ input: Tensor, in context: Context) -> (mean: Tensor, logVariance: Tensor) {
    let features = body(input, in: context)
    return (mean(features, in: context), logVariance(features, in: context).clamped(to: logVarianceRange))
  }
}

// MARK: - Training

extension VAE {
  public func makeOptimizers(learningRate: Float?) -> [String: any Optimizer] {
    ["adam": Adam(learningRate: learningRate ?? 1e-3)]
  }

  public func trainingStep(_ nextBatch: () -> Batch, _ training: inout TrainingState) throws -> Metrics {
    let batch = nextBatch()
    var (reconstruction, kl) = (Double.nan, Double.nan)
    let (loss, gradients, bufferUpdates) = network.valueAndGradients(
      at: training.state, using: &training.random
    ) { context in
      let terms = terms(batch.images, in: context)
      reconstruction = Double(terms.reconstruction.mean().scalar)
      kl = Double(terms.kl.mean().scalar)
      return (terms.reconstruction + terms.kl * configuration.beta).mean()
    }
    let metrics: Metrics = ["loss": Double(loss.scalar), "reconstruction": reconstruction, "kl": kl]
    if let name = metrics.firstNonFinite?.name ?? gradients.firstNonFinite.map({ "the gradient of \($0)" }) {
      throw TrainingError.notFinite(training.state.firstNonFinite ?? name, step: training.step + 1)
    }
    training.update("adam", with: gradients)
    training.state.merge(bufferUpdates)
    return metrics
  }

  /// The two terms of the negative evidence lower bound for each image, in nats: `[N, H, W, C]` → two of `[N]`.
  ///
  /// The reconstruction term is estimated from one latent drawn from the posterior. On grey pixels with the Bernoulli
  /// likelihood it is a cross-entropy bound, not a log-likelihood.
  public func terms(_ images: Tensor, in context: Context) -> (reconstruction: Tensor, kl: Tensor) {
    let (mean, logVariance) = encoder(images, in: context)
    let noise = Tensor.normal(mean.shape, using: &context.random)
    let latents = mean + noise * (logVariance * 0.5).exp()
    let logits = decoder(latents, in: context).flattened()
    let pixels = images.flattened()
    let reconstruction =
      switch configuration.likelihood {
      case .bernoulli: logits.sigmoidCrossEntropy(targets: pixels)
      case .gaussian(let deviation):
        logits.sigmoid().gaussianNegativeLogLikelihood(of: pixels, logVariance: Tensor(deviation).log() * 2)
      }
    return (reconstruction, mean.gaussianKL(logVariance: logVariance))
  }

  /// The negative evidence lower bound in nats, and its two terms, as means over `images`.
  public func evaluate(_ images: ImageSet, _ state: State) -> Metrics {
    let context = Context(network, state, mode: .inference, random: RandomGenerator(seed: 0, stream: 3))
    var (reconstruction, kl) = (0.0, 0.0)
    for start in stride(from: 0, to: images.count, by: Self.inferenceBatch) {
      let indices = Array(start..<min(images.count, start + Self.inferenceBatch))
      let terms = terms(images.batch(at: indices).images, in: context)
      reconstruction += Double(terms.reconstruction.sum().scalar)
      kl += Double(terms.kl.sum().scalar)
    }
    let count = Double(images.count)
    return [
      "negative_elbo": (reconstruction + kl) / count, "reconstruction": reconstruction / count, "kl": kl / count,
    ]
  }

  private static let inferenceBatch = 500

  public func warnings(for recent: Metrics) -> [TrainingWarning] {
    [divergence(recent), posteriorCollapse(recent)].compactMap { $0 }
  }

  private func divergence(_ recent: Metrics) -> TrainingWarning? {
    let ignorance = Double(imageShape.scalarCount) * Self.grey
    guard configuration.likelihood == .bernoulli, let reconstruction = recent["reconstruction"],
      reconstruction > ignorance
    else { return nil }
    return TrainingWarning(
      kind: "divergence",
      text: """
        the reconstruction loss is \(ProgressBar.significant(reconstruction, digits: 4)) nats, more than the \
        \(ProgressBar.significant(ignorance, digits: 4)) of a uniform grey; a lower learning rate may help
        """)
  }

  private func posteriorCollapse(_ recent: Metrics) -> TrainingWarning? {
    guard configuration.beta > 0, let kl = recent["kl"], kl < Self.leastInformation else { return nil }
    return TrainingWarning(
      kind: "posterior-collapse",
      text: """
        the posterior has collapsed to the prior: latents carry \(ProgressBar.significant(kl, digits: 2)) nats of an \
        image; a lower learning rate or a smaller beta may help
        """)
  }

  /// The cross-entropy in nats of a pixel that is taken for white or black with equal probability.
  private static let grey = 0.693147
  private static let leastInformation = 1.0
}

// MARK: - Use

extension VAE {
  /// The posterior of each image: `[N, H, W, C]` → mean and log-variance, each `[N, latent]`.
  public func encode(_ images: Tensor, _ state: State) -> (mean: Tensor, logVariance: Tensor) {
    encoder(images, in: Context(network, state, mode: .inference))
  }

  /// The mean image of each latent: `[N, latent]` → `[N, H, W, C]` in 0...1.
  public func decode(_ latents: Tensor, _ state: State) -> Tensor {
    require(
      latents.rank == 2 && latents.shape[1] == configuration.latentSize,
      "decode: latents of shape \(latents.shape), expected [N, \(configuration.latentSize)]")
    let logits = decoder(latents, in: Context(network, state, mode: .inference))
    return logits.sigmoid().reshaped(to: imageShape.prepending(latents.shape[0]))
  }

  /// The negative evidence lower bound of each image in nats, `[N, H, W, C]` → `[N]`: how little an image is like those
  /// the model was trained on, for finding anomalies.
  ///
  /// Estimated from one latent an image; call it several times and take the mean for less noise.
  public func negativeELBO(_ images: Tensor, _ state: State, using generator: inout RandomGenerator) -> Tensor {
    let (reconstruction, kl) = terms(
      images, in: Context(network, state, mode: .inference, random: generator.split()))
    return reconstruction + kl
  }

  /// Each image as the model sees it: the mean image of its posterior's mean.
  public func reconstruct(_ images: Tensor, _ state: State) -> Tensor { decode(encode(images, state).mean, state) }

  public func sample(_ count: Int, from state: State, using generator: inout RandomGenerator) -> Tensor {
    decode(Tensor.normal([count, configuration.latentSize], using: &generator), state)
  }
}
