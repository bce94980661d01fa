import Tensor

/// A table of vectors, one for each of a number of classes.
public final class Embedding: Module {
  /// `[count, size]`.
  public let weight: Parameter

  /// - Parameters:
  ///   - count: the number of classes.
  ///   - size: the length of each vector.
  public init(count: Int, size: Int, initializer: Initializer = .normal(standardDeviation: 1)) {
    require(count > 0 && size > 0, "Embedding: \(count) vectors of length \(size); both must be positive")
    weight = Parameter([count, size], initializer, fan: Fan(in: count, out: size))
  }

  /// The vectors of `indices`: `[indices.count, size]`.
  /// - Precondition: every index lies in `0..<count`.
  public func callAsFunction(_ indices: [Int], in context: Context) -> Tensor {
    context[weight].gathered(at: indices)
  }
}
