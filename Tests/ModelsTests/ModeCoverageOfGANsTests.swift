import Evaluation
import Foundation
import Layers
import Tensor
import Testing

@testable import Models
@testable import Training

/// Which modes of a mixture in the plane a generator finds: an ordinary user's use of ``AdversarialTraining`` with networks
/// of their own.
@Suite struct ModeCoverageOfGANsTests {
  @Test func ringOfEight() throws {
    let coverage = try expectAllModes(of: .ring(), scale: 2, steps: 1000)
    #expect(coverage.modesHit(withShare: 0.005) == 8, "\(coverage.histogram)")
  }

  @Test(.enabled(if: ProcessInfo.processInfo.environment["LATENT_SLOW_TESTS"] != nil))
  func gridOfTwentyFive() throws { try expectAllModes(of: .grid(), scale: 3, steps: 3000) }

  /// Trains a Wasserstein GAN with gradient penalty, which has to find every mode, and a plain one, which need not.
  @discardableResult
  private func expectAllModes(of mixture: GaussianMixture, scale: Float, steps: Int) throws -> ModeCoverage {
    let wasserstein = try PlaneGAN.coverage(of: mixture, scale: scale, steps: steps) {
      $0.loss = .wasserstein
      $0.regularizer = .gradientPenalty(weight: 0.1)
      $0.discriminatorSteps = 5
    }
    let plain = try PlaneGAN.coverage(of: mixture, scale: scale, steps: steps) { _ in }
    for (name, coverage) in [("WGAN-GP", wasserstein), ("plain GAN", plain)] {
      print(
        "\(name): \(coverage.modesHit) of \(coverage.modeCount) modes, \(coverage.highQualityCount) of 2500 samples near one"
      )
    }
    #expect(wasserstein.modesHit == wasserstein.modeCount, "\(wasserstein.histogram)")
    return wasserstein
  }
}

/// A GAN of points in the plane.
private final class PlaneGAN: Module {
  let generator: Sequential
  let critic: PointCritic
  static let latentSize = 4

  init(width: Int) {
    generator = Sequential(
      Dense(from: Self.latentSize, to: width, initializer: .heUniform), .relu,
      Dense(from: width, to: width, initializer: .heUniform), .relu, Dense(from: width, to: 2))
    critic = PointCritic(width: width)
  }

  /// Trains on batches of 256 points of `mixture` divided by `scale`, and tells which modes 2500 samples find.
  static func coverage(
    of mixture: GaussianMixture, scale: Float, steps: Int, _ configure: (inout AdversarialTraining) -> Void
  ) throws -> ModeCoverage {
    let parts = PlaneGAN(width: 64)
    var gan = AdversarialTraining(
      network: Network(parts), generator: parts.generator, discriminator: parts.critic, latentSize: latentSize)
    configure(&gan)
    var initial = RandomGenerator(seed: 1, stream: 1)
    var data = RandomGenerator(seed: 1, stream: 2)
    let adam = Adam(learningRate: 1e-2, beta1: 0.5, beta2: 0.9)
    var training = TrainingState(
      state: gan.network.initialState(using: &initial), optimizers: ["generator": adam, "discriminator": adam],
      random: RandomGenerator(seed: 1, stream: 3))
    for step in 0..<steps {
      // The learning rate goes down to 0: at the end the generator settles.
      for name in training.optimizers.keys {
        training.optimizers[name]?.progress.rateFactor = 1 - Float(step) / Float(steps)
      }
      _ = try gan.step(&training) { mixture.sample(256, using: &data) * (1 / scale) }
    }
    let context = Context(gan.network, training.state, mode: .inference)
    let samples = parts.generator(.normal([2500, latentSize], using: &data), in: context) * scale
    return ModeCoverage(of: samples, in: mixture)
  }
}

/// Points to scores.
private final class PointCritic: Layer {
  let layers: Sequential

  init(width: Int) {
    layers = Sequential(
      Dense(from: 2, to: width, initializer: .heUniform), .leakyReLU(slope: 0.2),
      Dense(from: width, to: width, initializer: .heUniform), .leakyReLU(slope: 0.2), Dense(from: width, to: 1))
  }

  func callAsFunction(_ input: Tensor, in context: Context) -> Tensor { layers(input, in: context).squeezed(axis: 1) }
}
