import Datasets
import LatentSystem
import Layers
import Tensor
import Training

/// A network that takes noise out of images: a denoising autoencoder, which learns from clean images to which it adds noise
/// itself.
///
/// ```swift
/// let model = try Denoiser(Denoiser.Configuration(noise: 0.5))
/// let trained = try Trainer(model, length: .epochs(2), batchSize: 64).train(on: images)
/// let clean = try trained.denoise(noisy)
/// ```
///
/// The noise is normal, and pixels stay in 0...1. Each image gets noise of a deviation of its own, so the network takes out
/// however much there is. It is that of ``Inpainting``, told that all pixels are known: with what was seen on the way down
/// beside what comes up, it need not remember where edges are.
///
/// Reference: Vincent et al., "Extracting and composing robust features with denoising autoencoders", ICML 2008.
public struct Denoiser: GenerativeModel {
  public static let kind = "denoiser"
  public let configuration: Configuration
  public let network: Network
  /// What takes noise out.
  public let cleaner: InpaintingNetwork
  public let judges: RestorationJudges?

  /// A model of the given sizes and choices.
  /// - Throws: ``ConfigurationError`` if a value is out of range.
  public init(_ configuration: Configuration = Configuration()) throws {
    try configuration.validate()
    self.configuration = configuration
    let parts = Parts(configuration)
    (cleaner, judges) = (parts.cleaner, parts.judges)
    network = Network(parts)
  }

  /// What the names of the parameters begin with: `cleaner.…`, and of what judges it `judges.…`.
  private final class Parts: Module {
    let cleaner: InpaintingNetwork
    let judges: RestorationJudges?

    init(_ configuration: Configuration) {
      cleaner = InpaintingNetwork(channels: configuration.channels, features: configuration.features)
      judges = RestorationJudges(configuration.perceptualPhase, channels: configuration.channels)
    }
  }
}

// MARK: - Training

extension Denoiser: RestorationModel {
  public var restorer: any Module { cleaner }
  public static var plainRatioName: String { "psnr_of_noisy" }

  /// Images with noise, of a deviation for each between 0 and that of the configuration.
  public func damaged(_ images: Tensor, using random: inout SampleRandom) -> DamagedImages {
    let deviations = random.uniform([images.shape[0], 1, 1, 1], in: 0..<configuration.noise)
    return DamagedImages(images: (images + random.normal(images.shape) * deviations).clamped(to: 0...1))
  }

  public func guess(_ damaged: DamagedImages, in context: Context) -> Tensor {
    let shape = damaged.images.shape
    return cleaner(damaged.images, known: .ones([shape[0], shape[1], shape[2], 1]), in: context)
  }

  /// The noisy images.
  public func plain(_ damaged: DamagedImages) -> Tensor { damaged.images }

  public func pictures(of damaged: DamagedImages) -> [Tensor] { [damaged.images] }
}

extension Denoiser {
  /// The sizes and choices of a ``Denoiser``.
  public struct Configuration: RestorationConfiguration, Equatable {
    /// The height of an image in pixels, a multiple of 4.
    public var height = 28
    /// The width of an image in pixels, a multiple of 4.
    public var width = 28
    /// 1 for grey images, 3 for colour.
    public var channels = 1
    /// The largest standard deviation of the noise of the training, above 0 and at most 10; pixels lie in 0...1.
    public var noise: Float = 0.5
    /// The channels at full size; there are twice as many at half the size and four times as many at a quarter.
    public var features = 16
    /// The learning rate.
    public var learningRate: Float = 1e-3
    /// How the training goes on once pixels alone have been learned; nil for pixels alone to the end.
    public var perceptualPhase: PerceptualPhase?

    /// A model of 28×28 grey digits.
    public init(height: Int = 28, width: Int = 28, channels: Int = 1, noise: Float = 0.5) {
      (self.height, self.width, self.channels, self.noise) = (height, width, channels, noise)
    }

    func validate() throws {
      let checks = ConfigurationChecks(kind: Denoiser.kind)
      try validate(Denoiser.kind, isPadded: 4)
      try checks.check(noise > 0 && noise <= 10, "noise is \(noise), expected more than 0 and at most 10")
      try checks.check(["channels": channels, "features": features], in: 1...4096)
    }
  }
}

extension Denoiser.Configuration: CustomStringConvertible {
  /// The values by name, in the order of their declaration.
  public var description: String { ConfigurationText.line(self) }
}

// MARK: - Use

extension Denoiser {
  public var takesMask: Bool { false }

  /// Images without their noise: `[N, H, W, C]` → `[N, H, W, C]`, in 0...1.
  /// - Precondition: there is no mask: nothing is missing.
  public func restore(_ damaged: Tensor, mask: Tensor?, with state: State, using random: inout SampleRandom) -> Tensor {
    require(mask == nil, "Denoiser: a mask was given, but nothing of a noisy image is missing")
    return restored(DamagedImages(images: damaged), with: state)
  }
}
