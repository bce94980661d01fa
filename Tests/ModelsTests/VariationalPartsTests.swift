import Datasets
import Foundation
import Layers
import Tensor
import Testing

@testable import Models
@testable import Training

/// The parts that variational autoencoders are put together from.
@Suite struct VariationalPartsTests {
  /// Contexts of a network without numbers, for distributions that have none.
  private static func context(seed: UInt64 = 1) -> Context {
    final class Nothing: Module {}
    return Context(Network(Nothing()), State(), mode: .inference, random: RandomGenerator(seed: seed))
  }

  private static let mean = Tensor([0.3, -1.2, 0.5, 2, -0.7, 0.1], shape: [3, 2])
  private static let logVariance = Tensor([-0.4, 0.2, 0, -1, 0.5, -2], shape: [3, 2])

  /// The density that a draw tells is that of the distribution at the place.
  @Test(arguments: [1, 4]) func densitiesOfDraws(draws: Int) throws {
    let gaussian = DiagonalGaussian(mean: Self.mean, logVariance: Self.logVariance)
    let draw = gaussian.draw(draws, in: Self.context())
    #expect(draw.latents.shape == [3 * draws, 2])
    let density = try #require(gaussian.logDensity(at: draw.latents))
    #expect((draw.logDensity() - density).absolute().max().scalar < 1e-5)
    // Written out in Double.
    for row in 0..<3 * draws {
      let expected = (0..<2).reduce(0.0) { sum, column in
        let (m, v) = (
          Double(Self.mean.scalars[row % 3 * 2 + column]), Double(Self.logVariance.scalars[row % 3 * 2 + column])
        )
        let x = Double(draw.latents.scalars[row * 2 + column])
        return sum - 0.5 * (log(2 * Double.pi) + v + (x - m) * (x - m) / exp(v))
      }
      #expect(abs(Double(density.scalars[row]) - expected) < 1e-5)
    }
  }

