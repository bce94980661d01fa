import Tensor

/// How sums over a batch come together where a context holds a part of the batch only: a slice of it, or the share of
/// one of several processes.
///
/// A layer that mixes samples, such as ``BatchNorm``, makes every sum over its samples pass through
/// ``Context/reduction``, in the same order in every part. So all parts get the statistics of the whole batch.
public protocol BatchReduction: Sendable {
  /// The sum of `partial` over all parts of the batch, in its shape and the same in every part.
  ///
  /// It is recorded, and is its own adjoint: each part's loss is one term of the whole loss, so the cotangent of a
  /// partial sum is the sum of the cotangents that the parts have for the whole. ``Tensor/reduced(by:)`` makes
  /// such a function of an exchange of numbers.
  func sum(_ partial: Tensor) -> Tensor
}

/// The reduction of a context that holds the whole batch: a sum is what it is.
public struct WholeBatch: BatchReduction {
  /// The identity.
  public init() {}

  public func sum(_ partial: Tensor) -> Tensor { partial }
}

extension Context {
  /// The mean over the first axis, `[N, …]` → `[…]`, recorded; over the whole batch if others hold parts of it.
  ///
  /// There may be fewer rows than samples, one for each pack of them, as long as that is so in all parts. A part without
  /// samples adds zeros; it takes rows for samples, and as its loss weighs nothing, the size of what it gets does not matter.
  public func batchMean(_ tensor: Tensor) -> Tensor {
    guard let samples else { return tensor.mean(axes: [0]) }
    let count =
      samples.count == 0
      ? Double(max(1, samples.globalCount))
      : Double(tensor.shape[0]) * Double(samples.globalCount) / Double(samples.count)
    return reduction.sum(tensor.sum(axes: [0])) * Float(1 / count)
  }
}

extension Tensor {
  /// The sum of this tensor and its counterparts in the other parts of a batch, made by `exchange`; gradients of any
  /// order pass through `exchange` too. For types that conform to ``BatchReduction``.
  ///
  /// - Parameter exchange: maps this part's numbers to the sum over all parts, which has the same shape. All parts call
  ///   it equally often and in the same order, in the forward pass and in the backward pass.
  public func reduced(by exchange: @escaping @Sendable (Tensor) -> Tensor) -> Tensor {
    mappedBySelfAdjoint("reduced", exchange)
  }
}
