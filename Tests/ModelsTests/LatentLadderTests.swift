import Datasets
import Foundation
import Layers
import Tensor
import Testing

@testable import Models
@testable import Training

/// Several layers of latents.
@Suite struct LatentLadderTests {
  private static func configuration(isLadder: Bool, layers: Int = 3) -> VAE.Configuration {
    var configuration = VAE.Configuration(height: 4, width: 4, latentSize: 4, hiddenSize: 12)
    (configuration.stochasticLayers, configuration.isLadder) = (layers, isLadder)
    return configuration
  }

  /// Precisions add up, means are weighted by them; extremes stay finite.
  @Test func combinedDistributions() {
    let (m, v) = ([0.3, -2, 5, 1] as [Double], [0.5, -1, 2, -18] as [Double])
    let (n, w) = ([1, 4, -3, 2] as [Double], [-0.2, 3, 2, 9] as [Double])
    func gaussian(_ mean: [Double], _ logVariance: [Double]) -> DiagonalGaussian {
      DiagonalGaussian(
        mean: Tensor(mean.map { Float($0) }, shape: [1, 4]),
        logVariance: Tensor(logVariance.map { Float($0) }, shape: [1, 4]))
    }
    let product = gaussian(m, v).combined(with: gaussian(n, w))
    for place in 0..<4 {
      let (a, b) = (exp(-v[place]), exp(-w[place]))
      #expect(abs(Double(product.mean.scalars[place]) - (m[place] * a + n[place] * b) / (a + b)) < 1e-5)
      #expect(abs(Double(product.logVariance.scalars[place]) + log(a + b)) < 1e-5)
    }
  }

