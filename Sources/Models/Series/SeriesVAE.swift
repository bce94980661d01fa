import Datasets
import LatentSystem
import Layers
import Tensor
import Training

/// A variational autoencoder of windows of series: 1-D convolutions, and normal distributions around what is decoded.
///
/// ```swift
/// let windows = try SeriesWindows(Series.load("sensors.csv"), length: 128, stride: 16)
/// let (means, deviations) = windows.channelStatistics()
/// let model = try SeriesVAE(
///   SeriesVAE.Configuration(length: 128, channels: means.count, means: means, deviations: deviations))
/// let trained = try Trainer(model, length: .epochs(20), batchSize: 64).train(on: windows)
/// let analysis = try trained.analyse(series)    // denoised, and a score for each time, however long it is
/// ```
///
/// It takes series as they are and brings each channel to mean 0 and deviation 1 itself, by numbers that are a part of its
/// configuration: those of what it was trained on.
///
/// Reference: Kingma and Welling, "Auto-encoding variational Bayes", arXiv:1312.6114. With noise: Im et al., "Denoising
/// criterion for variational auto-encoding framework", arXiv:1511.06406.
public struct SeriesVAE: GenerativeModel {
  public static let kind = "series-vae"

  public let configuration: Configuration
  public let network: Network
  /// What the model is put together from, for channels of mean 0 and deviation 1.
  public let parts: VariationalModel
  /// `[C]`.
  private let means: Tensor
  /// `[C]`.
  private let deviations: Tensor

  /// A model of the given sizes and choices.
  /// - Throws: ``ConfigurationError`` if a value is out of range.
  public init(_ configuration: Configuration = Configuration()) throws {
    try configuration.validate()
    self.configuration = configuration
    means = Tensor(configuration.means)
    deviations = Tensor(configuration.deviations)
    let modules = Modules(configuration)
    parts = VariationalModel(
      encoder: modules.encoder, prior: modules.prior, decoder: ClassDecoder(modules.decoder),
      observation: NormalObservation(standardDeviation: configuration.deviation))
    network = Network(modules)
  }

  public var inputs: [InputRequirement] { [InputRequirement([configuration.length, configuration.channels])] }

  /// What the names of the parameters begin with: `encoder.…`, `decoder.…`.
  private final class Modules: Module {
    let prior: StandardNormalPrior
    let encoder: GaussianEncoder
    let decoder: any Layer

    init(_ configuration: Configuration) {
      prior = StandardNormalPrior(configuration.latentSize)
      let widths = (0..<configuration.depth).map { $0 == 0 ? configuration.features : 2 * configuration.features }
      let (shortest, widest) = (configuration.length >> configuration.depth, widths[widths.count - 1])
      var layers: [any Layer] = [GaussianNoise(configuration.noise)]
      for (index, width) in widths.enumerated() {
        layers += [Self.convolution(index == 0 ? configuration.channels : widths[index - 1], width), .relu]
      }
      encoder = GaussianEncoder(
        body: Sequential(layers + [.flatten]), mean: Self.dense(shortest * widest, configuration.latentSize),
        logVariance: Self.dense(shortest * widest, configuration.latentSize), logVarianceRange: VAE.logVarianceRange)
      layers = [
        Self.dense(configuration.latentSize, shortest * widest), .relu, .reshape(to: [shortest, widest]),
      ]
      for index in widths.indices.reversed() {
        let isLast = index == 0
        layers.append(
          ConvTranspose1D(
            from: widths[index], to: isLast ? configuration.channels : widths[index - 1], kernelSize: Self.kernelSize,
            stride: 2, padding: 3, initializer: isLast ? .glorotUniform : .heUniform, biasInitializer: .zeros))
        if !isLast { layers.append(.relu) }
      }
      decoder = Sequential(layers)
    }

    /// Even, so that every time has as many neighbours in a convolution that halves.
    private static let kernelSize = 8

    private static func convolution(_ inputs: Int, _ outputs: Int) -> Conv1D {
      Conv1D(
        from: inputs, to: outputs, kernelSize: kernelSize, stride: 2, padding: 3, initializer: .heUniform,
        biasInitializer: .zeros)
    }

    private static func dense(_ inputs: Int, _ outputs: Int) -> Dense {
      Dense(from: inputs, to: outputs, initializer: .glorotUniform, biasInitializer: .zeros)
    }
  }

  /// Windows as the networks know them.
  private func normalized(_ windows: Tensor) -> Tensor { (windows - means) / deviations }
}

// MARK: - Training

extension SeriesVAE {
  public func makeOptimizers(learningRate: Float?) -> [String: any Optimizer] {
    [Self.optimizer: Adam(learningRate: learningRate ?? configuration.learningRate)]
  }

  public func trainingStep(_ feed: inout BatchFeed, _ training: inout TrainingState) throws -> Metrics {
    let windows = normalized(feed.next().samples)
    let objective = VariationalObjective(beta: configuration.beta)
    let (descent, figures) = try training.descend(with: Self.optimizer, network) { context in
      let (loss, figures) = objective.loss(of: windows, given: .none, under: parts, in: context)
      return (loss, figures)
    }
    return [
      Metric.loss: descent.loss, Metric.reconstruction: figures.reconstruction, Metric.divergence: figures.divergence,
    ]
  }

