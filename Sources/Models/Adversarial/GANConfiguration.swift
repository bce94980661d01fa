import Datasets
import Layers
import Training

/// The sizes and choices of a convolutional GAN.
///
/// ```swift
/// var configuration = GANConfiguration(channels: 3, loss: .hinge, normalization: .spectral)
/// configuration.latentSize = 64
/// let gan = try DCGAN(configuration)
/// ```
public struct GANConfiguration: ImageGANConfiguration, Equatable {
  /// The height of an image in pixels, a multiple of 4.
  public var height = 28
  /// The width of an image in pixels, a multiple of 4.
  public var width = 28
  /// 1 for grey images, 3 for colour.
  public var channels = 1
  /// The number of latent variables.
  public var latentSize = 100
  /// The generator's channels at half the image size; where it is smaller it has twice as many.
  public var generatorFeatures = 128
  /// The discriminator's channels at half the image size; where it is smaller it has twice as many.
  public var discriminatorFeatures = 64
  /// What generator and discriminator are trained on.
  public var loss = AdversarialLoss.nonSaturating
  /// What keeps the discriminator smooth.
  public var regularizer = DiscriminatorRegularizer.none
  /// How the discriminator's features are normalized.
  public var normalization = DiscriminatorNormalization.batch
  /// Steps of the discriminator for each step of the generator.
  public var discriminatorSteps = 1
  /// How much less than 1 a real image counts as: one-sided label smoothing.
  public var labelSmoothing: Float = 0
  /// How much of the generator's moving average stays from step to step; none is kept if nil.
  public var averageDecay: Float? = 0.999
  /// The rule both networks are trained with.
  public var optimizer = OptimizerChoice.adam(beta1: 0.5, beta2: 0.999)
  /// The generator's learning rate.
  public var learningRate: Float = 2e-4
  /// The discriminator's learning rate; the generator's if nil.
  public var discriminatorLearningRate: Float?
  /// How the networks learn of classes.
  public var conditioning = GANConditioning.none
  /// Remedies for what goes wrong with a GAN.
  public var techniques = GANTechniques()

  /// The reference DCGAN, with whatever is chosen otherwise.
  public init(
    height: Int = 28, width: Int = 28, channels: Int = 1, loss: AdversarialLoss = .nonSaturating,
    regularizer: DiscriminatorRegularizer = .none, normalization: DiscriminatorNormalization = .batch,
    discriminatorSteps: Int = 1, optimizer: OptimizerChoice = .adam(beta1: 0.5, beta2: 0.999),
    learningRate: Float = 2e-4
  ) {
    (self.height, self.width, self.channels) = (height, width, channels)
    self.loss = loss
    self.regularizer = regularizer
    self.normalization = normalization
    self.discriminatorSteps = discriminatorSteps
    self.optimizer = optimizer
    self.learningRate = learningRate
  }

  /// The deep convolutional GAN, with the non-saturating loss and batch normalization.
  ///
  /// Reference: Radford, Metz and Chintala, arXiv:1511.06434.
  public static let dcgan = GANConfiguration()

  /// A Wasserstein GAN with gradient penalty.
  ///
  /// Reference: Gulrajani et al., arXiv:1704.00028.
  public static let wganGP = GANConfiguration(
    loss: .wasserstein, regularizer: .gradientPenalty(weight: 10), normalization: .none, discriminatorSteps: 5,
    optimizer: .adam(beta1: 0.5, beta2: 0.9), learningRate: 5e-4)

  /// A Wasserstein GAN with weight clipping and RMSProp.
  ///
  /// Reference: Arjovsky, Chintala and Bottou, arXiv:1701.07875, algorithm 1.
  public static let wgan = GANConfiguration(
    loss: .wasserstein, regularizer: .weightClipping(bound: 0.01), discriminatorSteps: 5, optimizer: .rmsProp,
    learningRate: 5e-5)

  /// A least squares GAN.
  ///
  /// Reference: Mao et al., arXiv:1611.04076.
  public static let leastSquares = GANConfiguration(loss: .leastSquares)

