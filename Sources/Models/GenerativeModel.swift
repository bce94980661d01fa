import Datasets
import Layers
import Tensor

/// A model that learns a distribution of images: all that a caller needs to train it, sample from it, save and restore
/// it, without knowing which it is.
///
/// A model is structure: a value that holds modules and a configuration, but no numbers. Those are in a ``State`` while
/// it is used, and in a ``TrainingState`` while it is trained.
public protocol GenerativeModel: Sendable {
  /// What has to be known to build the model again.
  associatedtype Configuration: Codable, Sendable, Equatable

  /// The name of this kind of model in checkpoints: `"vae"`.
  static var kind: String { get }

  /// What this model was built from.
  var configuration: Configuration { get }

  /// The shape of one image, `[H, W, C]`.
  var imageShape: Tensor.Shape { get }

  /// The model's parameters and buffers.
  var network: Network { get }

  /// How many batches one call of ``trainingStep(_:_:)`` takes.
  var batchesPerStep: Int { get }

  /// Builds the model.
  /// - Throws: ``ConfigurationError`` if a value is out of range.
  init(_ configuration: Configuration) throws

  /// The model's optimizers by name, each for the parameters it is responsible for.
  func makeOptimizers(learningRate: Float?) -> [String: any Optimizer]

  /// One training step.
  ///
  /// - Parameters:
  ///   - nextBatch: gives the next images, in 0...1.
  ///   - training: parameters, buffers, optimizers and randomness, which the step moves on.
  /// - Returns: the losses and whatever else is worth logging, the most important first.
  /// - Throws: ``TrainingError`` if a loss is not finite; `training` then holds the numbers that gave it.
  func trainingStep(_ nextBatch: () -> Batch, _ training: inout TrainingState) throws -> Metrics

  /// Figures of merit on images that were not trained on.
  func evaluate(_ images: ImageSet, _ state: State) -> Metrics

  /// What is going wrong with a training, in words.
  ///
  /// - Parameter recent: the medians of the metrics over the last fifty steps.
  func warnings(for recent: Metrics) -> [TrainingWarning]

  /// New images, `[count, H, W, C]` in 0...1.
  ///
  /// Image `i` depends on the generator and `i` alone, not on `count`.
  func sample(_ count: Int, from state: State, using generator: inout RandomGenerator) -> Tensor
}

extension GenerativeModel {
  public var batchesPerStep: Int { 1 }
  public func evaluate(_ images: ImageSet, _ state: State) -> Metrics { Metrics() }
  public func warnings(for recent: Metrics) -> [TrainingWarning] { [] }

  /// Parameters, buffers and optimizers before the first step.
  ///
  /// - Parameters:
  ///   - seed: decides the first values and all randomness of the training.
  ///   - learningRate: in place of the model's own.
  public func makeTraining(seed: UInt64, learningRate: Float? = nil) -> TrainingState {
    var initial = RandomGenerator(seed: seed, stream: 1)
    return TrainingState(
      state: network.initialState(using: &initial), optimizers: makeOptimizers(learningRate: learningRate),
      random: RandomGenerator(seed: seed, stream: 2))
  }
}

/// All the numbers of a training: what a step reads and changes.
public struct TrainingState: Sendable {
  /// Parameters and buffers.
  public var state: State
  /// The optimizers by name.
  public var optimizers: [String: any Optimizer]
  /// A moving average of parameters and buffers, for models that keep one.
  public var average: State?
  /// The source of all randomness in the steps.
  public var random: RandomGenerator
  /// The number of steps done.
  public var step = 0

  /// A training at its start.
  public init(state: State, optimizers: [String: any Optimizer], random: RandomGenerator) {
    self.state = state
    self.optimizers = optimizers
    self.random = random
  }

  /// Moves the parameters along `gradients` with the optimizer called `name`.
  /// - Precondition: there is one.
  public mutating func update(_ name: String, with gradients: Gradients) {
    guard var optimizer = optimizers.removeValue(forKey: name) else {
      fatalError("TrainingState: there is no optimizer called \(name)")
    }
    optimizer.update(&state, with: gradients)
    optimizers[name] = optimizer
  }
}

/// A configuration that no model can be built from.
public struct ConfigurationError: Error, Sendable, CustomStringConvertible {
  /// The value, what was expected and what was found, in one line.
  public let description: String

  /// An error with the given one-line description.
  public init(_ description: String) { self.description = description }
}

/// Why a training cannot go on.
public enum TrainingError: Error, Sendable, Equatable, CustomStringConvertible {
  /// A number became infinite or NaN at a step.
  case notFinite(String, step: Int)
  /// The images have another shape than the model's.
  case imageShape(expected: Tensor.Shape, found: Tensor.Shape, source: String)
  /// There are fewer images than a batch needs.
  case tooFewImages(count: Int, batchSize: Int, source: String)
  /// The length of the training comes to no step at all.
  case noStep(batches: Int, needed: Int, source: String)
  /// A checkpoint of a training with other settings or images, each difference in words.
  case otherTraining([String])

  public var description: String {
    switch self {
    case .notFinite(let name, let step):
      "step \(step): \(name) is not a finite number; a lower learning rate may help"
    case .imageShape(let expected, let found, let source):
      "\(source): expected images of shape \(expected), found \(found)"
    case .tooFewImages(let count, let batchSize, let source):
      "\(source): expected at least one batch of \(batchSize) images, found \(count)"
    case .noStep(let batches, let needed, let source):
      "\(source): the training comes to no step: \(batches) batches in an epoch, \(needed) in a step"
    case .otherTraining(let differences):
      "the checkpoint is one of another training: " + differences.joined(separator: "; ")
        + "; to go on takes the same options and images as before"
    }
  }
}
