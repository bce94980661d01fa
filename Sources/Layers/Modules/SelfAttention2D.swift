import LatentSystem
import Tensor

/// Self-attention of images: each pixel sees all others, and what it sees is added to it.
///
/// `y = strength · output(attention) + x`, where queries, keys and values are 1×1 convolutions of the image and the
/// scalar products are not scaled. As `strength` starts at 0, the layer starts as the identity.
///
/// Memory and time grow with the square of the number of pixels.
///
/// Reference: Zhang et al., "Self-attention generative adversarial networks", arXiv:1805.08318, section 3.
public final class SelfAttention2D: Layer {
  /// Makes the queries, `g` in the paper: from `channels` to `innerChannels`.
  public let query: Conv2D
  /// Makes the keys, `f` in the paper.
  public let key: Conv2D
  /// Makes the values, `h` in the paper.
  public let value: Conv2D
  /// Makes channels of what is seen, `v` in the paper: from `innerChannels` to `channels`.
  public let output: Conv2D
  /// How much of it is added, `γ` in the paper: `[1]`, starting at 0.
  public let strength: Parameter

  /// - Parameters:
  ///   - channels: the number of channels in and out.
  ///   - innerChannels: those of queries, keys and values; an eighth of `channels` if nil, as in the paper.
  ///   - initializer: of the weights.
  ///   - transforms: of the weights: `[.spectralNorm()]` in the paper.
  public init(
    _ channels: Int, innerChannels: Int? = nil, initializer: Initializer = .networkWeight,
    transforms: [WeightTransform] = []
  ) {
    let inner = innerChannels ?? max(1, channels / 8)
    func convolution(from inputChannels: Int, to outputChannels: Int) -> Conv2D {
      Conv2D(
        from: inputChannels, to: outputChannels, kernelSize: 1, hasBias: false, initializer: initializer,
        transforms: transforms)
    }
    query = convolution(from: channels, to: inner)
    key = convolution(from: channels, to: inner)
    value = convolution(from: channels, to: inner)
    output = convolution(from: inner, to: channels)
    strength = Parameter([1], .zeros)
  }

  /// `[N, H, W, channels]` → `[N, H, W, channels]`.
  public func callAsFunction(_ input: Tensor, in context: Context) -> Tensor {
    func pixels(_ convolution: Conv2D) -> Tensor {
      let image = convolution(input, in: context)
      return image.reshaped(to: [image.shape[0], image.shape[1] * image.shape[2], image.shape[3]] as Tensor.Shape)
    }
    let seen = pixels(query).attention(keys: pixels(key), values: pixels(value), scale: 1)
    let image = seen.reshaped(to: Tensor.Shape(input.shape.sizes.dropLast() + [seen.shape[2]]))
    return input + output(image, in: context) * context[strength]
  }
}
