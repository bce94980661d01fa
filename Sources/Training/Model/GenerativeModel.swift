import Datasets
import Layers
import Tensor

/// A model that is trained, saved, restored and opened: all that a caller needs for that, without knowing which it is.
///
/// What a model can do with its samples is said by small protocols beside this one: ``Sampling``, ``LatentDecoding``,
/// ``LatentEncoding``, ``LikelihoodEstimating``, ``AnomalyScoring``, ``Discriminating``, ``Classifying``,
/// ``FeatureExtracting``, ``Translating``, ``Restoring``, ``TextConditioned``, ``CodeRecovering``, ``Quantizing``.
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

  /// The model's parameters and buffers.
  var network: Network { get }

  /// What it learns from: each stream of samples that a step takes batches of. The first is the one whose passes are
  /// counted as epochs.
  var inputs: [InputRequirement] { get }

  /// How many batches of the first stream one step takes.
  var batchesPerStep: Int { get }

  /// Builds the model.
  /// - Throws: ``ConfigurationError`` if a value is out of range.
  init(_ configuration: Configuration) throws

  /// The model's optimizers by name, each for the parameters it is responsible for.
  /// - Parameter learningRate: in place of the model's own.
  func makeOptimizers(learningRate: Float?) -> [String: any Optimizer]

  /// Tensors of a training that belong to no module, before the first step: a pool of images, a running mean. They are
  /// saved with it as ``TrainingState/memory``. Steps change their numbers, but neither names nor shapes, and leave them
  /// finite: else no checkpoint of the training could be opened.
  func makeMemory(using generator: inout RandomGenerator) -> State

  /// Checks that the model can be trained on batches of this size.
  /// - Throws: ``ConfigurationError`` if it cannot, for instance because batch normalization would see a single value.
  func check(batchSize: Int) throws

  /// One training step.
  ///
  /// - Parameters:
  ///   - feed: gives the next batch of each stream.
  ///   - training: parameters, buffers, optimizers, memory and randomness, which the step moves on. Its steps are
  ///     counted by the caller.
  /// - Returns: the losses and whatever else is worth logging, the most important first. What the training minimizes, if
  ///   that is one number, is called ``TrainingTrend/loss``: then it is told when it diverges.
  /// - Throws: ``TrainingError`` if a loss is not finite; `training` then holds the numbers that gave it.
  func trainingStep(_ feed: inout BatchFeed, _ training: inout TrainingState) throws -> Metrics

  /// Figures of merit on samples that were not trained on. The first has to fall: if it rises while the loss falls, the
  /// trainer tells of overfitting.
  func evaluate(on data: TrainingData, with state: State) -> Metrics

  /// The names of further figures that have to fall, of parts that have steps of their own with a metric of the same name.
  /// If the figure rises while the metric falls, the trainer tells of overfitting, unless it has told of that of the whole.
  var heldOutLosses: [String] { get }

  /// Over how many steps what is minimized changes before it stays what it is, as with a weight that grows; 0 if it is the
  /// same from the first step. Losses before the end of these steps cannot be compared with later ones, so the trainer
  /// tells of overfitting from then on only.
  var warmupSteps: Int { get }

  /// What is odd about a training of so many steps, in words, to be said before the first of them: nothing of most models.
  /// What a value of the configuration has to do with it begins with its name: `betaWarmup is 9 steps, …`.
  func remarks(onTrainingOf stepCount: Int) -> [String]

  /// What is going wrong with a training, in words, beside what goes wrong with every training
  /// (``TrainingTrend/warnings``). One of the same kind takes the place of that. Asked for after every step, so it has to
  /// be cheap.
  ///
  /// - Parameter trend: how the metrics of the steps have gone.
  func warnings(for trend: TrainingTrend) -> [TrainingWarning]

  /// What a training that is over has left undone, in words, beside ``warnings(for:)``: a part of the model that none of
  /// its steps was for.
  ///
  /// - Parameter trend: how the metrics of the steps have gone.
  func warningsAtEnd(of trend: TrainingTrend) -> [TrainingWarning]

  /// How many steps a training has to have before ``warnings(for:)`` can tell whether it ended well, but for what needs
  /// many epochs.
  var leastStepsToJudge: Int { get }

  /// Whether a preview takes much longer than a step. Then none is made but when one is due.
  var isPreviewSlow: Bool { get }

  /// A picture that shows how far the model is; nil if there is none to show.
  ///
  /// - Parameters:
  ///   - state: parameters and buffers.
  ///   - data: what the training learns from.
  ///   - progress: to be called now and then with the share that is done; what it throws, a `CancellationError` for
  ///     instance, ends the preview.
  func preview(with state: State, from data: TrainingData, progress: (Double) throws -> Void) throws -> Preview?
}

