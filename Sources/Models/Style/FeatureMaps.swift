import LatentSystem
import Layers
import Tensor
import Training

/// A network that describes images by maps of features and is not trained with what uses it: images are compared by these
/// instead of by their pixels.
public protocol FeatureMaps: Module {
  /// The number of features of each map, in the order of the maps.
  var featureCounts: [Int] { get }
  /// The maps that say what an image shows, by their places; all of them tell its style.
  var contentPlaces: [Int] { get }
  /// The least height and width of an image.
  var leastSize: Int { get }
  /// The maps of images, the finest first: `[N, H, W, C]` in 0...1 → each `[N, H', W', F]`.
  ///
  /// In a context for inference: a sample's features do not depend on others.
  func maps(of images: Tensor, in context: Context) -> [Tensor]
  /// The maps at ``contentPlaces`` alone, in their order.
  func contentMaps(of images: Tensor, in context: Context) -> [Tensor]
}

extension FeatureMaps {
  public func contentMaps(of images: Tensor, in context: Context) -> [Tensor] {
    contentMaps(maps(of: images, in: context))
  }

  /// Those of all maps that say what an image shows.
  func contentMaps(_ maps: [Tensor]) -> [Tensor] { contentPlaces.map { maps[$0] } }

  /// The mean squared difference of two sets of images in their features, as a share of the mean square of those of the
  /// second, a scalar: the mean over all maps.
  ///
  /// Reference: Johnson, Alahi and Fei-Fei, arXiv:1603.08155, equation 2, made independent of the scale of the features.
  func error(of images: Tensor, to others: Tensor, in context: Context) -> Tensor {
    let terms = zip(maps(of: images, in: context), maps(of: others, in: context)).map { own, other in
      let target = other.detached()
      return (own - target).square().mean() / target.square().mean().maximum(Tensor(1e-6))
    }
    return terms.dropFirst().reduce(terms[0], +) / Float(terms.count)
  }
}

/// Which features images are compared by.
public enum PerceptualFeatures: Codable, Sendable, Equatable {
  /// Those of filters that were drawn at random, `filters` of each of three sizes, at `levels` sizes of the image.
  case random(filters: Int = 32, levels: Int = 3)
  /// Those of an ``ImageClassifier`` with so many `features` at full size, whose numbers have to be put into the state that
  /// a training begins with: ``state(of:named:)``.
  case classifier(features: Int)

  /// The features of a classifier.
  /// - Throws: ``CapabilityError`` if the model is none, or one of images with other channels.
  public init(of trained: TrainedModel, channels: Int) throws {
    guard let classifier = trained.model as? ImageClassifier else {
      throw CapabilityError("\(trained.kind) cannot compare images: expected the features of an image-classifier")
    }
    guard classifier.configuration.channels == channels else {
      throw CapabilityError(
        "\(trained.kind) cannot compare images of \(channels) channels: it learned from images of "
          + "\(classifier.configuration.channels)")
    }
    self = .classifier(features: classifier.configuration.convolutionFeatures)
  }

  /// Random filters at as many sizes as images of this height and width have, up to three.
  public static func random(fitting size: Int) -> PerceptualFeatures {
    .random(levels: (1...3).last { size >= 4 << ($0 - 1) } ?? 1)
  }

  /// The network.
  func makeMaps(channels: Int) -> any FeatureMaps {
    switch self {
    case .random(let filters, let levels): RandomFeatureMaps(channels: channels, filters: filters, levels: levels)
    case .classifier(let features): ClassifierFeatureMaps(channels: channels, features: features)
    }
  }

  /// What a training begins with whose features are those of a trained classifier: the numbers of those, by the names that
  /// they have in the model.
  ///
  /// - Parameters:
  ///   - trained: the classifier.
  ///   - prefix: what the names of the features' parameters begin with: `judges.features`.
  public static func state(of trained: TrainedModel, named prefix: String) -> State {
    let used = trained.state.tensors.filter { ClassifierFeatureMaps.uses($0.key) }
    return State(Dictionary(uniqueKeysWithValues: used.map { ("\(prefix).\($0.key)", $0.value) }))
  }

  func validate(_ kind: String, height: Int, width: Int) throws {
    let checks = ConfigurationChecks(kind: kind)
    switch self {
    case .random(let filters, let levels):
      try checks.check(["filters": filters], in: 1...4096)
      try checks.check(["levels": levels], in: 1...8)
    case .classifier(let features): try checks.check(["features": features], in: 1...65536)
    }
    let least = makeMaps(channels: 1).leastSize
    try checks.check(
      min(height, width) >= least,
      "images of \(height)×\(width) are too small for features of \(self): \(least) at least; pad or scale the images")
  }
}

extension PerceptualFeatures: CustomStringConvertible {
  /// The choice with its numbers.
  public var description: String {
    switch self {
    case .random(let filters, let levels): "random filters (\(filters) of a size, \(levels) levels)"
    case .classifier(let features): "a classifier (\(features) at full size)"
    }
  }
}

