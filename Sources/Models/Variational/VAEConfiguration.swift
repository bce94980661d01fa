import Datasets
import Layers
import Training

extension VAE {
  /// The sizes and choices of a ``VAE``.
  public struct Configuration: Codable, Sendable, Equatable {
    /// The height of an image in pixels.
    public var height: Int
    /// The width of an image in pixels.
    public var width: Int
    /// 1 for grey images, 3 for colour, or any other number.
    public var channels: Int
    /// The number of latent variables.
    public var latentSize: Int
    /// The kind of layers.
    public var architecture: Architecture
    /// The width of the hidden layers, with dense layers.
    public var hiddenSize: Int
    /// The number of hidden layers on each side, with dense layers.
    public var hiddenLayerCount: Int
    /// What follows each hidden layer.
    public var activation: Activation
    /// The channels at half the image size, with convolutions; at a quarter there are twice as many.
    public var convolutionFeatures: Int
    /// The distribution of a pixel given the latents.
    public var likelihood: Likelihood
    /// The weight of the KL divergence in the loss.
    public var beta: Float
    /// How the weights start.
    public var initialization: Initialization
    /// The number of classes that encoder and decoder are told; nil if they are told none.
    public var classCount: Int?
    /// Whether grey pixels are learned as they are or drawn as black or white. Only of the latter is the Bernoulli
    /// likelihood a likelihood.
    public var binarization: Binarization

    /// The reference network: 784–400–(20, 20), 20–400–784.
    ///
    /// With convolutions: two that halve the image, and their mirror images.
    public init(
      height: Int = 28, width: Int = 28, channels: Int = 1, latentSize: Int = 20, architecture: Architecture = .dense,
      hiddenSize: Int = 400, hiddenLayerCount: Int = 1, activation: Activation = .relu, convolutionFeatures: Int = 32,
      likelihood: Likelihood = .bernoulli, beta: Float = 1, initialization: Initialization = .glorot,
      classCount: Int? = nil, binarization: Binarization = .none
    ) {
      self.height = height
      self.width = width
      self.channels = channels
      self.latentSize = latentSize
      self.architecture = architecture
      self.hiddenSize = hiddenSize
      self.hiddenLayerCount = hiddenLayerCount
      self.activation = activation
      self.convolutionFeatures = convolutionFeatures
      self.likelihood = likelihood
      self.beta = beta
      self.initialization = initialization
      self.classCount = classCount
      self.binarization = binarization
    }

    func validate() throws {
      let sizes = [
        ("height", height), ("width", width), ("latentSize", latentSize), ("hiddenSize", hiddenSize),
        ("hiddenLayerCount", hiddenLayerCount), ("convolutionFeatures", convolutionFeatures),
      ]
      for (name, value) in sizes where value < 1 || value > 1 << 20 {
        throw ConfigurationError("vae: \(name) is \(value), expected 1 to \(1 << 20)")
      }
      guard (1...4096).contains(channels) else {
        throw ConfigurationError("vae: channels is \(channels), expected 1 to 4096")
      }
      if let classCount, !(2...65536).contains(classCount) {
        throw ConfigurationError("vae: classCount is \(classCount), expected 2 to 65536")
      }
      guard height * width <= 1 << 24 else {
        throw ConfigurationError("vae: an image of \(height)×\(width) is too large")
      }
      guard architecture == .dense || height % 4 == 0 && width % 4 == 0 else {
        throw ConfigurationError(
          "vae: an image of \(height)×\(width); convolutions halve it twice, so height and width must be multiples of 4"
        )
      }
      guard beta >= 0, beta.isFinite else { throw ConfigurationError("vae: beta is \(beta), expected 0 or more") }
      if case .gaussian(let deviation) = likelihood, !(deviation > 0 && deviation.isFinite) {
        throw ConfigurationError("vae: the likelihood's standard deviation is \(deviation), expected a positive number")
      }
      guard binarization == .none || likelihood == .bernoulli else {
        throw ConfigurationError("vae: binarization is \(binarization), which takes the Bernoulli likelihood")
      }
      if case .categorical(let levels) = likelihood, !(2...256).contains(levels) {
        throw ConfigurationError("vae: the likelihood has \(levels) levels, expected 2 to 256")
      }
    }
  }

