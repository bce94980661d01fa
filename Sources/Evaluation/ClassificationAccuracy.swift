import Datasets
import LatentSystem
import Tensor
import Training

/// How many labels a classifier got right.
///
/// ```swift
/// let accuracy = ClassificationAccuracy(of: predicted, labels: labels, classCount: 10)
/// print(accuracy.share, accuracy.confusion[4][9])   // fours that were taken for nines
/// ```
public struct ClassificationAccuracy: Sendable, Hashable {
  /// For each class, and each that its samples were taken for, how many.
  public let confusion: [[Int]]

  /// The accuracy of `predictions`.
  /// - Precondition: one prediction for each label; all in `0..<classCount`.
  public init(of predictions: [Int], labels: [Int], classCount: Int) {
    require(
      predictions.count == labels.count,
      "ClassificationAccuracy: \(predictions.count) predictions and \(labels.count) labels; they must be equally many")
    var confusion = [[Int]](repeating: [Int](repeating: 0, count: max(0, classCount)), count: max(0, classCount))
    for (index, (prediction, label)) in zip(predictions, labels).enumerated() {
      require(
        prediction >= 0 && prediction < classCount && label >= 0 && label < classCount,
        "ClassificationAccuracy: prediction \(prediction) of label \(label) at \(index); both must be one of \(classCount) classes"
      )
      confusion[label][prediction] += 1
    }
    self.confusion = confusion
  }

  /// The accuracy of a trained classifier on the samples of a source, or on the first `limit` of them.
  ///
  /// - Throws: ``CapabilityError`` if the model tells no classes, if the samples have no labels, or another shape than it
  ///   learned from.
  public init(of classifier: TrainedModel, on source: any SampleSource, limit: Int? = nil) throws {
    guard case .classes(let sourceClasses) = source.conditions else {
      let reason = source.missingConditions.map { ": \($0)" } ?? ""
      throw CapabilityError("a classifier is tested on samples with labels, found none\(reason)")
    }
    var (predictions, labels) = ([Int](), [Int]())
    for batch in source.batchesInOrder(limit: limit) {
      predictions += try classifier.classProbabilities(of: batch.samples).argmax(axis: 1)
      labels += batch.labels ?? []
    }
    let own = (classifier.model as? any Classifying)?.classCount ?? 0
    self.init(of: predictions, labels: labels, classCount: max(own, sourceClasses))
  }

  /// How many samples there are.
  public var count: Int { confusion.reduce(0) { $0 + $1.reduce(0, +) } }

  /// How many of them were labelled right.
  public var correctCount: Int { confusion.indices.reduce(0) { $0 + confusion[$1][$1] } }

  /// The share that was labelled right; NaN without samples.
  public var share: Double { Double(correctCount) / Double(count) }

  /// The share of each class's samples that was labelled right; NaN for a class without samples.
  public var shares: [Double] {
    confusion.indices.map { Double(confusion[$0][$0]) / Double(confusion[$0].reduce(0, +)) }
  }
}
