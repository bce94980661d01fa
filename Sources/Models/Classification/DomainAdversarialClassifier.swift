import Datasets
import LatentSystem
import Layers
import Tensor
import Training

/// A classifier of images of two kinds, of which one has labels and the other has not: its features are such that nobody
/// can tell from them which kind an image is of, so that what is learned of the one holds for the other.
///
/// ```swift
/// let model = try DomainAdversarialClassifier(.init(classCount: 10))
/// let data = TrainingData(streams: ["a": labelledDigits, "b": otherDigits])
/// let trained = try Trainer(model, length: .epochs(4), batchSize: 64).train(on: data)
/// let classes = try trained.classProbabilities(of: images).argmax(axis: 1)
/// ```
///
/// A head that tells the kinds learns along, and its gradient comes back to the features reversed, from nothing at the
/// start to the whole once it has learned something. What the classifier is sure of in images without labels it may learn
/// like labels (``Configuration/selfTraining``): as features of both kinds become alike it is right about ever more of them.
///
/// References: Ganin et al., "Domain-adversarial training of neural networks", arXiv:1505.07818; Lee, "Pseudo-label: the
/// simple and efficient semi-supervised learning method for deep neural networks", ICML workshop 2013.
public struct DomainAdversarialClassifier: GenerativeModel {
  public static let kind = "dann"
  /// The stream of images with labels.
  public static let streamA = "a"
  /// The stream of images without.
  public static let streamB = "b"

  public let configuration: Configuration
  public let network: Network
  private let modules: Modules

  /// A model of the given sizes and choices.
  /// - Throws: ``ConfigurationError`` if a value is out of range.
  public init(_ configuration: Configuration) throws {
    try configuration.validate()
    self.configuration = configuration
    modules = Modules(configuration)
    network = Network(modules)
  }

  public var inputs: [InputRequirement] {
    [
      InputRequirement(
        configuration.shape, condition: .classes(configuration.classCount), shift: configuration.shift,
        isRecoloured: configuration.isRecoloured, stream: Self.streamA),
      InputRequirement(configuration.shape, shift: configuration.shift, stream: Self.streamB),
    ]
  }

  /// What the names of the parameters begin with: `body.…`, `head.…`, `domain.…`.
  private final class Modules: Module {
    /// Images to features. They are normalized, or a reversed gradient soon leaves none of them alive; but each image by
    /// itself, as a batch has images of one kind.
    let body: Sequential
    /// Features to logits of classes.
    let head: Sequential
    /// The same without leaving any feature out.
    var classes: any Layer { head.layers[1] }
    /// Features to the logit of being of the kind that has labels.
    let domain: Sequential

    init(_ configuration: Configuration) {
      let width = configuration.convolutionFeatures
      let (rows, columns) = (configuration.height / 2 / 2, configuration.width / 2 / 2)
      let groups = (1...min(width, 8)).last { width % $0 == 0 } ?? 1
      func normalization(_ channels: Int) -> GroupNorm { GroupNorm(channels, groups: groups) }
      body = Sequential(
        Conv2D(from: configuration.channels, to: width, kernelSize: 3, padding: 1), normalization(width), .relu,
        Conv2D(from: width, to: 2 * width, kernelSize: 4, stride: 2, padding: 1), normalization(2 * width), .relu,
        Conv2D(from: 2 * width, to: 4 * width, kernelSize: 4, stride: 2, padding: 1), normalization(4 * width), .relu,
        .flatten,
        Dense(from: rows * columns * 4 * width, to: configuration.featureCount), .relu)
      head = Sequential(
        Dropout(configuration.dropout), Dense(from: configuration.featureCount, to: configuration.classCount))
      domain = Sequential(
        Dense(from: configuration.featureCount, to: configuration.featureCount), .relu,
        Dense(from: configuration.featureCount, to: 1), .reshape(to: []))
    }
  }
}

// MARK: - Training