  @Test func divergencesInClosedForm() throws {
    let gaussian = DiagonalGaussian(mean: Self.mean, logVariance: Self.logVariance)
    let standard = StandardNormal([3, 2])
    let asGaussian = DiagonalGaussian(mean: .zeros([3, 2]), logVariance: .zeros([3, 2]))
    let (a, b) = (
      try #require(gaussian.divergence(from: standard)), try #require(gaussian.divergence(from: asGaussian))
    )
    #expect((a - b).absolute().max().scalar < 1e-6)
    // From itself it is nothing, whatever the numbers are.
    #expect(try #require(gaussian.divergence(from: gaussian)).absolute().max().scalar < 1e-6)
    // The mean of log q - log p over many draws.
    let draw = gaussian.draw(20_000, in: Self.context())
    let ratios = draw.logDensity() - (try #require(standard.logDensity(at: draw.latents)))
    let estimate = ratios.reshaped(to: [20_000, 3]).mean(axes: [0])
    #expect((estimate - a).absolute().max().scalar < 0.06)
  }

  /// The determinant of a planar flow against that of finite differences, and its invertibility whatever u is.
  @Test(arguments: [0.3, -3, 5] as [Float]) func planarFlow(size: Float) throws {
    final class Part: Module { let flow = PlanarFlow(2) }
    let part = Part()
    let network = Network(part)
    let state = State([
      "flow.weight": Tensor([1.1, -0.6], shape: [2, 1]), "flow.direction": Tensor([size, 0.4 * size], shape: [2, 1]),
      "flow.bias": Tensor(0.2),
    ])
    let context = Context(network, state, mode: .inference)
    let points = Tensor([0.2, -0.5, 1, 0.7, -1.3, 0.1], shape: [3, 2])
    let logDeterminant = part.flow(points, given: nil, in: context).logDeterminant
    let step: Float = 1e-2
    func image(_ dx: Float, _ dy: Float) -> [Double] {
      part.flow(points + Tensor([dx, dy]), given: nil, in: context).latents.scalars.map(Double.init)
    }
    let (right, left, up, down) = (image(step, 0), image(-step, 0), image(0, step), image(0, -step))
    for row in 0..<3 {
      let scale = Double(2 * step)
      let (a, c) = ((right[2 * row] - left[2 * row]) / scale, (right[2 * row + 1] - left[2 * row + 1]) / scale)
      let (b, d) = ((up[2 * row] - down[2 * row]) / scale, (up[2 * row + 1] - down[2 * row + 1]) / scale)
      let determinant = a * d - b * c
      #expect(determinant > 0, "the map is invertible")
      #expect(abs(log(determinant) - Double(logDeterminant.scalars[row])) < 2e-3)
    }
  }

  /// A flow's density at its own draws: that of the base, less what the map stretches.
  @Test func flowsOfAPosterior() throws {
    final class Parts: Module { let flows = [PlanarFlow(2), PlanarFlow(2)] }
    let parts = Parts()
    let network = Network(parts)
    var random = RandomGenerator(seed: 3)
    var state = network.initialState(using: &random)
    for name in state.names { state[name] = state[name].map { $0 + .normal($0.shape, using: &random) } }
    let context = Context(network, state, mode: .inference, random: random)
    let base = DiagonalGaussian(mean: Self.mean, logVariance: Self.logVariance)
    let flow = FlowDistribution(base: base, flows: parts.flows, in: context)
    let draw = flow.draw(1, in: context)
    #expect(draw.latents.shape == [3, 2] && draw.logDensity().isAllFinite)
    #expect(flow.logDensity(at: draw.latents) == nil && flow.divergence(from: StandardNormal([3, 2])) == nil)
    // Without flows it is its base.
    let none = FlowDistribution(base: base, flows: [], in: context).draw(1, in: Self.context())
    #expect(none.logDensity() == base.draw(1, in: Self.context()).logDensity())
  }

  /// Layers: the density is the product of all, in either order, and a draw is the same whether there are others.
  @Test(arguments: [true, false]) func layers(startsAtLast: Bool) throws {
    let start = DiagonalGaussian(mean: Self.mean, logVariance: Self.logVariance)
    let sum: (Tensor) -> any LatentDistribution = {
      DiagonalGaussian(mean: $0.sum(axes: [1], keepingDimensions: true), logVariance: .ones([$0.shape[0], 1]))
    }
    let layers = ChainDistribution(
      start: start, next: [sum, sum], sizes: startsAtLast ? [1, 1, 2] : [2, 1, 1], startsAtLast: startsAtLast)
    let draw = layers.draw(2, in: Self.context())
    #expect(draw.latents.shape == [6, 4])
    let density = try #require(layers.logDensity(at: draw.latents))
    #expect((draw.logDensity() - density).absolute().max().scalar < 1e-5)
    let parts = draw.latents.split(counts: startsAtLast ? [1, 1, 2] : [2, 1, 1], axis: 1)
    let (first, second, third) = startsAtLast ? (parts[2], parts[1], parts[0]) : (parts[0], parts[1], parts[2])
    let product = [
      start.logDensity(at: first), sum(first).logDensity(at: second), sum(second).logDensity(at: third),
    ].compactMap { $0 }.reduce(Tensor(0), +)
    #expect((density - product).absolute().max().scalar < 1e-5)
    let sums = Self.mean.sum(axes: [1], keepingDimensions: true)
    let means = startsAtLast ? [sums, sums, Self.mean] : [Self.mean, sums, sums]
    #expect(layers.center == .concatenated(means, axis: 1))
  }

  /// One linear map with noise, for which the exact posterior is known: every importance weight is the likelihood itself
  /// (a dropped constant or sign would show).
  ///
  /// - Parameter isJoint: whether the prior tells its density of all variables together only.
  @Test(arguments: [false, true]) func weightsOfTheExactPosteriorDoNotVary(isJoint: Bool) throws {
    final class Encoder: LatentEncoder {
      func posterior(of samples: Tensor, given: Condition, in context: Context) -> any LatentDistribution {
        // x = z + e with deviation s = 0.5: the posterior is N(x / (1 + s²), s² / (1 + s²)).
        DiagonalGaussian(
          mean: samples * 0.8, logVariance: Tensor(repeating: -1.609_437_9, shape: samples.shape))
      }
    }
    let model = VariationalModel(
      encoder: Encoder(), prior: isJoint ? JointPrior() : StandardNormalPrior(2), decoder: IdentityDecoder(),
      observation: HalfDeviation())
    let samples = Self.mean
    // log N(x; 0, 1 + s²) in each of two dimensions.
    let expected = (samples.square() * -0.4 - Float(0.5 * log(2 * Double.pi * 1.25))).summedPerSample()
    for draws in [1, 5, 50] {
      let weights = model.logWeights(of: samples, draws: draws, in: Self.context(seed: UInt64(draws)))
      #expect(weights.shape == [draws, 3])
      #expect((weights - expected).absolute().max().scalar < 1e-4)
      if draws > 1 {
        let bounds = model.logLikelihoodBounds(of: samples, draws: draws, in: Self.context())
        #expect((bounds - expected).absolute().max().scalar < 1e-4)
      }
    }
    // Without a closed form the divergence comes from the draw, so the bound does not vary either.
    guard isJoint else { return }
    let terms = model.terms(of: samples, in: Self.context())
    #expect(terms.divergences.shape == [3, 2])
    #expect((terms.bound - expected).absolute().max().scalar < 1e-4)
  }

  /// The standard normal distribution of two variables, which tells its density of both together only.
  private final class JointPrior: LatentPriorModel {
    struct Distribution: LatentDistribution {
      let standard: StandardNormal
      var center: Tensor { standard.center }
      func draw(_ draws: Int, in context: Context) -> LatentDraw { standard.draw(draws, in: context) }
      func logDensity(at latents: Tensor) -> Tensor? { standard.logDensity(at: latents) }
    }

    func distribution(_ count: Int, given condition: Condition, in context: Context) -> any LatentDistribution {
      Distribution(standard: StandardNormal([count, 2]))
    }
  }

  @Test func learnedPriors() {
    final class Part: Module { let prior = LearnedPrior(2, classCount: 3) }
    let part = Part()
    let network = Network(part)
    let mean = Tensor([1, 2, 3, 4, 5, 6], shape: [3, 2])
    let state = State(["prior.mean": mean, "prior.logVariance": .zeros([3, 2])])
    let context = Context(network, state, mode: .inference)
    #expect(part.prior.distribution(2, given: .labels([2, 0]), in: context).center == mean.gathered(at: [2, 0]))
  }

  /// Categories: ln of the number of levels without knowledge, and a mean that is the level it is sure of.
  @Test func categories() {
    let observation = CategoricalObservation(levels: 5)
    let samples = Tensor([0, 0.25, 1, 0.6], shape: [2, 1, 2, 1])
    let ignorance = observation.negativeLogLikelihood(of: samples, given: .zeros([2, 1, 2, 5]))
    #expect(ignorance.scalars.allSatisfy { abs($0 - 2 * 1.609_437_9) < 1e-5 })
    let sure = Tensor.oneHot([0, 1, 4, 2], classCount: 5).reshaped(to: [2, 1, 2, 5]) * 50
    #expect((observation.mean(given: sure) - Tensor([0, 0.25, 1, 0.5], shape: [2, 2])).absolute().max().scalar < 1e-6)
    #expect(observation.negativeLogLikelihood(of: samples, given: sure).absolute().max().scalar < 1e-6)
  }

  /// The negative log-likelihood of a scalar where the decoder puts out zeros, in closed form.
  private static func cost(of x: Double, _ likelihood: VAE.Likelihood) -> Double {
    func gaussian(_ deviation: Double) -> Double {
      0.5 * log(2 * Double.pi) + log(deviation) + (x - 0.5) * (x - 0.5) / (2 * deviation * deviation)
    }
    switch likelihood {
    case .bernoulli: return log(2)
    case .gaussian(let deviation): return gaussian(Double(deviation))
    case .learnedGaussian: return gaussian(1)
    case .categorical(let levels): return log(Double(levels))
    case .discretizedLogistic(let levels):
      let top = Double(levels - 1)
      let level = (x * top).rounded(.toNearestOrEven)
      func below(_ bound: Double) -> Double { 1 / (1 + exp(0.5 - bound / top)) }
      return -log((level == top ? 1 : below(level + 0.5)) - (level == 0 ? 0 : below(level - 0.5)))
    }
  }

  /// Every likelihood trains, and starts at its closed form.
  @Test(arguments: [
    VAE.Likelihood.bernoulli, .gaussian(standardDeviation: 0.5), .learnedGaussian, .categorical(levels: 4),
    .discretizedLogistic(levels: 4),
  ])
  func everyLikelihoodTrains(_ likelihood: VAE.Likelihood) throws {
    for architecture in VAE.Architecture.allCases {
      let vae = try VAE(
        VAE.Configuration(
          height: 4, width: 4, latentSize: 2, architecture: architecture, hiddenSize: 8, convolutionFeatures: 2,
          likelihood: likelihood))
      // Of a decoder that puts out zeros.
      var state = vae.makeTraining(seed: 1).state
      for name in state.names where name.hasPrefix("decoder.") { state[name] = state[name].map { .zeros(like: $0) } }
      let samples = Noise([4, 4, 1]).batch(at: [0, 1, 2]).samples
      let context = Context(vae.network, state, mode: .inference, random: RandomGenerator(seed: 1))
      let costs = vae.parts.terms(of: samples, in: context).reconstruction.scalars
      for (row, cost) in costs.enumerated() {
        let expected = samples[row].scalars.reduce(0) { $0 + Self.cost(of: Double($1), likelihood) }
        #expect(abs(Double(cost) - expected) < 1e-4 * max(1, abs(expected)), "\(likelihood) \(architecture)")
      }
      let trained = try Trainer(vae, length: .steps(3), batchSize: 4).train(on: Noise([4, 4, 1], count: 20))
      #expect(try trained.sample(3).shape == [3, 4, 4, 1])
      #expect(try trained.reconstruct(trained.sample(2)).scalars.allSatisfy { (0...1).contains($0) })
    }
  }
}
