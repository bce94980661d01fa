import LatentSystem
import Layers
import Tensor

/// A network that says what may be in the holes of an image, from what is around them, or under its noise.
///
/// It learns what is to be added to the image, whose holes have the mean of the rest, and starts by adding nothing. A
/// network that has to make all pixels anew, between 0 and 1 by a sigmoid, may learn in its first steps that most are black,
/// and nothing more: the sigmoid is flat there.
///
/// It halves the image twice, looks around with dilated convolutions at a quarter of the size, and doubles it again beside
/// what it had at each size on the way down. It sees the mask too, so holes may be of any form.
///
/// References: Pathak et al., "Context encoders: feature learning by inpainting", arXiv:1604.07379; the dilated middle of
/// Iizuka, Simo-Serra and Ishikawa, "Globally and locally consistent image completion", ACM Transactions on Graphics 36
/// (2017); the connections of Ronneberger, Fischer and Brox, "U-Net", arXiv:1505.04597; the correction in place of an image
/// of Zhang et al., "Beyond a Gaussian denoiser: residual learning of deep CNN for image denoising", arXiv:1608.03981.
public final class InpaintingNetwork: Module {
  /// Image and mask to features.
  public let entry: Conv2D
  /// To half the size.
  public let shrink: Conv2D
  /// To a quarter of the size.
  public let shrinkAgain: Conv2D
  /// What looks around, each with twice the reach of the one before.
  public let middle: [Conv2D]
  /// Back to half the size.
  public let grow: ConvTranspose2D
  /// Back to the whole size.
  public let growAgain: ConvTranspose2D
  /// Features to what is added to pixels. It starts at 0, so that the network starts by adding nothing.
  public let correction: Conv2D

  /// A network for images of `channels`, with `features` at full size, twice as many at half and four times as many at a
  /// quarter.
  /// - Precondition: both are at least 1.
  public init(channels: Int, features: Int) {
    require(
      channels >= 1 && features >= 1,
      "InpaintingNetwork: \(channels) channels and \(features) features; each is at least 1")
    func convolution(
      _ inputs: Int, _ outputs: Int, size: Int = 3, stride: Int = 1, dilation: Int = 1,
      initializer: Initializer = .heNormal
    ) -> Conv2D {
      Conv2D(
        from: inputs, to: outputs, kernelSize: .init(size), stride: .init(stride),
        padding: .init(stride == 2 ? 1 : dilation * (size / 2)), dilation: .init(dilation), initializer: initializer,
        biasInitializer: .zeros)
    }
    func transposed(_ inputs: Int, _ outputs: Int) -> ConvTranspose2D {
      ConvTranspose2D(
        from: inputs, to: outputs, kernelSize: 4, stride: 2, padding: 1, initializer: .heNormal, biasInitializer: .zeros
      )
    }
    entry = convolution(channels + 1, features, size: 5)
    shrink = convolution(features, 2 * features, size: 4, stride: 2)
    shrinkAgain = convolution(2 * features, 4 * features, size: 4, stride: 2)
    middle = [1, 2, 4, 1].map { convolution(4 * features, 4 * features, dilation: $0) }
    grow = transposed(4 * features, 2 * features)
    growAgain = transposed(4 * features, features)
    correction = convolution(2 * features, channels, initializer: .zeros)
  }

  /// What may be everywhere in some images, `[N, H, W, C]` → `[N, H, W, C]`, now and then a little below 0 or above 1.
  ///
  /// - Parameters:
  ///   - images: of heights and widths that are multiples of 4. What is in their holes makes no difference.
  ///   - known: 1 where a pixel is known and 0 where it is missing, `[N, H, W, 1]`.
  public func callAsFunction(_ images: Tensor, known: Tensor, in context: Context) -> Tensor {
    let filled = filled(images, known: known)
    let whole = entry(.concatenated([filled, known], axis: 3), in: context).relu()
    let half = shrink(whole, in: context).relu()
    var quarter = shrinkAgain(half, in: context).relu()
    for layer in middle { quarter = quarter + layer(quarter, in: context).relu() }
    let halfAgain = grow(quarter, in: context).relu()
    let wholeAgain = growAgain(.concatenated([halfAgain, half], axis: 3), in: context).relu()
    return filled + correction(.concatenated([wholeAgain, whole], axis: 3), in: context)
  }

  /// Images whose holes have the mean of what is known of the same image, for each channel; ½ if nothing is.
  public func filled(_ images: Tensor, known: Tensor) -> Tensor {
    let count = known.sum(axes: [1, 2], keepingDimensions: true)
    let sum = Tensor.where(known, images, else: Tensor(0)).sum(axes: [1, 2], keepingDimensions: true)
    let mean = Tensor.where(count, sum / count.maximum(Tensor(1)), else: Tensor(0.5))
    return .where(known, images, else: mean)
  }
}