/// Features of filters of 3, 5 and 7 pixels that were drawn at random, of an image and of its halves: what a texture is
/// told from without anything having been learned.
///
/// A quarter of the filters sees how bright and of which colour an image is. The others have mean 0, so that what they see
/// is edges and strokes, which the brightness would hide.
///
/// Reference: Ustyuzhaninov, Brendel, Gatys and Bethge, "Texture synthesis using shallow convolutional networks with random
/// filters", arXiv:1606.00021; smaller images take the place of the largest filters.
public final class RandomFeatureMaps: FeatureMaps {
  /// The filters of each size, the same at all levels, `[filters, size, size, C]`.
  public let weights: [Parameter]
  /// What is added, `[filters]` for each size.
  public let biases: [Parameter]
  /// How many sizes of the image there are.
  private let levels: Int

  /// Filters for images of `channels`, so many of each size, at `levels` sizes of the image.
  /// - Precondition: all numbers are at least 1.
  public init(channels: Int, filters: Int, levels: Int) {
    require(
      channels >= 1 && filters >= 1 && levels >= 1,
      "RandomFeatureMaps: \(channels) channels, \(filters) filters, \(levels) levels; each is at least 1")
    weights = [3, 5, 7].map { size in
      let deviation = (2 / Float(size * size * channels)).squareRoot()
      return Parameter([filters, size, size, channels], .normal(standardDeviation: deviation))
    }
    biases = weights.map { _ in Parameter([filters], .normal(standardDeviation: 0.15)) }
    self.levels = levels
  }

  public var featureCounts: [Int] {
    [Int](repeating: weights.reduce(0) { $0 + $1.shape[0] }, count: levels)
  }
  /// Half the size: what is finer belongs to the style.
  public var contentPlaces: [Int] { [min(1, levels - 1)] }
  public var leastSize: Int { 4 << (levels - 1) }

  public func maps(of images: Tensor, in context: Context) -> [Tensor] {
    maps(of: images, at: Array(0..<levels), in: context)
  }

  public func contentMaps(of images: Tensor, in context: Context) -> [Tensor] {
    maps(of: images, at: contentPlaces, in: context)
  }

  /// The maps at some levels, the finest of which comes first.
  private func maps(of images: Tensor, at places: [Int], in context: Context) -> [Tensor] {
    let filters = zip(weights, biases).map { (weight: Self.kernels(context[$0]), bias: context[$1]) }
    var (scaled, level) = (images.signedPixels, 0)
    return places.map { place in
      while level < place {
        scaled = scaled.averagePool2d(2)
        level += 1
      }
      let maps = filters.map { weight, bias in
        let padded = scaled.padded2d(.init(weight.shape[1] / 2), mode: .reflect)
        return (padded.conv2d(weight) + bias).relu()
      }
      return .concatenated(maps, axis: 3)
    }
  }

  /// The filters as they are used: a quarter as drawn, the others without their mean, and larger, as edges are fainter than
  /// surfaces.
  private static func kernels(_ drawn: Tensor) -> Tensor {
    let (count, plain) = (drawn.shape[0], max(1, drawn.shape[0] / 4))
    guard count > plain else { return drawn }
    let edges = drawn[plain..<count]
    return .concatenated([drawn[0..<plain], (edges - edges.mean(axes: [1, 2], keepingDimensions: true)) * 2])
  }
}

/// The features of an ``ImageClassifier`` after each of its convolutions, for images of any size.
public final class ClassifierFeatureMaps: FeatureMaps {
  /// The beginning of the classifier, under its names.
  public let body: Sequential
  public let featureCounts: [Int]

  /// The convolutions of a classifier of images with `channels` that has so many features at full size.
  /// - Precondition: both are at least 1.
  public init(channels: Int, features: Int) {
    require(
      channels >= 1 && features >= 1,
      "ClassifierFeatureMaps: \(channels) channels and \(features) features; each is at least 1")
    body = Sequential(ImageClassifier.convolutions(channels: channels, features: features))
    featureCounts = [features, 2 * features, 4 * features]
  }

  public var contentPlaces: [Int] { [1] }
  public var leastSize: Int { 4 }

  public func maps(of images: Tensor, in context: Context) -> [Tensor] {
    maps(of: images, count: featureCounts.count, in: context)
  }

  public func contentMaps(of images: Tensor, in context: Context) -> [Tensor] {
    contentMaps(maps(of: images, count: 1 + (contentPlaces.max() ?? 0), in: context))
  }

  /// The first maps: each comes after a convolution, its normalization and a rectifier.
  private func maps(of images: Tensor, count: Int, in context: Context) -> [Tensor] {
    var (map, maps) = (images, [Tensor]())
    for (place, layer) in body.layers.prefix(3 * count).enumerated() {
      map = layer(map, in: context)
      if place % 3 == 2 { maps.append(map) }
    }
    return maps
  }

  /// Whether a tensor of the classifier's state is one of these.
  static func uses(_ name: String) -> Bool {
    let parts = name.split(separator: ".")
    guard parts.count > 2, parts[0] == "body", parts[1] == "layers", let place = Int(parts[2]) else { return false }
    return place < 9
  }
}
