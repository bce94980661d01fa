import Datasets
import LatentSystem
import Layers
import Tensor
import Training

/// A vector-quantized variational autoencoder: an image is encoded as a small picture of codes out of a codebook, and a
/// gated PixelCNN gives the distribution of such pictures, so that new ones can be drawn.
///
/// ```swift
/// let model = try VQVAE(VQVAE.Configuration(codeSteps: 2000))
/// let trained = try Trainer(model, length: .steps(4000)).train(on: images)
/// ```
///
/// The first steps of a training are for codes, the rest for their distribution, while the codes stay as they are. A
/// training without such a rest ends with a warning.
///
/// Reference: van den Oord, Vinyals and Kavukcuoglu, "Neural discrete representation learning", arXiv:1711.00937.
public struct VQVAE: GenerativeModel {
  public static let kind = "vqvae"

  public let configuration: Configuration
  public let network: Network
  /// The distribution of the pictures of codes.
  public let prior: PixelDistribution
  private let modules: Modules
  private let observation = BernoulliObservation()

  public init(_ configuration: Configuration) throws {
    try configuration.validate()
    self.configuration = configuration
    modules = Modules(configuration)
    network = Network(modules)
    prior = PixelDistribution(
      modules.prior, values: .codes(count: configuration.codeCount),
      size: Tensor.Size2D(height: configuration.height / 4, width: configuration.width / 4))
  }

  public var inputs: [InputRequirement] {
    [
      InputRequirement(
        [configuration.height, configuration.width, configuration.channels], binarization: configuration.binarization)
    ]
  }

  /// What the names of the parameters begin with: `encoder.…`, `quantizer.…`, `decoder.…`, `prior.…`.
  private final class Modules: Module {
    /// Images to vectors, a quarter as high and wide.
    let encoder: Sequential
    let quantizer: VectorQuantizer
    /// Vectors to logits of pixels.
    let decoder: Sequential
    let prior: GatedPixelNetwork

    init(_ configuration: Configuration) {
      let (width, size) = (configuration.features, configuration.codeSize)
      func block() -> ResidualBlock {
        ResidualBlock(
          activation: .relu, first: Conv2D(from: 2 * width, to: width, kernelSize: 3, padding: 1),
          second: Conv2D(from: width, to: 2 * width, kernelSize: 1))
      }
      encoder = Sequential(
        Conv2D(from: configuration.channels, to: width, kernelSize: 4, stride: 2, padding: 1), .relu,
        Conv2D(from: width, to: 2 * width, kernelSize: 4, stride: 2, padding: 1), block(), .relu,
        Conv2D(from: 2 * width, to: size, kernelSize: 1))
      quantizer = VectorQuantizer(codeCount: configuration.codeCount, size: size)
      decoder = Sequential(
        Conv2D(from: size, to: 2 * width, kernelSize: 3, padding: 1), block(), .relu,
        ConvTranspose2D(from: 2 * width, to: width, kernelSize: 4, stride: 2, padding: 1), .relu,
        ConvTranspose2D(from: width, to: configuration.channels, kernelSize: 4, stride: 2, padding: 1))
      prior = GatedPixelNetwork(
        from: configuration.codeCount, features: configuration.priorFeatures,
        kernelSizes: Array(repeating: 3, count: configuration.priorLayerCount),
        headFeatures: configuration.priorFeatures, to: configuration.codeCount, classCount: nil)
    }
  }
}

// MARK: - Training

extension VQVAE {
  public func makeOptimizers(learningRate: Float?) -> [String: any Optimizer] {
    [
      Self.codeOptimizer: Adam(learningRate: learningRate ?? 1e-3),
      Self.priorOptimizer: Adam(learningRate: learningRate ?? 1e-3),
    ]
  }

  public func trainingStep(_ feed: inout BatchFeed, _ training: inout TrainingState) throws -> Metrics {
    let images = feed.next().samples
    return training.step < configuration.codeSteps
      ? try learnCodes(of: images, &training) : try learnPrior(of: images, &training)
  }

