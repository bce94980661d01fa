import Datasets
import LatentSystem
import Layers
import Tensor
import Training

/// A variational autoencoder of volumes: an object becomes a few numbers, and numbers drawn at random become objects.
///
/// ```swift
/// let vae = try VoxelVAE()
/// let trained = try Trainer(vae, length: .epochs(5), batchSize: 64).train(on: VoxelShapes())
/// let mesh = try SurfaceMesh(of: trained.sample(1)[0])
/// ```
///
/// Latents are drawn from a mixture of normal distributions that is learned along (``MixturePrior``): objects of several
/// kinds do not fill one bump evenly.
///
/// For each voxel the decoder gives the probability that it is full. Few voxels are, so they may have a larger weight than
/// empty ones; a voxel that is full with probability p then comes out as w · p / (w · p + 1 - p).
///
/// References: Kingma and Welling, arXiv:1312.6114; Brock et al., "Generative and discriminative voxel modeling with
/// convolutional neural networks", arXiv:1608.04236, section 3, for the weight.
public struct VoxelVAE: GenerativeModel {
  public static let kind = "voxel-vae"
  public let configuration: Configuration
  public let network: Network
  /// What the model is put together from.
  public let parts: VariationalModel

  /// A model of the given sizes and choices.
  /// - Throws: ``ConfigurationError`` if a value is out of range.
  public init(_ configuration: Configuration = Configuration()) throws {
    try configuration.validate()
    self.configuration = configuration
    let modules = Modules(configuration)
    parts = VariationalModel(
      encoder: modules.encoder, prior: modules.prior, decoder: ClassDecoder(modules.decoder),
      observation: OccupancyObservation(fullWeight: configuration.fullWeight))
    network = Network(modules)
  }

  public var inputs: [InputRequirement] { [InputRequirement(Tensor.Shape(configuration.sizes.full + [1]))] }

  /// What the names of the parameters begin with: `prior.…`, `encoder.…`, `decoder.…`.
  private final class Modules: Module {
    let prior: any LatentPriorModel
    let encoder: GaussianEncoder
    let decoder: VolumeBuilder

    init(_ configuration: Configuration) {
      let (sizes, latentSize) = (configuration.sizes, configuration.latentSize)
      prior =
        configuration.priorComponents == 1
        ? StandardNormalPrior(latentSize) : MixturePrior(latentSize, componentCount: configuration.priorComponents)
      let trunk = VolumeTrunk(sizes, features: configuration.features, slope: 0.2, initializer: .heNormal)
      encoder = GaussianEncoder(
        body: trunk, mean: Dense(from: trunk.featureCount, to: latentSize),
        logVariance: Dense(from: trunk.featureCount, to: latentSize), logVarianceRange: VAE.logVarianceRange)
      // Most voxels are empty, which need not be learned.
      decoder = VolumeBuilder(
        sizes, latentSize: latentSize, features: configuration.features, isNormalized: false,
        initializer: .networkWeight, lastBias: .normal(mean: -2, standardDeviation: 0))
    }
  }
}

extension VoxelVAE {
  /// The sizes and choices of a ``VoxelVAE``.
  public struct Configuration: Codable, Sendable, Equatable {
    /// The size of a volume's first axis, a multiple of 4.
    public var depth = 16
    /// The size of its second axis, a multiple of 4.
    public var height = 16
    /// The size of its third axis, a multiple of 4.
    public var width = 16
    /// The number of latent variables.
    public var latentSize = 16
    /// How many normal distributions the prior of the latents is a mixture of; 1 for the standard normal distribution.
    public var priorComponents = 64
    /// The channels at half the size; there are twice as many at a quarter, and so on down to 4 voxels.
    public var features = 32
    /// How often a full voxel counts in the loss, above 0; an empty one counts once.
    public var fullWeight: Float = 1
    /// The weight of the divergence from the prior, 0 or more.
    public var beta: Float = 1
    /// The learning rate.
    public var learningRate: Float = 1e-3

    /// A model of volumes of `side`³ voxels.
    public init(side: Int = 16, latentSize: Int = 16) {
      (depth, height, width, self.latentSize) = (side, side, side, latentSize)
    }

    var sizes: VolumeSizes { VolumeSizes(depth: depth, height: height, width: width) }

    func validate() throws {
      let kind = VoxelVAE.kind
      try sizes.validate(kind: kind, features: features, latentSize: latentSize)
      guard (1...4096).contains(priorComponents) else {
        throw ConfigurationError("\(kind): priorComponents is \(priorComponents), expected 1 to 4096")
      }
      guard fullWeight > 0, fullWeight <= 1000 else {
        throw ConfigurationError("\(kind): fullWeight is \(fullWeight), expected a number above 0 and up to 1000")
      }
      guard beta >= 0, beta.isFinite else {
        throw ConfigurationError("\(kind): beta is \(beta), expected 0 or more")
      }
      guard learningRate > 0, learningRate.isFinite else {
        throw ConfigurationError("\(kind): the learning rate is \(learningRate), expected a positive number")
      }
    }
  }
}

extension VoxelVAE.Configuration: CustomStringConvertible {
  /// The values by name, in the order of their declaration.
  public var description: String { ConfigurationText.line(self) }
}

// MARK: - Training

extension VoxelVAE {
  public func makeOptimizers(learningRate: Float?) -> [String: any Optimizer] {
    [Self.optimizer: Adam(learningRate: learningRate ?? configuration.learningRate)]
  }

