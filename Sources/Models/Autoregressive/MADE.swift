import Datasets
import LatentSystem
import Layers
import Tensor
import Training

/// A MADE: a network of masked dense layers that gives the distribution of each pixel from those before it, in one order
/// or in each of several. It knows the exact likelihood of an image from one pass.
///
/// With several orders a step of the training takes one after the other, and the model is their mixture: the likelihood is
/// the mean of theirs, and a sample is made in an order that is drawn.
///
/// ```swift
/// let model = try MADE(MADE.Configuration())
/// let trained = try Trainer(model, length: .epochs(10), batchSize: 100).train(on: images)
/// ```
///
/// Reference: Germain et al., "MADE: masked autoencoder for distribution estimation", arXiv:1502.03509.
public struct MADE: PixelModel {
  public static let kind = "made"

  public let configuration: Configuration
  public let network: Network
  /// The distribution of images in each order.
  public let distributions: [PixelDistribution]

  /// The sizes and choices of a ``MADE``.
  public struct Configuration: Codable, Sendable, Equatable {
    /// The height of an image in pixels.
    public var height: Int
    /// The width of an image in pixels.
    public var width: Int
    /// What a pixel can be: black or white, or a level of grey.
    public var values: PixelValues
    /// How grey pixels become black or white ones, where these are learned.
    public var binarization: Binarization
    /// The units of each hidden layer.
    public var hiddenSizes: [Int]
    /// Whether pixels are connected straight to logits too.
    public var isDirect: Bool
    /// How pixels are ordered.
    public var ordering: Ordering
    /// The number of orders, 1 or more; several take a ``ordering`` at random.
    public var orderCount: Int
    /// The number of classes that it is told; nil if it is told none.
    public var classCount: Int?

    /// One hidden layer for black and white pixels, row by row.
    public init(
      height: Int = 28, width: Int = 28, values: PixelValues = .binary, binarization: Binarization = .dynamic,
      hiddenSizes: [Int] = [4000], isDirect: Bool = true, ordering: Ordering = .rows, orderCount: Int = 1,
      classCount: Int? = nil
    ) {
      self.height = height
      self.width = width
      self.values = values
      self.binarization = binarization
      self.hiddenSizes = hiddenSizes
      self.isDirect = isDirect
      self.ordering = ordering
      self.orderCount = orderCount
      self.classCount = classCount
    }

    func validate() throws {
      let limits = PixelLimits(kind: MADE.kind)
      try limits.check(height: height, width: width, values, binarization, classCount: classCount)
      if case .codes = values {
        throw ConfigurationError("made: codes are no scalars; pixelcnn and pixelrnn take them")
      }
      guard (1...64).contains(hiddenSizes.count) else {
        throw ConfigurationError("made: \(hiddenSizes.count) hidden layers, expected 1 to 64")
      }
      for size in hiddenSizes { try limits.check("hiddenSizes", size, 1 << 20) }
      try limits.check("orderCount", orderCount, 4096)
      guard orderCount == 1 || ordering == .random else {
        throw ConfigurationError("made: \(orderCount) orders, of which rows has one; random has as many as wanted")
      }
    }

    /// The orders: permutations of the places of all pixels, drawn from the number of each alone.
    var orders: [[Int]] {
      let places = Array(0..<height * width)
      guard ordering == .random else { return [places] }
      return (0..<orderCount).map { index in
        var random = RandomGenerator(seed: UInt64(index), stream: RandomStream.order)
        let keys = Tensor.uniform([places.count], using: &random).scalars
        return places.sorted { (keys[$0], $0) < (keys[$1], $1) }
      }
    }
  }

  /// How the pixels of a ``MADE`` are ordered.
  public enum Ordering: String, Codable, Sendable, CaseIterable {
    /// Row by row, from the upper left corner.
    case rows
    /// In any order.
    case random
  }

  public init(_ configuration: Configuration) throws {
    try configuration.validate()
    self.configuration = configuration
    let module = MaskedPixelNetwork(
      orders: configuration.orders, hiddenSizes: configuration.hiddenSizes,
      logitsPerPixel: configuration.values.logitCount, isDirect: configuration.isDirect,
      classCount: configuration.classCount)
    network = Network(module)
    distributions = (0..<configuration.orderCount).map {
      PixelDistribution(
        OrderedPixelNetwork(network: module, order: $0), values: configuration.values,
        size: Tensor.Size2D(height: configuration.height, width: configuration.width))
    }
  }

  public func makeOptimizers(learningRate: Float?) -> [String: any Optimizer] {
    [PixelMetric.optimizer: Adam(learningRate: learningRate ?? 1e-3)]
  }

  public func trainingLoss(of images: Tensor, given condition: Condition, step: Int, in context: Context) -> Tensor {
    distributions[step % distributions.count].negativeLogLikelihood(of: images, given: condition, in: context)
  }

  public func negativeLogLikelihood(of images: Tensor, given condition: Condition, in context: Context) -> Tensor {
    let all = distributions.map { $0.negativeLogLikelihood(of: images, given: condition, in: context) }
    guard all.count > 1 else { return all[0] }
    return Tensor(Float(all.count)).log() - (-Tensor.stacked(all)).logSumExp(axes: [0])
  }

  public func sample(
    _ count: Int, continuing start: PartialSamples?, given condition: Condition, with state: State,
    using random: inout SampleRandom, progress: (Double) throws -> Void
  ) rethrows -> Tensor {
    let context = Context(network, state, mode: .inference)
    guard distributions.count > 1 else {
      return try distributions[0].sample(
        count, continuing: start, given: condition, in: context, using: &random, progress: progress)
    }
    let orders = random.uniform([count]).scalars.map {
      min(Int($0 * Float(distributions.count)), distributions.count - 1)
    }
    let draws = random.uniform([count, imageSize.height * imageSize.width, pixelValues.drawsPerPixel])
    var (samples, done) = (Tensor.zeros(Tensor.Shape([count] + sampleShape.sizes)), 0)
    for (order, distribution) in distributions.enumerated() {
      let places = orders.indices.filter { orders[$0] == order }
      if places.isEmpty { continue }
      let images = try distribution.sample(
        from: draws.gathered(at: places), continuing: start?.rows(at: places),
        given: condition.rows(at: condition == .none ? [] : places), in: context
      ) { try progress((Double(done) + $0 * Double(places.count)) / Double(count)) }
      for (index, place) in places.enumerated() { samples[place] = images[index] }
      done += places.count
    }
    return samples
  }

  public var imageSize: Tensor.Size2D { distributions[0].size }
  public var pixelValues: PixelValues { configuration.values }
  public var binarization: Binarization { configuration.binarization }
  public var classCount: Int? { configuration.classCount }
}

extension MADE.Configuration: CustomStringConvertible {
  /// The values by name, in the order of their declaration.
  public var description: String { ConfigurationText.line(self) }
}
