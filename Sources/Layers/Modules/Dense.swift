import Tensor

/// A fully connected layer: `input · weight + bias`.
///
/// The last axis of the input has `inputSize` features; the axes before it are batches.
public final class Dense: Layer {
  /// `[in, out]`.
  public let weight: Parameter
  /// `[out]`.
  public let bias: Parameter?

  /// - Parameters:
  ///   - inputSize: the number of features in.
  ///   - outputSize: the number of features out.
  ///   - hasBias: whether a bias is added.
  ///   - initializer: of the weight.
  ///   - biasInitializer: of the bias.
  public init(
    from inputSize: Int, to outputSize: Int, hasBias: Bool = true, initializer: Initializer = .glorotUniform,
    biasInitializer: Initializer = .zeros
  ) {
    require(inputSize > 0 && outputSize > 0, "Dense: from \(inputSize) to \(outputSize); both must be positive")
    let fan = Fan(in: inputSize, out: outputSize)
    weight = Parameter([inputSize, outputSize], initializer, fan: fan)
    bias = hasBias ? Parameter([outputSize], biasInitializer, fan: fan) : nil
  }

  /// `[…, in]` → `[…, out]`.
  public func callAsFunction(_ input: Tensor, in context: Context) -> Tensor {
    require(
      input.rank >= 2 && input.shape[-1] == weight.shape[0],
      "Dense: the input has shape \(input.shape), the weight \(weight.shape); the last axis must be the weight's first")
    let product = input.matmul(context[weight])
    return bias.map { product + context[$0] } ?? product
  }
}

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
