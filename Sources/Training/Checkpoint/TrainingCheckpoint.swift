import Datasets
import Layers

/// A training after one of its steps: all that it takes to go on as if it had never been interrupted.
///
/// ```swift
/// try trainer.train(on: images) { progress in
///   if progress.step % 100 == 0 { try progress.checkpoint.save(to: "model.safetensors") }
/// }
/// // Later, perhaps in another process:
/// let checkpoint = try TrainingCheckpoint.load("model.safetensors")
/// let trained = try trainer.train(on: images, from: checkpoint)
/// ```
///
/// The file depends on the training alone, not on time, machine or number of threads.
public struct TrainingCheckpoint: Sendable {
  /// What is trained.
  public let model: any GenerativeModel
  /// Parameters, buffers, average, optimizers and randomness.
  public internal(set) var training: TrainingState
  /// What has to be the same when the training goes on.
  public internal(set) var settings: TrainingSettings
  /// The number of batches taken of each stream, which, with the seed, says which come next.
  public internal(set) var batchesTaken: [String: Int] = [:]
  /// What warnings look at.
  public internal(set) var trend: TrainingTrend

  /// A training before its first step.
  /// - Parameter isTrained: whether it begins with what another training has learned.
  init(
    _ model: any GenerativeModel, _ training: TrainingState, _ settings: TrainingSettings, isTrained: Bool = false
  ) {
    self.model = model
    self.training = training
    self.settings = settings
    trend = TrainingTrend(isTrained: isTrained)
  }

  /// The number of steps done.
  public var step: Int { training.step }

  /// The model as it is now.
  public var trained: TrainedModel { TrainedModel(model, training) }

  /// What is going wrong with the training.
  /// - Parameters:
  ///   - schedule: the trainer's.
  ///   - isLast: whether no step follows.
  func warnings(_ schedule: LearningRateSchedule, isLast: Bool) -> [TrainingWarning] {
    let ofModel = model.warnings(for: trend) + (isLast ? model.warningsAtEnd(of: trend) : [])
    // What a model says of itself is nearer to the cause.
    let general = trend.warnings.filter { warning in !ofModel.contains { $0.kind == warning.kind } }
    let found = ofModel + general
    let isOver = training.optimizers.values.contains { optimizer in
      let (schedule, step) = optimizer.schedule.map { ($0, optimizer.progress.step) } ?? (schedule, step)
      return step > 0 && schedule.factor(at: step - 1) == 0
    }
    guard isOver else { return found }
    return found + [
      TrainingWarning(
        kind: TrainingWarning.Kind.scheduleOver,
        text: "the learning rate's schedule has come to its end at 0: nothing is learned any more")
    ]
  }

  /// The pass over the samples of the model's first stream that the last batch belongs to, from 1; 1 before the first.
  public var epoch: Int {
    position.map { max(0, $0.taken - 1) / $0.batchesPerEpoch + 1 } ?? 1
  }

  /// Whether the last step was the last of an epoch.
  var endsEpoch: Bool {
    position.map { $0.taken / $0.batchesPerEpoch > ($0.taken - model.batchesPerStep) / $0.batchesPerEpoch } ?? false
  }

  /// How many batches were taken of the model's first stream, and how many a pass has.
  private var position: (taken: Int, batchesPerEpoch: Int)? {
    let stream = model.inputs.first?.stream ?? TrainingData.mainStream
    guard let samples = settings.streams[stream], let taken = batchesTaken[stream] else { return nil }
    return (taken, samples.count / settings.batchSize)
  }
}
