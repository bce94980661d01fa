import Datasets
import LatentSystem
import Layers
import Tensor
import Training

/// Translates images of one kind to images of another and back, learned from images of both of which no pairs are known:
/// horses and zebras, summer and winter, digits and their edges.
///
/// ```swift
/// let model = try CycleGAN()
/// let data = TrainingData(streams: ["a": horses, "b": zebras])
/// let trained = try Trainer(model, length: .epochs(100), batchSize: 4, schedule: .linear(steps: 10_000)).train(on: data)
/// let zebra = try trained.translate(horse, direction: "a-to-b")
/// ```
///
/// Reference: Zhu, Park, Isola and Efros, "Unpaired image-to-image translation using cycle-consistent adversarial
/// networks", arXiv:1703.10593, at the sizes of MNIST.
public struct CycleGAN: GenerativeModel {
  public static let kind = "cyclegan"
  /// The stream of the images that ``Translation/forward`` translates.
  public static let streamA = "a"
  /// The stream of the images that they become.
  public static let streamB = "b"

  public let configuration: Configuration
  /// The networks and how they are trained.
  public let procedure: CycleGANTraining
  /// The way from a to b as the generator of a GAN: what tells what is going wrong.
  private let game: AdversarialTraining

  /// A model of the given sizes and choices.
  /// - Throws: ``ConfigurationError`` if a value is out of range.
  public init(_ configuration: Configuration = Configuration()) throws {
    try configuration.validate()
    self.configuration = configuration
    let parts = Parts(configuration)
    let network = Network(parts)
    var procedure = CycleGANTraining(
      network: network, toB: parts.toB, toA: parts.toA, discriminatorA: parts.discriminatorA,
      discriminatorB: parts.discriminatorB)
    procedure.cycleWeight = configuration.cycleWeight
    procedure.identityWeight = configuration.identityWeight
    procedure.targetWeight = configuration.targetWeight
    procedure.poolA = SamplePool("pool.a", size: configuration.poolSize)
    procedure.poolB = SamplePool("pool.b", size: configuration.poolSize)
    if let classifier = parts.classifier {
      var guidance = SemanticGuidance(classifier)
      guidance.weight = configuration.semanticWeight
      procedure.guidance = guidance
    }
    self.procedure = procedure
    game = .judging(network, parts.toB, parts.discriminatorB, loss: .leastSquares)
  }

  public var network: Network { procedure.network }

  public var inputs: [InputRequirement] {
    [
      InputRequirement(
        configuration.shape, condition: configuration.classCount.map { .classes($0) } ?? .none,
        isMirrored: configuration.isMirrored, stream: Self.streamA),
      InputRequirement(configuration.targetShape, isMirrored: configuration.isMirrored, stream: Self.streamB),
    ]
  }

  /// What the names of the parameters begin with: `toB.…`, `toA.…`, `discriminatorA.…`, `discriminatorB.…`,
  /// `classifier.…`.
  private final class Parts: Module {
    let toB: ResidualTranslator
    let toA: ResidualTranslator
    let discriminatorA: PatchDiscriminator
    let discriminatorB: PatchDiscriminator
    let classifier: Sequential?

    init(_ configuration: Configuration) {
      let (channels, targetChannels) = (configuration.channels, configuration.targetChannels)
      func translator(_ from: Int, _ to: Int) -> ResidualTranslator {
        ResidualTranslator(
          from: from, to: to, features: configuration.features, blockCount: configuration.blockCount)
      }
      toB = translator(channels, targetChannels)
      toA = translator(targetChannels, channels)
      discriminatorA = PatchDiscriminator(from: channels, features: configuration.discriminatorFeatures)
      discriminatorB = PatchDiscriminator(from: targetChannels, features: configuration.discriminatorFeatures)
      classifier = configuration.classCount.map { classCount in
        let trunk = ImageTrunk(
          height: configuration.height, width: configuration.width, channels: channels,
          features: configuration.discriminatorFeatures, isNormalized: false)
        return Sequential(trunk, Dense(from: trunk.featureCount, to: classCount))
      }
    }
  }
}

// MARK: - Training

