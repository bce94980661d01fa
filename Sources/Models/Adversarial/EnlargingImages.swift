import Datasets
import LatentSystem
import Layers
import Tensor

/// A module that ends with a dense layer to the small map of a pyramid and the transposed convolutions which double it up
/// to an image, with normalizations and rectifiers between them.
///
/// It holds them itself: checkpoints know them by the names of these properties.
protocol EnlargingImages: Module {
  /// To the small map.
  var project: Dense { get }
  /// Normalizes it.
  var projectNorm: any Module { get }
  /// To a quarter of the image size, where the small map is smaller.
  var further: [EnlargingStage] { get }
  /// To half the image size.
  var enlarge: ConvTranspose2D { get }
  /// Normalizes the features there.
  var enlargeNorm: any Module { get }
  /// To pixels.
  var paint: ConvTranspose2D { get }
  /// The shape of the small map: height, width and channels.
  var mapShape: [Int] { get }
}

extension EnlargingImages {
  /// The layers of a pyramid by property.
  typealias Parts = (
    project: Dense, projectNorm: any Module, further: [EnlargingStage], enlarge: ConvTranspose2D,
    enlargeNorm: any Module, paint: ConvTranspose2D
  )

  /// The layers of a pyramid.
  ///
  /// - Parameters:
  ///   - pyramid: that of the images.
  ///   - inputs: the size of what is projected.
  ///   - channels: of an image.
  ///   - norm: makes the normalization of so many channels.
  static func layers(
    _ pyramid: ConvolutionPyramid, from inputs: Int, to channels: Int, norm: (_ channels: Int) -> any Module
  ) -> Parts {
    let features = pyramid.features
    return (
      .ofGAN(from: inputs, to: pyramid.mapShape.reduce(1, *), hasBias: false), norm(2 * features),
      (0..<pyramid.furtherHalvings).map { _ in EnlargingStage(2 * features, norm: norm(2 * features)) },
      .doubling(from: 2 * features, to: features), norm(features),
      ConvTranspose2D(
        from: features, to: channels, kernelSize: 4, stride: 2, padding: 1, initializer: .ganWeight,
        biasInitializer: .uniformByFanIn)
    )
  }

  /// `[N, inputs]` → `[N, H, W, C]` in -1...1.
  ///
  /// - Parameter condition: what normalizations are told: a label for each, where classes have their own, or a vector.
  func images(of input: Tensor, given condition: Condition = .none, in context: Context) -> Tensor {
    let shape = Activation.reshape(to: Tensor.Shape(mapShape))
    let first = context.rectified([project, shape], projectNorm, for: input, given: condition)
    let small = further.reduce(first) { $1($0, given: condition, in: context) }
    let large = context.rectified([enlarge], enlargeNorm, for: small, given: condition)
    return context.output(of: [paint, .tanh], for: large)
  }
}

/// Doubles a map of features, normalizes it and rectifies it.
public final class EnlargingStage: Module {
  /// To twice the size.
  public let enlarge: ConvTranspose2D
  /// Normalizes the features.
  public let norm: any Module

  /// A stage that keeps the number of channels.
  init(_ channels: Int, norm: any Module) {
    enlarge = .doubling(from: channels, to: channels)
    self.norm = norm
  }

  /// `[N, H, W, C]` → `[N, 2 H, 2 W, C]`; the condition is for the normalization.
  func callAsFunction(_ input: Tensor, given condition: Condition, in context: Context) -> Tensor {
    context.rectified([enlarge], norm, for: input, given: condition)
  }
}

extension Context {
  /// The output of layers, normalized and rectified.
  /// - Parameter condition: of the samples, for a normalization that has scales of each class, or makes them of vectors.
  fileprivate func rectified(
    _ layers: [any Layer], _ norm: any Module, for input: Tensor, given condition: Condition
  ) -> Tensor {
    switch norm {
    case let norm as BatchNorm: output(of: layers + [norm, .relu], for: input)
    case let norm as ConditionalBatchNorm:
      norm(output(of: layers, for: input), labels: condition.labels ?? [], in: self).relu()
    case let norm as ModulatedBatchNorm:
      norm(
        output(of: layers, for: input),
        by: requireSome(condition.tensor, "EnlargingImages: a vector for each sample is needed"), in: self
      ).relu()
    default: fatalError("EnlargingImages: a \(type(of: norm)) is no normalization")
    }
  }
}

extension ConvTranspose2D {
  /// A transposed convolution to twice the size, with the first values of GANs; a normalization follows.
  fileprivate static func doubling(from inputs: Int, to outputs: Int) -> ConvTranspose2D {
    ConvTranspose2D(
      from: inputs, to: outputs, kernelSize: 4, stride: 2, padding: 1, hasBias: false, initializer: .ganWeight)
  }
}
