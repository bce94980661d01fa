import Tensor

/// Layers one after the other. Their names are `layers.0`, `layers.1`, ….
public final class Sequential: Layer {
  /// The layers, the first to be applied first.
  public let layers: [any Layer]

  /// `Sequential(Dense(from: 784, to: 128), .relu, Dense(from: 128, to: 10))`.
  public init(_ layers: any Layer...) { self.layers = layers }

  /// A sequence of any number of layers.
  public init(_ layers: [any Layer]) { self.layers = layers }

  public func callAsFunction(_ input: Tensor, in context: Context) -> Tensor {
    layers.reduce(input) { $1($0, in: context) }
  }
}

/// In training, sets each scalar to 0 with a given probability and scales the others up so that the mean stays.
///
/// Reference: Srivastava et al., "Dropout: a simple way to prevent neural networks from overfitting", JMLR 15 (2014).
public final class Dropout: Layer {
  /// The probability with which a scalar is dropped.
  public let probability: Float

  /// - Precondition: `0 <= probability < 1`.
  public init(_ probability: Float) {
    require(probability >= 0 && probability < 1, "Dropout: the probability is \(probability); it must lie in 0..<1")
    self.probability = probability
  }

  public func callAsFunction(_ input: Tensor, in context: Context) -> Tensor {
    guard context.mode == .training, probability > 0 else { return input }
    let keep = 1 - probability
    return input * (Tensor.bernoulli(input.shape, probability: keep, using: &context.random) / keep)
  }
}
