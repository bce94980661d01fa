import LatentSystem
import Layers
import Tensor

/// A network that gives images of any size a style: down to a quarter of the size, residual blocks there, and back up, in
/// changes of the pixels before a sigmoid, so that it starts with the image itself.
///
/// Each image is normalized by itself; edges are padded by reflection, so that no frame appears.
///
/// References: Johnson, Alahi and Fei-Fei, "Perceptual losses for real-time style transfer and super-resolution",
/// arXiv:1603.08155, with the normalization of Ulyanov, Vedaldi and Lempitsky, "Instance normalization: the missing
/// ingredient for fast stylization", arXiv:1607.08022, and repeated pixels with a convolution instead of a transposed one.
public final class StylizingNetwork: Layer {
  /// Pixels to features.
  public let entry: NormalizedConvolution
  /// To a half and a quarter of the size, each with twice as many features.
  public let shrink: [NormalizedConvolution]
  /// At a quarter of the size, in pairs.
  public let blocks: [NormalizedConvolution]
  /// To a half and the whole of the size.
  public let enlarge: [NormalizedConvolution]
  /// Features to changes of pixels. It starts at 0.
  public let paint: Conv2D

  /// The least height and width of an image.
  public static let leastSize = 8

  /// A network for images of `channels`.
  ///
  /// - Parameters:
  ///   - features: channels at full size; there are twice as many at a half and four times as many at a quarter.
  ///   - blockCount: how many residual blocks there are, 0 or more.
  public init(channels: Int, features: Int, blockCount: Int) {
    require(
      channels >= 1 && features >= 1 && blockCount >= 0,
      "StylizingNetwork: \(channels) channels, \(features) features, \(blockCount) blocks")
    entry = NormalizedConvolution(from: channels, to: features, kernelSize: 7)
    shrink = [1, 2].map { NormalizedConvolution(from: $0 * features, to: 2 * $0 * features, stride: 2) }
    blocks = (0..<2 * blockCount).map { _ in NormalizedConvolution(from: 4 * features, to: 4 * features) }
    enlarge = [4, 2].map { NormalizedConvolution(from: $0 * features, to: $0 * features / 2) }
    paint = Conv2D(
      from: features, to: channels, kernelSize: 7, padding: 3, paddingMode: .reflect, initializer: .zeros,
      biasInitializer: .zeros)
  }

  /// How far from a pixel the result depends on it but for the normalization, a multiple of 4.
  var reach: Int {
    let exact = 3 + 1 + 2 + 2 * 4 * blocks.count / 2 + 4 + 2 + 3 + 4
    return (exact + 3) / 4 * 4
  }

  /// `[N, H, W, C]` → `[N, H, W, C]`, both in 0...1.
  /// - Precondition: height and width are ``leastSize`` or more.
  public func callAsFunction(_ images: Tensor, in context: Context) -> Tensor {
    self(images, in: context, normalizedBy: .ownMoments)
  }

  /// The same with the moments that features are normalized by.
  func callAsFunction(_ images: Tensor, in context: Context, normalizedBy moments: MomentSource) -> Tensor {
    let (height, width) = (images.shape[1], images.shape[2])
    require(
      images.rank == 4 && min(height, width) >= Self.leastSize,
      "StylizingNetwork: images of shape \(images.shape); height and width are \(Self.leastSize) at least")
    let whole = images.padded(
      before: [0, 0, 0, 0], after: [0, (4 - height % 4) % 4, (4 - width % 4) % 4, 0], mode: .reflect)
    var map = entry(whole.signedPixels, in: context, moments).relu()
    for layer in shrink { map = layer(map, in: context, moments).relu() }
    for block in stride(from: 0, to: blocks.count, by: 2) {
      let inner = blocks[block](map, in: context, moments).relu()
      map = map + blocks[block + 1](inner, in: context, moments)
    }
    for layer in enlarge { map = layer(map.upsampledNearest2d(factor: 2), in: context, moments).relu() }
    let changes = paint(map, in: context)[.all, 0..<height, 0..<width]
    // What is black or white can still be changed.
    let kept = images.clamped(to: Self.margin...1 - Self.margin)
    return (kept.log() - (1 - kept).log() + changes).sigmoid()
  }

  private static let margin: Float = 0.02
}

/// A convolution whose features get mean 0 and variance 1 within each image, then a scale and an offset.
public final class NormalizedConvolution: Module {
  /// Padded by reflection, without a bias, which the normalization would take away again.
  public let convolution: Conv2D
  /// Of each channel.
  public let scale: Parameter
  /// Of each channel.
  public let offset: Parameter

  /// A convolution that keeps the size of an image but for its stride.
  public init(from inputChannels: Int, to outputChannels: Int, kernelSize: Int = 3, stride: Int = 1) {
    convolution = Conv2D(
      from: inputChannels, to: outputChannels, kernelSize: Tensor.Size2D(kernelSize), stride: Tensor.Size2D(stride),
      padding: Tensor.Padding2D(kernelSize / 2), paddingMode: .reflect, hasBias: false, initializer: .heNormal)
    scale = Parameter([outputChannels], .ones)
    offset = Parameter([outputChannels], .zeros)
  }

  func callAsFunction(_ input: Tensor, in context: Context, _ moments: MomentSource) -> Tensor {
    let map = convolution(input, in: context)
    let (scale, offset) = (context[scale], context[offset])
    guard let (mean, inverse) = moments.next(of: map) else { return map.instanceNorm(scale: scale, offset: offset) }
    return (map - mean) * (inverse * scale) + offset
  }
}

/// What features are normalized by, layer after layer.
final class MomentSource {
  /// Each image by itself.
  static var ownMoments: MomentSource { MomentSource(.own) }

  private enum Kind { case own, recording, playing }
  private let kind: Kind
  private var moments: [(mean: Tensor, inverse: Tensor)] = []
  private var place = 0

  private init(_ kind: Kind) { self.kind = kind }

  /// The moments of all images of the batch together, which are remembered.
  static func recording() -> MomentSource { MomentSource(.recording) }

  /// What was remembered, from the first layer on.
  func replayed() -> MomentSource {
    let source = MomentSource(.playing)
    source.moments = moments
    return source
  }

  /// The mean and the reciprocal deviation, `[C]`, for the next layer, which has such a map; nil for each image's own.
  func next(of map: Tensor) -> (mean: Tensor, inverse: Tensor)? {
    switch kind {
    case .own: return nil
    case .recording:
      let mean = map.mean(axes: [0, 1, 2])
      let inverse = 1 / ((map - mean).square().mean(axes: [0, 1, 2]) + 1e-5).squareRoot()
      moments.append((mean, inverse))
      return (mean, inverse)
    case .playing:
      defer { place += 1 }
      return moments[place]
    }
  }
}
