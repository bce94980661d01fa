import Latent

/// A GAN of points in the plane: a generator of two hidden layers, and a discriminator of one or two. With one it is the
/// weaker side, and the generator tends to collapse.
final class PlaneGAN: Module {
  let generator: PlaneGenerator
  let discriminator: PlaneDiscriminator
  static let latentSize = 2

  init(width: Int, discriminatorLayers: Int, remedy: Remedy) {
    generator = PlaneGenerator(from: Self.latentSize, width: width)
    discriminator = PlaneDiscriminator(
      width: width, layers: discriminatorLayers, packSize: remedy.packSize, comparison: remedy.comparison)
  }
}

/// Latents to points.
final class PlaneGenerator: Generator {
  let layers: Sequential

  init(from latentSize: Int, width: Int) {
    layers = Sequential(
      Dense(from: latentSize, to: width, initializer: .heUniform), .relu,
      Dense(from: width, to: width, initializer: .heUniform), .relu, Dense(from: width, to: 2))
  }

  func callAsFunction(_ latents: Tensor, given condition: Condition, in context: Context) -> Tensor {
    layers(latents, in: context)
  }
}

/// Points, or packs of them, to scores.
final class PlaneDiscriminator: Discriminator {
  /// What it is told about how a point, or a pack, lies to the others of its batch.
  enum Comparison: Sendable {
    case none
    case discrimination
    case deviation
  }

  let hidden: [Dense]
  let discrimination: MinibatchDiscrimination?
  let deviation: MinibatchStandardDeviation?
  let score: Dense

  init(width: Int, layers: Int, packSize: Int, comparison: Comparison) {
    hidden = (0..<layers).map { Dense(from: $0 == 0 ? 2 * packSize : width, to: width, initializer: .heUniform) }
    discrimination = comparison == .discrimination ? MinibatchDiscrimination(width, rows: 16, rowSize: 4) : nil
    deviation = comparison == .deviation ? MinibatchStandardDeviation(groupSize: 8) : nil
    score = Dense(from: width + (discrimination?.rows ?? 0) + (deviation?.newChannels ?? 0), to: 1)
  }

  func callAsFunction(_ samples: Tensor, given condition: Condition, in context: Context) -> DiscriminatorOutput {
    let features = hidden.reduce(samples) { $1($0, in: context).leakyReLU(slope: 0.2) }
    var seen = discrimination?(features, in: context) ?? features
    if let deviation {
      let asImages = seen.reshaped(to: [seen.shape[0], 1, 1, seen.shape[1]])
      let compared = deviation(asImages, in: context)
      seen = compared.reshaped(to: [compared.shape[0], compared.shape[3]])
    }
    return DiscriminatorOutput(scores: score(seen, in: context).squeezed(axis: 1), features: features)
  }
}

/// The training of such a GAN.
struct PlaneTraining {
  let mixture: GaussianMixture
  let steps: Int
  let width: Int
  let discriminatorLayers: Int
  let batchSize: Int
  let learningRate: Float

  /// Which modes 2,500 samples find after a training with `remedy`.
  ///
  /// Points are divided by the largest coordinate of a mode's mean, so that both networks see numbers of the size of 1.
  func coverage(with remedy: Remedy, seed: UInt64) throws -> ModeCoverage {
    let parts = PlaneGAN(width: width, discriminatorLayers: discriminatorLayers, remedy: remedy)
    var gan = AdversarialTraining(
      network: Network(parts), generator: parts.generator, discriminator: parts.discriminator,
      prior: NormalPrior(PlaneGAN.latentSize))
    remedy.change(&gan)
    var training = gan.makeTraining(
      seed: seed, generator: Adam(learningRate: learningRate, beta1: 0.5),
      discriminator: Adam(learningRate: learningRate * remedy.rateRatio, beta1: 0.5))
    let scale = mixture.centres.absolute().max().scalar
    var random = RandomGenerator(seed: seed, stream: 1)
    for step in 0..<steps {
      // The learning rates go down to 0: at the end the generator settles.
      for name in training.optimizers.keys {
        training.optimizers[name]?.progress.rateFactor = 1 - Float(step) / Float(steps)
      }
      _ = try gan.step(&training) { mixture.sample(batchSize, using: &random) * (1 / scale) }
    }
    let context = Context(gan.network, training.state, mode: .inference)
    let latents = Tensor.normal([2500, PlaneGAN.latentSize], using: &random)
    return ModeCoverage(of: parts.generator(latents, given: .none, in: context) * scale, in: mixture)
  }
}
