import Datasets
import LatentSystem
import Layers
import Tensor

/// Trains any model on a set of images.
///
/// ```swift
/// let trainer = Trainer(vae, length: .epochs(10))
/// let trained = try trainer.train(on: images) { print($0.step, $0.metrics["loss"] ?? 0) }
/// ```
///
/// What is learned depends on the model, the images, the settings and the seed, on nothing else.
public struct Trainer<Model: GenerativeModel>: Sendable {
  /// How long to train.
  public enum Length: Sendable, Equatable {
    /// Whole passes over the images.
    case epochs(Int)
    /// Updates of the model.
    case steps(Int)
  }

  /// What is trained.
  public let model: Model
  /// How long to train.
  public var length: Length
  /// The number of images in a batch.
  public var batchSize: Int
  /// Decides the first values, the order of the images and all other randomness.
  public var seed: UInt64
  /// In place of the model's own learning rate.
  public var learningRate: Float?
  /// How the learning rates change over the steps.
  public var schedule: LearningRateSchedule

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

  /// Checks that the images suit the model and suffice for a batch.
  /// - Parameter source: where they come from, for the message.
  /// - Throws: ``TrainingError``.
  public func validate(_ images: ImageSet, source: String) throws {
    try checkShape(images, source)
    require(batchSize >= 1, "Trainer: batches of \(batchSize) images; the least is 1")
    guard images.count >= batchSize else {
      throw TrainingError.tooFewImages(count: images.count, batchSize: batchSize, source: source)
    }
    guard stepCount(batchesPerEpoch: images.count / batchSize) >= 1 else {
      throw TrainingError.noStep(batches: images.count / batchSize, needed: model.batchesPerStep, source: source)
    }
  }

  private func checkShape(_ images: ImageSet, _ source: String) throws {
    guard images.imageShape == model.imageShape else {
      throw TrainingError.imageShape(expected: model.imageShape, found: images.imageShape, source: source)
    }
  }

  /// Checks that a training from `checkpoint` on `images` is the one that it belongs to. Its length may differ, and
  /// held-out images may be added where there were none.
  ///
  /// - Parameters:
  ///   - checkpoint: where to go on.
  ///   - images: to learn from.
  ///   - heldOut: to evaluate the model on; nil for none, which differs from any.
  /// - Throws: ``TrainingError/otherTraining(_:)`` naming each difference.
  public func validate(_ checkpoint: TrainingCheckpoint, on images: ImageSet, heldOut: ImageSet? = nil) throws {
    let differences = checkpoint.differences(model, settings(for: images, heldOut))
    if !differences.isEmpty { throw TrainingError.otherTraining(differences) }
  }

  /// The number of steps of a whole training on `images`.
  public func totalSteps(on images: ImageSet) -> Int { stepCount(batchesPerEpoch: images.count / batchSize) }

  private func settings(for images: ImageSet, _ heldOut: ImageSet?) -> TrainingSettings {
    TrainingSettings(
      batchSize: batchSize, seed: seed, learningRate: learningRate, schedule: schedule,
      images: TrainingSettings.Images(images), heldOut: heldOut.map(TrainingSettings.Images.init))
  }

  /// Trains from the start, or goes on from a checkpoint, with the same result to the last bit.
  ///
  /// - Parameters:
  ///   - images: to learn from.
  ///   - heldOut: to evaluate the model on after every epoch and at the end.
  ///   - checkpoint: where to go on. If it has as many steps as this training should have, or more, it is the result.
  ///   - onStep: called after every step.
  /// - Returns: the model with what it has learned.
  /// - Throws: ``TrainingError``, and whatever `onStep` throws, which ends the training.
  public func train(
    on images: ImageSet, heldOut: ImageSet? = nil, from checkpoint: TrainingCheckpoint? = nil,
    onStep: (TrainingProgress) throws -> Void = { _ in }
  ) throws -> TrainedModel {
    try validate(images, source: "training images")
    if let heldOut { try checkShape(heldOut, "held-out images") }
    if let checkpoint { try validate(checkpoint, on: images, heldOut: heldOut) }
    let settings = settings(for: images, heldOut)
    var now =
      checkpoint
      ?? TrainingCheckpoint(model, model.makeTraining(seed: seed, learningRate: learningRate), settings)
    // Held-out images that are new are those of the rest of the training.
    now.settings = settings
    var batches = BatchStream(
      images, batchSize: batchSize, generator: RandomGenerator(seed: seed, stream: 3), batchesTaken: now.batchesTaken)
    let (firstStep, totalSteps) = (now.step, totalSteps(on: images))
    let start = ContinuousClock.now
    while now.step < totalSteps {
      let epoch = batches.epoch
      let known = Set(now.warnings.map(\.kind))
      let metrics = try step(&now, &batches)
      let endsEpoch = batches.epoch > epoch || now.step == totalSteps
      // A step looks at its loss before the update; nobody would look after the last one.
      if endsEpoch, let name = now.training.state.firstNonFinite {
        throw TrainingError.notFinite(name, step: now.step)
      }
      let heldOutMetrics = endsEpoch ? heldOut.map { model.evaluate($0, now.training.state) } : nil
      let warnings = now.warnings
      try onStep(
        TrainingProgress(
          totalSteps: totalSteps, firstStep: firstStep, epoch: epoch + 1, seconds: start.secondsUntilNow,
          metrics: metrics, endsEpoch: endsEpoch, heldOut: heldOutMetrics, warnings: warnings,
          newWarnings: warnings.filter { !known.contains($0.kind) }, checkpoint: now))
    }
    return now.trained
  }

  private func step(_ now: inout TrainingCheckpoint, _ batches: inout BatchStream) throws -> Metrics {
    let factor = Float(schedule.factor(at: now.step))
    for name in now.training.optimizers.keys { now.training.optimizers[name]?.progress.rateFactor = factor }
    let metrics = try model.trainingStep({ batches.next() }, &now.training)
    now.training.step += 1
    now.batchesTaken = batches.batchesTaken
    now.recent.add(metrics)
    return metrics
  }

  private func stepCount(batchesPerEpoch: Int) -> Int {
    switch length {
    case .steps(let steps): steps
    case .epochs(let epochs): (epochs * batchesPerEpoch) / model.batchesPerStep
    }
  }
}

/// How far a training is: what its callbacks are told.
public struct TrainingProgress: Sendable {
  /// The number of steps of the whole training.
  public let totalSteps: Int
  /// The number of steps that were done when it started or went on.
  public let firstStep: Int
  /// The pass over the images that the step belongs to, from 1.
  public let epoch: Int
  /// The time since the training started or went on.
  public let seconds: Double
  /// The losses of this step, the most important first.
  public let metrics: Metrics
  /// Whether this step was the last of an epoch or of the training.
  public let endsEpoch: Bool
  /// Figures on held-out images, after the last step of an epoch.
  public let heldOut: Metrics?
  /// What is going wrong.
  public let warnings: [TrainingWarning]
  /// Those of the warnings that the step before did not have.
  public let newWarnings: [TrainingWarning]
  /// All that it takes to go on from here. Holding on to it makes the next step copy what it changes.
  public let checkpoint: TrainingCheckpoint

  /// The number of steps done, from 1.
  public var step: Int { checkpoint.step }
  /// The model as it is now. Holding on to it makes the next step copy what it changes.
  public var trained: TrainedModel { checkpoint.trained }
}

extension ContinuousClock.Instant {
  var secondsUntilNow: Double {
    let (seconds, attoseconds) = duration(to: .now).components
    return Double(seconds) + Double(attoseconds) * 1e-18
  }
}
