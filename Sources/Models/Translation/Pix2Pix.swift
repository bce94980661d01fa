import Datasets
import LatentSystem
import Layers
import Tensor
import Training

/// Translates images of one kind to images of another, learned from pairs: photographs of drawings, colours of grey
/// pictures, digits of their edges.
///
/// ```swift
/// let model = try Pix2Pix()
/// let pairs = PairedSource(photographs, given: drawings)
/// let trained = try Trainer(model, length: .epochs(20), batchSize: 8).train(on: pairs)
/// let photograph = try trained.translate(drawing)
/// ```
///
/// Reference: Isola, Zhu, Zhou and Efros, "Image-to-image translation with conditional adversarial networks",
/// arXiv:1611.07004, at the sizes of MNIST.
public struct Pix2Pix: GenerativeModel {
  public static let kind = "pix2pix"
  public let configuration: Configuration
  /// The networks and how they are trained.
  public let procedure: PairedTranslationTraining
  /// Both as those of a GAN: what tells what is going wrong.
  private let game: AdversarialTraining

  /// A model of the given sizes and choices.
  /// - Throws: ``ConfigurationError`` if a value is out of range.
  public init(_ configuration: Configuration = Configuration()) throws {
    try configuration.validate()
    self.configuration = configuration
    let parts = Parts(configuration)
    let network = Network(parts)
    var procedure = PairedTranslationTraining(
      network: network, translator: parts.translator, discriminator: parts.discriminator)
    procedure.loss = configuration.loss
    procedure.errorWeight = configuration.errorWeight
    procedure.adversarialWeight = configuration.adversarialWeight
    self.procedure = procedure
    game = .judging(network, parts.translator, parts.discriminator, loss: configuration.loss)
  }

  public var network: Network { procedure.network }

  /// Images of the second kind, each with that of the first kind as its condition: a ``PairedSource``.
  public var inputs: [InputRequirement] {
    [InputRequirement(configuration.targetShape, condition: .tensor(configuration.shape.sizes))]
  }

  /// What the names of the parameters begin with: `translator.…`, `discriminator.…`.
  private final class Parts: Module {
    let translator: UNetTranslator
    let discriminator: PatchDiscriminator

    init(_ configuration: Configuration) {
      translator = UNetTranslator(
        from: configuration.channels, to: configuration.targetChannels, features: configuration.features,
        depth: configuration.depth, dropout: configuration.dropout)
      discriminator = PatchDiscriminator(
        from: configuration.channels + configuration.targetChannels, features: configuration.discriminatorFeatures,
        depth: min(configuration.depth, configuration.discriminatorDepth))
    }
  }
}

// MARK: - Training

extension Pix2Pix {
  public func makeOptimizers(learningRate: Float?) -> [String: any Optimizer] {
    typealias Name = PairedTranslationTraining.OptimizerName
    let rate = learningRate ?? configuration.learningRate
    func optimizer() -> any Optimizer { configuration.optimizer.makeCheckedOptimizer(learningRate: rate) }
    return [Name.translator: optimizer(), Name.discriminator: optimizer()]
  }

  public func trainingStep(_ feed: inout BatchFeed, _ training: inout TrainingState) throws -> Metrics {
    let batch = feed.next()
    return try procedure.trainingStep(&training, a: partner(batch).signedPixels, b: batch.samples.signedPixels)
  }

  public var leastStepsToJudge: Int {
    AdversarialTraining.leastStepsToJudge(channels: configuration.targetChannels)
  }

  public func warnings(for trend: TrainingTrend) -> [TrainingWarning] { game.warnings(for: trend) }

  /// How far translations are from what they should be, the mean absolute error of a pixel in 0...1 and the mean squared
  /// one.
  public func evaluate(on data: TrainingData, with state: State) -> Metrics {
    guard let source = data.main else { return Metrics() }
    var (absolute, squared) = (0.0, 0.0)
    source.forEachBatch { batch in
      let made = translate(partner(batch), direction: Translation.forward, with: state)
      absolute += Double(made.absoluteError(to: batch.samples).sum().scalar)
      squared += Double(made.squaredError(to: batch.samples).sum().scalar)
    }
    let scalarCount = Double(source.count * source.sampleShape.scalarCount)
    return [TranslationMetric.absoluteError: absolute / scalarCount, "squared_error": squared / scalarCount]
  }

