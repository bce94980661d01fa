import Datasets
import LatentSystem
import Layers
import Tensor
import Training

/// A generative adversarial network of volumes.
///
/// ```swift
/// let gan = try VoxelGAN()
/// let trained = try Trainer(gan, length: .epochs(5), batchSize: 64).train(on: VoxelShapes())
/// let mesh = try SurfaceMesh(of: trained.sample(1)[0])
/// ```
///
/// The generator doubles a grid of 4 voxels until it is as large as a volume; the discriminator goes the other way. Of the
/// two trainings that there are, ``Objective/hinge`` takes less time a step.
///
/// Reference: Wu et al., "Learning a probabilistic latent space of object shapes via 3D generative-adversarial modeling",
/// arXiv:1610.07584, section 3.1, whose discriminator is kept from winning here by ``SpectralNorm`` or a gradient penalty.
public struct VoxelGAN: GenerativeModel {
  public static let kind = "voxel-gan"
  public let configuration: Configuration
  /// The two networks and how they are trained.
  public let procedure: AdversarialTraining

  /// A model of the given sizes and choices.
  /// - Throws: ``ConfigurationError`` if a value is out of range.
  public init(_ configuration: Configuration = Configuration()) throws {
    try configuration.validate()
    self.configuration = configuration
    let parts = Parts(configuration)
    var procedure = AdversarialTraining(
      network: Network(parts), generator: parts.generator, discriminator: parts.discriminator,
      latentSize: configuration.latentSize)
    switch configuration.objective {
    case .hinge: procedure.loss = .hinge
    case .wasserstein: (procedure.loss, procedure.regularizer) = (.wasserstein, .gradientPenalty())
    }
    procedure.discriminatorSteps = configuration.discriminatorSteps
    procedure.averageDecay = configuration.averageDecay
    self.procedure = procedure
  }

  /// What generator and discriminator are trained on.
  public enum Objective: String, Codable, Sendable, CaseIterable {
    /// The hinge loss; the discriminator's weights are divided by their largest singular value. Reference: Miyato et al.,
    /// arXiv:1802.05957.
    case hinge
    /// The Wasserstein loss with a penalty on the gradient's norm, five steps of the discriminator for one of the
    /// generator. Reference: Gulrajani et al., arXiv:1704.00028.
    case wasserstein
  }

  /// What the names of the parameters begin with: `generator.…`, `discriminator.…`.
  private final class Parts: Module {
    let generator: VolumeGenerator
    let discriminator: VolumeDiscriminator

    init(_ configuration: Configuration) {
      generator = VolumeGenerator(configuration)
      discriminator = VolumeDiscriminator(configuration)
    }
  }
}

/// Latents to volumes in -1...1.
final class VolumeGenerator: Layer {
  let body: VolumeBuilder

  init(_ configuration: VoxelGAN.Configuration) {
    body = VolumeBuilder(
      configuration.sizes, latentSize: configuration.latentSize, features: configuration.features, isNormalized: true,
      initializer: .ganWeight, lastBias: .uniformByFanIn)
  }

  /// `[N, latentSize]` → `[N, D, H, W, 1]`.
  func callAsFunction(_ latents: Tensor, in context: Context) -> Tensor { body(latents, in: context).tanh() }
}

/// Volumes in -1...1 to scores.
final class VolumeDiscriminator: Layer {
  let body: VolumeTrunk
  let score: Dense

  init(_ configuration: VoxelGAN.Configuration) {
    let transforms: [WeightTransform] = configuration.objective == .hinge ? [.spectralNorm()] : []
    body = VolumeTrunk(
      configuration.sizes, features: configuration.features, slope: 0.2, initializer: .ganWeight,
      transforms: transforms)
    score = Dense(from: body.featureCount, to: 1, initializer: .ganWeight, transforms: transforms)
  }

  /// `[N, D, H, W, 1]` → `[N]`.
  func callAsFunction(_ volumes: Tensor, in context: Context) -> Tensor {
    score(body(volumes, in: context), in: context).squeezed(axis: 1)
  }
}

extension VoxelGAN {
  /// The sizes and choices of a ``VoxelGAN``.
  public struct Configuration: Codable, Sendable, Equatable {
    /// The size of a volume's first axis, a multiple of 4.
    public var depth = 16
    /// The size of its second axis, a multiple of 4.
    public var height = 16
    /// The size of its third axis, a multiple of 4.
    public var width = 16
    /// The number of latent variables.
    public var latentSize = 64
    /// The channels at half the size; there are twice as many at a quarter, and so on down to 4 voxels.
    public var features = 32
    /// What the networks are trained on.
    public var objective = Objective.hinge
    /// The generator's learning rate.
    public var learningRate: Float = 2e-4
    /// The discriminator's learning rate.
    public var discriminatorLearningRate: Float = 2e-4
    /// How much of the generator's moving average stays from step to step, in 0..<1; none is kept if nil.
    public var averageDecay: Float? = 0.99

