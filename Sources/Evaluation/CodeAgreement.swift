import Datasets
import LatentSystem
import Tensor
import Training

/// How well a categorical code that a model has learned without labels agrees with classes.
///
/// The code of each sample is the likeliest one, as the model recovers it. Codes and classes are matched one to one, so
/// that as many samples as possible fit: which code stands for which class is nobody's choice, so the whole table belongs to
/// the figure.
public struct CodeAgreement: Sendable, Equatable, Codable {
  /// The share of samples whose code stands for their class.
  public let share: Double
  /// The class that each code stands for; numbers that are no class where there are more codes than classes.
  public let classes: [Int]
  /// How many samples of each class have each code: a row for each code, a column for each class.
  public let table: [[Int]]
  /// How many samples were looked at.
  public let count: Int

  /// Looks at the first categorical code of samples of classes.
  ///
  /// - Parameters:
  ///   - model: any.
  ///   - source: samples with labels.
  ///   - limit: how many of them are looked at.
  /// - Returns: nil if the model's latents have no categorical code, or the samples no labels.
  /// - Throws: ``CapabilityError`` if the samples are none that the model takes.
  public init?(on model: TrainedModel, _ source: any SampleSource, limit: Int = 10_000) throws {
    guard let ability = model.model as? any CodeRecovering, let valueCount = ability.codes.categories.first,
      case .classes(let classCount) = source.conditions, source.count > 0
    else { return nil }
    let places = ability.codes.places(ofCategorical: 0)
    var (codes, labels): ([Int], [Int]) = ([], [])
    for batch in source.batchesInOrder(limit: limit) {
      codes += try model.recoveredCodes(of: batch.samples)[.all, places].argmax(axis: 1)
      labels += batch.labels ?? []
    }
    self.init(codes: codes, labels: labels, valueCount: valueCount, classCount: classCount)
  }

  /// The agreement of codes with the labels of the same samples.
  /// - Precondition: one code for each label; codes lie in `0..<valueCount`, labels in `0..<classCount`.
  public init(codes: [Int], labels: [Int], valueCount: Int, classCount: Int) {
    require(
      codes.allSatisfy { (0..<valueCount).contains($0) } && labels.allSatisfy { (0..<classCount).contains($0) }
        && codes.count == labels.count,
      "CodeAgreement: \(codes.count) codes of \(valueCount) values for \(labels.count) labels of \(classCount) classes")
    let best = BestAssignment(of: codes, labels: labels, classCount: max(valueCount, classCount))
    var table = Array(repeating: Array(repeating: 0, count: classCount), count: valueCount)
    for (code, label) in zip(codes, labels) { table[code][label] += 1 }
    self.table = table
    classes = Array(best.classes.prefix(valueCount))
    share = best.share
    count = codes.count
  }
}
