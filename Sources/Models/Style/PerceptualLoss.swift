import LatentSystem
import Layers
import Tensor

/// How far images are from showing what others show in the style of a picture.
///
/// Style is how features occur together, whatever their place; what an image shows is the features at their places. Both
/// are told as shares of what the picture has, so that the weights mean the same whatever the features.
///
/// References: Gatys, Ecker and Bethge, "Image style transfer using convolutional neural networks", CVPR 2016; Johnson,
/// Alahi and Fei-Fei, "Perceptual losses for real-time style transfer and super-resolution", arXiv:1603.08155, section 3.
public struct PerceptualLoss: Sendable {
  /// Whose features are compared.
  public let features: any FeatureMaps
  /// The Gram matrix of each map of the picture, `[F, F]`.
  public let grams: [Tensor]
  /// The weight of showing the same, 0 or more.
  public var contentWeight: Float = 1
  /// The weight of the style, 0 or more.
  public var styleWeight: Float = 1
  /// The weight of neighbouring pixels that differ, 0 or more.
  public var roughnessWeight: Float = 0

  /// A loss with given Gram matrices, one for each map.
  /// - Precondition: as many of the features' sizes as there are maps.
  public init(_ features: any FeatureMaps, grams: [Tensor]) {
    require(
      grams.map(\.shape) == features.featureCounts.map { [$0, $0] },
      "PerceptualLoss: Gram matrices of shapes \(grams.map(\.shape)) for maps of \(features.featureCounts) features")
    (self.features, self.grams) = (features, grams)
  }

  /// The Gram matrices of pictures of one style, their mean: for each map `[F, F]`.
  /// - Parameter pictures: `[N, H, W, C]` in 0...1, of any size that the features take.
  public static func grams(of pictures: Tensor, _ features: any FeatureMaps, in context: Context) -> [Tensor] {
    features.maps(of: pictures, in: context).map { $0.gramMatrices().mean(axes: [0]).detached() }
  }

  /// The parts of the loss, each `[N]`.
  public struct Terms {
    /// The squared distance in the features that say what an image shows, as a share of the picture's mean square.
    public let content: Tensor
    /// The squared distance of the Gram matrices, as a share of the picture's squares: 0 for the same style, 1 where there
    /// are no features at all. An even surface, black ones too, has features, those of its brightness, and with them a part
    /// of most styles.
    public let style: Tensor
    /// As ``Tensor/roughness()`` has it.
    public let roughness: Tensor
    /// Their sum by weights.
    public let total: Tensor
  }

  /// How far each image is from its content and from the style.
  ///
  /// - Parameters:
  ///   - images: `[N, H, W, C]` in 0...1.
  ///   - content: what they should show, the maps of ``FeatureMaps/contentMaps(of:in:)``; no gradient passes.
  ///   - context: for inference, with the features' numbers.
  /// - Precondition: there is a map for each of the features' ``FeatureMaps/contentPlaces``.
  public func terms(of images: Tensor, content: [Tensor], in context: Context) -> Terms {
    require(
      content.count == features.contentPlaces.count,
      "PerceptualLoss: \(content.count) maps of the content for \(features.contentPlaces.count) places")
    let maps = features.maps(of: images, in: context)
    let style = styleErrors(maps)
    let shown = Self.mean(
      zip(features.contentPlaces, content).map { place, content in
        let difference = (maps[place] - content.detached()).square()
        return difference.mean(axes: [1, 2, 3]) / Self.power(grams[place]).maximum(Tensor(Self.least))
      })
    let roughness = images.roughness()
    return Terms(
      content: shown, style: style, roughness: roughness,
      total: shown * contentWeight + style * styleWeight + roughness * roughnessWeight)
  }

  /// How far images are from the style, of whose features all maps are given: `[N]`.
  func styleErrors(_ maps: [Tensor]) -> Tensor {
    Self.mean(zip(maps, grams).map { $0.styleError(to: $1) / $1.square().sum().maximum(Tensor(Self.least)) })
  }

  private static func mean(_ terms: [Tensor]) -> Tensor { terms.dropFirst().reduce(terms[0], +) / Float(terms.count) }

  /// The mean square of a map's features is the trace of its Gram matrix.
  private static func power(_ gram: Tensor) -> Tensor {
    let size = gram.shape[0]
    return gram.reshaped(to: [size * size]).gathered(at: (0..<size).map { $0 * (size + 1) }).sum()
  }

  private static let least: Float = 1e-12
}