  @Test func namesAndSizes() throws {
    let chain = try VAE(Self.configuration(isLadder: false))
    #expect(chain.configuration.latentSizes == [4, 2, 1] && chain.latentShape == [7])
    let names = chain.network.parameterNames
    #expect(names.contains("prior.layers.1.mean.weight") && names.contains("encoder.further.1.mean.weight"))
    let ladder = try VAE(Self.configuration(isLadder: true))
    // The ladder's encoder has the prior in it, once.
    #expect(ladder.network.parameterNames.contains("encoder.upward.2.logVariance.bias"))
    #expect(ladder.network.parameterNames.filter { $0.contains("prior") }.allSatisfy { $0.hasPrefix("prior.") })
    #expect(ladder.firstLatentWeight == nil)
    // The network of Burda et al. with two layers.
    var paper = VAE.Configuration(latentSize: 100, hiddenSize: 200, hiddenLayerCount: 2)
    paper.stochasticLayers = 2
    let shapes = try VAE(paper).network.description
    for shape in [
      "prior.layers.0.body.layers.0.weight [50, 100]", "prior.layers.0.mean.weight [100, 100]",
      "encoder.further.0.body.layers.0.weight [100, 100]", "encoder.further.0.mean.weight [100, 50]",
      "decoder.layers.0.weight [100, 200]",
    ] { #expect(shapes.contains(shape), "\(shape)") }
  }

  /// What a ladder's draw says of posterior and prior against the layers written out one by one.
  @Test(arguments: [1, 3]) func termsOfALadder(draws: Int) throws {
    let vae = try VAE(Self.configuration(isLadder: true))
    let state = vae.makeTraining(seed: 3).state
    var random = RandomGenerator(seed: 5)
    let images = Tensor.uniform([2, 4, 4, 1], using: &random)
    let context = Context(vae.network, state, mode: .inference, random: random)
    let posterior = vae.parts.encoder.posterior(of: images, given: .none, in: context)
    let draw = posterior.draw(draws, in: context)
    #expect(draw.latents.shape == [2 * draws, 7] && posterior.center.shape == [2, 7])
    let prior = vae.parts.prior.distribution(2, given: .none, in: context)
    let known = try #require(draw.ofPrior)
    let density = try #require(prior.logDensities(at: draw.latents))
    #expect((known.logDensities() - density).absolute().max().scalar < 1e-5)
    // The mean over many draws of log q - log p is that of the divergences in closed form.
    let many = posterior.draw(4000, in: context)
    let sampled = try many.logDensity() - (#require(prior.logDensity(at: many.latents)))
    let closed = try #require(many.ofPrior).divergences().summedPerSample()
    let difference = (sampled - closed).reshaped(to: [4000, 2]).mean(axes: [0])
    #expect(difference.absolute().max().scalar < 0.15)
    #expect(closed.min().scalar > 0 && known.divergences().shape == [2 * draws, 7])
  }

  /// A ladder whose way up says nothing has its prior as its posterior.
  @Test func aLadderWithoutEvidence() throws {
    let vae = try VAE(Self.configuration(isLadder: true))
    var state = vae.makeTraining(seed: 3).state
    for layer in 0..<3 {
      for (head, value) in [("mean", 0), ("logVariance", layer == 2 ? 0 : 30)] as [(String, Float)] {
        let name = "encoder.upward.\(layer).\(head)"
        state[name + ".weight"] = state[name + ".weight"].map { .zeros(like: $0) }
        state[name + ".bias"] = state[name + ".bias"].map { Tensor(repeating: value, shape: $0.shape) }
      }
    }
    let context = Context(vae.network, state, mode: .inference, random: RandomGenerator(seed: 1))
    let terms = vae.parts.terms(of: .ones([5, 4, 4, 1]), in: context)
    #expect(terms.divergence.absolute().max().scalar < 1e-3)
  }

  /// Samples come from the prior, layer by layer, each as its place has it.
  @Test(arguments: [true, false]) func samples(isLadder: Bool) throws {
    let vae = try VAE(Self.configuration(isLadder: isLadder))
    let trained = TrainedModel(model: vae, state: vae.makeTraining(seed: 1).state)
    let all = try trained.sample(20, seed: 5).scalars
    #expect(try trained.sample(7, seed: 5).scalars == Array(all[..<(7 * 16)]))
    var random = SampleRandom(RandomGenerator(seed: 2))
    let latents = vae.drawLatents(2000, given: .none, with: trained.state, using: &random)
    let last = latents[.all, 6..<7]
    #expect(abs(last.mean().scalar) < 0.1 && abs(last.square().mean().scalar - 1) < 0.15)
  }

  /// A bound of many draws is that of a sample at its place, however many samples are beside it.
  @Test(arguments: [true, false]) func boundsOfPlaces(isLadder: Bool) throws {
    let vae = try VAE(Self.configuration(isLadder: isLadder))
    let trained = TrainedModel(model: vae, state: vae.makeTraining(seed: 3).state)
    var random = RandomGenerator(seed: 5)
    let images = Tensor.uniform([6, 4, 4, 1], using: &random)
    // More than are decoded at a time.
    let draws = 5000
    #expect(vae.parts.mostDraws(of: images, count: 8) < draws)
    let whole = try trained.logLikelihoods(of: images, draws: draws, seed: 1)
    let last = try trained.logLikelihoods(of: images[4..<6], draws: draws, seed: 1, firstPlace: 4)
    #expect((last - whole[4..<6]).absolute().max().scalar < 1e-5)
  }

  /// Parts of a batch draw what the whole draws, in all layers and of several draws.
  @Test(arguments: [true, false]) func partsOfABatch(isLadder: Bool) throws {
    let vae = try VAE(Self.configuration(isLadder: isLadder))
    let state = vae.makeTraining(seed: 3).state
    var random = RandomGenerator(seed: 5)
    let images = Tensor.uniform([5, 4, 4, 1], using: &random)
    func weights(_ range: Range<Int>) -> Tensor {
      let context = Context(
        vae.network, state, mode: .training, random: RandomGenerator(seed: 9), samples: .init(range, of: 5))
      return vae.parts.logWeights(of: images[range], draws: 3, in: context)
    }
    let whole = weights(0..<5)
    #expect((weights(0..<2) - whole[.all, 0..<2]).absolute().max().scalar < 1e-4)
    #expect((weights(2..<5) - whole[.all, 2..<5]).absolute().max().scalar < 1e-4)
  }
}
