import Datasets
import LatentSystem
import Layers
import Tensor
import Training

/// A small classifier that learns to tell the texture of a style from those that the library draws (``DrawnPattern``), and
/// all of them from images as they are. It says whether images were given the style.
///
/// ```swift
/// let judge = StyleJudge(style: picture, images: photographs, learningIn: 600)
/// print(judge.accuracy(onCrops: 1000, images: others))
/// print(judge.classes(of: stylized).count { $0 == judge.styleClass })
/// ```
///
/// It learns from crops of the pictures that have the size of the images. Each is of a random place, turned over or not, with
/// less contrast and lighter or darker, so that nothing but the texture is left to tell them by.
public struct StyleJudge: Sendable {
  /// The names of the classes: images as they are, the patterns, and the style if it is none of these.
  public let classNames: [String]
  /// The class of images as they are.
  public let imagesClass = 0
  /// The class of the style.
  public let styleClass: Int
  private let crops: TextureCrops
  private let classifier: Classifier
  private let network: Network
  private let state: State

  /// A judge that learns.
  ///
  /// - Parameters:
  ///   - style: pictures of the style, of any size.
  ///   - pattern: the pattern that they show, if they show one; they take its place.
  ///   - images: some as they are, of the size and the channels of those that will be judged.
  ///   - steps: updates.
  ///   - onStep: called after every update with its number.
  /// - Precondition: images and pictures are both grey or both coloured, and the images have 8×8 pixels or more; there is a
  ///   step.
  public init(
    style: ImageSet, drawnAs pattern: DrawnPattern? = nil, images: ImageSet, learningIn steps: Int,
    onStep: (Int) -> Void = { _ in }
  ) {
    require(
      steps >= 1 && min(images.height, images.width) >= 8 && style.channels == images.channels
        && [1, 3].contains(images.channels),
      "StyleJudge: \(steps) steps with images of \(images.sampleShape) and a style of \(style.sampleShape); expected 1 or "
        + "more, and both grey or both coloured, the images of 8×8 pixels or more")
    let patterns = DrawnPattern.allCases
    // Room for crops of many places, and no more: patterns repeat, and drawing them takes time.
    let side = max(128, max(images.height, images.width) + 64)
    let drawn = patterns.map {
      $0 == pattern ? style : $0.picture(height: side, width: side, channels: images.channels)
    }
    let own = pattern == nil ? [style] : []
    classNames = ["images"] + patterns.map(\.rawValue) + own.map { _ in "style" }
    styleClass = 1 + (pattern.flatMap { patterns.firstIndex(of: $0) } ?? patterns.count)
    crops = TextureCrops(classes: [images] + drawn + own, height: images.height, width: images.width)
    classifier = Classifier(channels: images.channels, classCount: classNames.count)
    network = Network(classifier)
    state = Self.learned(classifier, network, crops, steps, onStep)
  }

  private static func learned(
    _ classifier: Classifier, _ network: Network, _ crops: TextureCrops, _ steps: Int, _ onStep: (Int) -> Void
  ) -> State {
    var random = RandomGenerator(seed: 1)
    var state = network.initialState(using: &random)
    var drawing = random.split()
    var optimizer = Adam(learningRate: learningRate)
    for step in 1...steps {
      let labels = (0..<batchSize).map { _ in Int.random(in: 0..<crops.classes.count, using: &drawing) }
      let samples = crops.batch(of: labels, using: &drawing)
      network.update(&state, with: &optimizer, using: &random) { context in
        classifier(samples, in: context).softmaxCrossEntropy(labels: labels).mean()
      }
      optimizer.learningRate = learningRate * (1 - Float(step) / Float(steps))
      onStep(step)
    }
    return state
  }

  /// The class that each image looks like most.
  /// - Parameter images: `[N, H, W, C]` in 0...1, of the size that the judge learned from.
  /// - Precondition: they have that size.
  public func classes(of images: Tensor) -> [Int] {
    let expected: Tensor.Shape = [images.shape[0], crops.height, crops.width, crops.classes[0].channels]
    require(images.shape == expected, "StyleJudge: images of shape \(images.shape), expected \(expected)")
    return classifier(images, in: Context(network, state, mode: .inference)).argmax(axis: 1)
  }

  /// What the judge itself is worth: the share of crops that it tells right, about as many of each class. They are other
  /// random crops than it learned from, of the same pictures, and of images that can be others.
  ///
  /// - Parameters:
  ///   - count: how many crops.
  ///   - images: some as they are.
  /// - Precondition: there is a crop, and the images have the size that the judge learned from.
  public func accuracy(onCrops count: Int, images: ImageSet) -> Double {
    let expected: Tensor.Shape = [crops.height, crops.width, crops.classes[0].channels]
    require(
      count >= 1 && images.sampleShape == expected,
      "StyleJudge: \(count) crops with images of \(images.sampleShape); expected 1 or more, and images of \(expected)")
    var unseen = crops
    unseen.classes[imagesClass] = images
    var (random, right) = (RandomGenerator(seed: 2), 0)
    for start in stride(from: 0, to: count, by: Self.batchSize) {
      let labels = (start..<min(count, start + Self.batchSize)).map { $0 % classNames.count }
      right += zip(classes(of: unseen.batch(of: labels, using: &random)), labels).count { $0 == $1 }
    }
    return Double(right) / Double(count)
  }

  private static let learningRate: Float = 2e-3
  private static let batchSize = 64
}

/// Three convolutions, each of which halves an image, and a decision by the means of what they find anywhere.
private final class Classifier: Module {
  let body: Sequential
  let head: Dense

  init(channels: Int, classCount: Int) {
    var (layers, before) = ([any Layer](), channels)
    for features in [16, 32, 64] {
      layers.append(
        Conv2D(
          from: before, to: features, kernelSize: 4, stride: 2, padding: 1, initializer: .heUniform,
          biasInitializer: .zeros))
      layers.append(.relu)
      before = features
    }
    (body, head) = (Sequential(layers), Dense(from: before, to: classCount))
  }

  func callAsFunction(_ images: Tensor, in context: Context) -> Tensor {
    head(body(images * 2 - 1, in: context).mean(axes: [1, 2]), in: context)
  }
}
