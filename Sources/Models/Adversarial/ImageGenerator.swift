import Datasets
import LatentSystem
import Layers
import Tensor

/// The generator of the reference DCGAN: a dense layer to a quarter of the image size, then two transposed convolutions
/// that double it, with batch normalization and rectifiers between them. Images whose shorter side has more than 32
/// pixels begin smaller, with 8 positions or fewer where the size allows, and are doubled more often.
///
/// With classes, the class stands beside the latent as a one-hot vector, and the normalization's scales and offsets are
/// those of the class. With virtual batch normalization a batch of latents, which never changes, goes through the layers
/// beside each batch, so that a sample depends on no other of its batch.
///
/// Reference: Radford, Metz and Chintala, arXiv:1511.06434, at the sizes of MNIST.
public final class ImageGenerator: Generator, EnlargingImages {
  /// Latents to the first features.
  public let project: Dense
  /// Normalizes them.
  public let projectNorm: any Module
  /// To a quarter of the image size, where the first features are smaller.
  public let further: [EnlargingStage]
  /// To half the image size.
  public let enlarge: ConvTranspose2D
  /// Normalizes them.
  public let enlargeNorm: any Module
  /// To pixels.
  public let paint: ConvTranspose2D
  /// The latents `[R, latentSize]` of virtual batch normalization, if that is chosen.
  public let reference: Buffer?
  let mapShape: [Int]
  private let classCount: Int?

  /// A generator of images of the configured size.
  /// - Precondition: the configuration is one that ``DCGAN`` accepts: height and width are multiples of 4.
  public convenience init(_ configuration: GANConfiguration) { self.init(configuration, norm: nil) }

  /// - Parameter norm: makes the normalization of so many channels; that of the configuration if nil.
  init(_ configuration: GANConfiguration, norm: ((_ channels: Int) -> any Module)?) {
    let pyramid = ConvolutionPyramid(
      height: configuration.height, width: configuration.width, features: configuration.generatorFeatures,
      module: "ImageGenerator")
    let classCount = configuration.conditioning.classCount
    let referenceCount = configuration.techniques.virtualBatchSize
    reference = referenceCount.map { Buffer([$0, configuration.latentSize], .normal(standardDeviation: 1)) }
    mapShape = pyramid.mapShape
    (project, projectNorm, further, enlarge, enlargeNorm, paint) = Self.layers(
      pyramid, from: configuration.latentSize + (classCount ?? 0), to: configuration.channels
    ) { norm?($0) ?? Self.norm($0, classCount, isVirtual: referenceCount != nil) }
    self.classCount = classCount
  }

  /// `[N, latentSize]` → `[N, H, W, C]` in -1...1.
  /// - Precondition: with classes, the condition is a label for each latent.
  public func callAsFunction(_ latents: Tensor, given condition: Condition, in context: Context) -> Tensor {
    var input = latents
    if let classCount {
      let labels = condition.labels ?? []
      require(
        labels.count == latents.shape[0],
        "ImageGenerator: \(labels.count) labels for \(latents.shape[0]) latents; one is needed for each")
      input = .concatenated([latents, .oneHot(labels, classCount: classCount)], axis: 1)
    }
    if let reference { return painted(input, beside: context[reference], in: context) }
    return images(of: input, given: condition, in: context)
  }

  private func projected(_ input: Tensor, in context: Context) -> Tensor {
    project(input, in: context).reshaped(to: Tensor.Shape([input.shape[0]] + mapShape))
  }

  /// Images of a batch, with the statistics of the reference and of each sample by itself.
  private func painted(_ input: Tensor, beside reference: Tensor, in context: Context) -> Tensor {
    typealias Maps = (output: Tensor, reference: Tensor)
    func normalized(_ maps: Maps, _ norm: any Module) -> Maps {
      guard let norm = norm as? VirtualBatchNorm else {
        fatalError("ImageGenerator: a \(type(of: norm)) has no use for a reference")
      }
      return norm(maps.output, reference: maps.reference, in: context)
    }
    let first = normalized((projected(input, in: context), projected(reference, in: context)), projectNorm)
    let stages = further.map { ($0.enlarge, $0.norm) } + [(enlarge, enlargeNorm)]
    let large = stages.reduce(first) { maps, stage in
      let (enlarge, norm) = stage
      return normalized(
        (enlarge(maps.output.relu(), in: context), enlarge(maps.reference.relu(), in: context)), norm)
    }
    return paint(large.output.relu(), in: context).tanh()
  }

  private static func norm(_ channels: Int, _ classCount: Int?, isVirtual: Bool) -> any Module {
    if isVirtual {
      return VirtualBatchNorm(channels, scaleInitializer: .normal(mean: 1, standardDeviation: 0.02))
    }
    guard let classCount else { return BatchNorm.ofGAN(channels) }
    return ConditionalBatchNorm(
      channels, classCount: classCount, scaleInitializer: .normal(mean: 1, standardDeviation: 0.02))
  }
}
