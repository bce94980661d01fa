import Layers
import Tensor

/// `x + second(activation(first(activation(x))))`.
///
/// Reference: He et al., "Identity mappings in deep residual networks", arXiv:1603.05027.
final class ResidualBlock: Layer {
  let first: Conv2D
  let second: Conv2D
  private let activation: Activation

  /// A block of two convolutions that keep the shape.
  init(activation: Activation, first: Conv2D, second: Conv2D) {
    self.activation = activation
    self.first = first
    self.second = second
  }

  /// `[N, H, W, C]` → `[N, H, W, C]`.
  func callAsFunction(_ input: Tensor, in context: Context) -> Tensor {
    let inner = first(activation(input, in: context), in: context)
    return input + second(activation(inner, in: context), in: context)
  }
}
