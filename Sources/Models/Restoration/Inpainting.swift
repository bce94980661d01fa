import Datasets
import LatentSystem
import Layers
import Tensor
import Training

/// A network that fills holes in images: it learns from whole ones, into which it makes holes itself.
///
/// ```swift
/// let model = try Inpainting(Inpainting.Configuration(holeSize: 12))
/// let trained = try Trainer(model, length: .epochs(4), batchSize: 64).train(on: images)
/// let whole = try trained.restore(damaged, mask: known)    // 1 where a pixel is known
/// ```
///
/// The loss is the squared error in the hole alone; with a ``PerceptualPhase`` fills become sharper than that. Known pixels
/// keep their bits.
public struct Inpainting: GenerativeModel {
  public static let kind = "inpainting"
  public let configuration: Configuration
  public let network: Network
  /// What fills.
  public let filler: InpaintingNetwork
  public let judges: RestorationJudges?

  /// A model of the given sizes and choices.
  /// - Throws: ``ConfigurationError`` if a value is out of range.
  public init(_ configuration: Configuration = Configuration()) throws {
    try configuration.validate()
    self.configuration = configuration
    let parts = Parts(configuration)
    (filler, judges) = (parts.filler, parts.judges)
    network = Network(parts)
  }

  /// What the names of the parameters begin with: `filler.…`, and of what judges it `judges.…`.
  private final class Parts: Module {
    let filler: InpaintingNetwork
    let judges: RestorationJudges?

    init(_ configuration: Configuration) {
      filler = InpaintingNetwork(channels: configuration.channels, features: configuration.features)
      judges = RestorationJudges(configuration.perceptualPhase, channels: configuration.channels)
    }
  }
}

// MARK: - Training

extension Inpainting: RestorationModel {
  public var restorer: any Module { filler }
  public static var plainRatioName: String { "psnr_of_mean" }

  public func damaged(_ images: Tensor, using random: inout SampleRandom) -> DamagedImages {
    let size = Tensor.Size2D(height: configuration.height, width: configuration.width)
    let known = SquareHoles(side: configuration.holeSize).masks(images.shape[0], of: size, using: &random)
    return DamagedImages(images: images, known: known)
  }

  public func guess(_ damaged: DamagedImages, in context: Context) -> Tensor {
    filler(damaged.images, known: known(damaged), in: context)
  }

  public func composed(_ guess: Tensor, _ damaged: DamagedImages) -> Tensor {
    .where(known(damaged), damaged.images, else: guess)
  }

  public func loss(of guess: Tensor, to images: Tensor, _ damaged: DamagedImages) -> Tensor {
    guess.squaredErrorInHoles(to: images, known: known(damaged)).mean()
  }

  public func errors(of restored: Tensor, to images: Tensor, _ damaged: DamagedImages) -> [Double] {
    restored.squaredErrorInHoles(to: images, known: known(damaged)).scalars.map(Double.init)
  }

  /// The mean of what is known.
  public func plain(_ damaged: DamagedImages) -> Tensor { filler.filled(damaged.images, known: known(damaged)) }

  public func pictures(of damaged: DamagedImages) -> [Tensor] {
    let known = known(damaged)
    return [damaged.images * known + (1 - known) * 0.5]
  }

  private func known(_ damaged: DamagedImages) -> Tensor {
    requireSome(damaged.known, "Inpainting: damaged images without a mask of what is known")
  }
}

extension Inpainting {
  /// The sizes and choices of an ``Inpainting`` model.
  public struct Configuration: RestorationConfiguration, Equatable {
    /// The height of an image in pixels, a multiple of 4.
    public var height = 28
    /// The width of an image in pixels, a multiple of 4.
    public var width = 28
    /// 1 for grey images, 3 for colour.
    public var channels = 1
    /// The height and width of the holes of the training in pixels, less than those of the image.
    public var holeSize = 12
    /// The channels at full size; there are twice as many at half the size and four times as many at a quarter.
    public var features = 16
    /// The learning rate.
    public var learningRate: Float = 1e-3
    /// How the training goes on once pixels alone have been learned; nil for pixels alone to the end.
    public var perceptualPhase: PerceptualPhase?

    /// A model of 28×28 grey digits.
    public init(height: Int = 28, width: Int = 28, channels: Int = 1, holeSize: Int = 12) {
      (self.height, self.width, self.channels, self.holeSize) = (height, width, channels, holeSize)
    }

    func validate() throws {
      let kind = Inpainting.kind
      try validate(kind, isPadded: 4)
      guard holeSize >= 1, holeSize < min(height, width) else {
        throw ConfigurationError(
          "\(kind): holeSize is \(holeSize), expected 1 to \(min(height, width) - 1), less than the image")
      }
      try ConfigurationChecks(kind: kind).check(["channels": channels, "features": features], in: 1...4096)
    }
  }
}

extension Inpainting.Configuration: CustomStringConvertible {
  /// The values by name, in the order of their declaration.
  public var description: String { ConfigurationText.line(self) }
}

// MARK: - Use

extension Inpainting {
  /// Images whose missing pixels are filled: `[N, H, W, C]` → `[N, H, W, C]`. Known ones keep their bits.
  ///
  /// - Parameter mask: of the shape of `damaged`; a pixel is known if all of its channels are. Nothing is missing if nil.
  public func restore(_ damaged: Tensor, mask: Tensor?, with state: State, using random: inout SampleRandom) -> Tensor {
    guard let mask else { return damaged }
    return restored(
      DamagedImages(images: damaged, known: mask.min(axes: [3], keepingDimensions: true)), with: state)
  }
}

extension Tensor {
  /// The mean squared error of the missing pixels of each image, channels counted; 0 where none is missing:
  /// `[N, H, W, C]` → `[N]`.
  ///
  /// Reference: Pathak et al., arXiv:1604.07379, equation 1, divided by the number of missing scalars.
  /// - Parameters:
  ///   - images: of this tensor's shape.
  ///   - known: 1 where a pixel is known and 0 where it is missing, `[N, H, W, 1]`.
  func squaredErrorInHoles(to images: Tensor, known: Tensor) -> Tensor {
    let hole = 1 - known
    let count = hole.summedPerSample() * Float(shape[3])
    return ((self - images).square() * hole).summedPerSample() / count.maximum(Tensor(1))
  }
}
