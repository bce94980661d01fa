import Datasets
import Layers
import Tensor
import Training

/// A PixelRNN: a recurrent network that gives the distribution of each pixel from those above it and to its left. It knows
/// the exact likelihood of an image, and makes images a pixel after the other.
///
/// Rows of a ``RowLSTM`` see a triangle above a pixel; diagonals of a ``DiagonalBiLSTM`` see all pixels before it, and take
/// longer.
///
/// ```swift
/// let model = try PixelRNN(PixelRNN.Configuration(recurrence: .row))
/// let trained = try Trainer(model, length: .epochs(2), batchSize: 16).train(on: images)
/// ```
///
/// Reference: van den Oord, Kalchbrenner and Kavukcuoglu, "Pixel recurrent neural networks", arXiv:1601.06759.
public struct PixelRNN: PixelModel {
  public static let kind = "pixelrnn"

  public let configuration: Configuration
  public let network: Network
  public let distributions: [PixelDistribution]

  /// The way that recurrent layers go over an image.
  public enum Recurrence: String, Codable, Sendable, CaseIterable {
    /// From the top to the bottom; see ``RowLSTM``.
    case row
    /// From both upper corners; see ``DiagonalBiLSTM``.
    case diagonal
  }

  /// The sizes and choices of a ``PixelRNN``.
  public struct Configuration: PixelConfiguration, Equatable {
    /// The height of an image in pixels.
    public var height: Int
    /// The width of an image in pixels.
    public var width: Int
    /// The kind of recurrent layers.
    public var recurrence: Recurrence
    /// What a pixel can be.
    public var values: PixelValues
    /// How grey pixels become black or white ones, where these are learned.
    public var binarization: Binarization
    /// The features of each recurrent layer.
    public var features: Int
    /// The channels of the map that each layer sees and adds to; twice the features if nil.
    public var mapChannels: Int?
    /// The number of recurrent layers.
    public var layerCount: Int
    /// Whether what every layer leaves goes to the end, not that of the last one only.
    public var hasSkips: Bool
    /// Height and width of the first convolution's kernel, odd; only what lies before a pixel is looked at.
    public var firstKernelSize: Int
    /// The channels between the two convolutions at the end.
    public var headFeatures: Int
    /// The number of classes that it is told; nil if it is told none.
    public var classCount: Int?

    /// Seven layers of 16 features for black and white pixels, as the paper has them for MNIST.
    public init(
      height: Int = 28, width: Int = 28, recurrence: Recurrence = .row, values: PixelValues = .binary,
      binarization: Binarization = .dynamic, features: Int = 16, mapChannels: Int? = nil, layerCount: Int = 7,
      hasSkips: Bool = true, firstKernelSize: Int = 7, headFeatures: Int = 32, classCount: Int? = nil
    ) {
      self.height = height
      self.width = width
      self.recurrence = recurrence
      self.values = values
      self.binarization = binarization
      self.features = features
      self.mapChannels = mapChannels
      self.layerCount = layerCount
      self.hasSkips = hasSkips
      self.firstKernelSize = firstKernelSize
      self.headFeatures = headFeatures
      self.classCount = classCount
    }

    func validate() throws {
      let limits = PixelLimits(kind: PixelRNN.kind)
      try limits.check(self)
      try limits.check("features", features, 4096)
      if let mapChannels { try limits.check("mapChannels", mapChannels, 4096) }
      try limits.check("layerCount", layerCount, 1024)
      try limits.check("headFeatures", headFeatures, 4096)
      try limits.check("firstKernelSize", firstKernelSize, 63)
      // Of a single pixel, the mask leaves nothing.
      guard firstKernelSize % 2 == 1, firstKernelSize >= 3 else {
        throw ConfigurationError("pixelrnn: firstKernelSize is \(firstKernelSize), expected an odd number from 3 on")
      }
    }
  }

  public init(_ configuration: Configuration) throws {
    try configuration.validate()
    self.configuration = configuration
    let module = PixelRecurrentNetwork(
      configuration.recurrence, from: configuration.values.inputChannels, features: configuration.features,
      mapChannels: configuration.mapChannels ?? 2 * configuration.features, layerCount: configuration.layerCount,
      hasSkips: configuration.hasSkips, kernelSize: configuration.firstKernelSize,
      headFeatures: configuration.headFeatures, to: configuration.values.logitCount,
      classCount: configuration.classCount)
    network = Network(module)
    distributions = [PixelDistribution(module, values: configuration.values, size: configuration.imageSize)]
  }

  public var gradientBounds: ClosedRange<Float>? { -1...1 }
}

extension PixelRNN.Configuration: CustomStringConvertible {
  /// The values by name, in the order of their declaration.
  public var description: String { ConfigurationText.line(self) }
}
