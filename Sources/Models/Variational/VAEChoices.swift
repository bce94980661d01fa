import Layers
import Training

extension VAE {
  /// The kind of layers a ``VAE`` is made of.
  public enum Architecture: String, Codable, Sendable, CaseIterable {
    /// Hidden layers on each side.
    case dense
    /// Two convolutions on one side, two transposed ones on the other.
    case convolutional
    /// The same with residual blocks after each that halves the image, and before each that doubles it.
    case residual
  }

  /// What follows the hidden layers of a ``VAE``.
  public enum Activation: String, Codable, Sendable, CaseIterable {
    /// `max(x, 0)`.
    case relu
    /// The hyperbolic tangent.
    case tanh
  }

  /// The form of the posterior that the encoder gives.
  public enum Posterior: String, Codable, Sendable, CaseIterable {
    /// Independent normal distributions.
    case gaussian
    /// Those after steps of an inverse autoregressive flow; see ``InverseAutoregressiveFlow``.
    case iaf
    /// Those after planar flows, which the encoder chooses for each image; see ``PlanarFlow``.
    case planar
  }

  /// The distribution of a pixel given the latents.
  public enum Likelihood: Codable, Sendable, Equatable {
    /// White with a probability given by a logit; grey pixels are taken as probabilities.
    case bernoulli
    /// Normal around a mean in 0...1, with a fixed standard deviation.
    case gaussian(standardDeviation: Float)
    /// Normal around a mean in 0...1, with a standard deviation that the decoder tells for each pixel, of 1/256 or more.
    case learnedGaussian
    /// One of so many levels of grey, 0 to 1 in equal steps.
    case categorical(levels: Int)
    /// One of so many levels of grey, whose probabilities are the shares of a logistic distribution: the decoder tells its
    /// mean and its scale.
    case discretizedLogistic(levels: Int)

    /// The distribution itself.
    public var observation: any ObservationModel {
      switch self {
      case .bernoulli: BernoulliObservation()
      case .gaussian(let deviation): GaussianObservation(standardDeviation: deviation)
      case .learnedGaussian: LearnedGaussianObservation()
      case .categorical(let levels): CategoricalObservation(levels: levels)
      case .discretizedLogistic(let levels): DiscretizedLogisticObservation(levels: levels)
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
