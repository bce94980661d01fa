import Datasets
import LatentSystem
import Layers
import Tensor
import Training

/// A convolutional network that tells the class of an image, and whose inner features serve to compare sets of images.
///
/// ```swift
/// let classifier = try ImageClassifier(ImageClassifier.Configuration(classCount: 10))
/// let trained = try Trainer(classifier, length: .epochs(6)).train(on: images, heldOut: testImages)
/// ```
public struct ImageClassifier: GenerativeModel {
  public static let kind = "image-classifier"

  public let configuration: Configuration
  public let network: Network
  private let modules: Modules

  /// The sizes and choices of an ``ImageClassifier``.
  public struct Configuration: Codable, Sendable, Equatable {
    /// The height of an image in pixels.
    public var height: Int
    /// The width of an image in pixels.
    public var width: Int
    /// 1 for grey images, 3 for colour, or any other number.
    public var channels: Int
    /// The number of classes, 2 or more.
    public var classCount: Int
    /// The channels at full size; there are twice as many at half the size and four times as many at a quarter.
    public var convolutionFeatures: Int
    /// The number of features that an image is compared by, those before the last layer.
    public var featureCount: Int
    /// The share of features that is left out at random in training, in 0..<1.
    public var dropout: Float
    /// By how many pixels images are moved at most, at each use in the training.
    public var shift: Int

    /// Sizes for 28×28 digits.
    public init(
      height: Int = 28, width: Int = 28, channels: Int = 1, classCount: Int, convolutionFeatures: Int = 32,
      featureCount: Int = 128, dropout: Float = 0.3, shift: Int = 2
    ) {
      self.height = height
      self.width = width
      self.channels = channels
      self.classCount = classCount
      self.convolutionFeatures = convolutionFeatures
      self.featureCount = featureCount
      self.dropout = dropout
      self.shift = shift
    }

    func validate() throws {
      let sizes = [
        ("height", height, 4), ("width", width, 4), ("channels", channels, 1), ("classCount", classCount, 2),
        ("convolutionFeatures", convolutionFeatures, 1), ("featureCount", featureCount, 1),
      ]
      for (name, value, least) in sizes where !(least...65536).contains(value) {
        throw ConfigurationError("image-classifier: \(name) is \(value), expected \(least) to 65536")
      }
      guard (0...65536).contains(shift) else {
        throw ConfigurationError("image-classifier: shift is \(shift), expected 0 to 65536")
      }
      guard dropout >= 0 && dropout < 1 else {
        throw ConfigurationError("image-classifier: dropout is \(dropout), expected 0 or more and less than 1")
      }
    }
  }

  public init(_ configuration: Configuration) throws {
    try configuration.validate()
    self.configuration = configuration
    modules = Modules(configuration)
    network = Network(modules)
  }

  public var inputs: [InputRequirement] {
    [
      InputRequirement(
        [configuration.height, configuration.width, configuration.channels],
        condition: .classes(configuration.classCount), shift: configuration.shift)
    ]
  }

  /// Its convolutions, each with a normalization and a rectifier: to features at full, half and a quarter of the size.
  static func convolutions(channels: Int, features width: Int) -> [any Layer] {
    [
      Conv2D(from: channels, to: width, kernelSize: 3, padding: 1, hasBias: false), BatchNorm(width), .relu,
      Conv2D(from: width, to: 2 * width, kernelSize: 4, stride: 2, padding: 1, hasBias: false), BatchNorm(2 * width),
      .relu,
      Conv2D(from: 2 * width, to: 4 * width, kernelSize: 4, stride: 2, padding: 1, hasBias: false),
      BatchNorm(4 * width), .relu,
    ]
  }

  /// What the names of the parameters begin with: `body.…`, `head.…`.
  private final class Modules: Module {
    /// Images to features.
    let body: Sequential
    /// Features to logits.
    let head: Sequential

    init(_ configuration: Configuration) {
      let width = configuration.convolutionFeatures
      let (rows, columns) = (configuration.height / 2 / 2, configuration.width / 2 / 2)
      body = Sequential(
        ImageClassifier.convolutions(channels: configuration.channels, features: width) + [
          .flatten,
          Dense(from: rows * columns * 4 * width, to: configuration.featureCount, hasBias: false),
          BatchNorm(configuration.featureCount), .relu,
        ])
      head = Sequential(
        Dropout(configuration.dropout), Dense(from: configuration.featureCount, to: configuration.classCount))
    }
  }
}

// MARK: - Training

extension ImageClassifier {
  public func makeOptimizers(learningRate: Float?) -> [String: any Optimizer] {
    [Self.optimizer: Adam(learningRate: learningRate ?? 1e-3)]
  }

  public func check(batchSize: Int) throws {
    guard batchSize < 2 else { return }
    throw ConfigurationError(
      "image-classifier: batches of 1 leave batch normalization a single value; it needs two: a larger batch size helps"
    )
  }

  public func trainingStep(_ feed: inout BatchFeed, _ training: inout TrainingState) throws -> Metrics {
    let batch = feed.next()
    let labels = batch.labels ?? []
    let (descent, accuracy) = try training.descend(with: Self.optimizer, network) { context in
      let logits = modules.head(modules.body(batch.samples, in: context), in: context)
      return (logits.softmaxCrossEntropy(labels: labels).mean(), logits.accuracy(labels: labels))
    }
    return [Metric.loss: descent.loss, Metric.accuracy: accuracy]
  }

  /// The cross-entropy in nats, and the share of samples whose class is told right.
  public func evaluate(on data: TrainingData, with state: State) -> Metrics {
    guard let source = data.main else { return Metrics() }
    var (loss, hits) = (0.0, 0.0)
    for batch in source.batchesInOrder() {
      let (logits, labels) = (logits(of: batch.samples, with: state), batch.labels ?? [])
      loss += Double(logits.softmaxCrossEntropy(labels: labels).sum().scalar)
      hits += logits.accuracy(labels: labels) * Double(labels.count)
    }
    return [Metric.loss: loss / Double(source.count), Metric.accuracy: hits / Double(source.count)]
  }

  private static let optimizer = "adam"

  private enum Metric {
    static let loss = TrainingTrend.loss
    static let accuracy = "accuracy"
  }
}

// MARK: - Use

extension ImageClassifier: Classifying {
  public var classCount: Int { configuration.classCount }
  public var featureCount: Int { configuration.featureCount }

  public func logits(ofFeatures features: Tensor, with state: State) -> Tensor {
    modules.head(features, in: context(state))
  }

  public func features(of samples: Tensor, with state: State) -> Tensor {
    require(
      samples.rank == 4 && Array(samples.shape.sizes.dropFirst()) == inputs[0].sampleShape.sizes,
      "image-classifier: images of shape \(samples.shape), expected [N] + \(inputs[0].sampleShape)")
    return modules.body(samples, in: context(state))
  }

  private func context(_ state: State) -> Context { Context(network, state, mode: .inference) }
}
