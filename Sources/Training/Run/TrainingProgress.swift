import Datasets
import Layers
import Tensor

/// How far a training is: what its callbacks are told.
public struct TrainingProgress: Sendable {
  /// The number of steps of the whole training.
  public let totalSteps: Int
  /// The number of steps that were done when it started or went on.
  public let firstStep: Int
  /// The pass over the samples that the step's first batch belongs to, from 1.
  public let epoch: Int
  /// The time since the training started or went on.
  public let seconds: Double
  /// The losses of this step, the most important first.
  public let metrics: Metrics
  /// Whether this step was the last of an epoch or of the training.
  public let endsEpoch: Bool
  /// Figures on held-out samples, after the last step of an epoch.
  public let heldOut: Metrics?
  /// What is going wrong.
  public let warnings: [TrainingWarning]
  /// Those of the warnings that the step before did not have.
  public let newWarnings: [TrainingWarning]
  /// What is learned from.
  public let data: TrainingData
  /// All that it takes to go on from here. Holding on to it makes the next step copy what it changes.
  public let checkpoint: TrainingCheckpoint
  /// Why there is no next step: samples cannot be read any more. The training ends with this error after the callback,
  /// which can save the checkpoint.
  public internal(set) var failure: (any Error)?

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
