import Layers
import Tensor
import Training

/// The sizes of a volume on its way down through convolutions that halve it, as long as all of its sides are even and the
/// smallest stays at 4 or more, and back.
struct VolumeSizes: Equatable {
  /// Depth, height and width.
  let full: [Int]
  /// How often they are halved.
  let stageCount: Int
  /// Depth, height and width then.
  let smallest: [Int]

  init(depth: Int, height: Int, width: Int) {
    full = [depth, height, width]
    var (sizes, count) = (full, 0)
    while sizes.allSatisfy({ $0 % 2 == 0 }), sizes.min() ?? 0 >= 8 {
      sizes = sizes.map { $0 / 2 }
      count += 1
    }
    (stageCount, smallest) = (count, sizes)
  }

  /// The channels after each halving: `features`, twice as many, ….
  func channels(_ features: Int) -> [Int] { (0..<stageCount).map { features << $0 } }

  /// - Throws: ``ConfigurationError`` for sizes that cannot be halved, or are out of range.
  func validate(kind: String, features: Int, latentSize: Int) throws {
    for (name, value) in zip(["depth", "height", "width"], full)
    where !(8...256).contains(value) || value % 4 != 0 {
      throw ConfigurationError(
        "\(kind): \(name) is \(value), expected a multiple of 4 in 8…256; volumes can be brought to a size")
    }
    for (name, value) in [("features", features), ("latentSize", latentSize)] where !(1...4096).contains(value) {
      throw ConfigurationError("\(kind): \(name) is \(value), expected 1 to 4096")
    }
  }
}

/// Volumes to features: convolutions that halve them, the first to `features` channels, each to twice as many as the one
/// before, with leaky rectifiers.
///
/// Reference: Wu et al., "Learning a probabilistic latent space of object shapes via 3D generative-adversarial modeling",
/// arXiv:1610.07584, section 3.1.
public final class VolumeTrunk: Layer {
  /// The convolutions, the first to be applied first.
  public let stages: [Conv3D]
  /// How many features there are.
  public let featureCount: Int
  private let slope: Float

  /// - Parameter slope: of the rectifiers where their input is below 0.
  init(_ sizes: VolumeSizes, features: Int, slope: Float, initializer: Initializer, transforms: [WeightTransform] = [])
  {
    let channels = [1] + sizes.channels(features)
    stages = zip(channels, channels.dropFirst()).map {
      Conv3D(
        from: $0, to: $1, kernelSize: 4, stride: 2, padding: 1, initializer: initializer, transforms: transforms)
    }
    featureCount = sizes.smallest.reduce(1, *) * (channels.last ?? 1)
    self.slope = slope
  }

  /// `[N, D, H, W, 1]` → `[N, features]`.
  public func callAsFunction(_ volumes: Tensor, in context: Context) -> Tensor {
    stages.reduce(volumes) { $1($0, in: context).leakyReLU(slope: slope) }.flattened()
  }
}

/// Latents to volumes: a dense layer to the smallest size, then transposed convolutions that double it, each to half as
/// many channels as before, with rectifiers, and with batch normalization if that is chosen.
///
/// Reference: as ``VolumeTrunk``.
public final class VolumeBuilder: Layer {
  /// Latents to features at the smallest size.
  public let project: Dense
  /// The transposed convolutions, the first to be applied first; the last gives one channel.
  public let stages: [ConvTranspose3D]
  /// Normalizes the features before each of them, if that is chosen.
  public let norms: [BatchNorm]
  private let projectedShape: [Int]

  /// - Parameters:
  ///   - initializer: of the weights.
  ///   - lastBias: of the one number that is added to every voxel.
  init(
    _ sizes: VolumeSizes, latentSize: Int, features: Int, isNormalized: Bool, initializer: Initializer,
    lastBias: Initializer
  ) {
    let channels = [1] + sizes.channels(features)
    let top = channels.last ?? 1
    projectedShape = sizes.smallest + [top]
    // A normalization would take a bias away again.
    project = Dense(
      from: latentSize, to: projectedShape.reduce(1, *), hasBias: !isNormalized, initializer: initializer)
    norms = isNormalized ? channels.dropFirst().reversed().map { BatchNorm.ofGAN($0) } : []
    stages = (1..<channels.count).reversed().map { index in
      ConvTranspose3D(
        from: channels[index], to: channels[index - 1], kernelSize: 4, stride: 2, padding: 1,
        hasBias: !isNormalized || index == 1, initializer: initializer,
        biasInitializer: index == 1 ? lastBias : .networkBias)
    }
  }

  /// `[N, latentSize]` → `[N, D, H, W, 1]`, any numbers.
  public func callAsFunction(_ latents: Tensor, in context: Context) -> Tensor {
    var features = project(latents, in: context).reshaped(to: Tensor.Shape([latents.shape[0]] + projectedShape))
    for (index, stage) in stages.enumerated() {
      if !norms.isEmpty { features = norms[index](features, in: context) }
      features = stage(features.relu(), in: context)
    }
    return features
  }
}