extension DomainAdversarialClassifier {
  public func makeOptimizers(learningRate: Float?) -> [String: any Optimizer] {
    [Self.optimizer: Adam(learningRate: learningRate ?? 1e-3)]
  }

  /// How strongly the gradient of the kinds comes back reversed after `step` steps: `most · (2 / (1 + e^(-10 p)) - 1)` for
  /// the share p of the steps in which it rises (section 5.2.2).
  public func reversal(at step: Int) -> Float {
    let share = min(1, Float(step) / Float(configuration.rampSteps))
    // The same as 2 sigmoid(10 p) - 1.
    return configuration.reversal * Tensor(5 * share).tanh().scalar
  }

  public func trainingStep(_ feed: inout BatchFeed, _ training: inout TrainingState) throws -> Metrics {
    let (a, b) = (feed.next(Self.streamA), feed.next(Self.streamB))
    let labels = a.labels ?? []
    let factor = reversal(at: training.step)
    let isGuessing = configuration.selfTraining > 0 && training.step >= configuration.rampSteps / 5
    let (_, figures) = try training.descend(with: Self.optimizer, network) { context in
      let (ofA, ofB) = (modules.body(a.samples, in: context), modules.body(b.samples, in: context))
      let logits = modules.head(ofA, in: context)
      let own = logits.softmaxCrossEntropy(labels: labels).mean()
      let guesses = isGuessing ? Guesses(modules.classes(ofB, in: context).detached(), configuration.sureness) : nil
      func kinds(_ features: Tensor) -> Tensor { modules.domain(features.reversingGradient(by: factor), in: context) }
      let (kindA, kindB) = (kinds(ofA), kinds(ofB))
      let domain = ((-kindA).softplus().mean() + kindB.softplus().mean()) * 0.5
      let right = ((kindA .> 0).mean() + (kindB .< 0).mean()) * 0.5
      return (
        guesses.map { own + domain + $0.loss(of: modules.head(ofB, in: context)) * configuration.selfTraining }
          ?? own + domain,
        [
          Metrics.Entry(Metric.loss, own), Metrics.Entry(Metric.domainLoss, domain),
          Metrics.Entry(name: Metric.accuracy, value: logits.accuracy(labels: labels)),
          Metrics.Entry(Metric.domainAccuracy, right), Metrics.Entry(name: Metric.reversal, value: Double(factor)),
        ] + (guesses.map { [Metrics.Entry(Metric.sureShare, $0.isSure.mean())] } ?? [])
      )
    }
    return Metrics(figures)
  }

  /// The classes of images without labels that the classifier, as it is, is sure of.
  private struct Guesses {
    let labels: [Int]
    /// 1 for those that it is sure of, else 0: `[N]`.
    let isSure: Tensor

    init(_ logits: Tensor, _ sureness: Float) {
      let probabilities = logits.softmax(axis: 1)
      labels = probabilities.argmax(axis: 1)
      isSure = (probabilities.max(axes: [1]) .>= Tensor(sureness))
    }

    /// The cross-entropy with them, 0 for the others, as a mean over all.
    func loss(of logits: Tensor) -> Tensor { (logits.softmaxCrossEntropy(labels: labels) * isSure).mean() }
  }

  /// The cross-entropy in nats and the share of images whose class is told right, of those of the kind that has labels in
  /// the training, and the same share of the others, if these have labels too. Both have the same classes by their numbers;
  /// ``ImageSet/numberingClasses(as:)`` brings others to them.
  public func evaluate(on data: TrainingData, with state: State) -> Metrics {
    var entries: [Metrics.Entry] = []
    for (stream, name) in [(Self.streamA, Metric.accuracy), (Self.streamB, Metric.targetAccuracy)] {
      guard let source = data[stream], case .classes(let count) = source.conditions,
        count <= configuration.classCount
      else { continue }
      var (loss, right) = (0.0, 0.0)
      source.forEachBatch { batch in
        let (logits, labels) = (logits(of: batch.samples, with: state), batch.labels ?? [])
        loss += Double(logits.softmaxCrossEntropy(labels: labels).sum().scalar)
        right += logits.accuracy(labels: labels) * Double(labels.count)
      }
      if stream == Self.streamA {
        entries.append(Metrics.Entry(name: Metric.loss, value: loss / Double(source.count)))
      }
      entries.append(Metrics.Entry(name: name, value: right / Double(source.count)))
    }
    return Metrics(entries)
  }

