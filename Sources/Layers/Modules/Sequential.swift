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
    context.output(of: layers, for: input)
  }
}
