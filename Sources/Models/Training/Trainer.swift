import Datasets
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

  /// Trains from the start.
  ///
  /// - Parameters:
  ///   - images: to learn from.
  ///   - heldOut: to evaluate the model on after every epoch and at the end.
  ///   - onStep: called after every step.
  /// - Returns: the model with what it has learned.
  /// - Throws: ``TrainingError``, and whatever `onStep` throws, which ends the training.
  public func train(
    on images: ImageSet, heldOut: ImageSet? = nil, onStep: (TrainingProgress) throws -> Void = { _ in }
  ) throws -> TrainedModel {
    try validate(images, source: "training images")
    if let heldOut { try checkShape(heldOut, "held-out images") }
    var batches = BatchStream(images, batchSize: batchSize, generator: RandomGenerator(seed: seed, stream: 3))
    var training = model.makeTraining(seed: seed, learningRate: learningRate)
    var recent = RecentMetrics()
    var warnings: [TrainingWarning] = []
    let totalSteps = stepCount(batchesPerEpoch: batches.batchesPerEpoch)
    let start = ContinuousClock.now
    while training.step < totalSteps {
      let epoch = batches.epoch
      let factor = Float(schedule.factor(at: training.step))
      for name in training.optimizers.keys { training.optimizers[name]?.progress.rateFactor = factor }
      let metrics = try model.trainingStep({ batches.next() }, &training)
      training.step += 1
      recent.add(metrics)
      let known = Set(warnings.map(\.kind))
      warnings = recent.metrics.map(model.warnings(for:)) ?? []
      let endsEpoch = batches.epoch > epoch || training.step == totalSteps
      // A step looks at its loss before the update; nobody would look after the last one.
      if endsEpoch, let name = training.state.firstNonFinite {
        throw TrainingError.notFinite(name, step: training.step)
      }
      let heldOutMetrics = endsEpoch ? heldOut.map { model.evaluate($0, training.state) } : nil
      try onStep(
        TrainingProgress(
          step: training.step, totalSteps: totalSteps, epoch: epoch + 1, seconds: start.secondsUntilNow,
          metrics: metrics, endsEpoch: endsEpoch, heldOut: heldOutMetrics, warnings: warnings,
          newWarnings: warnings.filter { !known.contains($0.kind) }, trained: TrainedModel(model, training)))
    }
    return TrainedModel(model, training)
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
  /// The number of steps done, from 1.
  public let step: Int
  /// The number of steps of the whole training.
  public let totalSteps: Int
  /// The pass over the images that the step belongs to, from 1.
  public let epoch: Int
  /// The time since the start of the training.
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
  /// The model as it is now. Holding on to it makes the next step copy what it changes.
  public let trained: TrainedModel
}

extension ContinuousClock.Instant {
  var secondsUntilNow: Double {
    let (seconds, attoseconds) = duration(to: .now).components
    return Double(seconds) + Double(attoseconds) * 1e-18
  }
}