  private static let optimizer = "adam"

  private enum Metric {
    static let loss = TrainingTrend.loss
    static let domainLoss = "domain_loss"
    static let accuracy = "accuracy"
    static let domainAccuracy = "domain_accuracy"
    static let targetAccuracy = "target_accuracy"
    static let reversal = "reversal"
    static let sureShare = "sure_share"
  }
}

// MARK: - Use

extension DomainAdversarialClassifier: Classifying {
  public var featureCount: Int { configuration.featureCount }
  public var classCount: Int { configuration.classCount }

  public func features(of samples: Tensor, with state: State) -> Tensor {
    modules.body(samples, in: Context(network, state, mode: .inference))
  }

  public func logits(ofFeatures features: Tensor, with state: State) -> Tensor {
    modules.head(features, in: Context(network, state, mode: .inference))
  }
}

extension DomainAdversarialClassifier {
  /// The sizes and choices of a ``DomainAdversarialClassifier``.
  public struct Configuration: Codable, Sendable, Equatable {
    /// The height of an image in pixels, 4 or more.
    public var height = 28
    /// The width of an image in pixels, 4 or more.
    public var width = 28
    /// 1 for grey images, 3 for colour, or any other number.
    public var channels = 1
    /// The number of classes, 2 or more.
    public var classCount: Int
    /// The channels at full size; there are twice as many at half the size and four times as many at a quarter.
    public var convolutionFeatures = 16
    /// The number of features that both heads see.
    public var featureCount = 128
    /// The share of features that is left out at random before the classes are told, in 0..<1.
    public var dropout: Float = 0.3
    /// By how many pixels images are moved at most, at each use in the training.
    public var shift = 0
    /// Whether images with labels get two colours at random, in place of black and white, at each use in the training.
    public var isRecoloured = false
    /// How strongly the gradient of the kinds comes back reversed in the end, 0 or more; with 0, and without self-training,
    /// the images without labels teach the features nothing.
    public var reversal: Float = 1
    /// The steps in which that rises.
    public var rampSteps = 2000
    /// The weight of the classes that the classifier itself is sure of, of images without labels, 0 or more; from a fifth of
    /// the steps on in which the reversed gradient rises.
    public var selfTraining: Float = 0
    /// The probability from which on it is sure of a class, in 0...1.
    public var sureness: Float = 0.9

    /// A model of 28×28 grey images of so many classes.
    public init(classCount: Int) { self.classCount = classCount }

    /// Of an image.
    var shape: Tensor.Shape { [height, width, channels] }

    func validate() throws {
      let checks = ConfigurationChecks(kind: DomainAdversarialClassifier.kind)
      try checks.check(["height": height, "width": width], in: 4...65536)
      try checks.check(["channels": channels], in: 1...4096)
      try checks.check(["classCount": classCount], in: 2...65536)
      try checks.check(["convolutionFeatures": convolutionFeatures, "featureCount": featureCount], in: 1...65536)
      try checks.check(["shift": shift], in: 0...65536)
      try checks.check(["rampSteps": rampSteps], in: 1...1_000_000_000)
      try checks.check(dropout >= 0 && dropout < 1, "dropout is \(dropout), expected 0 or more and less than 1")
      try checks.check(sureness >= 0 && sureness <= 1, "sureness is \(sureness), expected 0 to 1")
      try checks.checkWeights(["reversal": reversal, "selfTraining": selfTraining])
    }
  }
}

extension DomainAdversarialClassifier.Configuration: CustomStringConvertible {
  /// The values by name, in the order of their declaration.
  public var description: String { ConfigurationText.line(self) }
}