  /// A GAN with hinge loss and spectral normalization.
  ///
  /// Reference: Miyato et al., "Spectral normalization for generative adversarial networks", arXiv:1802.05957.
  public static let spectralNorm = GANConfiguration(loss: .hinge, normalization: .spectral)

  /// Reads a configuration; what a file does not have keeps its default.
  public init(from decoder: any Decoder) throws {
    let values = try decoder.container(keyedBy: CodingKeys.self)
    func read<Value: Decodable>(_ value: inout Value, _ key: CodingKeys) throws {
      value = try values.decodeIfPresent(Value.self, forKey: key) ?? value
    }
    try read(&height, .height)
    try read(&width, .width)
    try read(&channels, .channels)
    try read(&latentSize, .latentSize)
    try read(&generatorFeatures, .generatorFeatures)
    try read(&discriminatorFeatures, .discriminatorFeatures)
    try read(&loss, .loss)
    try read(&regularizer, .regularizer)
    try read(&normalization, .normalization)
    try read(&discriminatorSteps, .discriminatorSteps)
    try read(&labelSmoothing, .labelSmoothing)
    averageDecay = try values.decodeIfPresent(Float.self, forKey: .averageDecay)
    try read(&optimizer, .optimizer)
    try read(&learningRate, .learningRate)
    discriminatorLearningRate = try values.decodeIfPresent(Float.self, forKey: .discriminatorLearningRate)
    try read(&conditioning, .conditioning)
    try read(&techniques, .techniques)
  }

  /// Writes a configuration; techniques only if there are some.
  public func encode(to encoder: any Encoder) throws {
    var values = encoder.container(keyedBy: CodingKeys.self)
    try values.encode(height, forKey: .height)
    try values.encode(width, forKey: .width)
    try values.encode(channels, forKey: .channels)
    try values.encode(latentSize, forKey: .latentSize)
    try values.encode(generatorFeatures, forKey: .generatorFeatures)
    try values.encode(discriminatorFeatures, forKey: .discriminatorFeatures)
    try values.encode(loss, forKey: .loss)
    try values.encode(regularizer, forKey: .regularizer)
    try values.encode(normalization, forKey: .normalization)
    try values.encode(discriminatorSteps, forKey: .discriminatorSteps)
    try values.encode(labelSmoothing, forKey: .labelSmoothing)
    try values.encodeIfPresent(averageDecay, forKey: .averageDecay)
    try values.encode(optimizer, forKey: .optimizer)
    try values.encode(learningRate, forKey: .learningRate)
    try values.encodeIfPresent(discriminatorLearningRate, forKey: .discriminatorLearningRate)
    try values.encode(conditioning, forKey: .conditioning)
    if techniques != GANTechniques() { try values.encode(techniques, forKey: .techniques) }
  }

  private enum CodingKeys: String, CodingKey {
    case height, width, channels, latentSize, generatorFeatures, discriminatorFeatures, loss, regularizer, normalization
    case discriminatorSteps, labelSmoothing, averageDecay, optimizer, learningRate, discriminatorLearningRate
    case conditioning, techniques
  }
}

extension GANConfiguration: CustomStringConvertible {
  /// The values by name, in the order of their declaration.
  public var description: String { ConfigurationText.line(self) }
}

/// How the networks of a GAN learn of classes.
public enum GANConditioning: Codable, Sendable, Equatable {
  /// Not at all.
  case none
  /// The discriminator scores a sample as one of its class, by a projection of its features (Miyato and Koyama,
  /// arXiv:1802.05637).
  case projection(classCount: Int)
  /// The discriminator names the class, which counts in both losses (Odena et al., arXiv:1610.09585).
  case auxiliary(classCount: Int, weight: Float = 1)

  /// The number of classes, if there are any.
  public var classCount: Int? {
    switch self {
    case .none: nil
    case .projection(let count), .auxiliary(let count, _): count
    }
  }
}

/// How a discriminator's features are normalized.
public enum DiscriminatorNormalization: String, Codable, Sendable, CaseIterable {
  /// Over the batch and all positions. Not with a penalty per sample.
  case batch
  /// Over all features of a sample.
  case layer
  /// Over the positions of each channel of a sample.
  case instance
  /// Not the features but the weights, by their largest singular value.
  case spectral
  /// Not at all.
  case none
}
