import Datasets
import LatentSystem
import Layers
import Tensor

/// The generator of ``StyleGAN``: a network that maps latents, and one that makes images of mapped latents.
///
/// In training, some samples are made of two latents that change at a layer drawn at random, noise is drawn for each
/// sample, and the mean of the mapped latents moves. In inference noise is that of a seed, the same for all samples.
public final class StyleGenerator: Generator {
  /// Latents to mapped latents.
  public let mapping: MappingNetwork
  /// Mapped latents to images.
  public let synthesis: StyleSynthesis
  /// The probability that a sample is made of two latents, in training.
  public let mixing: Float
  /// What noise is drawn with, in inference.
  public let noiseSeed: UInt64

  /// A generator of images of the configured size.
  /// - Precondition: the configuration is one that ``StyleGAN`` accepts.
  public init(_ configuration: StyleGAN.Configuration) {
    mapping = MappingNetwork(
      from: configuration.latentSize, to: configuration.latentSize, layerCount: configuration.mappingLayerCount,
      multiplier: configuration.mappingRate)
    synthesis = StyleSynthesis(configuration)
    mixing = configuration.mixing
    noiseSeed = configuration.noiseSeed
  }

  /// `[N, latentSize]` → `[N, H, W, C]`, most of it in -1...1.
  public func callAsFunction(_ latents: Tensor, given condition: Condition, in context: Context) -> Tensor {
    let noise =
      context.mode == .training ? nil : synthesis.fixedNoise(seed: noiseSeed, count: latents.shape[0])
    return synthesis(mapped(latents, in: context), noise: noise, in: context)
  }

  /// One mapped latent for each layer, `[N, latentSize]` → `[N, layers, latentSize]`; mixed in training.
  public func mapped(_ latents: Tensor, in context: Context) -> Tensor {
    let first = mapping(latents, in: context)
    guard context.mode == .training, mixing > 0 else {
      return MappedLatents.repeated(first, layers: synthesis.layerCount)
    }
    let second = mapping(context.normal(latents.shape), movesAverage: false, in: context)
    let draws = context.uniform([latents.shape[0], 2]).scalars
    let places = synthesis.layerCount - 1
    let crossovers = (0..<latents.shape[0]).map { sample in
      draws[2 * sample] < mixing ? [1 + min(places - 1, Int(draws[2 * sample + 1] * Float(places)))] : []
    }
    return MappedLatents.mixed([first, second], crossovers: crossovers, layers: synthesis.layerCount)
  }
}

/// The part of ``StyleGenerator`` that makes images: from a constant of 4×4 on, each block doubles the size, and the
/// images of all blocks are summed.
///
/// A layer takes a mapped latent; that of the image of a block is the one that the next block's first layer takes.
///
/// Reference: Karras et al., "Analyzing and improving the image quality of StyleGAN", arXiv:1912.04958, sections 2 and 4,
/// with nearest neighbours in the place of filters.
public final class StyleSynthesis: Module {
  /// `[4, 4, channels]`: where all images begin.
  public let constant: Parameter
  /// One for the first block, two for each other.
  public let convolutions: [StyledConv2D]
  /// The image of each block.
  public let images: [StyledImage]
  private let size: Tensor.Size2D

  init(_ configuration: StyleGAN.Configuration) {
    let channels = (0..<configuration.blockCount).map { configuration.features(ofBlock: $0) }
    let size = configuration.latentSize
    constant = Parameter([4, 4, channels[0]], .normal(standardDeviation: 1))
    convolutions = channels.indices.flatMap { block in
      let own = StyledConv2D(from: channels[block], to: channels[block], latentSize: size)
      return block == 0 ? [own] : [StyledConv2D(from: channels[block - 1], to: channels[block], latentSize: size), own]
    }
    images = channels.map { StyledImage(from: $0, to: configuration.channels, latentSize: size) }
    self.size = Tensor.Size2D(height: configuration.height, width: configuration.width)
  }

