import Datasets
import Dispatch
import Layers
import Synchronization
import Tensor

/// A step of a training that runs in the background.
public enum TrainingUpdate: Sendable {
  /// A step was made.
  case step(TrainingStep)
  /// The training is over.
  case finished(TrainedModel)
}

/// What is told of one step of a training that runs in the background.
public struct TrainingStep: Sendable, Equatable {
  /// The number of steps done, from 1.
  public let number: Int
  /// The number of steps of the whole training.
  public let total: Int
  /// The pass over the samples that it belongs to, from 1.
  public let epoch: Int
  /// The time since the training started or went on.
  public let seconds: Double
  /// The losses, the most important first.
  public let metrics: Metrics
  /// Figures on held-out samples, after the last step of an epoch.
  public let heldOut: Metrics?
  /// What is going wrong that was not before.
  public let newWarnings: [TrainingWarning]

  init(_ progress: TrainingProgress) {
    number = progress.step
    total = progress.totalSteps
    epoch = progress.epoch
    seconds = progress.seconds
    metrics = progress.metrics
    heldOut = progress.heldOut
    newWarnings = progress.newWarnings
  }
}

extension Trainer {
  /// Trains on a thread of its own, and waits for it without holding up others; otherwise as
  /// ``train(on:heldOut:from:onStep:)-(TrainingData,_,_,_)``.
  ///
  /// Cancelling the task ends the training after the step at hand.
  /// - Parameter onStep: called after every step, on the training's thread.
  /// - Returns: the model with what it has learned.
  /// - Throws: `CancellationError` if the task was cancelled, and what
  ///   ``train(on:heldOut:from:onStep:)-(TrainingData,_,_,_)`` throws.
  public func trainInBackground(
    on data: TrainingData, heldOut: TrainingData? = nil, from checkpoint: TrainingCheckpoint? = nil,
    onStep: @escaping @Sendable (TrainingProgress) throws -> Void = { _ in }
  ) async throws -> TrainedModel {
    let isCancelled = Atomic<Bool>(false)
    return try await withTaskCancellationHandler {
      try await withCheckedThrowingContinuation { continuation in
        DispatchQueue(label: "latent.training").async {
          continuation.resume(
            with: Result {
              try train(on: data, heldOut: heldOut, from: checkpoint) { progress in
                if isCancelled.load(ordering: .relaxed) { throw CancellationError() }
                try onStep(progress)
              }
            })
        }
      }
    } onCancel: {
      isCancelled.store(true, ordering: .relaxed)
    }
  }

  /// The steps of a training on one source of samples; see ``updates(on:heldOut:from:)-(TrainingData,_,_)``.
  public func updates(
    on samples: any SampleSource, heldOut: (any SampleSource)? = nil, from checkpoint: TrainingCheckpoint? = nil
  ) -> AsyncThrowingStream<TrainingUpdate, any Error> {
    updates(on: TrainingData(samples), heldOut: heldOut.map { TrainingData($0) }, from: checkpoint)
  }

  /// The steps of a training in the background, as they are made, and then what has come of it.
  ///
  /// ```swift
  /// for try await update in trainer.updates(on: images) {
  ///   switch update {
  ///   case .step(let step): print(step.number, step.metrics)
  ///   case .finished(let trained): show(try trained.sample(16))
  ///   }
  /// }
  /// ```
  ///
  /// Whoever is slower than the training gets the latest steps only. The training ends when the loop's task is cancelled,
  /// which ends the loop without an error and without ``TrainingUpdate/finished(_:)``, or when the sequence and its
  /// iterator are gone: leave the loop in a function, as those of top-level code live on.
  public func updates(
    on data: TrainingData, heldOut: TrainingData? = nil, from checkpoint: TrainingCheckpoint? = nil
  ) -> AsyncThrowingStream<TrainingUpdate, any Error> {
    AsyncThrowingStream(bufferingPolicy: .bufferingNewest(64)) { continuation in
      let task = Task {
        do {
          let trained = try await trainInBackground(on: data, heldOut: heldOut, from: checkpoint) {
            continuation.yield(.step(TrainingStep($0)))
          }
          continuation.yield(.finished(trained))
          continuation.finish()
        } catch {
          continuation.finish(throwing: error)
        }
      }
      continuation.onTermination = { _ in task.cancel() }
    }
  }
}