  private func learnCodes(of images: Tensor, _ training: inout TrainingState) throws -> Metrics {
    let names = network.parameterNames.subtracting(network.parameterNames(of: modules.prior))
    let (descent, terms) = try training.descend(with: Self.codeOptimizer, network, at: names) { context in
      let (quantized, costs) = reconstructionCosts(of: images, in: context)
      let reconstruction = costs.meanOrZero()
      let commitment = quantized.commitment.meanOrZero()
      let values = (Double(reconstruction.scalar), Double(commitment.scalar), quantized.perplexity)
      return (reconstruction + commitment * configuration.commitment, values)
    }
    return [
      Metric.loss: descent.loss, Metric.reconstruction: terms.0, Metric.commitment: terms.1, Metric.perplexity: terms.2,
    ]
  }

  private func learnPrior(of images: Tensor, _ training: inout TrainingState) throws -> Metrics {
    let codes = codePictures(of: images, with: training.state)
    let names = network.parameterNames(of: modules.prior)
    let (descent, _) = try training.descend(with: Self.priorOptimizer, network, at: names) { context in
      (prior.negativeLogLikelihood(of: codes, given: .none, in: context).meanOrZero(), ())
    }
    return [Metric.prior: descent.loss]
  }

  private func quantized(_ images: Tensor, in context: Context) -> VectorQuantizer.Quantized {
    modules.quantizer(modules.encoder(images, in: context), in: context)
  }

  /// The codes of images `[N, H, W, C]`, and what the images cost in nats, `[N]`, given these.
  private func reconstructionCosts(
    of images: Tensor, in context: Context
  ) -> (quantized: VectorQuantizer.Quantized, costs: Tensor) {
    let quantized = quantized(images, in: context)
    let output = modules.decoder(quantized.output, in: context)
    return (quantized, observation.negativeLogLikelihood(of: images, given: output))
  }

  /// What images and their codes cost in nats, how many codes are used at all, and how evenly.
  public func evaluate(on data: TrainingData, with state: State) -> Metrics {
    guard let source = data.main else { return Metrics() }
    let context = Context(network, state, mode: .inference)
    var (reconstruction, codeCost) = (0.0, 0.0)
    var uses = [Int](repeating: 0, count: configuration.codeCount)
    for images in source.batchesInOrder().lazy.map(\.samples) {
      let (quantized, costs) = reconstructionCosts(of: images, in: context)
      reconstruction += Double(costs.sum().scalar)
      codeCost += Double(
        prior.negativeLogLikelihood(of: picture(quantized.codes), given: .none, in: context).sum().scalar)
      for code in quantized.codes { uses[code] += 1 }
    }
    let count = Double(source.count)
    return [
      Metric.reconstruction: reconstruction / count, Metric.prior: codeCost / count,
      Metric.codesUsed: Double(uses.filter { $0 > 0 }.count),
      Metric.perplexity: VectorQuantizer.perplexity(ofCounts: uses),
    ]
  }

  /// The distribution of the codes has steps of its own, in which what codes cost falls and nothing else does.
  public var heldOutLosses: [String] { [Metric.prior] }

  /// A distribution of codes that is worse than one in which all are equally likely. What the general rules find of the
  /// training of the codes stays true when that is over.
  public func warnings(for trend: TrainingTrend) -> [TrainingWarning] {
    let ignorance = Double(prior.size.height * prior.size.width) * log(Double(configuration.codeCount))
    guard let cost = trend[Metric.prior], cost > ignorance else { return [] }
    return [
      TrainingWarning(
        kind: TrainingWarning.Kind.divergence,
        text: """
          the codes of an image cost \(DecimalText.significant(cost, digits: 4)) nats, more than the \
          \(DecimalText.significant(ignorance, digits: 4)) of codes that may be anything; a lower learning rate may help
          """)
    ]
  }

  /// A training of codes alone: what it leaves draws codes as it drew them before its first step.
  public func warningsAtEnd(of trend: TrainingTrend) -> [TrainingWarning] {
    guard trend.course(of: Metric.prior) == nil else { return [] }
    return [
      TrainingWarning(
        kind: TrainingWarning.Kind.untrainedPart,
        text: """
          the distribution of the codes has learned nothing, so that samples are made of codes at random: the first \
          \(configuration.codeSteps == 1 ? "step is" : "\(configuration.codeSteps) steps are") for the codes, and the training has had \
          \(trend.stepCount); more steps than that help
          """)
    ]
  }

