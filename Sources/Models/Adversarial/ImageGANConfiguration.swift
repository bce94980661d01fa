import Layers

/// What the configurations of all GANs of images say whose networks are those of the reference DCGAN.
public protocol ImageGANConfiguration: Codable, Sendable {
  /// The height of an image in pixels, a multiple of 4.
  var height: Int { get set }
  /// The width of an image in pixels, a multiple of 4.
  var width: Int { get set }
  /// 1 for grey images, 3 for colour.
  var channels: Int { get set }
  /// The number of latent variables.
  var latentSize: Int { get set }
  /// The generator's channels at half the image size; where it is smaller it has twice as many.
  var generatorFeatures: Int { get set }
  /// The channels of the discriminator, and of an encoder, at half the image size; where it is smaller they have twice as
  /// many.
  var discriminatorFeatures: Int { get set }
  /// The rule that all networks are trained with.
  var optimizer: OptimizerChoice { get set }
  /// The learning rate of the generator, and of what has none of its own.
  var learningRate: Float { get set }
  /// The learning rate of discriminators; ``learningRate`` if nil.
  ///
  /// Reference: Heusel et al., "GANs trained by a two time-scale update rule converge to a local Nash equilibrium",
  /// arXiv:1706.08500.
  var discriminatorLearningRate: Float? { get set }
  /// How much of the moving average of the generator, and of an encoder, stays from step to step; none is kept if nil.
  var averageDecay: Float? { get set }
}
