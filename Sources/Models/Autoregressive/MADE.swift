import Datasets
import LatentSystem
import Layers
import Tensor
import Training

/// A MADE: a network of masked dense layers that gives the distribution of each pixel from those before it, in one order
/// or in each of several. It knows the exact likelihood of an image from one pass.
///
/// With several orders a step of the training takes one after the other, and the model is their mixture: the likelihood is
/// the mean of theirs, and a sample is made in an order that is drawn. So is a completion, and there the order is drawn
/// evenly too, whatever is known of the image: the mixture itself would take an order the more often the likelier it
/// makes the known pixels, but what that likelihood is nobody can tell where unknown pixels come before known ones.
/// Completions are therefore those of the orders, each as often as any other, and only with one order those of the
/// model's distribution.
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
  /// One for each order.
  public let distributions: [PixelDistribution]

  /// The sizes and choices of a ``MADE``.
  public struct Configuration: PixelConfiguration, Equatable {
    /// The height of an image in pixels.
    public var height: Int
    /// The width of an image in pixels.
    public var width: Int
    /// What a pixel can be: black or white, or a level of grey.
    public var values: PixelValues
    /// How grey pixels become black or white ones, where these are learned.
    public var binarization: Binarization
    /// The units of each hidden layer: 1 to 64 layers of up to 65536.
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
      try limits.check(self)
      if case .codes = values {
        throw ConfigurationError("made: codes are no scalars; pixelcnn and pixelrnn take them")
      }
      guard (1...64).contains(hiddenSizes.count) else {
        throw ConfigurationError("made: \(hiddenSizes.count) hidden layers, expected 1 to 64")
      }
      for size in hiddenSizes { try limits.check("hiddenSizes", size, 65536) }
      try limits.check("orderCount", orderCount, 4096)
      guard orderCount == 1 || ordering == .random else {
        throw ConfigurationError("made: \(orderCount) orders, of which rows has one; random has as many as wanted")
      }
      try checkProducts()
      // A unit sees the pixels up to one place in the order, or a class alone; with fewer units than that, some pixels would
      // not see those just before them.
      let places = height * width - (classCount == nil ? 1 : 0)
      if !isDirect, let least = hiddenSizes.min(), least < places {
        throw ConfigurationError(
          "made: \(least) hidden units without direct connections, expected \(places) or more, or isDirect")
      }
    }

    /// Sizes of which each is possible, but not all at once.
    private func checkProducts() throws {
      let pixels = height * width
      guard pixels * orderCount <= 1 << 22 else {
        throw ConfigurationError(
          "made: \(orderCount) × \(pixels) places in the orders of its pixels, expected at most \(1 << 22)")
      }
      let sizes = [pixels] + hiddenSizes + [pixels * values.logitCount]
      let ofLayers = zip(sizes, sizes.dropFirst()).reduce(0) { $0 + $1.0 * $1.1 }
      let weights = ofLayers + (isDirect ? pixels * pixels * values.logitCount : 0)
      guard weights <= 1 << 31 else {
        throw ConfigurationError("made: \(weights) weights in all, expected at most \(1 << 31)")
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
        OrderedPixelNetwork(network: module, order: $0), values: configuration.values, size: configuration.imageSize)
    }
  }
}

extension MADE.Configuration: CustomStringConvertible {
  /// The values by name, in the order of their declaration.
  public var description: String { ConfigurationText.line(self) }
}
