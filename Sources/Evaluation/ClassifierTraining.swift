import Datasets
import LatentSystem
import Layers
import Tensor
import Training

/// A classifier that learns from some labelled samples, from its first values on, and is tested on others: what samples
/// are worth to it.
///
/// ```swift
/// let training = ClassifierTraining(classifier, steps: 500)
/// print(try training.accuracy(learningFrom: samples, seed: 1, testedOn: testImages).share)
/// ```
///
/// Accuracies can be compared if nothing but the samples differs: the network, the number of updates, the size of a
/// batch, the learning rate, which falls to 0 along half a cosine, and the seed, of which the first values and all
/// randomness follow, are the same for all.
public struct ClassifierTraining: Sendable {
  /// What is trained. Whatever it does to samples at each use, as to move them, it does to all.
  public let classifier: any Classifying
  /// The number of updates.
  public var steps: Int
  /// The number of samples in a batch.
  public var batchSize: Int

  /// A training of a classifier.
  /// - Precondition: `steps >= 1`, `batchSize >= 1`.
  public init(_ classifier: any Classifying, steps: Int = 500, batchSize: Int = 64) {
    require(
      steps >= 1 && batchSize >= 1,
      "ClassifierTraining: \(steps) steps with batches of \(batchSize); at least 1 of each is needed")
    self.classifier = classifier
    self.steps = steps
    self.batchSize = batchSize
  }

  /// The accuracy, on labelled test samples, of the classifier that learns from `samples`.
  ///
  /// - Parameters:
  ///   - samples: labelled; as many as a batch has, or more.
  ///   - seed: decides the first values and all randomness.
  ///   - test: what is tested on: all, or the first `limit`.
  ///   - onStep: called after every update; what it throws ends the training.
  /// - Throws: ``TrainingError`` if the samples are too few, of another shape than the classifier takes, without labels or
  ///   with others than it knows; ``CapabilityError`` if that is so of the test samples.
  public func accuracy(
    learningFrom samples: any SampleSource, seed: UInt64, testedOn test: any SampleSource, limit: Int? = nil,
    onStep: () throws -> Void = {}
  ) throws -> ClassificationAccuracy {
    let trained = try trained(classifier, on: samples, seed: seed, onStep)
    return try ClassificationAccuracy(of: trained, on: test, limit: limit)
  }

  private func trained<Model: Classifying>(
    _ model: Model, on samples: any SampleSource, seed: UInt64, _ onStep: () throws -> Void
  ) throws -> TrainedModel {
    let trainer = Trainer(
      model, length: .steps(steps), batchSize: batchSize, seed: seed, schedule: .cosine(steps: steps))
    return try trainer.train(on: samples) { _ in try onStep() }
  }
}