  private static let codeOptimizer = "adam"
  private static let priorOptimizer = "prior"

  private enum Metric {
    static let loss = TrainingTrend.loss
    static let reconstruction = "reconstruction"
    static let commitment = "commitment"
    static let perplexity = "perplexity"
    static let prior = "prior"
    static let codesUsed = "codes_used"
  }
}

// MARK: - Use

extension VQVAE: LatentEncoding, LikelihoodEstimating, AnomalyScoring, FeatureExtracting, Quantizing {
  public var codeCount: Int { configuration.codeCount }

  /// A vector for each place of the picture of codes.
  public var latentShape: Tensor.Shape { [prior.size.height, prior.size.width, configuration.codeSize] }

  /// The code vectors of each image: `[N, H, W, C]` → `[N, H / 4, W / 4, codeSize]`.
  public func encode(_ images: Tensor, given condition: Condition, with state: State) -> Tensor {
    quantized(images, in: Context(network, state, mode: .inference)).output
  }

  /// The code of each place of each image: `[N, H, W, C]` → `[N, H / 4, W / 4, 1]`, whole numbers.
  public func codePictures(of images: Tensor, with state: State) -> Tensor {
    picture(quantized(images, in: Context(network, state, mode: .inference)).codes)
  }

  private func picture(_ codes: [Int]) -> Tensor {
    let places = prior.size.height * prior.size.width
    return Tensor(codes.map { Float($0) }, shape: [codes.count / places, prior.size.height, prior.size.width, 1])
  }

  /// The mean image of each latent, which need not be made of code vectors: `[N, H / 4, W / 4, codeSize]` →
  /// `[N, H, W, C]` in 0...1.
  public func decode(_ latents: Tensor, given condition: Condition, with state: State) -> Tensor {
    require(
      latents.rank == 4 && Array(latents.shape.sizes.dropFirst()) == latentShape.sizes,
      "decode: latents of shape \(latents.shape), expected [N] + \(latentShape)")
    let output = modules.decoder(latents, in: Context(network, state, mode: .inference))
    return observation.mean(given: output).reshaped(to: Tensor.Shape([latents.shape[0]] + sampleShape.sizes))
  }

  /// The vectors of pictures of codes that are drawn from ``prior``.
  public func drawLatents(
    _ count: Int, given condition: Condition, with state: State, using random: inout SampleRandom
  ) -> Tensor {
    let context = Context(network, state, mode: .inference)
    let pictures = prior.sample(count, in: context, using: &random) { _ in }
    return modules.quantizer.vectors(of: pictures.scalars.map { Int($0) }, in: context)
      .reshaped(to: Tensor.Shape([count] + latentShape.sizes))
  }

  /// Of what ``logLikelihoods(of:given:draws:with:using:)`` gives the one posterior that is certain of its codes makes a
  /// lower bound.
  public var likelihoodKind: LikelihoodKind {
    configuration.binarization == .none ? observation.boundKind : .lowerBound
  }

  /// The posterior is certain of its codes.
  public var drawsLatents: Bool { false }

  /// The logarithm of the probability of each image and its codes together: `[N, H, W, C]` → `[N]`.
  public func logLikelihoods(
    of images: Tensor, given condition: Condition, draws: Int, with state: State, using random: inout SampleRandom
  ) -> Tensor {
    let context = Context(network, state, mode: .inference)
    let (quantized, costs) = reconstructionCosts(of: images, in: context)
    return -costs
      - prior.negativeLogLikelihood(of: picture(quantized.codes), given: .none, in: context)
  }

  public var featureCount: Int { latentShape.scalarCount }

  /// The code vectors of each image: `[N, H, W, C]` → `[N, features]`.
  public func features(of images: Tensor, with state: State) -> Tensor {
    encode(images, given: .none, with: state).flattened()
  }
}
