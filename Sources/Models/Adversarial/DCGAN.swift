import Layers
import Training

/// A deep convolutional generative adversarial network.
///
/// ```swift
/// let dcgan = try DCGAN()
/// let trained = try Trainer(dcgan, length: .epochs(3), batchSize: 64).train(on: images)
/// ```
///
/// Other losses, regularizers and normalizations are a matter of its configuration: ``GANConfiguration/leastSquares``,
/// ``GANConfiguration/spectralNorm``, ``GANConfiguration/wgan``.
///
/// Reference: Radford, Metz and Chintala, "Unsupervised representation learning with deep convolutional generative
/// adversarial networks", arXiv:1511.06434.
public struct DCGAN: ConvolutionalGAN {
  public static let kind = "dcgan"
  public let configuration: GANConfiguration
  public let procedure: AdversarialTraining

  /// A DCGAN, or the variant that the configuration describes.
  /// - Throws: ``ConfigurationError`` if a value is out of range or two do not go together.
  public init(_ configuration: GANConfiguration = .dcgan) throws {
    self.configuration = configuration
    procedure = try AdversarialTraining(configuration, kind: Self.kind)
  }
}

/// A Wasserstein GAN whose critic is kept Lipschitz by a penalty on the norm of its gradient. The penalty goes with other
/// losses too, if the configuration says so.
///
/// ```swift
/// let wgan = try WGANGP()
/// let trained = try Trainer(wgan, length: .steps(300), batchSize: 64).train(on: images)
/// ```
///
/// Reference: Gulrajani et al., "Improved training of Wasserstein GANs", arXiv:1704.00028.
public struct WGANGP: ConvolutionalGAN {
  public static let kind = "wgan-gp"
  public let configuration: GANConfiguration
  public let procedure: AdversarialTraining

  /// A GAN with gradient penalty.
  /// - Throws: ``ConfigurationError`` if a value is out of range, two do not go together, or the regularizer is another.
  public init(_ configuration: GANConfiguration = .wganGP) throws {
    guard configuration.regularizer.term is GradientPenalty else {
      throw ConfigurationError(
        "\(Self.kind): the regularizer is \(configuration.regularizer), expected a gradient penalty")
    }
    self.configuration = configuration
    procedure = try AdversarialTraining(configuration, kind: Self.kind)
  }
}

/// A GAN of images by parts: any loss, regularizer and normalization, and any remedies that go together
/// (``GANTechniques``). ``DCGAN`` and ``WGANGP`` are the same under names of their own.
///
/// ```swift
/// var configuration = GANConfiguration(loss: .relativisticAverage, normalization: .spectral)
/// configuration.techniques.packSize = 2
/// let trained = try Trainer(GAN(configuration), length: .epochs(3), batchSize: 64).train(on: images)
/// ```
public struct GAN: ConvolutionalGAN {
  public static let kind = "gan"
  public let configuration: GANConfiguration
  public let procedure: AdversarialTraining

  /// The GAN that the configuration describes.
  /// - Throws: ``ConfigurationError`` if a value is out of range or two do not go together.
  public init(_ configuration: GANConfiguration = .dcgan) throws {
    self.configuration = configuration
    procedure = try AdversarialTraining(configuration, kind: Self.kind)
  }
}
