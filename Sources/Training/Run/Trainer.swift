import Datasets
import LatentSystem
import Layers
import Tensor

/// Trains any model on the samples that it learns from.
///
/// ```swift
/// let trainer = Trainer(vae, length: .epochs(10))
/// let trained = try trainer.train(on: images) { print($0.step, $0.metrics["loss"] ?? 0) }
/// ```
///
/// What is learned depends on the model, the samples, the settings and the seed, on nothing else.
public struct Trainer<Model: GenerativeModel>: Sendable {
  /// How long to train.
  public typealias Length = TrainingLength

  /// What is trained.
  public let model: Model
  /// How long to train.
  public var length: Length
  /// The number of samples in a batch.
  public var batchSize: Int
  /// Decides the first values, the order of the samples and all other randomness.
  public var seed: UInt64
  /// In place of the model's own learning rate.
  public var learningRate: Float?
  /// How the learning rates change over the steps. Where an optimizer of the model has a schedule of its own, this has to
  /// be constant.
  public var schedule: LearningRateSchedule
  /// Parameters and buffers to begin with, in place of first values: those of a trained model with the same network, for
  /// instance to train it on with another loss or on other samples. Optimizers begin anew. A training that goes on from a
  /// checkpoint has no use for them.
  public var initialState: State?
  /// Whether ``initialState`` is what the same networks have learned: then the first steps are those of a trained model,
  /// and warnings compare later ones with the mean of the first ten, not with the first alone.
  public var beginsTrained = false
  /// How images are changed at random at each use; held-out ones stay as they are. Nil for not at all.
  public var augmentation: ImageAugmentation?
  /// Which share of the samples was held out of the data with ``seed``; checkpoints keep it for a training that goes on.
  public var heldOutShare: Double?
  /// What whoever goes on with the training wants to know, by name, such as how its samples were read. Checkpoints keep
  /// it; it decides nothing.
  public var notes: [String: String] = [:]

  /// A trainer with the given settings.
  public init(
    _ model: Model, length: Length = .epochs(10), batchSize: Int = 128, seed: UInt64 = 0, learningRate: Float? = nil,
    schedule: LearningRateSchedule = .constant
  ) {
    self.model = model
    self.length = length
    self.batchSize = batchSize
    self.seed = seed
    self.learningRate = learningRate
    self.schedule = schedule
  }

  /// The number of steps of a whole training on `data`.
  /// - Precondition: `data` has the model's first stream.
  public func totalSteps(on data: TrainingData) -> Int {
    length.steps(batchesPerEpoch: batchesPerEpoch(data), batchesPerStep: model.batchesPerStep)
  }

  /// Trains from the start, or goes on from a checkpoint, with the same result to the last bit.
  ///
  /// - Parameters:
  ///   - data: to learn from.
  ///   - heldOut: to evaluate the model on after every epoch and at the end.
  ///   - checkpoint: where to go on. If it has as many steps as this training should have, or more, it is the result.
  ///     With another learning rate or schedule than before, it goes on with the new ones.
  ///   - onStep: called after every step.
  /// - Returns: the model with what it has learned.
  /// - Throws: ``TrainingError``, ``ConfigurationError``, ``UnregisteredError``, whatever `onStep` throws, which ends
  ///   the training, and the failure of a ``DelayedSource`` among the data, after the last step that had all of its samples
  ///   (``TrainingProgress/failure``).
  public func train(
    on data: TrainingData, heldOut: TrainingData? = nil, from checkpoint: TrainingCheckpoint? = nil,
    onStep: (TrainingProgress) throws -> Void = { _ in }
  ) throws -> TrainedModel {
    try validate(data, heldOut: heldOut)
    let learned = model.prepared(augmented(data), isLearned: true)
    let (data, heldOut) = (model.prepared(data, isLearned: true), heldOut.map { model.prepared($0, isLearned: false) })
    let settings = settings(for: data, heldOut)
    if let failure = data.failure ?? heldOut?.failure { throw failure }
    if let checkpoint { try check(checkpoint, settings) }
    var now = begin(from: checkpoint, settings)
    var feed = BatchFeed(
      learned, batchSize: batchSize,
      generator: RandomGenerator(seed: seed, stream: RandomStream.order),
      positions: now.batchesTaken)
    let (firstStep, totalSteps) = (now.step, totalSteps(on: data))
    let start = ContinuousClock.now
    var warnings = now.warnings(schedule, isLast: false)
    feed.prepare(model.batchesPerStep)
    if let failure = learned.failure { throw failure }
    while now.step < totalSteps {
      feed.prepare(now.step + 1 < totalSteps ? model.batchesPerStep : 0, after: model.batchesPerStep)
      let epoch = feed.epoch(of: mainStream)
      let metrics = try step(&now, &feed)
      let endsEpoch = feed.epoch(of: mainStream) > epoch || now.step == totalSteps
      // A step looks at its loss before the update; nobody would look after the last one.
      if endsEpoch, let name = now.training.firstNonFinite {
        throw TrainingError.notFinite(name, step: now.step)
      }
      var heldOutMetrics = endsEpoch ? heldOut.map { model.evaluate(on: $0, with: now.training.state) } : nil
      let failure = learned.failure ?? heldOut?.failure
      if failure != nil { heldOutMetrics = nil }
      // The last step need not end an epoch, and a training that goes on knows nothing of it.
      if let heldOutMetrics, feed.epoch(of: mainStream) > epoch { note(heldOutMetrics, in: &now) }
      let known = Set(warnings.map(\.kind))
      warnings = now.warnings(schedule, isLast: now.step == totalSteps)
      try onStep(
        TrainingProgress(
          totalSteps: totalSteps, firstStep: firstStep, epoch: epoch + 1, seconds: start.secondsUntilNow,
          metrics: metrics, endsEpoch: endsEpoch, heldOut: heldOutMetrics, warnings: warnings,
          newWarnings: warnings.filter { !known.contains($0.kind) }, data: data, checkpoint: now, failure: failure))
      if let failure { throw failure }
    }
    return now.trained
  }

