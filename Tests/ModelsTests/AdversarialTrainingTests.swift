import Evaluation
import Foundation
import Layers
import Tensor
import Testing

@testable import Models

/// A GAN of points in the plane.
final class PlaneParts: Module {
  let generator: Sequential
  let critic: PointCritic

  init(width: Int, latentSize: Int) {
    generator = Sequential(
      Dense(from: latentSize, to: width, initializer: .heUniform), .relu,
      Dense(from: width, to: width, initializer: .heUniform), .relu, Dense(from: width, to: 2))
    critic = PointCritic(width: width)
  }
}

final class PointCritic: Layer {
  let layers: Sequential

  init(width: Int) {
    layers = Sequential(
      Dense(from: 2, to: width, initializer: .heUniform), .leakyReLU(slope: 0.2),
      Dense(from: width, to: width, initializer: .heUniform), .leakyReLU(slope: 0.2), Dense(from: width, to: 1))
  }

  func callAsFunction(_ input: Tensor, in context: Context) -> Tensor {
    layers(input, in: context).squeezed(axis: 1)
  }
}

/// Trains a GAN of points and tells which modes of `mixture` its generator finds.
func planeCoverage(
  of mixture: GaussianMixture, scale: Float, steps: Int, width: Int = 128, batchSize: Int = 256, seed: UInt64 = 1,
  learningRate: Float = 1e-3, _ configure: (inout AdversarialTraining) -> Void
) throws -> ModeCoverage {
  let parts = PlaneParts(width: width, latentSize: 4)
  var gan = AdversarialTraining(
    network: Network(parts), generator: parts.generator, discriminator: parts.critic, latentSize: 4)
  configure(&gan)
  var initial = RandomGenerator(seed: seed, stream: 1)
  var data = RandomGenerator(seed: seed, stream: 2)
  func adam() -> Adam { Adam(learningRate: learningRate, beta1: 0.5, beta2: 0.9) }
  var training = TrainingState(
    state: gan.network.initialState(using: &initial), optimizers: ["generator": adam(), "discriminator": adam()],
    random: RandomGenerator(seed: seed, stream: 3))
  for step in 0..<steps {
    // The learning rate goes down to 0: at the end the generator settles.
    for name in training.optimizers.keys {
      training.optimizers[name]?.progress.rateFactor = 1 - Float(step) / Float(steps)
    }
    _ = try gan.step(&training) { mixture.sample(batchSize, using: &data) * (1 / scale) }
    training.step += 1
  }
  let context = Context(gan.network, training.average.map { average in
    var state = training.state
    state.merge(average)
    return state
  } ?? training.state, mode: .inference)
  let samples = parts.generator(Tensor.normal([2500, 4], using: &data), in: context) * scale
  return ModeCoverage(of: samples, in: mixture)
}
@Suite struct Probe {
  @Test func ring() throws {
    for (lambda, steps, lr, width, batch, seed) in [(0.1 as Float, 2000, 1e-2 as Float, 64, 256, 2 as UInt64), (0.1, 2000, 2e-2, 64, 256, 1), (0.1, 2000, 2e-2, 64, 128, 1), (0.1, 2000, 1e-2, 32, 256, 1)] {
      for name in ["grid"] {
      let t = ContinuousClock.now
      let c = try planeCoverage(of: name == "ring" ? .ring() : .grid(), scale: name == "ring" ? 2 : 3, steps: steps, width: width, batchSize: batch, seed: seed, learningRate: lr) {
        $0.loss = .wasserstein; $0.regularizer = .gradientPenalty(weight: lambda); $0.discriminatorSteps = 5
      }
      print(name, lambda, steps, lr, width, batch, c.histogram, c.highQualityShare, ContinuousClock.now - t)
      }
    }
  }
}
