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
/// the best for the signal-to-noise ratio.
public struct SuperResolution: GenerativeModel {
  public static let kind = "super-resolution"
  public let configuration: Configuration
  public let network: Network
  /// What enlarges.
  public let enlarger: EnlargingNetwork

  /// A model of the given sizes and choices.
  /// - Throws: ``ConfigurationError`` if a value is out of range.
  public init(_ configuration: Configuration = Configuration()) throws {
    try configuration.validate()
    self.configuration = configuration
    let parts = Parts(configuration)
    enlarger = parts.enlarger
    network = Network(parts)
  }

  public var inputs: [InputRequirement] {
    [InputRequirement([configuration.height, configuration.width, configuration.channels])]
  }

  public func makeOptimizers(learningRate: Float?) -> [String: any Optimizer] {
    [Self.optimizer: Adam(learningRate: learningRate ?? configuration.learningRate)]
  }

  public func trainingStep(_ feed: inout BatchFeed, _ training: inout TrainingState) throws -> Metrics {
    let large = feed.next().samples
    let small = shrunk(large)
    let (descent, _) = try training.descend(with: Self.optimizer, network) { context in
      ((enlarger(small, in: context) - large).square().mean(), ())
    }
    return [Metric.loss: descent.loss, Metric.ratio: PeakSignal.ratio(ofError: descent.loss)]
  }

  /// The mean squared error of a pixel, the mean peak signal-to-noise ratio in decibels, and that of cubic interpolation.
  public func evaluate(on data: TrainingData, with state: State) -> Metrics {
    guard let source = data.main else { return Metrics() }
    let context = Context(network, state, mode: .inference)
    var (error, ratio, plain) = (0.0, 0.0, 0.0)
    let size = InferenceBatch.size(source.sampleShape)
    for start in stride(from: 0, to: source.count, by: size) {
      let large = source.batch(at: Array(start..<min(source.count, start + size))).samples
      let small = shrunk(large)
      let errors = PeakSignal.errors(of: enlarger(small, in: context).clamped(to: 0...1), to: large)
      error += errors.reduce(0, +)
      ratio += errors.map(PeakSignal.ratio).reduce(0, +)
      plain += PeakSignal.errors(of: interpolated(small), to: large).map(PeakSignal.ratio).reduce(0, +)
    }
    let count = Double(source.count)
    return [Metric.error: error / count, Metric.ratio: ratio / count, Metric.interpolation: plain / count]
  }

  /// Of each of the first ten images: small, by interpolation, by the model, as it is.
  public func preview(
    with state: State, from data: TrainingData, progress: (Double) throws -> Void
  ) throws -> Preview? {
    guard let source = data.main, configuration.channels == 1 || configuration.channels == 3 else { return nil }
    let large = source.batch(at: Array(0..<min(10, source.count))).samples
    let small = shrunk(large)
    let columns = [
      small.resized(to: size, method: .nearest), interpolated(small), enlarge(small, with: state), large,
    ]
    let all = Tensor.stacked(columns, axis: 1)
    return Preview(
      try ImageSet(all.reshaped(to: Tensor.Shape([all.shape[0] * columns.count] + inputs[0].sampleShape.sizes))),
      columns: columns.count)
  }

  private var size: Tensor.Size2D { Tensor.Size2D(height: configuration.height, width: configuration.width) }

  private func interpolated(_ small: Tensor) -> Tensor {
    small.resized(to: size, method: .bicubic).clamped(to: 0...1)
  }

  /// Images as the model takes them for small: the means of blocks. `[N, H, W, C]` → `[N, H / factor, W / factor, C]`.
  public func shrunk(_ images: Tensor) -> Tensor { images.averagePool2d(.init(configuration.factor)) }

  private static let optimizer = "adam"

  private enum Metric {
    static let loss = TrainingTrend.loss
    static let error = "squared_error"
    static let ratio = "psnr"
    static let interpolation = "psnr_of_interpolation"
  }

  /// What the names of the parameters begin with: `enlarger.…`.
  private final class Parts: Module {
    let enlarger: EnlargingNetwork

    init(_ configuration: Configuration) {
      enlarger = EnlargingNetwork(
        channels: configuration.channels, factor: configuration.factor, features: configuration.features,
        blockCount: configuration.blockCount)
    }
  }
}

extension SuperResolution {
  /// The sizes and choices of a ``SuperResolution``.
  public struct Configuration: Codable, Sendable, Equatable {
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

    /// A model that doubles 14×14 grey digits, of 28×28 ones.
    public init(height: Int = 28, width: Int = 28, channels: Int = 1, factor: Int = 2) {
      (self.height, self.width, self.channels, self.factor) = (height, width, channels, factor)
    }

    func validate() throws {
      let kind = SuperResolution.kind
      guard (2...8).contains(factor) else {
        throw ConfigurationError("\(kind): factor is \(factor), expected 2 to 8")
      }
      for (name, value) in [("height", height), ("width", width)]
      where !(1...65536).contains(value) || value % factor != 0 {
        throw ConfigurationError(
          "\(kind): \(name) is \(value), expected a multiple of the factor \(factor) up to 65536")
      }
      for (name, value) in [("channels", channels), ("features", features), ("blockCount", blockCount)]
      where !(1...4096).contains(value) {
        throw ConfigurationError("\(kind): \(name) is \(value), expected 1 to 4096")
      }
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