extension CycleGAN {
  public func makeOptimizers(learningRate: Float?) -> [String: any Optimizer] {
    typealias Name = CycleGANTraining.OptimizerName
    let rate = learningRate ?? configuration.learningRate
    func optimizer() -> any Optimizer { configuration.optimizer.makeCheckedOptimizer(learningRate: rate) }
    var optimizers = [Name.translators: optimizer(), Name.discriminators: optimizer()]
    if configuration.classCount != nil {
      optimizers[Name.classifier] = Adam(learningRate: configuration.classifierLearningRate)
    }
    return optimizers
  }

  public func makeMemory(using generator: inout RandomGenerator) -> State {
    procedure.makeMemory(shapeA: configuration.shape, shapeB: configuration.targetShape)
  }

  public func trainingStep(_ feed: inout BatchFeed, _ training: inout TrainingState) throws -> Metrics {
    let (a, b) = (feed.next(Self.streamA), feed.next(Self.streamB))
    return try procedure.trainingStep(
      &training, a: a.samples.signedPixels, b: b.samples.signedPixels, labels: a.labels)
  }

  public var leastStepsToJudge: Int {
    AdversarialTraining.leastStepsToJudge(channels: configuration.targetChannels)
  }

  public func warnings(for trend: TrainingTrend) -> [TrainingWarning] { game.warnings(for: trend) }

  /// How far images of both kinds are from themselves after a way there and back, the mean absolute error of a pixel in
  /// 0...1; with classes, also the share of translations that the classifier takes for what they were made of.
  public func evaluate(on data: TrainingData, with state: State) -> Metrics {
    let context = Context(network, state, mode: .inference)
    var entries: [Metrics.Entry] = []
    var errors: [Double] = []
    for (stream, direction) in [(Self.streamA, Translation.forward), (Self.streamB, Translation.backward)] {
      guard let source = data[stream] else { continue }
      let way = procedure.way(direction)
      var (error, kept) = (0.0, 0.0)
      source.forEachBatch { batch in
        let images = batch.samples.signedPixels
        let there = way.there(images, in: context)
        error += Double(way.back(there, in: context).absoluteError(to: images).sum().scalar) / 2
        if let classifier = procedure.guidance?.classifier, let labels = batch.labels, direction == Translation.forward
        {
          kept += classifier(there, in: context).accuracy(labels: labels) * Double(labels.count)
        }
      }
      errors.append(error / Double(source.count * source.sampleShape.scalarCount))
      guard procedure.guidance != nil, direction == Translation.forward else { continue }
      entries.append(Metrics.Entry(name: TranslationMetric.labelsKept, value: kept / Double(source.count)))
    }
    guard !errors.isEmpty else { return Metrics() }
    let mean = errors.reduce(0, +) / Double(errors.count)
    return Metrics([Metrics.Entry(name: TranslationMetric.cycleError, value: mean)] + entries)
  }

  /// The first images of both kinds, what they become and what that becomes: six in a row.
  public func preview(
    with state: State, from data: TrainingData, progress: (Double) throws -> Void
  ) throws -> Preview? {
    guard let a = data[Self.streamA], let b = data[Self.streamB] else { return nil }
    let context = Context(network, state, mode: .inference)
    var columns: [Tensor] = []
    for (source, direction) in [(a, Translation.forward), (b, Translation.backward)] {
      let images = source.batch(at: (0..<Translation.previewRows).map { $0 % source.count }).samples
      let way = procedure.way(direction)
      let there = way.there(images.signedPixels, in: context)
      columns += [images, there.unsignedPixels, way.back(there, in: context).unsignedPixels]
      try progress(Double(columns.count) / 6)
    }
    return try Translation.preview(columns)
  }
}

// MARK: - Use

extension CycleGAN: Translating {
  public var directions: [String] { [Translation.forward, Translation.backward] }

  /// - Precondition: `direction` is one of ``directions``.
  public func translate(_ images: Tensor, direction: String, with state: State) -> Tensor {
    let context = Context(network, state, mode: .inference)
    return procedure.way(direction).there(images.signedPixels, in: context).unsignedPixels
  }
}

extension CycleGANTraining {
  /// The translator of a direction, and that of the other one.
  fileprivate func way(_ direction: String) -> (there: any Layer, back: any Layer) {
    require(
      direction == Translation.forward || direction == Translation.backward,
      "translate: direction \(direction); there are \(Translation.forward) and \(Translation.backward)")
    return direction == Translation.forward ? (toB, toA) : (toA, toB)
  }
}
