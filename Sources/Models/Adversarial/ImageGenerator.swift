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
public final class ImageGenerator: Generator {
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
  private let projectedShape: [Int]
  private let classCount: Int?

  /// A generator of images of the configured size.
  /// - Precondition: the configuration is one that ``DCGAN`` accepts: height and width are multiples of 4.
  public init(_ configuration: GANConfiguration) {
    let features = configuration.generatorFeatures
    let pyramid = ConvolutionPyramid(
      height: configuration.height, width: configuration.width, features: features, module: "ImageGenerator")
    let classCount = configuration.conditioning.classCount
    projectedShape = pyramid.mapShape
    project = Dense(
      from: configuration.latentSize + (classCount ?? 0), to: projectedShape.reduce(1, *), hasBias: false,
      initializer: .ganWeight)
    let referenceCount = configuration.techniques.virtualBatchSize
    reference = referenceCount.map { Buffer([$0, configuration.latentSize], .normal(standardDeviation: 1)) }
    let isVirtual = referenceCount != nil
    projectNorm = Self.norm(2 * features, classCount, isVirtual: isVirtual)
    further = (0..<pyramid.furtherHalvings).map { _ in
      EnlargingStage(2 * features, norm: Self.norm(2 * features, classCount, isVirtual: isVirtual))
    }
    enlarge = ConvTranspose2D(
      from: 2 * features, to: features, kernelSize: 4, stride: 2, padding: 1, hasBias: false, initializer: .ganWeight)
    enlargeNorm = Self.norm(features, classCount, isVirtual: isVirtual)
    paint = ConvTranspose2D(
      from: features, to: configuration.channels, kernelSize: 4, stride: 2, padding: 1, initializer: .ganWeight,
      biasInitializer: .uniformByFanIn)
    self.classCount = classCount
  }

  /// `[N, latentSize]` → `[N, H, W, C]` in -1...1.
  /// - Precondition: with classes, the condition is a label for each latent.
  public func callAsFunction(_ latents: Tensor, given condition: Condition, in context: Context) -> Tensor {
    var (input, labels) = (latents, [Int]())
    if let classCount {
      labels = condition.labels ?? []
      require(
        labels.count == latents.shape[0],
        "ImageGenerator: \(labels.count) labels for \(latents.shape[0]) latents; one is needed for each")
      input = .concatenated([latents, .oneHot(labels, classCount: classCount)], axis: 1)
    }
    if let reference { return painted(input, beside: context[reference], in: context) }
    let shape = Activation.reshape(to: Tensor.Shape(projectedShape))
    let first = Self.rectified([project, shape], projectNorm, input, labels, context)
    let small = further.reduce(first) { $1($0, labels: labels, in: context) }
    let large = Self.rectified([enlarge], enlargeNorm, small, labels, context)
    return context.output(of: [paint, .tanh], for: large)
  }

  private func projected(_ input: Tensor, in context: Context) -> Tensor {
    project(input, in: context).reshaped(to: Tensor.Shape([input.shape[0]] + projectedShape))
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

  /// The output of layers, normalized and rectified.
  static func rectified(
    _ layers: [any Layer], _ norm: any Module, _ input: Tensor, _ labels: [Int], _ context: Context
  ) -> Tensor {
    switch norm {
    case let norm as BatchNorm: context.output(of: layers + [norm, .relu], for: input)
    case let norm as ConditionalBatchNorm:
      norm(context.output(of: layers, for: input), labels: labels, in: context).relu()
    default: fatalError("ImageGenerator: a \(type(of: norm)) is no normalization")
    }
  }
}

extension Initializer {
  /// The first weights of both networks (arXiv:1511.06434, section 4).
  static var ganWeight: Initializer { .normal(standardDeviation: 0.02) }
}

extension BatchNorm {
  /// Batch normalization whose scales start around 1.
  static func ofGAN(_ channels: Int) -> BatchNorm {
    BatchNorm(channels, scaleInitializer: .normal(mean: 1, standardDeviation: 0.02))
  }
}
