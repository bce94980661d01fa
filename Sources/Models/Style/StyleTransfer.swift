import Datasets
import LatentSystem
import Layers
import Tensor
import Training

/// A network that gives images of any size the style of a picture, in one pass: it learns to lower a ``PerceptualLoss``.
///
/// ```swift
/// let model = try StyleTransfer(StyleTransfer.Configuration(height: 64, width: 64, channels: 3))
/// var trainer = Trainer(model, length: .steps(2000), batchSize: 4)
/// trainer.initialState = try model.initialState(style: picture, seed: trainer.seed)
/// let trained = try trainer.train(on: photographs)
/// let stylized = try trained.stylize(photograph)
/// ```
///
/// The style is in the state that a training begins with: the Gram matrices of the picture in the features, and the
/// features' own numbers. Both stay as they are.
///
/// References: Johnson, Alahi and Fei-Fei, "Perceptual losses for real-time style transfer and super-resolution",
/// arXiv:1603.08155; Ulyanov, Lebedev, Vedaldi and Lempitsky, "Texture networks: feed-forward synthesis of textures and
/// stylized images", arXiv:1603.03417.
public struct StyleTransfer: GenerativeModel {
  public static let kind = "style-transfer"
  public let configuration: Configuration
  public let network: Network
  /// What gives images the style.
  public let stylist: StylizingNetwork
  /// Features that stay as they are.
  public let features: any FeatureMaps
  private let grams: [Buffer]

  /// A model of the given sizes and choices.
  /// - Throws: ``ConfigurationError`` if a value is out of range.
  public init(_ configuration: Configuration = Configuration()) throws {
    try configuration.validate()
    self.configuration = configuration
    let parts = Parts(configuration)
    (stylist, features, grams) = (parts.stylist, parts.features, parts.grams)
    network = Network(parts)
  }

  public var inputs: [InputRequirement] {
    [InputRequirement([configuration.height, configuration.width, configuration.channels])]
  }

  /// What the names of the parameters begin with: `stylist.…`, `features.…`; and those of the style `grams.…`.
  private final class Parts: Module {
    let stylist: StylizingNetwork
    let features: any FeatureMaps
    let grams: [Buffer]

    init(_ configuration: Configuration) {
      stylist = StylizingNetwork(
        channels: configuration.channels, features: configuration.stylistFeatures,
        blockCount: configuration.blockCount)
      features = configuration.features.makeMaps(channels: configuration.channels)
      grams = features.featureCounts.map { Buffer([$0, $0], .zeros) }
    }
  }
}

// MARK: - The style

extension StyleTransfer {
  /// What a training begins with.
  ///
  /// - Parameters:
  ///   - style: pictures of one style, `[N, H, W, C]` in 0...1, of any size that the features take.
  ///   - classifier: whose features are compared, if the configuration says those of one.
  ///   - seed: decides the first values, as in a training.
  /// - Throws: ``CapabilityError`` if the classifier is missing or another one than the configuration says;
  ///   ``ConfigurationError`` if the pictures do not suit.
  public func initialState(style: Tensor, classifier: TrainedModel? = nil, seed: UInt64) throws -> State {
    var state = makeTraining(seed: seed).state
    if case .classifier = configuration.features {
      guard let classifier else {
        throw CapabilityError("style-transfer: the classifier whose features it has is missing")
      }
      guard try PerceptualFeatures(of: classifier, channels: configuration.channels) == configuration.features else {
        throw CapabilityError("style-transfer: the classifier is another one than \(configuration.features)")
      }
      state.merge(PerceptualFeatures.state(of: classifier, named: "features"))
    }
    try check(style)
    let context = Context(network, state, mode: .inference)
    for (buffer, gram) in zip(grams, PerceptualLoss.grams(of: style, features, in: context)) { context[buffer] = gram }
    state.merge(context.bufferUpdates)
    return state
  }

  /// Whether the style that a training has learned, or begins with, is that of some pictures.
  ///
  /// - Parameters:
  ///   - state: of the training.
  ///   - style: as ``initialState(style:classifier:seed:)`` takes it.
  /// - Throws: ``ConfigurationError`` if the pictures do not suit.
  public func hasStyle(_ state: State, of style: Tensor) throws -> Bool {
    try check(style)
    let context = Context(network, state, mode: .inference)
    return zip(grams, PerceptualLoss.grams(of: style, features, in: context)).allSatisfy { buffer, gram in
      (context[buffer] - gram).maximumMagnitude <= 1e-5 * gram.maximumMagnitude
    }
  }