extension GenerativeModel {
  public var batchesPerStep: Int { 1 }
  public var isPreviewSlow: Bool { false }
  public var leastStepsToJudge: Int { TrainingWarning.leastSteps }
  public var warmupSteps: Int { 0 }
  public var heldOutLosses: [String] { [] }
  public func makeMemory(using generator: inout RandomGenerator) -> State { State() }
  public func check(batchSize: Int) throws {}
  public func evaluate(on data: TrainingData, with state: State) -> Metrics { Metrics() }
  public func remarks(onTrainingOf stepCount: Int) -> [String] { [] }
  public func warnings(for trend: TrainingTrend) -> [TrainingWarning] { [] }
  public func warningsAtEnd(of trend: TrainingTrend) -> [TrainingWarning] { [] }

  /// Samples if the model gives images: a hundred, and with classes a row of ten for each of the first ten.
  public func preview(
    with state: State, from data: TrainingData, progress: (Double) throws -> Void
  ) throws -> Preview? {
    guard let model = self as? any Sampling else { return nil }
    return try model.previewOfSamples(with: state, from: data, progress: progress)
  }

  /// `source` as this model takes the samples of its first stream outside of a training: binary if it needs that, drawn
  /// once.
  public func prepared(_ source: any SampleSource) -> any SampleSource {
    inputs.first?.binarization.applied(to: source) ?? source
  }

  /// What this model learns from, or is evaluated on, out of `data`: its streams, as it takes them.
  func prepared(_ data: TrainingData, isLearned: Bool) -> TrainingData {
    let pairs = inputs.compactMap { input in
      data[input.stream].map { source in
        (input.stream, isLearned ? input.prepared(source) : input.binarization.applied(to: source))
      }
    }
    return TrainingData(streams: Dictionary(pairs) { first, _ in first })
  }

  /// Parameters, buffers, optimizers and memory before the first step.
  ///
  /// - Parameters:
  ///   - seed: decides the first values and all randomness of the training.
  ///   - learningRate: in place of the model's own.
  public func makeTraining(seed: UInt64, learningRate: Float? = nil) -> TrainingState {
    TrainingState(
      network, optimizers: makeOptimizers(learningRate: learningRate), seed: seed, memory: makeMemory(using:))
  }
}

/// What a model needs of a stream of samples.
public struct InputRequirement: Sendable, Equatable {
  /// The stream's name.
  public let stream: String
  /// The shape of one sample.
  public let sampleShape: Tensor.Shape
  /// What must be known of each sample.
  public let condition: ConditionSpace
  /// How grey pixels are taken. The trainer sees to it.
  public let binarization: Binarization
  /// By how many pixels images are moved at most, at each use in a training; held-out ones stay. The trainer sees to it.
  public let shift: Int
  /// Whether images are mirrored at random at each use in a training; held-out ones stay. The trainer sees to it.
  public let isMirrored: Bool
  /// Whether images get other colours at random at each use in a training; held-out ones keep theirs. The trainer sees to
  /// it.
  public let isRecoloured: Bool

  /// Samples of the given shape, of the only stream if none is named.
  public init(
    _ sampleShape: Tensor.Shape, condition: ConditionSpace = .none, binarization: Binarization = .none, shift: Int = 0,
    isMirrored: Bool = false, isRecoloured: Bool = false, stream: String = TrainingData.mainStream
  ) {
    self.stream = stream
    self.sampleShape = sampleShape
    self.condition = condition
    self.binarization = binarization
    self.shift = shift
    self.isMirrored = isMirrored
    self.isRecoloured = isRecoloured
  }

  /// `source` as it is learned from.
  func prepared(_ source: any SampleSource) -> any SampleSource {
    // What a shift brings in at the edges is black, as the images are: colours come after it.
    let changes: [(isWanted: Bool, any SampleTransform)] = [
      (shift != 0, RandomShift(upTo: shift)), (isMirrored, RandomFlip()), (isRecoloured, RandomRecolouring()),
    ]
    let changed = changes.reduce(source) { $1.isWanted ? TransformedSource($0, $1.1, isDynamic: true) : $0 }
    return binarization.applied(to: changed)
  }
}

/// A picture that shows how far a training is: images side by side.
public struct Preview: Sendable, Equatable {
  /// The images, row by row.
  public let images: ImageSet
  /// How many of them there are in a row.
  public let columns: Int
  /// What each row shows, in words, if that has to be said.
  public let titles: [String]?

  /// Images in rows.
  public init(_ images: ImageSet, columns: Int, titles: [String]? = nil) {
    self.images = images
    self.columns = columns
    self.titles = titles
  }
}

/// The streams that the randomness of a training is split into, all of one seed.
public enum RandomStream {
  /// First values of parameters and buffers.
  public static let initialValues: UInt64 = 1
  /// The steps.
  public static let steps: UInt64 = 2
  /// The order of the samples.
  public static let order: UInt64 = 3
  /// First values of a training's memory.
  public static let memory: UInt64 = 4
  /// Which samples are held out.
  public static let heldOut: UInt64 = 5
}
