import Datasets
import Layers
import Tensor

/// The discriminator of ``StyleGAN``: residual blocks that halve the image down to 4×4, where samples are compared with
/// others of their batch.
///
/// In inference, when a score must not depend on other samples, the deviation within a group is what it usually was in
/// training.
///
/// Reference: Karras et al., "Analyzing and improving the image quality of StyleGAN", arXiv:1912.04958, section 4 and
/// appendix B, with means of four pixels in the place of filters.
public final class StyleDiscriminator: Discriminator {
  /// Pixels to features.
  public let fromImage: EqualizedConv2D
  /// From the largest size to the smallest.
  public let blocks: [Block]
  /// Adds the deviation within groups of samples.
  public let deviation: MinibatchStandardDeviation
  /// `[]`: the moving mean of that deviation.
  public let usualDeviation = Buffer([])
  /// Features of 4×4 and the deviation to features.
  public let last: EqualizedConv2D
  /// Those to a vector.
  public let hidden: EqualizedDense
  /// That to a score.
  public let score: EqualizedDense
  private let frame: Int

  /// Half the size: two convolutions, and beside them one of single pixels.
  public final class Block: Module {
    /// In the size of the input.
    public let first: EqualizedConv2D
    /// In half the size.
    public let second: EqualizedConv2D
    /// Beside them.
    public let skip: EqualizedConv2D

    init(from inputChannels: Int, to outputChannels: Int) {
      first = EqualizedConv2D(from: inputChannels, to: inputChannels, kernelSize: 3, gain: StyleDiscriminator.gain)
      // The sum is divided by √2, which takes the rectifier's √2 away.
      second = EqualizedConv2D(from: inputChannels, to: outputChannels, kernelSize: 3)
      skip = EqualizedConv2D(
        from: inputChannels, to: outputChannels, kernelSize: 1, gain: 1 / StyleDiscriminator.gain, hasBias: false)
    }

    func callAsFunction(_ input: Tensor, in context: Context) -> Tensor {
      let features = first(input, in: context).rectified.averagePool2d(2)
      return second(features, in: context).rectified + skip(input.averagePool2d(2), in: context)
    }
  }

  /// A discriminator of images of the configured size.
  /// - Precondition: the configuration is one that ``StyleGAN`` accepts.
  public init(_ configuration: StyleGAN.Configuration) {
    let channels = (0..<configuration.blockCount).reversed().map { configuration.features(ofBlock: $0) }
    let most = channels[channels.count - 1]
    fromImage = EqualizedConv2D(from: configuration.channels, to: channels[0], kernelSize: 1, gain: Self.gain)
    blocks = zip(channels, channels.dropFirst()).map { Block(from: $0, to: $1) }
    deviation = MinibatchStandardDeviation(groupSize: Self.groupSize)
    last = EqualizedConv2D(from: most + 1, to: most, kernelSize: 3, gain: Self.gain)
    hidden = EqualizedDense(from: 16 * most, to: most)
    score = EqualizedDense(from: most, to: 1)
    frame = configuration.frame
  }

  /// `[N, H, W, C]` in -1...1 → scores `[N]`, features `[N, features]`.
  public func callAsFunction(_ images: Tensor, given condition: Condition, in context: Context) -> DiscriminatorOutput {
    let input = fromImage(framed(images), in: context).rectified
    let small = compared(blocks.reduce(input) { $1($0, in: context) }, in: context)
    let vector = hidden(last(small, in: context).rectified.flattened(), in: context).rectified * Self.gain
    return DiscriminatorOutput(scores: score(vector, in: context).squeezed(axis: 1), features: vector)
  }

  /// With one channel more that holds deviations.
  private func compared(_ features: Tensor, in context: Context) -> Tensor {
    let shape = features.shape
    guard context.mode == .training else {
      let usual = context[usualDeviation].broadcast(to: [shape[0], shape[1], shape[2], 1])
      return .concatenated([features, usual], axis: 3)
    }
    let result = deviation(features, in: context)
    let mean = result[.all, 0, 0, shape[3]].detached().mean()
    context[usualDeviation] = context[usualDeviation] * Self.decay + mean * (1 - Self.decay)
    return result
  }

  /// In the middle of a square of black.
  private func framed(_ images: Tensor) -> Tensor {
    let (height, width) = (frame - images.shape[1], frame - images.shape[2])
    if height == 0 && width == 0 { return images }
    let (top, left) = (height / 2, width / 2)
    return images.padded(before: [0, top, left, 0], after: [0, height - top, width - left, 0], with: -1)
  }

  /// How many samples are compared.
  static let groupSize = 4
  fileprivate static let gain = Float(2).squareRoot()
  private static let decay: Float = 0.99
}

extension Tensor {
  fileprivate var rectified: Tensor { leakyReLU(slope: 0.2) }
}