  /// The first images of the first kind, what they become and what they should become: three in a row.
  public func preview(
    with state: State, from data: TrainingData, progress: (Double) throws -> Void
  ) throws -> Preview? {
    guard let source = data.main else { return nil }
    let batch = source.batch(at: (0..<Translation.previewRows).map { $0 % source.count })
    let images = partner(batch)
    let made = translate(images, direction: Translation.forward, with: state)
    try progress(1)
    return try Translation.preview([images, made, batch.samples])
  }

  private func partner(_ batch: Batch) -> Tensor {
    requireSome(batch.condition.tensor, "Pix2Pix: a batch without partners; a PairedSource gives them")
  }
}

// MARK: - Use

extension Pix2Pix: Translating {
  public var directions: [String] { [Translation.forward] }
  public func sampleShape(of direction: String) -> Tensor.Shape { configuration.shape }

  /// - Precondition: `direction` is one of ``directions``.
  public func translate(_ images: Tensor, direction: String, with state: State) -> Tensor {
    require(direction == Translation.forward, "translate: direction \(direction); there is \(Translation.forward) only")
    let context = Context(network, state, mode: .inference)
    return procedure.translator(images.signedPixels, in: context).unsignedPixels
  }
}

extension Pix2Pix {
  /// The sizes and choices of a ``Pix2Pix``.
  public struct Configuration: Codable, Sendable, Equatable {
    /// The height of an image of either kind in pixels, a multiple of 2 to the power of ``depth``.
    public var height = 28
    /// The width of an image of either kind in pixels, a multiple of 2 to the power of ``depth``.
    public var width = 28
    /// 1 for grey images of the first kind, 3 for colour.
    public var channels = 1
    /// The same of the second kind.
    public var targetChannels = 1
    /// How often the translator halves an image; see ``greatestDepth(height:width:)``. The published one does 8 times.
    public var depth = 2
    /// The channels of the translator at half the size; twice as many at each half of that, up to eight times as many. The
    /// published one has 64.
    public var features = 32
    /// The share of features at the smallest sizes that is left out in training, in 0..<1.
    public var dropout: Float = 0.5
    /// The discriminator's channels at half the size, twice as many at each half of that.
    public var discriminatorFeatures = 32
    /// How often the discriminator halves an image, at most ``depth`` times: the more, the larger its patches.
    public var discriminatorDepth = 2
    /// The weight of the mean absolute error of a pixel in -1...1.
    public var errorWeight: Float = 100
    /// The weight of the adversarial loss in the translator's; with 0, only distance counts.
    public var adversarialWeight: Float = 1
    /// What both are trained on against each other.
    public var loss = AdversarialLoss.nonSaturating
    /// The rule that both are trained with.
    public var optimizer = OptimizerChoice.adam(beta1: 0.5, beta2: 0.999)
    /// The learning rate of both.
    public var learningRate: Float = 2e-4

    /// A model of 28×28 grey images.
    public init() {}

    /// How often images can be halved so that each half is whole and the smallest has two pixels or more; at most 6 times.
    public static func greatestDepth(height: Int, width: Int) -> Int {
      (1...6).last { depth in
        let size = 1 << depth
        return height % size == 0 && width % size == 0 && (height / size) * (width / size) >= 2
      } ?? 0
    }

    /// Of an image of the first kind.
    var shape: Tensor.Shape { [height, width, channels] }
    /// Of an image of the second kind.
    var targetShape: Tensor.Shape { [height, width, targetChannels] }

    func validate() throws {
      let checks = ConfigurationChecks(kind: Pix2Pix.kind)
      try checks.check(["depth": depth, "discriminatorDepth": discriminatorDepth], in: 1...10)
      let size = 1 << depth
      try checks.check(
        [height, width].allSatisfy { (1...4096).contains($0) && $0 % size == 0 } && height * width >= 2 * size * size,
        """
        images of \(height)×\(width); with a depth of \(depth), height and width must be multiples of \(size) up to 4096, \
        and one of them more than that: pad or scale the images
        """)
      try checks.check(["channels": channels, "targetChannels": targetChannels], in: 1...4096)
      try checks.check(["features": features, "discriminatorFeatures": discriminatorFeatures], in: 1...4096)
      try checks.check(dropout >= 0 && dropout < 1, "dropout is \(dropout), expected 0 or more and less than 1")
      try checks.checkWeights(["errorWeight": errorWeight, "adversarialWeight": adversarialWeight])
      try checks.checkRates(["learningRate": learningRate])
      try checks.check(optimizer, learningRate: learningRate)
    }
  }
}

extension Pix2Pix.Configuration: CustomStringConvertible {
  /// The values by name, in the order of their declaration.
  public var description: String { ConfigurationText.line(self) }
}