  public func trainingStep(_ feed: inout BatchFeed, _ training: inout TrainingState) throws -> Metrics {
    let volumes = feed.next().samples
    let objective = VariationalObjective(beta: configuration.beta)
    let (descent, figures) = try training.descend(with: Self.optimizer, network) { context in
      let (loss, figures) = objective.loss(of: volumes, under: parts, in: context)
      return (loss, figures)
    }
    return [
      Metric.loss: descent.loss, Metric.reconstruction: figures.reconstruction, Metric.divergence: figures.divergence,
    ]
  }

  /// What is minimized, its two terms, how much of what is full in a volume or in its reconstruction is full in both, and
  /// which share of the samples holds one object, followed by the same figure of the data.
  public func evaluate(on data: TrainingData, with state: State) -> Metrics {
    guard let source = data.main else { return Metrics() }
    let random = RandomGenerator(seed: 0, stream: RandomStream.order)
    let context = Context(network, state, mode: .inference, random: random)
    var (reconstruction, divergence, overlap) = (0.0, 0.0, 0.0)
    let size = InferenceBatch.size(source.sampleShape, scalars: 64 << 12)
    for start in stride(from: 0, to: source.count, by: size) {
      let volumes = source.batch(at: Array(start..<min(source.count, start + size))).samples
      let posterior = parts.encoder.posterior(of: volumes, given: .none, in: context)
      let terms = parts.terms(of: volumes, under: posterior, in: context)
      reconstruction += Double(terms.reconstruction.sum().scalar)
      divergence += Double(terms.divergence.sum().scalar)
      // Not what the terms were decoded from, which was drawn.
      let again = decode(posterior.center, given: .none, with: state)
      overlap += VolumeFigures.intersectionsOverUnions(of: again, and: volumes).reduce(0, +)
    }
    let count = Double(source.count)
    let (real, made) = VolumeTraits.both(of: source, samplesOf: self, with: state)
    return [
      Metric.loss: (reconstruction + Double(configuration.beta) * divergence) / count,
      Metric.reconstruction: reconstruction / count, Metric.divergence: divergence / count,
      Metric.overlap: overlap / count,
      VolumeTraits.Metric.connected: made.connected, VolumeTraits.Metric.connectedData: real.connected,
    ]
  }

  public func warnings(for trend: TrainingTrend) -> [TrainingWarning] {
    guard configuration.beta > 0 else { return [] }
    return [
      trend.posteriorCollapse(of: Metric.divergence, advice: "a lower learning rate or a smaller beta may help")
    ].compactMap { $0 }
  }

  /// A row of volumes that are learned from, one of their reconstructions, and rows of samples.
  public func preview(
    with state: State, from data: TrainingData, progress: (Double) throws -> Void
  ) throws -> Preview? {
    guard let source = data.main else { return nil }
    let volumes = source.batch(at: Array(0..<min(VolumePreview.columns, source.count))).samples
    let again = decode(encode(volumes, given: .none, with: state), given: .none, with: state)
    return try VolumePreview.rows([volumes, again], samplesOf: self, with: state, progress: progress)
  }

  private static let optimizer = "adam"

  private enum Metric {
    static let loss = TrainingTrend.loss
    static let reconstruction = "reconstruction"
    static let divergence = "kl"
    static let overlap = "iou"
  }
}

// MARK: - Use

extension VoxelVAE: LatentEncoding, LikelihoodEstimating, AnomalyScoring, FeatureExtracting {
  public var latentShape: Tensor.Shape { [configuration.latentSize] }
  public var firstLatentWeight: String? { "decoder.project.weight" }

  /// Standard normal, unless the prior is a mixture.
  public var latentVariables: LatentVariables { configuration.priorComponents == 1 ? .standardNormal : .other }

  public func drawLatents(
    _ count: Int, given condition: Condition, with state: State, using random: inout SampleRandom
  ) -> Tensor {
    let context = Context(network, state, mode: .inference, random: &random)
    return parts.prior.distribution(count, given: .none, in: context).draw(1, in: context).latents
  }

  /// The posterior's mean of each volume: `[N, D, H, W, 1]` → `[N, latent]`.
  public func encode(_ volumes: Tensor, given condition: Condition, with state: State) -> Tensor {
    let context = Context(network, state, mode: .inference)
    return parts.encoder.posterior(of: volumes, given: .none, in: context).center
  }

  /// How likely each voxel is full: `[N, latent]` → `[N, D, H, W, 1]` in 0...1.
  public func decode(_ latents: Tensor, given condition: Condition, with state: State) -> Tensor {
    require(
      latents.rank == 2 && latents.shape[1] == configuration.latentSize,
      "decode: latents of shape \(latents.shape), expected [N, \(configuration.latentSize)]")
    return parts.decoder(latents, given: .none, in: Context(network, state, mode: .inference)).sigmoid()
  }

  /// Of voxels between empty and full, and of those drawn with edges, a cross-entropy.
  public var likelihoodKind: LikelihoodKind { .crossEntropyBound }

  /// The evidence lower bound of each volume, whatever the weight of full voxels was in the training, with more draws an
  /// importance-weighted one: `[N, D, H, W, 1]` → `[N]`.
  public func logLikelihoods(
    of volumes: Tensor, given condition: Condition, draws: Int, with state: State, using random: inout SampleRandom
  ) -> Tensor {
    let context = Context(network, state, mode: .inference, random: &random)
    let plain = VariationalModel(
      encoder: parts.encoder, prior: parts.prior, decoder: parts.decoder, observation: BernoulliObservation())
    return plain.logLikelihoodBounds(of: volumes, draws: draws, in: context)
  }

  public var featureCount: Int { configuration.latentSize }

  /// The posterior's mean of each volume: `[N, D, H, W, 1]` → `[N, latent]`.
  public func features(of volumes: Tensor, with state: State) -> Tensor {
    encode(volumes, given: .none, with: state)
  }
}