  /// How many layers take a mapped latent.
  public var layerCount: Int { convolutions.count + 1 }

  /// Images of mapped latents.
  ///
  /// - Parameters:
  ///   - mapped: `[N, layers, size]`.
  ///   - noise: for each convolution, `[N, H, W, 1]` of its size; drawn from the context if nil.
  ///   - context: of the call.
  ///   - observe: is shown what each convolution makes, in order.
  /// - Returns: `[N, H, W, C]`: of images made in a larger frame, its middle.
  public func callAsFunction(
    _ mapped: Tensor, noise: [Tensor]?, in context: Context, observe: (Tensor) -> Void = { _ in }
  ) -> Tensor {
    require(
      mapped.rank == 3 && mapped.shape[1] == layerCount && (noise?.count ?? convolutions.count) == convolutions.count,
      "StyleSynthesis: mapped latents of shape \(mapped.shape), \(noise?.count ?? convolutions.count) pictures of noise; [N, \(layerCount), size] and \(convolutions.count) are needed"
    )
    let latents = (0..<layerCount).map { mapped[.all, $0] }
    var features = context[constant].expanded(axis: 0).broadcast(to: constant.shape.prepending(mapped.shape[0]))
    var image: Tensor?
    for (block, toImage) in images.enumerated() {
      for layer in max(0, 2 * block - 1)...2 * block {
        if layer == 2 * block - 1 { features = features.upsampledNearest2d(factor: 2) }
        features = convolutions[layer](features, latents: latents[layer], noise: noise?[layer], in: context)
        observe(features)
      }
      let own = toImage(features, latents: latents[2 * block + 1], in: context)
      image = image.map { $0.upsampledNearest2d(factor: 2) + own } ?? own
    }
    return cropped(requireSome(image, "StyleSynthesis: no blocks"))
  }

  /// Noise for each convolution that depends on the seed alone, the same for all of `count` samples.
  public func fixedNoise(seed: UInt64, count: Int) -> [Tensor] {
    let source = RandomGenerator(seed: seed, stream: Self.noiseStream)
    return convolutions.indices.map { layer in
      var own = source.split(at: layer)
      let side = 4 << ((layer + 1) / 2)
      return Tensor.normal([1, side, side, 1], using: &own).broadcast(to: [count, side, side, 1])
    }
  }

  private func cropped(_ image: Tensor) -> Tensor {
    let (top, left) = ((image.shape[1] - size.height) / 2, (image.shape[2] - size.width) / 2)
    if image.shape[1] == size.height && image.shape[2] == size.width { return image }
    return image.sliced([0..<image.shape[0], top..<top + size.height, left..<left + size.width])
  }

  /// Not one of those of trainings and samples.
  private static let noiseStream: UInt64 = 0x6E_6F69_7365
}

/// Features to an image: a modulated convolution of single pixels without demodulation, and a bias.
public final class StyledImage: Module {
  /// Latents to styles, which start at 1.
  public let affine: EqualizedDense
  /// The convolution.
  public let convolution: ModulatedConv2D
  /// `[channels]`.
  public let bias: Parameter

  /// - Parameters:
  ///   - features: the number of channels in.
  ///   - channels: of the image.
  ///   - latentSize: of the latents that styles are made of.
  public init(from features: Int, to channels: Int, latentSize: Int) {
    affine = EqualizedDense(from: latentSize, to: features, firstBias: 1)
    convolution = ModulatedConv2D(from: features, to: channels, kernelSize: 1, isDemodulated: false)
    bias = Parameter([channels], .zeros)
  }

  /// `[N, H, W, features]` and `[N, latentSize]` → `[N, H, W, channels]`.
  public func callAsFunction(_ input: Tensor, latents: Tensor, in context: Context) -> Tensor {
    convolution(input, styles: affine(latents, in: context), in: context) + context[bias]
  }
}