  /// Of channels of deviation 1 in nats, as means over the windows: what is minimized, its two terms, and the mean squared
  /// error of a reconstruction.
  public func evaluate(on data: TrainingData, with state: State) -> Metrics {
    guard let source = data.main else { return Metrics() }
    let context = Context(
      network, state, mode: .inference, random: RandomGenerator(seed: 0, stream: RandomStream.order))
    var (reconstruction, divergence, error) = (0.0, 0.0, 0.0)
    source.forEachBatch { batch in
      let windows = normalized(batch.samples)
      let terms = parts.terms(of: windows, given: .none, in: context)
      reconstruction += Double(terms.reconstruction.sum().scalar)
      divergence += Double(terms.divergence.sum().scalar)
      let latents = encode(batch.samples, given: .none, with: state)
      error += (normalized(decode(latents, given: .none, with: state)) - windows).sumOfSquares
    }
    let count = Double(source.count)
    return [
      Metric.loss: (reconstruction + Double(configuration.beta) * divergence) / count,
      Metric.reconstruction: reconstruction / count, Metric.divergence: divergence / count,
      "squared_error": error / (count * Double(source.sampleShape.scalarCount)),
    ]
  }

  public func warnings(for trend: TrainingTrend) -> [TrainingWarning] {
    guard configuration.beta > 0 else { return [] }
    return [
      trend.posteriorCollapse(of: Metric.divergence, advice: "a smaller deviation or beta may help")
    ].compactMap { $0 }
  }

  /// The first windows and their reconstructions, as curves: of each window the channel that is furthest off.
  public func preview(
    with state: State, from data: TrainingData, progress: (Double) throws -> Void
  ) throws -> Preview? {
    guard let source = data.main else { return nil }
    let windows = source.batch(at: Array(0..<min(6, source.count))).samples
    let made = decode(encode(windows, given: .none, with: state), given: .none, with: state)
    try progress(1)
    let panels = (0..<windows.shape[0]).map { index in
      // Several channels would hide each other.
      let channel = furthestChannel(windows[index], made[index])
      return SeriesPanel(
        name: "window \(index)" + (windows.shape[2] == 1 ? "" : ", channel \(channel)"),
        curves: [
          SeriesPanel.Curve("original", windows[index][.all, channel].scalars),
          SeriesPanel.Curve("reconstruction", made[index][.all, channel].scalars),
        ])
    }
    let (pixels, width, height) = SeriesPanel.render(panels, width: 900, height: 150 * panels.count)
    return Preview(try ImageSet(pixels: pixels, height: height, width: width, channels: 3), columns: 1)
  }

  /// The channel of a window `[L, C]` that its reconstruction is furthest from, in units of the channels' deviations.
  func furthestChannel(_ window: Tensor, _ made: Tensor) -> Int {
    let errors = ((window - made) / deviations).square().mean(axes: [0]).scalars
    return errors.indices.max { errors[$0] < errors[$1] } ?? 0
  }

  private static let optimizer = "adam"

  private enum Metric {
    static let loss = TrainingTrend.loss
    static let reconstruction = "reconstruction"
    static let divergence = "kl"
  }
}

// MARK: - Use

extension SeriesVAE: TimeScoring, LikelihoodEstimating, AnomalyScoring, FeatureExtracting {
  public var latentShape: Tensor.Shape { [configuration.latentSize] }
  public var firstLatentWeight: String? { "decoder.layers.0.weight" }
  public var featureCount: Int { configuration.latentSize }
  public var likelihoodKind: LikelihoodKind { .lowerBound }

  /// The posterior's mean of each window: `[N, L, C]` → `[N, latent]`.
  public func encode(_ windows: Tensor, given condition: Condition, with state: State) -> Tensor {
    parts.encoder.posterior(
      of: normalized(windows), given: .none, in: Context(network, state, mode: .inference)
    ).center
  }

  /// The mean window of each latent: `[N, latent]` → `[N, L, C]`.
  public func decode(_ latents: Tensor, given condition: Condition, with state: State) -> Tensor {
    require(
      latents.rank == 2 && latents.shape[1] == configuration.latentSize,
      "decode: latents of shape \(latents.shape), expected [N, \(configuration.latentSize)]")
    return parts.decoder(latents, given: .none, in: Context(network, state, mode: .inference)) * deviations + means
  }

  /// The posterior's mean of each window: `[N, L, C]` → `[N, latent]`.
  public func features(of windows: Tensor, with state: State) -> Tensor { encode(windows, given: .none, with: state) }

  /// The squared error of a time in units of the channels' own variances, the mean over channels: `[N, L, C]` → `[N, L]`.
  public func timeScores(of windows: Tensor, given reconstructions: Tensor) -> Tensor {
    ((windows - reconstructions) / deviations).square().mean(axes: [2])
  }

  /// The evidence lower bound of each window in nats, with more draws an importance-weighted one: `[N, L, C]` → `[N]`.
  public func logLikelihoods(
    of windows: Tensor, given condition: Condition, draws: Int, with state: State, using random: inout SampleRandom
  ) -> Tensor {
    let context = Context(network, state, mode: .inference, random: &random)
    // Densities of the numbers themselves, not of those of deviation 1.
    let volume = deviations.log().sum() * Float(configuration.length)
    return parts.logLikelihoodBounds(of: normalized(windows), given: .none, draws: draws, in: context) - volume
  }
}
