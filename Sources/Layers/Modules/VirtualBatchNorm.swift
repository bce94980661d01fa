import LatentSystem
import Tensor

/// Batch normalization by the statistics of a fixed batch of reference and each sample by itself, so that a sample's
/// result depends on no other of its batch.
///
/// The reference goes through the network beside the batch: where it comes to this layer, it is normalized by its own
/// statistics.
///
/// Reference: Salimans et al., arXiv:1606.03498, section 3.5.
public final class VirtualBatchNorm: Module {
  /// `[channels]`.
  public let scale: Parameter
  /// `[channels]`.
  public let offset: Parameter
  /// What is added to the variance.
  public let epsilon: Float

  /// - Parameters:
  ///   - channels: the size of the last axis.
  ///   - epsilon: added to the variance.
  ///   - scaleInitializer: of the scale.
  ///   - offsetInitializer: of the offset.
  public init(
    _ channels: Int, epsilon: Float = 1e-5, scaleInitializer: Initializer = .ones,
    offsetInitializer: Initializer = .zeros
  ) {
    require(channels > 0, "VirtualBatchNorm: \(channels) channels; the least is 1")
    scale = Parameter([channels], scaleInitializer)
    offset = Parameter([channels], offsetInitializer)
    self.epsilon = epsilon
  }

  /// Normalizes a batch `[N, …, channels]` and the reference `[R, …, channels]`.
  public func callAsFunction(
    _ input: Tensor, reference: Tensor, in context: Context
  ) -> (output: Tensor, reference: Tensor) {
    requireChannels("VirtualBatchNorm", input, scale.shape[0], leastRank: 2)
    require(
      reference.rank == input.rank
        && Array(reference.shape.sizes.dropFirst()) == Array(input.shape.sizes.dropFirst()) && reference.shape[0] >= 1,
      "VirtualBatchNorm: an input of shape \(input.shape), a reference of \(reference.shape); samples must be alike")
    let (mean, square) = Self.moments(of: reference, axes: Array(0..<reference.rank - 1))
    let share = 1 / Float(reference.shape[0] + 1)
    let own = Self.moments(of: input, axes: Array(1..<input.rank - 1))
    return (
      normalized(input, own.mean * share + mean * (1 - share), own.square * share + square * (1 - share), context),
      normalized(reference, mean, square, context)
    )
  }

  /// The means of the scalars and of their squares over some axes, which stay with size 1.
  private static func moments(of input: Tensor, axes: [Int]) -> (mean: Tensor, square: Tensor) {
    guard !axes.isEmpty else { return (input, input.square()) }
    return (
      input.mean(axes: axes, keepingDimensions: true), input.square().mean(axes: axes, keepingDimensions: true)
    )
  }

  private func normalized(_ input: Tensor, _ mean: Tensor, _ square: Tensor, _ context: Context) -> Tensor {
    let factor = (square - mean.square() + epsilon).reciprocalSquareRoot()
    return (input - mean) * factor * context[scale] + context[offset]
  }
}
