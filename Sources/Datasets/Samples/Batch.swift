import LatentSystem
import Tensor

/// Some samples for one step of a training.
public struct Batch: Sendable {
  /// `[N, …]`; images `[N, H, W, C]` in 0...1.
  public let samples: Tensor
  /// What is known of each sample.
  public let condition: Condition
  /// The place of each sample in its source.
  public let indices: [Int]

  /// A batch of the given samples.
  /// - Precondition: `samples` is `[N, …]`; there are N indices, and N conditions if any.
  public init(samples: Tensor, condition: Condition = .none, indices: [Int]) {
    require(
      samples.rank >= 1 && indices.count == samples.shape[0] && (condition.count ?? indices.count) == indices.count,
      """
      Batch: samples of shape \(samples.shape), conditions for \(condition.count ?? indices.count) and \(indices.count) \
      indices; there must be as many of each
      """)
    self.samples = samples
    self.condition = condition
    self.indices = indices
  }

  /// The class of each sample, if the source has labels.
  public var labels: [Int]? { condition.labels }
}
