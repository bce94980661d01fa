import Datasets
import Foundation
import Layers
import Tensor
import Testing

@testable import Models
@testable import Training

/// Bounds, and what a training makes of them.
@Suite struct VariationalObjectiveTests {
  @Test func importanceWeightedBoundsAsGolden() throws {
    let cases = try VariationalGolden.cases("iwaeBound")
    #expect(cases.count == 4)
    for golden in cases {
      let (k, leaves) = (try #require(golden.params.k), try golden.leaves())
      let (mean, logVariance) = try (#require(leaves["mean"]), #require(leaves["logVariance"]))
      // Draws of each sample become samples of each draw.
      let noise = try golden.input("eps").permuted([1, 0, 2]).reshaped(to: [3 * k, 2])
      // Without a closed form of the divergence, one latent has the bound of many.
      let posterior = FixedNoise(
        gaussian: DiagonalGaussian(mean: mean, logVariance: logVariance), noise: noise, isSampled: k == 1)
      let model = try goldenModel(posterior, leaves)
      let objective = VariationalObjective(importanceSamples: k)
      let weights = model.logWeights(of: try golden.input("x"), draws: k, in: emptyContext())
      #expect(isClose(weights.transposed(), try golden.output("logWeights"), tolerance: 1e-5), "\(golden.name)")
      let bound = objective.bound(ofLogWeights: weights)
      #expect(isClose(bound, try golden.output("bound"), tolerance: 1e-5))
      golden.check(-bound.mean(), at: leaves)
      // The gradient is the mean of those of the logarithms, with detached weights (equation 14).
      let shares = weights.softmax(axis: 0).detached()
      golden.check(-(shares * weights).sum() / 3, at: leaves)
      let (loss, figures) = objective.loss(of: try golden.input("x"), under: model, in: emptyContext())
      #expect(isClose(loss, try golden.output("loss"), tolerance: 1e-5))
      golden.check(loss, at: leaves)
      #expect(abs(figures.reconstruction + figures.divergence + Double(weights.mean().scalar)) < 1e-4)
    }
  }

  @Test("Likelihoods of log-weights, whole and in parts") func likelihoodsAsGolden() throws {
    let cases = try VariationalGolden.cases("importanceNLL")
    #expect(cases.count == 4)
    for golden in cases {
      let weights = try golden.input("logWeights").transposed()
      let draws = weights.shape[0]
      for most in 1...draws {
        let parts = stride(from: 0, to: draws, by: most).map { weights[$0..<min(draws, $0 + most)] }
        let likelihoods = Tensor.logMeanExp(parts, count: draws)
        #expect(isClose(likelihoods, try golden.output("logLikelihood"), tolerance: 1e-6), "\(golden.name) by \(most)")
        #expect(isClose(-likelihoods.mean(), try golden.output("nll"), tolerance: 1e-6), "\(golden.name) by \(most)")
      }
    }
  }

  /// The mean of two bounds: of one twice it is that one, golden gradients and all; of two others it is their mean, and so
  /// is the gradient.
  @Test func meansOfBoundsAsGolden() throws {
    for golden in try VariationalGolden.cases("iwaeBound") {
      let (k, leaves) = (try #require(golden.params.k), try golden.leaves())
      guard k > 1 else { continue }
      let (mean, logVariance) = try (#require(leaves["mean"]), #require(leaves["logVariance"]))
      let gaussian = DiagonalGaussian(mean: mean, logVariance: logVariance)
      let noise = try golden.input("eps").permuted([1, 0, 2]).reshaped(to: [3 * k, 2])
      func loss(_ noises: [Tensor]) throws -> Tensor {
        let model = try goldenModel(FixedNoise(gaussian: gaussian, noise: .concatenated(noises)), leaves)
        return VariationalObjective(importanceSamples: k, bounds: noises.count)
          .loss(of: try golden.input("x"), under: model, in: emptyContext()).loss
      }
      let twice = try loss([noise, noise])
      #expect(isClose(twice, try golden.output("loss"), tolerance: 1e-5))
      golden.check(twice, at: leaves)
      let (both, own, other) = try (loss([noise, -noise]), loss([noise]), loss([-noise]))
      #expect(abs(both.scalar - (own.scalar + other.scalar) / 2) < 1e-5)
      let tensors = leaves.keys.sorted().compactMap { leaves[$0] }
      let expected = zip(own.gradients(at: tensors), other.gradients(at: tensors)).map { ($0 + $1) * 0.5 }
      for (gradient, expected) in zip(both.gradients(at: tensors), expected) {
        #expect(isClose(gradient, expected.scalars.map(Double.init), tolerance: 2e-5), "\(golden.name)")
      }
    }
  }

  /// A part of a batch without samples has a loss and figures of 0, not of no number; free bits are of the whole.
  @Test func anEmptyPartOfABatch() {
    for (objective, expected) in [
      (VariationalObjective(beta: 0.5), 0), (VariationalObjective(importanceSamples: 3), 0),
      (VariationalObjective(importanceSamples: 3, bounds: 2), 0),
      (VariationalObjective(importanceSamples: 3, importanceGradient: .drawn), 0),
      (VariationalObjective(freeBits: 0.5), 1),
    ] as [(VariationalObjective, Float)] {
      let context = emptyContext(samples: Context.Samples(3..<3, of: 8))
      let (loss, figures) = objective.loss(of: .zeros([0, 2]), under: linearModel(), in: context)
      #expect(loss.scalar == expected && figures.reconstruction == 0 && figures.divergence == 0, "\(objective)")
    }
  }

  @Test func evidenceLowerBoundsAsGolden() throws {
    let cases = try VariationalGolden.cases("elbo")
    #expect(cases.count == 4)
    for golden in cases {
      let (beta, leaves) = (try #require(golden.params.beta), try golden.leaves())
      let (mean, logVariance) = try (#require(leaves["mean"]), #require(leaves["logVariance"]))
      let posterior = FixedNoise(
        gaussian: DiagonalGaussian(mean: mean, logVariance: logVariance), noise: try golden.input("eps"),
        isSampled: golden.params.klEstimate == "sampled")
      let model = try goldenModel(posterior, leaves)
      let terms = model.terms(of: try golden.input("x"), in: emptyContext())
      #expect(isClose(terms.reconstruction, try golden.output("reconstruction"), tolerance: 1e-5))
      #expect(isClose(terms.divergence, try golden.output("kl"), tolerance: 1e-5), "\(golden.name)")
      let (loss, _) = VariationalObjective(beta: beta).loss(
        of: try golden.input("x"), under: model, in: emptyContext())
      #expect(isClose(loss, try golden.output("loss"), tolerance: 1e-5))
      golden.check(loss, at: leaves)
    }
  }

  @Test func freeBitsAsGolden() throws {
    let cases = try VariationalGolden.cases("freeBits")
    #expect(cases.count == 3)
    for golden in cases {
      let leaves = try golden.leaves()
      let (m, v) = try (#require(leaves["mean"]), #require(leaves["logVariance"]))
      let size = m.shape[-1]
      // Variables at several positions are one group: here the first axis of samples, positions and channels.
      let flat: Tensor.Shape = [m.scalarCount / size, size]
      let gaussian = DiagonalGaussian(mean: m.reshaped(to: flat), logVariance: v.reshaped(to: flat))
      let prior = StandardNormal(flat)
      let noise = try golden.input("eps").reshaped(to: flat)
      let isSampled = golden.params.klEstimate == "sampled"
      let draw = FixedNoise(gaussian: gaussian, noise: noise).draw(1, in: emptyContext())
      let sampled = try draw.logDensities() - (#require(prior.logDensities(at: draw.latents)))
      var terms = isSampled ? sampled : try #require(gaussian.divergences(from: prior))
      if m.rank == 4 { terms = terms.reshaped(to: m.shape).sum(axes: [1, 2]) }
      #expect(isClose(terms.mean(axes: [0]), try golden.output("klPerDimension"), tolerance: 1e-5))
      let loss = VariationalObjective(freeBits: try #require(golden.params.minimum)).cost(
        of: terms, in: emptyContext())
      #expect(isClose(loss, try golden.output("loss"), tolerance: 1e-5), "\(golden.name)")
      golden.check(loss, at: leaves)
    }
  }

  /// The mean is inside the maximum: samples of 0 and 2λ cost λ. Groups are of neighbours; half of a batch beside an equal
  /// half costs what the whole does.
  @Test func freeBitsOfABatch() {
    struct Twice: BatchReduction {
      func sum(_ partial: Tensor) -> Tensor { partial * 2 }
    }
    let divergences = Tensor([0, 0, 1, 3, 0.5, 1], shape: [2, 3])
    #expect(VariationalObjective(freeBits: 1.5).cost(of: divergences, in: emptyContext()).scalar == 1.5 * 3)
    #expect(VariationalObjective(freeBits: 0.25).cost(of: divergences, in: emptyContext()).scalar == 1.5 + 0.25 + 1)
    let grouped = VariationalObjective(freeBits: 1.25, groups: [1, 2])
    #expect(grouped.cost(of: divergences, in: emptyContext()).scalar == 1.5 + 1.25)
    let half = emptyContext(reduction: Twice(), samples: Context.Samples(0..<2, of: 4))
    #expect(grouped.cost(of: divergences, in: half).scalar == 1.5 + 1.25)
  }

  /// Several bounds of some samples each; copies of one weight make the bound of one; scales do not mix.
  @Test func boundsOfWeights() {
    let weights = Tensor([-1, -500, -2, -400, -3, -450, -0.5, -420], shape: [4, 2])
    func bound(_ bounds: Int, _ samples: Int, _ weights: Tensor) -> [Double] {
      VariationalObjective(importanceSamples: samples, bounds: bounds).bound(ofLogWeights: weights).scalars
        .map(Double.init)
    }
    func expected(_ a: Double, _ b: Double) -> Double { max(a, b) + log1p(exp(-abs(a - b))) - log(2) }
    let two = bound(2, 2, weights)
    #expect(abs(two[0] - (expected(-1, -2) + expected(-3, -0.5)) / 2) < 1e-6)
    #expect(abs(two[1] - (expected(-500, -400) + expected(-450, -420)) / 2) < 1e-4)
    #expect(bound(4, 1, weights) == weights.mean(axes: [0]).scalars.map(Double.init))
    let copies = Tensor.concatenated(Array(repeating: weights[0..<1], count: 8))
    #expect(zip(bound(1, 8, copies), [-1, -500]).allSatisfy { abs($0 - $1) < 1e-4 })
    for column in 0..<2 {
      #expect(bound(1, 4, weights[.all, column..<column + 1]) == [bound(1, 4, weights)[column]])
    }
  }

  /// A linear Gaussian model, whose likelihood is known: bounds are tighter the more samples they have, and come to it.
  @Test func boundsOfALinearModel() throws {
    let model = linearModel()
    let samples = Tensor([0.4, -1.1, 2, 0.3, -0.6, 0.9], shape: [3, 2])
    // x = z + e of deviation ½: log N(x; 0, 1.25) in each of two dimensions.
    let exact = (samples.square() * -0.4 - Float(0.5 * log(2 * Double.pi * 1.25))).summedPerSample()
    let repeats = 4000
    let many = Tensor.concatenated(Array(repeating: samples, count: repeats))
    let bounds = [1, 5, 50].map { k in
      let weights = model.logWeights(of: many, draws: k, in: emptyContext(seed: UInt64(k)))
      return VariationalObjective(importanceSamples: k).bound(ofLogWeights: weights)
        .reshaped(to: [repeats, 3]).mean(axes: [0]).scalars
    }
    for sample in 0..<3 {
      let exact = exact.scalars[sample]
      #expect(bounds[0][sample] < bounds[1][sample] - 0.05 && bounds[1][sample] < bounds[2][sample] - 0.01)
      #expect(bounds[2][sample] < exact + 1e-3 && bounds[2][sample] > exact - 0.03)
    }
    let estimate = model.logLikelihoodBounds(of: samples, draws: 200_000, in: emptyContext())
    #expect((estimate - exact).absolute().max().scalar < 5e-3)
  }

  /// x = z + e with deviation ½, and a posterior that is too wide.
  private func linearModel() -> VariationalModel {
    final class Encoder: LatentEncoder {
      func posterior(of samples: Tensor, given: Condition, in context: Context) -> any LatentDistribution {
        DiagonalGaussian(mean: samples * 0.5, logVariance: Tensor(repeating: -1, shape: samples.shape))
      }
    }
    return VariationalModel(
      encoder: Encoder(), prior: StandardNormalPrior(2), decoder: IdentityDecoder(), observation: HalfDeviation())
  }

  /// The weight grows from 0 to β and stays there.
  @Test func warmup() {
    var configuration = VAE.Configuration(beta: 0.5)
    #expect([0, 1, 100].map { configuration.objective(at: $0).beta } == [0.5, 0.5, 0.5])
    configuration.betaWarmup = 4
    #expect([0, 1, 2, 4, 100].map { configuration.objective(at: $0).beta } == [0, 0.125, 0.25, 0.5, 0.5])
  }

  /// A larger β leaves less divergence.
  @Test func betaMovesTheDivergence() throws {
    let digits = BuiltInDigits.make(count: 500, seed: 1)
    let divergences = try [0.5, 1, 4].map { beta in
      let vae = try VAE(VAE.Configuration(latentSize: 4, hiddenSize: 32, beta: Float(beta)))
      let trained = try Trainer(vae, length: .steps(150), batchSize: 50, seed: 1).train(on: digits)
      return try #require(vae.evaluate(on: TrainingData(digits), with: trained.state)["kl"])
    }
    #expect(divergences[0] > divergences[1] + 0.3 && divergences[1] > divergences[2] + 1, "\(divergences)")
  }

  /// Half of the pixels halve the likelihood term of a decoder without knowledge and leave the divergence.
  @Test func sumsOverPixels() throws {
    let terms = try [28, 14].map { width in
      let vae = try VAE(VAE.Configuration(width: width, latentSize: 4, hiddenSize: 8))
      var state = vae.makeTraining(seed: 1).state
      for name in state.names { state[name] = state[name].map { .zeros(like: $0) } }
      state["encoder.mean.bias"] = .ones([4])
      let context = Context(vae.network, state, mode: .training, random: RandomGenerator(seed: 1))
      return vae.parts.terms(of: .ones([2, 28, width, 1]), in: context)
    }
    #expect(abs(terms[0].reconstruction.scalars[0] - 784 * 0.693_147_2) < 1e-3)
    #expect(abs(terms[1].reconstruction.scalars[0] - 392 * 0.693_147_2) < 1e-3)
    #expect(terms.allSatisfy { $0.divergence == Tensor([2, 2]) })
  }

  @Test func misuseStops() async {
    let result = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = VariationalObjective(importanceSamples: 5, freeBits: 0.5)
    }
    let text = String(decoding: result?.standardErrorContent ?? [], as: UTF8.self)
    #expect(text.contains("VariationalObjective: free bits are those of one sample, not of 5"))
  }
}
