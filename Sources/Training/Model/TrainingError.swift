import Datasets
import LatentSystem
import Tensor

/// A configuration that no model can be built from.
public struct ConfigurationError: Error, Sendable, Equatable, CustomStringConvertible {
  /// The value, what was expected and what was found, in one line.
  public let description: String

  /// An error with the given one-line description.
  public init(_ description: String) { self.description = description }
}

/// Why a training cannot start or go on.
public enum TrainingError: Error, Sendable, Equatable, CustomStringConvertible {
  /// A number became infinite or NaN at a step.
  case notFinite(String, step: Int)
  /// A stream that the model learns from is missing.
  case missingStream(String, found: [String], source: String)
  /// The samples have another shape than the model's.
  case sampleShape(expected: Tensor.Shape, found: Tensor.Shape, source: String)
  /// The samples do not have the conditions that the model needs.
  case condition(expected: ConditionSpace, found: ConditionSpace, reason: String?, source: String)
  /// There are fewer samples than a batch needs.
  case tooFewSamples(count: Int, batchSize: Int, source: String)
  /// The length of the training comes to no step at all.
  case noStep(batches: Int, needed: Int, source: String)
  /// The parameters take more bytes with their moments than there are for this process.
  case tooLarge(parameterCount: Int, bytes: Int, memory: Int)
  /// A checkpoint of a training with other settings or data, each difference in words.
  case otherTraining([String])

  public var description: String {
    switch self {
    case .notFinite(let name, let step):
      "step \(step): \(name) is not a finite number; "
        + (step > 1
          ? "a lower learning rate may help"
          : "at the first step a weight, a deviation or the learning rate is too large or too small")
    case .missingStream(let name, let found, let source):
      "\(source): expected a stream of samples called \(name), found \(found.joined(separator: ", "))"
    case .sampleShape(let expected, let found, let source):
      "\(source): expected \(Self.noun(expected)) of shape \(expected), found \(found)"
    case .condition(let expected, let found, let reason, let source):
      "\(source): expected \(expected), found \(found)" + (reason.map { ": " + $0 } ?? "")
    case .tooFewSamples(let count, let batchSize, let source):
      "\(source): expected at least one batch of \(batchSize), found \(counted(count, "sample")); a smaller batch size helps"
    case .noStep(let batches, let needed, let source):
      "\(source): the training comes to no step: \(batches == 1 ? "1 batch" : "\(batches) batches") in an epoch, "
        + "\(needed) in a step; more epochs, steps instead of epochs, or a smaller batch size help"
    case .tooLarge(let count, let bytes, let memory):
      "a training of \(DecimalText.grouped(count)) parameters takes at least \(Self.size(bytes)) of memory for them and "
        + "the optimizer's moments, and there are \(Self.size(memory))"
    case .otherTraining(let differences):
      "the checkpoint is one of another training: " + differences.joined(separator: "; ")
        + "; to go on takes the same options and samples as before"
    }
  }

  /// Bytes in words.
  private static func size(_ bytes: Int) -> String {
    let (size, unit) = bytes < 1_000_000_000 ? (Double(bytes) / 1e6, "MB") : (Double(bytes) / 1e9, "GB")
    return "\(DecimalText.significant(size, digits: 3)) \(unit)"
  }

  /// What samples of this shape are called.
  private static func noun(_ shape: Tensor.Shape) -> String { shape.rank == 3 ? "images" : "samples" }
}