  /// Trains on one source of samples; see ``train(on:heldOut:from:onStep:)-(TrainingData,_,_,_)``.
  public func train(
    on samples: any SampleSource, heldOut: (any SampleSource)? = nil, from checkpoint: TrainingCheckpoint? = nil,
    onStep: (TrainingProgress) throws -> Void = { _ in }
  ) throws -> TrainedModel {
    try train(
      on: TrainingData(samples), heldOut: heldOut.map { TrainingData($0) }, from: checkpoint, onStep: onStep)
  }

  /// The training at its start, or where `checkpoint` has come to.
  private func begin(from checkpoint: TrainingCheckpoint?, _ settings: TrainingSettings) -> TrainingCheckpoint {
    guard var now = checkpoint else {
      var training = model.makeTraining(seed: seed, learningRate: learningRate)
      if let initialState { training.state.merge(initialState) }
      return TrainingCheckpoint(model, training, settings, isTrained: beginsTrained)
    }
    if now.settings.learningRate != learningRate {
      now.training.replaceOptimizers(model.makeOptimizers(learningRate: learningRate))
    }
    // Held-out samples that are new are those of the rest of the training; so are learning rate, schedule and length.
    now.settings = settings
    return now
  }

  private func step(_ now: inout TrainingCheckpoint, _ feed: inout BatchFeed) throws -> Metrics {
    let factor = Float(schedule.factor(at: now.step))
    for (name, optimizer) in now.training.optimizers where optimizer.schedule == nil {
      now.training.optimizers[name]?.progress.rateFactor = factor
    }
    let metrics = try model.trainingStep(&feed, &now.training)
    now.training.step += 1
    now.batchesTaken = feed.positions
    now.trend.add(metrics)
    return metrics
  }

  /// Takes note of figures on held-out samples after an epoch, unless the losses that belong to them are, or some of them,
  /// those of a warm-up.
  private func note(_ heldOut: Metrics, in now: inout TrainingCheckpoint) {
    guard model.warmupSteps == 0 || now.step - MetricCourse.span >= model.warmupSteps else { return }
    now.trend.add(heldOut: heldOut, losses: model.heldOutLosses)
  }

  /// The data as they are changed at each use.
  private func augmented(_ data: TrainingData) -> TrainingData {
    guard let augmentation else { return data }
    return TrainingData(
      streams: data.streams.mapValues { TransformedSource($0, augmentation, isDynamic: true) })
  }

  private var mainStream: String { model.inputs.first?.stream ?? TrainingData.mainStream }

  private func batchesPerEpoch(_ data: TrainingData) -> Int { (data[mainStream]?.count ?? 0) / batchSize }
}

// MARK: - Checks before the first step

