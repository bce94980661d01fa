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
    /// The residual blocks at each image size, with the residual architecture.
    public var residualBlocks = 1
    /// The form of the posterior.
    public var posterior = Posterior.gaussian
    /// The number of flow steps, with a posterior that has a flow.
    public var flowSteps = 2
    /// The width of both hidden layers of a step of the inverse autoregressive flow.
    public var flowHiddenSize = 256
    /// The number of layers of latent variables. Each has half as many as the one below it, and networks of half the width.
    public var stochasticLayers = 1
    /// Whether several layers form a ladder: then the posterior comes down with the prior; see ``LadderEncoder``.
    public var isLadder = false
    /// Over how many steps the weight of the KL divergence grows evenly from 0 to ``beta``; 0 for none.
    public var betaWarmup = 0
    /// The nats that a latent variable, or of several layers a layer, may carry at no cost.
    public var freeBits: Float = 0
    /// How many latents a bound in the loss is made of; with more than one it is the importance-weighted one.
    public var importanceSamples = 1
    /// How many such bounds the loss is the mean of.
    public var boundCount = 1
    /// Which latents of an importance-weighted bound are differentiated.
    public var importanceGradient = ImportanceGradient.weighted

    /// The reference network: 784–400–(20, 20), 20–400–784.
    ///
    /// With convolutions: two that halve the image, more if its shorter side has over 32 pixels, and their mirror images.
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
  }
}

extension VAE.Configuration: CustomStringConvertible {
  /// The values by name, in the order of their declaration.
  public var description: String { ConfigurationText.line(self) }
}

extension VAE.Configuration {
  /// How many variables each layer of latents has, the layer nearest to the images first.
  public var latentSizes: [Int] { (0..<stochasticLayers).map { max(1, latentSize >> $0) } }

  /// How many latent variables there are in all.
  public var latentCount: Int { latentSizes.reduce(0, +) }

  /// What is minimized at a step.
  /// - Parameter step: how many steps were done before it.
  public func objective(at step: Int) -> VariationalObjective {
    let share = betaWarmup > 0 ? min(1, Float(step) / Float(betaWarmup)) : 1
    return VariationalObjective(
      beta: beta * share, importanceSamples: importanceSamples, bounds: boundCount,
      importanceGradient: importanceGradient, freeBits: freeBits, groups: stochasticLayers > 1 ? latentSizes : [])
  }
}
