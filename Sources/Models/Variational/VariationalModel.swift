import Datasets
import LatentSystem
import Layers
import Tensor
import Training

/// The parts that a variational autoencoder of any kind is put together from, and what follows from them: the evidence
/// lower bound, importance-weighted bounds, samples.
///
/// ```swift
/// let parts = VariationalModel(
///   encoder: encoder, prior: LearnedPrior(8), decoder: decoder, observation: CategoricalObservation(levels: 16))
/// let terms = parts.terms(of: batch.samples, in: context)
/// ```
///
/// Reference: Kingma and Welling, "Auto-encoding variational Bayes", arXiv:1312.6114.
public struct VariationalModel: Sendable {
  /// Samples to posteriors.
  public let encoder: any LatentEncoder
  /// What latents are like before a sample is seen.
  public let prior: any LatentPriorModel
  /// Latents to the parameters of the observation model.
  public let decoder: any LatentDecoder
  /// The distribution of samples given those.
  public let observation: any ObservationModel

  /// A model of the given parts.
  public init(
    encoder: any LatentEncoder, prior: any LatentPriorModel, decoder: any LatentDecoder,
    observation: any ObservationModel
  ) {
    self.encoder = encoder
    self.prior = prior
    self.decoder = decoder
    self.observation = observation
  }

  /// The terms of the negative evidence lower bound for each sample, in nats.
  ///
  /// Estimated from one latent drawn from the posterior; divergences are in closed form where there is one.
  /// - Parameter samples: `[N, …]`.
  public func terms(of samples: Tensor, given condition: Condition = .none, in context: Context) -> VariationalTerms {
    let posterior = encoder.posterior(of: samples, given: condition, in: context)
    return terms(of: samples, under: posterior, given: condition, in: context)
  }

  /// The same for samples whose posterior is there already.
  func terms(
    of samples: Tensor, under posterior: any LatentDistribution, given condition: Condition = .none, in context: Context
  ) -> VariationalTerms {
    let prior = prior.distribution(samples.shape[0], given: condition, in: context)
    let draw = posterior.draw(1, in: context)
    let output = decoder(draw.latents, given: condition, in: context)
    return VariationalTerms(
      reconstruction: observation.negativeLogLikelihood(of: samples, given: output),
      divergences: draw.ofPrior?.divergences() ?? posterior.divergences(from: prior)
        ?? draw.logDensities() - priorDensities(prior, draw.latents))
  }

  /// The two terms of the negative evidence lower bound, summed over the samples of a source, in nats.
  /// - Parameter condition: what is known of the samples of a batch.
  func sums(
    over source: any SampleSource, in context: Context, given condition: (Batch) -> Condition
  ) -> (reconstruction: Double, divergence: Double) {
    var (reconstruction, divergence) = (0.0, 0.0)
    let size = InferenceBatch.size(
      source.sampleShape, scalars: 500 * 28 * 28 / observation.parametersPerScalar, most: 500)
    for batch in source.batchesInOrder(batchSize: size) {
      let terms = terms(of: batch.samples, given: condition(batch), in: context)
      reconstruction += Double(terms.reconstruction.sum().scalar)
      divergence += Double(terms.divergence.sum().scalar)
    }
    return (reconstruction, divergence)
  }

  /// The logarithms of the importance weights `p(x, z) / q(z | x)` of `draws` latents for each sample: `[N, …]` →
  /// `[draws, N]`.
  ///
  /// Reference: Burda et al., arXiv:1509.00519, equation 8.
  public func logWeights(
    of samples: Tensor, given condition: Condition = .none, draws: Int, in context: Context
  ) -> Tensor {
    require(draws >= 1, "logWeights: \(draws) draws; the least is 1")
    return weighing(samples, condition, context)(draws).logWeights()
  }

  /// The logarithms of the importance weights as ``logWeights(of:given:draws:in:)``, in their terms.
  public func importanceTerms(
    of samples: Tensor, given condition: Condition = .none, draws: Int, in context: Context
  ) -> ImportanceTerms {
    require(draws >= 1, "importanceTerms: \(draws) draws; the least is 1")
    return weighing(samples, condition, context)(draws)
  }

  /// A lower bound of each sample's log-likelihood in nats, `[N, …]` → `[N]`: the evidence lower bound with one draw, with
  /// more the importance-weighted one, which is tighter.
  ///
  /// The encoder runs once. Many draws are decoded some at a time, so memory does not grow with them.
  public func logLikelihoodBounds(
    of samples: Tensor, given condition: Condition = .none, draws: Int, in context: Context
  ) -> Tensor {
    if draws == 1 { return terms(of: samples, given: condition, in: context).bound }
    let weigh = weighing(samples, condition, context)
    let most = mostDraws(of: samples, count: Self.usualCount)
    return Tensor.logMeanExp(
      stride(from: 0, to: draws, by: most).lazy.map { weigh(min(most, draws - $0)).logWeights() }, count: draws)
  }

  /// How many draws are best decoded at a time.
  /// - Parameter count: how many samples there are, as many as these if nil.
  func mostDraws(of samples: Tensor, count: Int? = nil) -> Int {
    let size = samples.scalarCount / max(1, samples.shape[0]) * (count ?? samples.shape[0])
    return max(1, Self.scalarsAtATime / max(1, size * observation.parametersPerScalar))
  }

  /// How many samples come with many draws. The number of draws at a time decides which random numbers a draw gets and how
  /// sums are rounded, so it must not depend on how many samples there happen to be.
  private static let usualCount = 8

  /// About as many as the caches of one core hold.
  private static let scalarsAtATime = 1 << 19

  /// What gives the importance weights of so many latents for each sample.
  private func weighing(
    _ samples: Tensor, _ condition: Condition, _ context: Context
  ) -> (_ draws: Int) -> ImportanceTerms {
    let count = samples.shape[0]
    let posterior = encoder.posterior(of: samples, given: condition, in: context)
    let prior = prior.distribution(count, given: condition, in: context)
    return { draws in
      let draw = posterior.draw(draws, in: context)
      let tiled = condition.rows(at: condition.count == nil ? [] : (0..<draws * count).map { $0 % count })
      let output = decoder(draw.latents, given: tiled, in: context)
      return ImportanceTerms(
        draws: draws, likelihood: -observation.negativeLogLikelihood(of: samples, draws: draws, given: output),
        prior: (draw.ofPrior?.logDensities() ?? priorDensities(prior, draw.latents)).summedPerSample(),
        posterior: draw.logDensity())
    }
  }

  /// The terms of the prior's log-density at each latent, `[draws · N, latent]`. What a prior tells of all variables
  /// together is shared evenly between them.
  func priorDensities(_ prior: any LatentDistribution, _ latents: Tensor) -> Tensor {
    if let terms = prior.logDensities(at: latents) { return terms }
    let joint = requireSome(
      prior.logDensity(at: latents), "VariationalModel: the prior \(type(of: prior)) does not tell its density")
    return (joint / Float(latents.shape[1])).expanded(axis: 1).broadcast(to: latents.shape)
  }
}

extension Tensor {
  /// The logarithm of the mean of what these are the logarithms of: parts `[draws, N]` with `count` draws in all → `[N]`.
  ///
  /// Reference: Burda et al., arXiv:1509.00519, equation 8.
  static func logMeanExp(_ parts: some Sequence<Tensor>, count: Int) -> Tensor {
    let sums = parts.map { $0.logSumExp(axes: [0], keepingDimensions: true) }
    return concatenated(sums).logSumExp(axes: [0]) - Tensor(Float(count)).log()
  }
}