  /// The kind of layers a ``VAE`` is made of.
  public enum Architecture: String, Codable, Sendable, CaseIterable {
    /// One hidden layer on each side.
    case dense
    /// Two convolutions on one side, two transposed ones on the other.
    case convolutional
  }

  /// What follows the hidden layers of a ``VAE``.
  public enum Activation: String, Codable, Sendable, CaseIterable {
    /// `max(x, 0)`.
    case relu
    /// The hyperbolic tangent.
    case tanh
  }

  /// The distribution of a pixel given the latents.
  public enum Likelihood: Codable, Sendable, Equatable {
    /// White with a probability given by a logit; grey pixels are taken as probabilities.
    case bernoulli
    /// Normal around a mean in 0...1, with a fixed standard deviation.
    case gaussian(standardDeviation: Float)
    /// One of so many levels of grey, 0 to 1 in equal steps.
    case categorical(levels: Int)

    /// The distribution itself.
    public var observation: any ObservationModel {
      switch self {
      case .bernoulli: BernoulliObservation()
      case .gaussian(let deviation): GaussianObservation(standardDeviation: deviation)
      case .categorical(let levels): CategoricalObservation(levels: levels)
      }
    }
  }

  /// How the weights start.
  public enum Initialization: String, Codable, Sendable, CaseIterable {
    /// Glorot's uniform weights, zero biases.
    case glorot
    /// He's uniform weights before rectifiers, Glorot's elsewhere, zero biases.
    case he
    /// PyTorch's defaults: weights and biases uniform in ±1/√fanIn.
    case pytorch

    /// The initializers of a layer, which a rectifier may follow.
    func initializers(isRectified: Bool) -> (weights: Initializer, biases: Initializer) {
      switch self {
      case .glorot: (.glorotUniform, .zeros)
      case .he: (isRectified ? .heUniform : .glorotUniform, .zeros)
      case .pytorch: (.uniformByFanIn, .uniformByFanIn)
      }
    }
  }
}

extension VAE.Configuration: CustomStringConvertible {
  /// The values by name, in the order of their declaration.
  public var description: String { ConfigurationText.line(self) }
}

extension VAE.Configuration {
  private enum CodingKeys: String, CodingKey {
    case height, width, channels, latentSize, architecture, hiddenSize, convolutionFeatures, likelihood, beta
    case initialization, classCount, hiddenLayerCount, activation, binarization
  }

  /// Reads a configuration; what checkpoints did not always have has its default value.
  public init(from decoder: any Decoder) throws {
    let values = try decoder.container(keyedBy: CodingKeys.self)
    self.init(
      height: try values.decode(Int.self, forKey: .height), width: try values.decode(Int.self, forKey: .width),
      channels: try values.decode(Int.self, forKey: .channels),
      latentSize: try values.decode(Int.self, forKey: .latentSize),
      architecture: try values.decodeIfPresent(VAE.Architecture.self, forKey: .architecture) ?? .dense,
      hiddenSize: try values.decode(Int.self, forKey: .hiddenSize),
      hiddenLayerCount: try values.decodeIfPresent(Int.self, forKey: .hiddenLayerCount) ?? 1,
      activation: try values.decodeIfPresent(VAE.Activation.self, forKey: .activation) ?? .relu,
      convolutionFeatures: try values.decodeIfPresent(Int.self, forKey: .convolutionFeatures) ?? 32,
      likelihood: try values.decode(VAE.Likelihood.self, forKey: .likelihood),
      beta: try values.decode(Float.self, forKey: .beta),
      initialization: try values.decode(VAE.Initialization.self, forKey: .initialization),
      classCount: try values.decodeIfPresent(Int.self, forKey: .classCount),
      binarization: try values.decodeIfPresent(Binarization.self, forKey: .binarization) ?? .none)
  }
}
