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
/// The loss is the squared error in the hole alone. Known pixels keep their bits.
public struct Inpainting: GenerativeModel {
  public static let kind = "inpainting"
  public let configuration: Configuration
  public let network: Network
  /// What fills.
  public let filler: InpaintingNetwork

  /// A model of the given sizes and choices.
  /// - Throws: ``ConfigurationError`` if a value is out of range.
  public init(_ configuration: Configuration = Configuration()) throws {
    try configuration.validate()
    self.configuration = configuration
    let parts = Parts(configuration)
    filler = parts.filler
    network = Network(parts)
  }

  public var inputs: [InputRequirement] {
    [InputRequirement([configuration.height, configuration.width, configuration.channels])]
  }

  public func makeOptimizers(learningRate: Float?) -> [String: any Optimizer] {
    [Self.optimizer: Adam(learningRate: learningRate ?? configuration.learningRate)]
  }

  public func trainingStep(_ feed: inout BatchFeed, _ training: inout TrainingState) throws -> Metrics {
    let images = feed.next().samples
    let known = holes(images.shape[0], using: &training.sampleRandom)
    let (descent, _) = try training.descend(with: Self.optimizer, network) { context in
      (filler(images, known: known, in: context).squaredErrorInHoles(to: images, known: known).mean(), ())
    }
    return [Metric.loss: descent.loss, Metric.ratio: PeakSignal.ratio(ofError: descent.loss)]
  }

  /// The mean squared error of a missing pixel, the mean peak signal-to-noise ratio in the hole in decibels, and that of
  /// the mean of what is known.
  public func evaluate(on data: TrainingData, with state: State) -> Metrics {
    guard let source = data.main else { return Metrics() }
    let context = Context(network, state, mode: .inference)
    var (error, ratio, plain) = (0.0, 0.0, 0.0)
    let size = InferenceBatch.size(source.sampleShape)
    for start in stride(from: 0, to: source.count, by: size) {
      let places = start..<min(source.count, start + size)
      let images = source.batch(at: Array(places)).samples
      var random = SampleRandom(RandomGenerator(seed: 0, stream: RandomStream.order), places: places)
      let known = holes(images.shape[0], using: &random)
      func errors(_ guess: Tensor) -> [Double] {
        guess.squaredErrorInHoles(to: images, known: known).scalars.map(Double.init)
      }
      let own = errors(filler(images, known: known, in: context))
      error += own.reduce(0, +)
      ratio += own.map(PeakSignal.ratio).reduce(0, +)
      plain += errors(filler.filled(images, known: known)).map(PeakSignal.ratio).reduce(0, +)
    }
    let count = Double(source.count)
    return [Metric.error: error / count, Metric.ratio: ratio / count, Metric.meanFill: plain / count]
  }

  /// Of each of the first ten images: with a hole, filled, as it is.
  public func preview(
    with state: State, from data: TrainingData, progress: (Double) throws -> Void
  ) throws -> Preview? {
    guard let source = data.main, configuration.channels == 1 || configuration.channels == 3 else { return nil }
    let images = source.batch(at: Array(0..<min(10, source.count))).samples
    var random = SampleRandom(RandomGenerator(seed: 0))
    let known = holes(images.shape[0], using: &random)
    let columns = [
      images * known + (1 - known) * 0.5, fill(images, known: known, with: state), images,
    ]
    let all = Tensor.stacked(columns, axis: 1)
    return Preview(
      try ImageSet(all.reshaped(to: Tensor.Shape([all.shape[0] * columns.count] + inputs[0].sampleShape.sizes))),
      columns: columns.count)
  }

  /// Masks with a square hole at a random place each: `[count, H, W, 1]`, 0 in the hole.
  func holes(_ count: Int, using random: inout SampleRandom) -> Tensor {
    let (height, width, side) = (configuration.height, configuration.width, configuration.holeSize)
    let draws = random.uniform([count, 2]).scalars
    var known = [Float](repeating: 1, count: count * height * width)
    for index in 0..<count {
      // A draw just below 1 may be rounded up.
      let top = min(height - side, Int(draws[2 * index] * Float(height - side + 1)))
      let left = min(width - side, Int(draws[2 * index + 1] * Float(width - side + 1)))
      for row in top..<top + side {
        for column in left..<left + side { known[(index * height + row) * width + column] = 0 }
      }
    }
    return Tensor(known, shape: [count, height, width, 1])
  }

  private func fill(_ images: Tensor, known: Tensor, with state: State) -> Tensor {
    let context = Context(network, state, mode: .inference)
    return .where(known, images, else: filler(images, known: known, in: context))
  }

  private static let optimizer = "adam"

  private enum Metric {
    static let loss = TrainingTrend.loss
    static let error = "squared_error"
    static let ratio = "psnr"
    static let meanFill = "psnr_of_mean"
  }

  /// What the names of the parameters begin with: `filler.…`.
  private final class Parts: Module {
    let filler: InpaintingNetwork

    init(_ configuration: Configuration) {
      filler = InpaintingNetwork(channels: configuration.channels, features: configuration.features)
    }
  }
}

extension Inpainting {
  /// The sizes and choices of an ``Inpainting`` model.
  public struct Configuration: Codable, Sendable, Equatable {
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

    /// A model of 28×28 grey digits.
    public init(height: Int = 28, width: Int = 28, channels: Int = 1, holeSize: Int = 12) {
      (self.height, self.width, self.channels, self.holeSize) = (height, width, channels, holeSize)
    }

    func validate() throws {
      let kind = Inpainting.kind
      for (name, value) in [("height", height), ("width", width)]
      where !(4...65536).contains(value) || value % 4 != 0 {
        throw ConfigurationError("\(kind): \(name) is \(value), expected a multiple of 4 up to 65536")
      }
      guard holeSize >= 1, holeSize < min(height, width) else {
        throw ConfigurationError(
          "\(kind): holeSize is \(holeSize), expected 1 to \(min(height, width) - 1), less than the image")
      }
      for (name, value) in [("channels", channels), ("features", features)] where !(1...4096).contains(value) {
        throw ConfigurationError("\(kind): \(name) is \(value), expected 1 to 4096")
      }
    }
  }
}

extension Inpainting.Configuration: CustomStringConvertible {
  /// The values by name, in the order of their declaration.
  public var description: String { ConfigurationText.line(self) }
}

// MARK: - Use

extension Inpainting: Restoring {
  public var damagedShape: Tensor.Shape { inputs[0].sampleShape }

  /// Images whose missing pixels are filled: `[N, H, W, C]` → `[N, H, W, C]`. Known ones keep their bits.
  ///
  /// - Parameter mask: of the shape of `damaged`; a pixel is known if all of its channels are. Nothing is missing if nil.
  public func restore(_ damaged: Tensor, mask: Tensor?, with state: State, using random: inout SampleRandom) -> Tensor {
    guard let mask else { return damaged }
    return fill(damaged, known: mask.min(axes: [3], keepingDimensions: true), with: state)
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