    /// A model of volumes of `side`³ voxels.
    public init(side: Int = 16, latentSize: Int = 64, objective: Objective = .hinge) {
      (depth, height, width) = (side, side, side)
      (self.latentSize, self.objective) = (latentSize, objective)
    }

    var sizes: VolumeSizes { VolumeSizes(depth: depth, height: height, width: width) }
    var discriminatorSteps: Int { objective == .wasserstein ? 5 : 1 }

    func validate() throws {
      let kind = VoxelGAN.kind
      try sizes.validate(kind: kind, features: features, latentSize: latentSize)
      for rate in [learningRate, discriminatorLearningRate] where !(rate > 0 && rate.isFinite) {
        throw ConfigurationError("\(kind): a learning rate is \(rate), expected a positive number")
      }
      if let averageDecay, !(averageDecay >= 0 && averageDecay < 1) {
        throw ConfigurationError("\(kind): averageDecay is \(averageDecay), expected 0 or more and less than 1")
      }
    }
  }
}

extension VoxelGAN.Configuration: CustomStringConvertible {
  /// The values by name, in the order of their declaration.
  public var description: String { ConfigurationText.line(self) }
}

// MARK: - Training

extension VoxelGAN {
  public var network: Network { procedure.network }
  public var inputs: [InputRequirement] { [InputRequirement(Tensor.Shape(configuration.sizes.full + [1]))] }
  public var batchesPerStep: Int { configuration.discriminatorSteps }

  public func makeOptimizers(learningRate: Float?) -> [String: any Optimizer] {
    let rate = learningRate ?? configuration.learningRate
    let other = LearningRates.ofDiscriminator(
      configuration.discriminatorLearningRate, whenGenerator: rate, inPlaceOf: configuration.learningRate)
    let beta2: Float = configuration.objective == .wasserstein ? 0.9 : 0.999
    return [
      AdversarialTraining.OptimizerName.generator: Adam(learningRate: rate, beta1: 0.5, beta2: beta2),
      AdversarialTraining.OptimizerName.discriminator: Adam(learningRate: other, beta1: 0.5, beta2: beta2),
    ]
  }

  public func makeMemory(using generator: inout RandomGenerator) -> State { procedure.makeMemory() }

  public func trainingStep(_ feed: inout BatchFeed, _ training: inout TrainingState) throws -> Metrics {
    try procedure.trainingStep(&training) { (feed.next().samples.signedPixels, .none) }
  }

  public func warnings(for trend: TrainingTrend) -> [TrainingWarning] { procedure.warnings(for: trend) }

  /// How far the samples' distribution of how much of a volume is full is from that of the data, and which share of them
  /// holds one object; each followed by the same figure of the data themselves, of one half beside the other.
  public func evaluate(on data: TrainingData, with state: State) -> Metrics {
    guard let source = data.main, source.count >= 2 else { return Metrics() }
    let (real, made) = VolumeTraits.both(of: source, samplesOf: self, with: state)
    let half = real.filled.count / 2
    let halves = (Array(real.filled.prefix(half)), Array(real.filled.suffix(half)))
    return [
      Metric.distance: VolumeFigures.distance(of: made.filled, to: real.filled),
      Metric.floor: VolumeFigures.distance(of: halves.0, to: halves.1),
      VolumeTraits.Metric.connected: made.connected, VolumeTraits.Metric.connectedData: real.connected,
    ]
  }

  /// A row of volumes that are learned from, and rows of samples.
  public func preview(
    with state: State, from data: TrainingData, progress: (Double) throws -> Void
  ) throws -> Preview? {
    guard let source = data.main else { return nil }
    let volumes = source.batch(at: Array(0..<min(VolumePreview.columns, source.count))).samples
    return try VolumePreview.rows([volumes], samplesOf: self, with: state, progress: progress)
  }

  private enum Metric {
    static let distance = "volume_distance"
    static let floor = "volume_distance_of_data"
  }
}

// MARK: - Use

extension VoxelGAN: LatentDecoding, Discriminating {
  public var latentShape: Tensor.Shape { procedure.prior.shape }
  public var firstLatentWeight: String? { "generator.body.project.weight" }

  /// How full each voxel is: `[N, latent]` → `[N, D, H, W, 1]` in 0...1.
  public func decode(_ latents: Tensor, given condition: Condition, with state: State) -> Tensor {
    require(
      latents.rank == 2 && latents.shape[1] == configuration.latentSize,
      "decode: latents of shape \(latents.shape), expected [N, \(configuration.latentSize)]")
    let context = Context(network, state, mode: .inference)
    return (procedure.generator(latents, given: .none, in: context) + 1) * 0.5
  }

  /// The score of each volume: `[N, D, H, W, 1]` → `[N]`.
  public func scores(of volumes: Tensor, given condition: Condition, with state: State) -> Tensor {
    require(
      volumes.rank == 5 && Array(volumes.shape.sizes.dropFirst()) == sampleShape.sizes,
      "scores: volumes of shape \(volumes.shape), expected [N] + \(sampleShape)")
    let context = Context(network, state, mode: .inference)
    return procedure.discriminator(volumes.signedPixels, given: .none, in: context).scores
  }
}
