import Datasets
import LatentSystem
import Layers
import Tensor

/// Which latents of an importance-weighted bound are differentiated.
public enum ImportanceGradient: String, Codable, Sendable, CaseIterable {
  /// All of them, each by its weight.
  case weighted
  /// One for each sample, drawn with the probability of its weight among all. What is expected is the same gradient; it is
  /// noisier, and where decoding is most of the work it takes a third of the time.
  ///
  /// The decoder must not be random: one with dropout weighs the latents as one network and is differentiated as another, so
  /// that what is expected is no longer the same. For ``doublyReparameterized`` this holds of the encoder too.
  ///
  /// Reference: Burda et al., "Importance weighted autoencoders", arXiv:1509.00519, section 3.
  case drawn
  /// One that is drawn likewise; but what moves the posterior comes through the latent alone, as much as its weight says.
  /// What is expected is the same gradient still. It is less noisy, and what is left of the noise vanishes where the
  /// posterior is right, so the posterior learns more with many latents. It takes a posterior whose density is known
  /// everywhere: no flow, no ladder.
  ///
  /// Reference: Tucker et al., "Doubly reparameterized gradient estimators for Monte Carlo objectives", arXiv:1810.04152,
  /// equation 8, in which the divergence has the weight 1; here the sum over latents is that of one, drawn by its weight.
  case doublyReparameterized = "doubly-reparameterized"
}

extension VariationalModel {
  /// The importance-weighted bound of some samples, whose gradient is that of one drawn latent each.
  ///
  /// - Parameters:
  ///   - samples: `[N, …]`.
  ///   - draws: how many latents of each sample are weighed.
  ///   - beta: the weight of the divergence; see ``ImportanceTerms/logWeights(beta:)``.
  ///   - gradient: of the drawn latent, or of that in the doubly reparameterized way.
  /// - Returns: the bound `[N]`, and the terms of all latents, which are not recorded.
  func drawnImportance(
    of samples: Tensor, given condition: Condition = .none, draws: Int, beta: Float = 1,
    gradient: ImportanceGradient = .drawn, in context: Context
  ) -> (bound: Tensor, terms: ImportanceTerms) {
    let count = samples.shape[0]
    let posterior = encoder.posterior(of: samples, given: condition, in: context)
    let prior = prior.distribution(count, given: condition, in: context)
    let draw = posterior.draw(draws, in: context)
    let ofPrior = (draw.ofPrior?.logDensities() ?? priorDensities(prior, draw.latents)).summedPerSample()
    let ofPosterior = draw.logDensity()
    let all = ImportanceTerms(
      draws: draws, likelihood: likelihoodsAhead(of: samples, condition, draw.latents.detached(), draws, in: context),
      prior: ofPrior.detached(), posterior: ofPosterior.detached())
    let logWeights = all.logWeights(beta: beta)
    let rows = Self.drawnRows(logWeights, uniform: context.uniform([count]))
    var drawn = DrawnLatents(
      latents: draw.latents.gathered(at: rows), ofPrior: ofPrior.gathered(at: rows),
      ofPosterior: ofPosterior.gathered(at: rows))
    if gradient == .doublyReparameterized {
      let shares = logWeights.softmax(axis: 0).reshaped(to: [draws * count]).gathered(at: rows)
      let still = encoder.posterior(of: samples, given: condition, in: context.unrecorded())
      // In equation 8 β is 1. A score whose expectation is that of the path has the factor β · (1 - share) in front.
      drawn = reparameterized(drawn.latents, by: shares * beta + (1 - beta), prior, still)
    }
    let output = decoder(drawn.latents, given: condition, in: context)
    let one = ImportanceTerms(
      draws: 1, likelihood: -observation.negativeLogLikelihood(of: samples, given: output), prior: drawn.ofPrior,
      posterior: drawn.ofPosterior
    ).logWeights(beta: beta).squeezed(axis: 0)
    let bound = logWeights.logSumExp(axes: [0]) - Tensor(Float(draws)).log()
    // The value of the bound with the gradient of one weight.
    return (bound + (one - one.detached()), all)
  }

  /// The latent of each sample that is differentiated, `[N, latent]`, and the logarithms of its densities, `[N]`.
  private struct DrawnLatents {
    let latents: Tensor
    let ofPrior: Tensor
    let ofPosterior: Tensor
  }

  /// The same latents, through which a share of a gradient passes, and whose density under the posterior depends on them
  /// alone.
  ///
  /// - Parameters:
  ///   - shares: of each sample, `[N]`.
  ///   - posterior: the one that they were drawn from, not recorded.
  private func reparameterized(
    _ latents: Tensor, by shares: Tensor, _ prior: any LatentDistribution, _ posterior: any LatentDistribution
  ) -> DrawnLatents {
    let values = latents.detached()
    let passing = values + (latents - values) * shares.expanded(axis: 1)
    let density = requireSome(
      posterior.logDensity(at: passing),
      "VariationalModel: a doubly reparameterized gradient takes the density of \(type(of: posterior)) at any latent")
    return DrawnLatents(
      latents: passing, ofPrior: priorDensities(prior, passing).summedPerSample(), ofPosterior: density)
  }

  /// The log-likelihood of each sample given each of its latents, `[draws · N]`, decoded some draws at a time and not
  /// recorded.
  private func likelihoodsAhead(
    of samples: Tensor, _ condition: Condition, _ latents: Tensor, _ draws: Int, in context: Context
  ) -> Tensor {
    let count = samples.shape[0]
    let (most, ahead) = (mostDraws(of: samples), context.unrecorded())
    return .concatenated(
      stride(from: 0, to: draws, by: most).map { start in
        let end = min(draws, start + most)
        let rows = (start * count)..<(end * count)
        let tiled = condition.rows(at: condition.count == nil ? [] : rows.map { $0 % count })
        let output = decoder(latents[rows], given: tiled, in: ahead)
        return -observation.negativeLogLikelihood(of: samples, draws: end - start, given: output)
      })
  }

  /// A row of `[draws · N]` for each sample, drawn by its weight.
  ///
  /// - Parameters:
  ///   - logWeights: `[draws, N]`.
  ///   - uniform: a number in 0..<1 for each sample, `[N]`.
  static func drawnRows(_ logWeights: Tensor, uniform: Tensor) -> [Int] {
    let (draws, count) = (logWeights.shape[0], logWeights.shape[1])
    let shares = logWeights.softmax(axis: 0).scalars
    return uniform.scalars.enumerated().map { sample, share in
      let own = (0..<draws).map { Double(shares[$0 * count + sample]) }
      return WeightedChoice.place(at: Double(share), of: own) * count + sample
    }
  }
}
