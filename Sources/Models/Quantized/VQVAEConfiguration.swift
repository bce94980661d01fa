import Datasets
import Training

extension VQVAE {
  /// The sizes and choices of a ``VQVAE``.
  public struct Configuration: Codable, Sendable, Equatable {
    /// The height of an image in pixels, a multiple of 4.
    public var height: Int
    /// The width of an image in pixels, a multiple of 4.
    public var width: Int
    /// 1 for grey images, 3 for colour, or any other number.
    public var channels: Int
    /// The number of codes.
    public var codeCount: Int
    /// The size of a code vector.
    public var codeSize: Int
    /// The channels at half the image size; at a quarter there are twice as many.
    public var features: Int
    /// The weight of the distance of vectors to their codes in the loss.
    public var commitment: Float
    /// Whether grey pixels are learned as they are or drawn as black or white.
    public var binarization: Binarization
    /// The channels of each of the two stacks of the prior.
    public var priorFeatures: Int
    /// The number of layers of the prior.
    public var priorLayerCount: Int
    /// How many steps of a training are for codes; those after it are for their prior.
    public var codeSteps: Int

    /// 7×7 codes of 64 for 28×28 digits.
    public init(
      height: Int = 28, width: Int = 28, channels: Int = 1, codeCount: Int = 64, codeSize: Int = 32, features: Int = 32,
      commitment: Float = 0.25, binarization: Binarization = .none,
      priorFeatures: Int = 64, priorLayerCount: Int = 5, codeSteps: Int = 2000
    ) {
      self.height = height
      self.width = width
      self.channels = channels
      self.codeCount = codeCount
      self.codeSize = codeSize
      self.features = features
      self.commitment = commitment
      self.binarization = binarization
      self.priorFeatures = priorFeatures
      self.priorLayerCount = priorLayerCount
      self.codeSteps = codeSteps
    }

    func validate() throws {
      let sizes = [
        ("height", height, 4...65536), ("width", width, 4...65536), ("channels", channels, 1...4096),
        ("codeCount", codeCount, 2...65536), ("codeSize", codeSize, 1...65536), ("features", features, 1...65536),
        ("priorFeatures", priorFeatures, 1...4096), ("priorLayerCount", priorLayerCount, 1...1024),
        ("codeSteps", codeSteps, 1...1_000_000_000),
      ]
      for (name, value, range) in sizes where !range.contains(value) {
        throw ConfigurationError("vqvae: \(name) is \(value), expected \(range.lowerBound) to \(range.upperBound)")
      }
      guard height * width <= 1 << 24 else {
        throw ConfigurationError("vqvae: an image of \(height)×\(width) is too large")
      }
      guard height % 4 == 0 && width % 4 == 0 else {
        throw ConfigurationError(
          "vqvae: an image of \(height)×\(width); it is halved twice, so height and width must be multiples of 4: pad or "
            + "scale the images")
      }
      guard commitment >= 0, commitment.isFinite else {
        throw ConfigurationError("vqvae: commitment is \(commitment), expected 0 or more")
      }
    }
  }
}

extension VQVAE.Configuration: CustomStringConvertible {
  /// The values by name, in the order of their declaration.
  public var description: String { ConfigurationText.line(self) }
}
