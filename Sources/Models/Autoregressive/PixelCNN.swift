import Datasets
import Layers
import Tensor
import Training

/// A gated PixelCNN: a convolutional network that gives the distribution of each pixel from those above it and to its
/// left. It knows the exact likelihood of an image, and makes images a pixel after the other.
///
/// ```swift
/// let model = try PixelCNN(PixelCNN.Configuration())
/// let trained = try Trainer(model, length: .epochs(2), batchSize: 16).train(on: images)
/// let lowerHalves = try trained.complete(digits, mask: upperHalf)
/// ```
///
/// Reference: van den Oord et al., "Conditional image generation with PixelCNN decoders", arXiv:1606.05328.
public struct PixelCNN: PixelModel {
  public static let kind = "pixelcnn"

  public let configuration: Configuration
  public let network: Network
  public let distributions: [PixelDistribution]

  /// The sizes and choices of a ``PixelCNN``.
  public struct Configuration: PixelConfiguration, Equatable {
    /// The height of an image in pixels.
    public var height: Int
    /// The width of an image in pixels.
    public var width: Int
    /// What a pixel can be.
    public var values: PixelValues
    /// How grey pixels become black or white ones, where these are learned.
    public var binarization: Binarization
    /// The channels of each of the two stacks.
    public var features: Int
    /// The number of layers.
    public var layerCount: Int
    /// Height and width of the first layer's kernel, odd; only what lies before a pixel is looked at. A kernel that sees the
    /// whole digit costs little, for the first layer has few inputs, and a model of a smaller field is the worse for it.
    public var firstKernelSize: Int
    /// Those of the other layers' kernels.
    public var kernelSize: Int
    /// The channels between the two convolutions at the end.
    public var headFeatures: Int
    /// The number of classes that it is told; nil if it is told none.
    public var classCount: Int?

    /// Seven layers of 32 channels for black and white pixels.
    public init(
      height: Int = 28, width: Int = 28, values: PixelValues = .binary, binarization: Binarization = .dynamic,
      features: Int = 32, layerCount: Int = 7, firstKernelSize: Int = 25, kernelSize: Int = 3, headFeatures: Int = 32,
      classCount: Int? = nil
    ) {
      self.height = height
      self.width = width
      self.values = values
      self.binarization = binarization
      self.features = features
      self.layerCount = layerCount
      self.firstKernelSize = firstKernelSize
      self.kernelSize = kernelSize
      self.headFeatures = headFeatures
      self.classCount = classCount
    }

    func validate() throws {
      let limits = PixelLimits(kind: PixelCNN.kind)
      try limits.check(self)
      try limits.check("features", features, 4096)
      try limits.check("layerCount", layerCount, 1024)
      try limits.check("headFeatures", headFeatures, 4096)
      for (name, size) in [("firstKernelSize", firstKernelSize), ("kernelSize", kernelSize)] {
        try limits.check(name, size, 63)
        guard size % 2 == 1 else { throw ConfigurationError("pixelcnn: \(name) is \(size), expected an odd number") }
      }
    }
  }

  public init(_ configuration: Configuration) throws {
    try configuration.validate()
    self.configuration = configuration
    let kernels = Array(repeating: configuration.kernelSize, count: configuration.layerCount - 1)
    let module = GatedPixelNetwork(
      from: configuration.values.inputChannels, features: configuration.features,
      kernelSizes: [configuration.firstKernelSize] + kernels, headFeatures: configuration.headFeatures,
      to: configuration.values.logitCount, classCount: configuration.classCount)
    network = Network(module)
    distributions = [PixelDistribution(module, values: configuration.values, size: configuration.imageSize)]
  }
}

extension PixelCNN.Configuration: CustomStringConvertible {
  /// The values by name, in the order of their declaration.
  public var description: String { ConfigurationText.line(self) }
}
