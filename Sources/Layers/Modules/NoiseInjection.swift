import LatentSystem
import Tensor

/// Adds one picture of noise, the same to all channels, times a strength that is learned and starts at 0.
///
/// Reference: Karras, Laine and Aila, arXiv:1812.04948, section 2.
public final class NoiseInjection: Layer {
  /// `[]`.
  public let strength = Parameter([], .zeros)

  /// A layer that starts without noise.
  public init() {}

  /// `[N, H, W, C]` → `[N, H, W, C]`, with noise that each sample draws from the context.
  public func callAsFunction(_ input: Tensor, in context: Context) -> Tensor {
    requireImages(input)
    return callAsFunction(
      input, noise: context.normal([input.shape[0], input.shape[1], input.shape[2], 1]), in: context)
  }

  /// - Parameter noise: `[N, H, W, 1]`.
  public func callAsFunction(_ input: Tensor, noise: Tensor, in context: Context) -> Tensor {
    requireImages(input)
    require(
      noise.shape == [input.shape[0], input.shape[1], input.shape[2], 1],
      "NoiseInjection: an input of shape \(input.shape), noise of \(noise.shape); one channel of the same size is needed"
    )
    return input + noise * context[strength]
  }

  private func requireImages(_ input: Tensor) {
    require(input.rank == 4, "NoiseInjection: the input has shape \(input.shape); [N, H, W, C] is needed")
  }
}