  /// How far each of some images is from the style that a training has learned: `[N]`, 0 for the style itself.
  ///
  /// - Parameters:
  ///   - images: `[N, H, W, C]` in 0...1, of any size that the features take.
  ///   - state: of the training.
  public func styleErrors(of images: Tensor, with state: State) -> Tensor {
    let context = Context(network, state, mode: .inference)
    return loss(in: context).styleErrors(features.maps(of: images, in: context))
  }

  private func check(_ style: Tensor) throws {
    try ConfigurationChecks(kind: Self.kind).check(
      style.rank == 4 && style.shape[3] == configuration.channels
        && min(style.shape[1], style.shape[2]) >= features.leastSize,
      "a style of shape \(style.shape), expected pictures of \(features.leastSize)×\(features.leastSize) pixels or more "
        + "with \(configuration.channels) channels")
  }

  /// The loss with the style of a context's numbers.
  private func loss(in context: Context) -> PerceptualLoss {
    var loss = PerceptualLoss(features, grams: grams.map { context[$0] })
    (loss.contentWeight, loss.styleWeight) = (configuration.contentWeight, configuration.styleWeight)
    loss.roughnessWeight = configuration.roughnessWeight
    return loss
  }
}

// MARK: - Training

extension StyleTransfer {
  public func makeOptimizers(learningRate: Float?) -> [String: any Optimizer] {
    [Self.optimizer: Adam(learningRate: learningRate ?? configuration.learningRate)]
  }

  public func trainingStep(_ feed: inout BatchFeed, _ training: inout TrainingState) throws -> Metrics {
    let images = feed.next().samples
    let fixed = Context(network, training.state, mode: .inference)
    let loss = loss(in: fixed)
    guard loss.grams.contains(where: { $0.maximumMagnitude > 0 }) else {
      throw ConfigurationError(
        "\(Self.kind): there is no style; a training begins with initialState(style:classifier:seed:)")
    }
    let content = features.contentMaps(of: images, in: fixed)
    let names = network.parameterNames(of: stylist)
    let (descent, metrics) = try training.descend(with: Self.optimizer, network, at: names) { context in
      let terms = loss.terms(of: stylist(images, in: context), content: content, in: fixed)
      return (
        terms.total.mean(),
        [
          Metrics.Entry(Metric.content, terms.content.mean()), Metrics.Entry(Metric.style, terms.style.mean()),
          Metrics.Entry(Metric.roughness, terms.roughness.mean()),
        ]
      )
    }
    return Metrics([Metrics.Entry(name: Metric.loss, value: descent.loss)] + metrics)
  }

  /// The loss and its parts, as means over the images, and how far the images are from the style as they are.
  public func evaluate(on data: TrainingData, with state: State) -> Metrics {
    guard let source = data.main else { return Metrics() }
    let context = Context(network, state, mode: .inference)
    let loss = loss(in: context)
    var sums = [0.0, 0, 0, 0]
    source.forEachBatch { batch in
      let maps = features.maps(of: batch.samples, in: context)
      let terms = loss.terms(
        of: stylist(batch.samples, in: context), content: features.contentMaps(maps), in: context)
      for (place, term) in [terms.total, terms.content, terms.style, loss.styleErrors(maps)].enumerated() {
        sums[place] += Double(term.sum().scalar)
      }
    }
    let names = ["perceptual_loss", Metric.content, Metric.style, "style_error_before"]
    return Metrics(zip(names, sums).map { Metrics.Entry(name: $0, value: $1 / Double(source.count)) })
  }

  /// The first images, each with what it becomes.
  public func preview(
    with state: State, from data: TrainingData, progress: (Double) throws -> Void
  ) throws -> Preview? {
    guard let source = data.main, configuration.channels == 1 || configuration.channels == 3 else { return nil }
    let images = source.batch(at: (0..<Translation.previewRows).map { $0 % source.count }).samples
    return try Translation.preview([images, stylize(images, with: state)])
  }

  private static let optimizer = "adam"

  private enum Metric {
    static let loss = TrainingTrend.loss
    static let content = "content_error"
    static let style = "style_error"
    static let roughness = "roughness"
  }
}
