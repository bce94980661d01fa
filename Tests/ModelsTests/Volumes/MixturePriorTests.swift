import Foundation
import Layers
import Tensor
import Testing

@testable import Models

@Suite struct MixturePriorTests {
  private static let mixture = MixtureDistribution(
    means: [[1, -2, 0.5], [-1, 0, 2]], logVariances: [[0.2, -0.4, 0], [-1, 0.3, 0.6]],
    logWeights: Tensor([0.25, 0.75]).log(), count: 2)

  /// The density by its definition, of the first `size` variables.
  private func density(_ latent: [Float], size: Int) -> Double {
    (0..<2).reduce(0) { sum, component in
      let factors = (0..<size).map { index in
        let mean = Double(Self.mixture.means[component, index].scalar)
        let variance = exp(Double(Self.mixture.logVariances[component, index].scalar))
        let offset = Double(latent[index]) - mean
        return exp(-offset * offset / (2 * variance)) / (2 * Double.pi * variance).squareRoot()
      }
      return sum + [0.25, 0.75][component] * factors.reduce(1, *)
    }
  }

  @Test("Terms are those of each variable given the ones before it")
  func densities() throws {
    var random = RandomGenerator(seed: 1)
    let latents = Tensor.normal([6, 3], standardDeviation: 2, using: &random)
    let terms = try #require(Self.mixture.logDensities(at: latents))
    #expect(terms.shape == [6, 3])
    for row in 0..<6 {
      let latent = latents[row].scalars
      var before = 1.0
      for size in 1...3 {
        let density = density(latent, size: size)
        #expect(abs(Double(terms[row, size - 1].scalar) - log(density / before)) < 1e-4)
        before = density
      }
    }
    let total = try #require(Self.mixture.logDensity(at: latents))
    #expect((total - terms.sum(axes: [1])).maximumMagnitude < 1e-5)
  }

  @Test func draws() throws {
    let prior = MixturePrior(3, componentCount: 2)
    let context = Context(Network(prior), State([:]), mode: .training, random: RandomGenerator(seed: 3))
    let many = MixtureDistribution(
      means: Self.mixture.means, logVariances: Self.mixture.logVariances, logWeights: Self.mixture.logWeights,
      count: 4000)
    let draw = many.draw(2, in: context)
    #expect(draw.latents.shape == [8000, 3])
    // The mixture's moments: means -0.5, -0.5 and 1.625; the second ones those of the components and what lies between.
    let means = draw.latents.mean(axes: [0]).scalars
    for (mean, expected) in zip(means, [-0.5, -0.5, 1.625]) { #expect(abs(Double(mean) - expected) < 0.06) }
    let square = draw.latents.square().mean(axes: [0]).scalars
    let second = (0..<3).map { index in
      (0..<2).reduce(0.0) { sum, component in
        let mean = Double(many.means[component, index].scalar)
        return sum + [0.25, 0.75][component] * (mean * mean + exp(Double(many.logVariances[component, index].scalar)))
      }
    }
    for (value, expected) in zip(square, second) { #expect(abs(Double(value) - expected) < 0.05 * expected + 0.05) }
    #expect(draw.logDensities() == many.logDensities(at: draw.latents))
    #expect(Self.mixture.center == Tensor([[-1, 0, 2], [-1, 0, 2]]))
  }

  @Test("One component is a normal distribution")
  func one() throws {
    let mean = Tensor([[0.5, -1]])
    let logVariance = Tensor([[0.3, -0.2]])
    let mixture = MixtureDistribution(means: mean, logVariances: logVariance, logWeights: .zeros([1]), count: 1)
    let gaussian = DiagonalGaussian(mean: mean, logVariance: logVariance)
    let latents = Tensor([[0.1, 2]])
    let (own, other) = (mixture.logDensities(at: latents), gaussian.logDensities(at: latents))
    #expect(try (#require(own) - #require(other)).maximumMagnitude < 1e-5)
  }

  @Test("It moves to where latents are, and its gradients are those of the density")
  func learns() throws {
    let prior = MixturePrior(2, componentCount: 3)
    let network = Network(prior)
    var random = RandomGenerator(seed: 5)
    var state = network.initialState(using: &random)
    let left = Tensor.normal([60, 2], mean: -3, standardDeviation: 0.3, using: &random)
    let right = Tensor.normal([60, 2], mean: 3, standardDeviation: 0.3, using: &random)
    let latents = Tensor.concatenated([left, right])
    func loss(_ context: Context) -> Tensor {
      let density = prior.distribution(120, given: .none, in: context).logDensity(at: latents)
      return -(density ?? Tensor(0)).mean()
    }
    var optimizer = Adam(learningRate: 0.05)
    for _ in 0..<1500 { network.update(&state, with: &optimizer, using: &random) { loss($0) } }
    let last = network.valueAndGradients(at: state, using: &random) { loss($0) }.value.scalar
    // Half of the points each: log 2, and twice the entropy of a deviation of 0.3.
    let entropy = log(2) + log(2 * Double.pi * 0.09) + 1
    #expect(abs(Double(last) - entropy) < 0.15, "\(last), expected \(entropy)")
  }
}
