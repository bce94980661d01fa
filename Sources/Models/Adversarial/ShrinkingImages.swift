import Layers
import Tensor

/// A module that begins with the convolutions which halve an image down to the small map of a pyramid.
///
/// It holds them itself: checkpoints know them by the names of these properties.
protocol ShrinkingImages: Module {
  /// To half the image size.
  var shrink: Conv2D { get }
  /// To a quarter of it.
  var shrinkAgain: Conv2D { get }
  /// Normalizes its features, if they are.
  var norm: (any Layer)? { get }
  /// Halve larger images further.
  var further: [ShrinkingStage] { get }
}

extension ShrinkingImages {
  /// The convolutions of a pyramid, in the order of their properties.
  ///
  /// - Parameters:
  ///   - pyramid: that of the images.
  ///   - channels: of an image.
  ///   - isCentred: whether the normalization takes the mean of each channel away, and with it a bias.
  ///   - transforms: of the weights.
  ///   - norm: makes the normalization of features of so many halvings, if there is one.
  static func convolutions(
    _ pyramid: ConvolutionPyramid, from channels: Int, isCentred: Bool, transforms: [WeightTransform] = [],
    norm: (_ halvings: Int) -> (any Layer)?
  ) -> (shrink: Conv2D, shrinkAgain: Conv2D, norm: (any Layer)?, further: [ShrinkingStage]) {
    let features = pyramid.features
    return (
      .halving(from: channels, to: features, transforms: transforms),
      .halving(from: features, to: 2 * features, hasBias: !isCentred, transforms: transforms), norm(2),
      (0..<pyramid.furtherHalvings).map {
        ShrinkingStage(
          from: 2 * features, to: 2 * features, hasBias: !isCentred, norm: norm($0 + 3), transforms: transforms)
      }
    )
  }

  /// Its convolutions one after the other, the given activation behind each: `[N, H, W, C]` → the small map.
  func shrinkingLayers(_ activation: Activation) -> [any Layer] {
    let first: [any Layer] = [shrink, activation, shrinkAgain] + [norm].compactMap(\.self) + [activation]
    return first + further.flatMap { $0.layers(activation) }
  }
}

/// Halves a map of features, and normalizes it if asked for.
public final class ShrinkingStage: Module {
  /// To half the size.
  public let shrink: Conv2D
  /// Normalizes the features, if they are.
  public let norm: (any Layer)?

  /// A stage.
  ///
  /// - Parameters:
  ///   - hasBias: not if a normalization would take it away again.
  ///   - norm: of the new features, if they are normalized.
  init(
    from inputs: Int, to outputs: Int, hasBias: Bool, norm: (any Layer)?, transforms: [WeightTransform] = []
  ) {
    shrink = .halving(from: inputs, to: outputs, hasBias: hasBias, transforms: transforms)
    self.norm = norm
  }

  /// Its layers, `[N, H, W, C]` → `[N, H / 2, W / 2, outputs]`, the given activation last.
  func layers(_ activation: Activation) -> [any Layer] { [shrink] + [norm].compactMap(\.self) + [activation] }
}

extension Conv2D {
  /// A convolution to half the size, with the first values of GANs.
  fileprivate static func halving(
    from inputs: Int, to outputs: Int, hasBias: Bool = true, transforms: [WeightTransform]
  ) -> Conv2D {
    Conv2D(
      from: inputs, to: outputs, kernelSize: 4, stride: 2, padding: 1, hasBias: hasBias, initializer: .ganWeight,
      biasInitializer: .uniformByFanIn, transforms: transforms)
  }
}
