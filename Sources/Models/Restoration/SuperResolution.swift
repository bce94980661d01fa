import Datasets
import LatentSystem
import Layers
import Tensor
import Training

/// A network that enlarges images: it learns what small ones have lost from large ones that it shrinks itself.
///
/// ```swift
/// let model = try SuperResolution(SuperResolution.Configuration(height: 28, width: 28, factor: 2))
/// let trained = try Trainer(model, length: .epochs(2), batchSize: 32).train(on: images)
/// let large = try trained.enlarge(small)    // of any size: [N, 14, 14, 1] → [N, 28, 28, 1]
/// ```
///
/// Images are shrunk by the means of blocks (a box filter), and the loss is the mean squared error of the pixels, which is
/// the best for the signal-to-noise ratio; with a ``PerceptualPhase`` images become sharper than that.
public struct SuperResolution: GenerativeModel {
  public static let kind = "super-resolution"
  public let configuration: Configuration
  public let network: Network
  /// What enlarges.
  public let enlarger: EnlargingNetwork
  public let judges: RestorationJudges?

  /// A model of the given sizes and choices.
  /// - Throws: ``ConfigurationError`` if a value is out of range.
  public init(_ configuration: Configuration = Configuration()) throws {
    try configuration.validate()
    self.configuration = configuration
    let parts = Parts(configuration)
    (enlarger, judges) = (parts.enlarger, parts.judges)
    network = Network(parts)
  }

  /// Images as the model takes them for small: the means of blocks. `[N, H, W, C]` → `[N, H / factor, W / factor, C]`.
  public func shrunk(_ images: Tensor) -> Tensor { images.averagePool2d(.init(configuration.factor)) }

  /// What the names of the parameters begin with: `enlarger.…`, and of what judges it `judges.…`.
  private final class Parts: Module {
    let enlarger: EnlargingNetwork
    let judges: RestorationJudges?

    init(_ configuration: Configuration) {
      enlarger = EnlargingNetwork(
        channels: configuration.channels, factor: configuration.factor, features: configuration.features,
        blockCount: configuration.blockCount)
      judges = RestorationJudges(configuration.perceptualPhase, channels: configuration.channels)
    }
  }
}

// MARK: - Training

extension SuperResolution: RestorationModel {
  public var restorer: any Module { enlarger }
  public static var plainRatioName: String { "psnr_of_interpolation" }

  public func damaged(_ images: Tensor, using random: inout SampleRandom) -> DamagedImages {
    DamagedImages(images: shrunk(images))
  }

  public func guess(_ damaged: DamagedImages, in context: Context) -> Tensor { enlarger(damaged.images, in: context) }

  /// Cubic interpolation.
  public func plain(_ damaged: DamagedImages) -> Tensor {
    damaged.images.resized(to: size, method: .bicubic).clamped(to: 0...1)
  }

  public func pictures(of damaged: DamagedImages) -> [Tensor] {
    [damaged.images.resized(to: size, method: .nearest), plain(damaged)]
  }

  private var size: Tensor.Size2D { Tensor.Size2D(height: configuration.height, width: configuration.width) }
}

extension SuperResolution {
  /// The sizes and choices of a ``SuperResolution``.
  public struct Configuration: RestorationConfiguration, Equatable {
    /// The height of a large image of the training in pixels, a multiple of the factor.
    public var height = 28
    /// The width of a large image of the training in pixels, a multiple of the factor.
    public var width = 28
    /// 1 for grey images, 3 for colour.
    public var channels = 1
    /// How many times higher and wider images become, 2 to 8.
    public var factor = 2
    /// The channels between the convolutions.
    public var features = 32
    /// The number of residual blocks.
    public var blockCount = 4
    /// The learning rate.
    public var learningRate: Float = 1e-3
    /// How the training goes on once pixels alone have been learned; nil for pixels alone to the end.
    public var perceptualPhase: PerceptualPhase?

    /// A model that doubles 14×14 grey digits, of 28×28 ones.
    public init(height: Int = 28, width: Int = 28, channels: Int = 1, factor: Int = 2) {
      (self.height, self.width, self.channels, self.factor) = (height, width, channels, factor)
    }

    func validate() throws {
      let kind = SuperResolution.kind
      guard (2...8).contains(factor) else {
        throw ConfigurationError("\(kind): factor is \(factor), expected 2 to 8")
      }
      try validate(kind, isPadded: factor, named: "the factor ")
      try ConfigurationChecks(kind: kind).check(
        ["channels": channels, "features": features, "blockCount": blockCount], in: 1...4096)
    }
  }
}

extension SuperResolution.Configuration: CustomStringConvertible {
  /// The values by name, in the order of their declaration.
  public var description: String { ConfigurationText.line(self) }
}

// MARK: - Use

extension SuperResolution: Enlarging {
  public var factor: Int { configuration.factor }

  public func enlarge(_ images: Tensor, with state: State) -> Tensor {
    let context = Context(network, state, mode: .inference)
    return ImageTiles(margin: enlarger.reach).map(images, factor: factor) {
      enlarger($0, in: context).clamped(to: 0...1)
    }
  }

  public var damagedShape: Tensor.Shape {
    [configuration.height / factor, configuration.width / factor, configuration.channels]
  }

  public var takesMask: Bool { false }

  /// Small images enlarged: `[N, H / factor, W / factor, C]` → `[N, H, W, C]`, in 0...1.
  /// - Precondition: there is no mask: all pixels of a small image are known.
  public func restore(_ damaged: Tensor, mask: Tensor?, with state: State, using random: inout SampleRandom) -> Tensor {
    require(mask == nil, "SuperResolution: a mask was given, but all pixels of a small image are known")
    return enlarge(damaged, with: state)
  }
}
