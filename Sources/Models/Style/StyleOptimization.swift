import LatentSystem
import Layers
import Tensor
import Training

/// Gives images the style of a picture by changing their pixels, step by step, until a ``PerceptualLoss`` is low: nothing
/// is trained.
///
/// ```swift
/// let stylized = try StyleOptimization(channels: 3)(photographs, style: picture)
/// ```
///
/// Reference: Gatys, Ecker and Bethge, "Image style transfer using convolutional neural networks", CVPR 2016, with Adam.
public struct StyleOptimization: Sendable {
  /// The number of steps, 1 or more.
  public var steps = 200
  /// Adam's step size, in units of a pixel from black to white.
  public var learningRate: Float = 0.03
  /// The weight of showing the same, 0 or more.
  public var contentWeight: Float = 0.1
  /// The weight of the style, 0 or more.
  public var styleWeight: Float = 1
  /// The weight of neighbouring pixels that differ, 0 or more.
  public var roughnessWeight: Float = 0
  private let features: any FeatureMaps
  private let network: Network
  private let state: State

  /// The features' parts, under the names that they have in a ``StyleTransfer``.
  private final class Parts: Module {
    let features: any FeatureMaps
    init(_ features: any FeatureMaps) { self.features = features }
  }

  /// An optimization by features of filters that `seed` draws.
  /// - Throws: ``ConfigurationError`` if a value is out of range.
  public init(channels: Int, filters: Int = 32, levels: Int = 3, seed: UInt64 = 0) throws {
    try self.init(.random(filters: filters, levels: levels), channels: channels, seed: seed, State())
  }

  /// An optimization by the features of a classifier.
  /// - Throws: ``CapabilityError`` if the model is none, or one of images with other channels.
  public init(channels: Int, classifier: TrainedModel) throws {
    try self.init(
      PerceptualFeatures(of: classifier, channels: channels), channels: channels, seed: 0,
      PerceptualFeatures.state(of: classifier, named: "features"))
  }

  private init(_ choice: PerceptualFeatures, channels: Int, seed: UInt64, _ known: State) throws {
    try ConfigurationChecks(kind: "StyleOptimization").check(["channels": channels], in: 1...4096)
    // Any size will do here: that of images is looked at when there are some.
    try choice.validate("StyleOptimization", height: 65536, width: 65536)
    features = choice.makeMaps(channels: channels)
    network = Network(Parts(features))
    var random = RandomGenerator(seed: seed, stream: RandomStream.initialValues)
    var state = network.initialState(using: &random)
    state.merge(known)
    self.state = state
  }

  /// The least height and width of images and pictures.
  public var leastSize: Int { features.leastSize }

  /// Images in the style of a picture, `[N, H, W, C]` → `[N, H, W, C]` in 0...1. What becomes of an image does not depend
  /// on those beside it.
  ///
  /// - Parameters:
  ///   - images: what is shown, in 0...1.
  ///   - style: pictures of one style, `[M, H', W', C]`, of any size.
  ///   - progress: is called with the share that is done and the mean of the loss. What it throws ends the work.
  /// - Precondition: both are ``leastSize`` or more in height and width and have the features' channels; all choices lie in
  ///   the ranges that their documentation states.
  public func callAsFunction(
    _ images: Tensor, style: Tensor, progress: (_ share: Double, _ loss: Double) throws -> Void
  ) rethrows -> Tensor {
    try self(images, grams: grams(of: style), progress: progress)
  }

  /// What a style is: the Gram matrices of the features of its pictures, as images of any number want them.
  /// - Precondition: pictures `[M, H', W', C]` of ``leastSize`` or more in height and width and with the features' channels.
  public func grams(of style: Tensor) -> [Tensor] {
    checkSize(style)
    return PerceptualLoss.grams(of: style, features, in: Context(network, state, mode: .inference))
  }

  /// Images in a style of which the Gram matrices are known; see ``callAsFunction(_:style:progress:)``.
  /// - Precondition: they are those that ``grams(of:)`` gives.
  public func callAsFunction(
    _ images: Tensor, grams: [Tensor], progress: (_ share: Double, _ loss: Double) throws -> Void
  ) rethrows -> Tensor {
    require(
      steps >= 1 && learningRate > 0 && contentWeight >= 0 && styleWeight >= 0 && roughnessWeight >= 0,
      "StyleOptimization: \(steps) steps at rate \(learningRate), weights \(contentWeight), \(styleWeight), "
        + "\(roughnessWeight)")
    checkSize(images)
    let context = Context(network, state, mode: .inference)
    var loss = PerceptualLoss(features, grams: grams)
    (loss.contentWeight, loss.styleWeight, loss.roughnessWeight) = (contentWeight, styleWeight, roughnessWeight)
    let content = features.contentMaps(of: images, in: context)
    var pixels = State([Self.name: images])
    var optimizer: any Optimizer = Adam(learningRate: learningRate)
    for step in 0..<steps {
      guard let now = pixels[Self.name] else { break }
      var value = 0.0
      let gradient = now.gradient { images in
        let total = loss.terms(of: images, content: content, in: context).total
        value = Double(total.detached().mean().scalar)
        return total.sum()
      }
      optimizer.update(&pixels, with: Gradients([Self.name: gradient]))
      pixels[Self.name] = pixels[Self.name]?.clamped(to: 0...1)
      try progress(Double(step + 1) / Double(steps), value)
    }
    return pixels[Self.name] ?? images
  }

  /// The same without a word on the way.
  public func callAsFunction(_ images: Tensor, style: Tensor) -> Tensor { self(images, style: style) { _, _ in } }

  private func checkSize(_ images: Tensor) {
    require(
      images.rank == 4 && min(images.shape[1], images.shape[2]) >= leastSize,
      "StyleOptimization: images of shape \(images.shape); [N, H, W, C] of \(leastSize)×\(leastSize) pixels or more")
  }

  private static let name = "images"
}