extension Trainer {
  /// Checks that the data suit the model and suffice for a batch, and that the settings make sense.
  ///
  /// - Parameters:
  ///   - data: to learn from.
  ///   - heldOut: to evaluate on.
  ///   - source: where the data come from, for the message.
  ///   - sources: the same of streams that come from somewhere else, by name.
  /// - Throws: ``TrainingError``, ``ConfigurationError``, ``UnregisteredError``.
  public func validate(
    _ data: TrainingData, heldOut: TrainingData? = nil, source: String = "training data",
    sources: [String: String] = [:]
  ) throws {
    require(batchSize >= 1, "Trainer: batches of \(batchSize); the least is 1")
    if let learningRate, !(learningRate > 0 && learningRate.isFinite) {
      throw ConfigurationError("\(Model.kind): the learning rate is \(learningRate), expected a positive number")
    }
    try checkSchedules()
    try checkMemory()
    if let mismatch = initialState.flatMap({ model.network.mismatch(with: $0) }) {
      throw ConfigurationError("\(Model.kind): the numbers to begin with are those of another network: \(mismatch)")
    }
    for input in model.inputs {
      let source = sources[input.stream] ?? source
      let samples = try check(data, input, source)
      guard samples.count >= batchSize else {
        throw TrainingError.tooFewSamples(count: samples.count, batchSize: batchSize, source: source)
      }
      if let heldOut { _ = try check(heldOut, input, "\(source) (held out)") }
    }
    try model.check(batchSize: batchSize)
    if augmentation != nil { try checkAugmentation(of: data, source) }
    guard totalSteps(on: data) >= 1 else {
      throw TrainingError.noStep(batches: batchesPerEpoch(data), needed: model.batchesPerStep, source: source)
    }
  }

  /// Checks that samples can be mirrored and moved.
  private func checkAugmentation(of data: TrainingData, _ source: String) throws {
    for input in model.inputs {
      guard let samples = data[input.stream] else { continue }
      guard samples.sampleShape.rank == 3 else {
        throw ConfigurationError(
          "\(source): expected images to be augmented, found samples of shape \(samples.sampleShape)")
      }
      if case .tensor = samples.conditions {
        throw ConfigurationError("\(source): augmented images would no longer fit those that they are paired with")
      }
    }
  }

  /// What is going wrong with a training of this trainer at a checkpoint of it.
  /// - Parameter isLast: whether the training is over then, so that what it has left undone stays so.
  public func warnings(at checkpoint: TrainingCheckpoint, isLast: Bool = false) -> [TrainingWarning] {
    checkpoint.warnings(schedule, isLast: isLast)
  }

  /// Checks that all schedules are registered, and that no learning rate has two of them.
  private func checkSchedules() throws {
    try schedule.checkRegistered()
    for (name, optimizer) in model.makeOptimizers(learningRate: learningRate).sorted(by: { $0.key < $1.key }) {
      guard let own = optimizer.schedule else { continue }
      try own.checkRegistered()
      guard schedule == .constant else {
        throw ConfigurationError(
          "\(Model.kind): the optimizer \(name) has a schedule of its own, so the trainer's must be constant")
      }
    }
  }

  /// Checks that one stream is there and is what the model needs.
  private func check(
    _ data: TrainingData, _ input: InputRequirement, _ source: String
  ) throws -> any SampleSource {
    guard let samples = data[input.stream] else {
      throw TrainingError.missingStream(input.stream, found: data.names, source: source)
    }
    guard samples.sampleShape == input.sampleShape else {
      throw TrainingError.sampleShape(expected: input.sampleShape, found: samples.sampleShape, source: source)
    }
    guard input.condition.contains(samples.conditions) else {
      throw TrainingError.condition(
        expected: input.condition, found: samples.conditions, reason: samples.missingConditions, source: source)
    }
    return samples
  }

  /// Checks that a training from `checkpoint` on `data` is the one that it belongs to. Its length, learning rate and
  /// schedule may differ, and held-out samples may be added where there were none.
  ///
  /// - Parameters:
  ///   - checkpoint: where to go on.
  ///   - data: to learn from.
  ///   - heldOut: to evaluate the model on; nil for none, which differs from any.
  /// - Throws: ``TrainingError/otherTraining(_:)`` naming each difference.
  public func validate(
    _ checkpoint: TrainingCheckpoint, on data: TrainingData, heldOut: TrainingData? = nil
  ) throws {
    try check(
      checkpoint,
      settings(for: model.prepared(data, isLearned: true), heldOut.map { model.prepared($0, isLearned: false) }))
  }

  private func check(_ checkpoint: TrainingCheckpoint, _ settings: TrainingSettings) throws {
    let differences = checkpoint.differences(model, settings)
    if !differences.isEmpty { throw TrainingError.otherTraining(differences) }
  }

  private func settings(for data: TrainingData, _ heldOut: TrainingData?) -> TrainingSettings {
    func records(_ data: TrainingData) -> [String: TrainingSettings.Samples] {
      let pairs = model.inputs.compactMap { input in
        data[input.stream].map {
          (input.stream, TrainingSettings.Samples($0, withConditions: input.condition != .none))
        }
      }
      return Dictionary(pairs) { first, _ in first }
    }
    return TrainingSettings(
      batchSize: batchSize, seed: seed, learningRate: learningRate, schedule: schedule, length: length,
      streams: records(data), heldOut: heldOut.map(records), heldOutShare: heldOutShare,
      augmentation: augmentation, notes: notes)
  }
}
