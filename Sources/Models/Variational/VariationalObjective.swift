import Datasets
import LatentSystem
import Layers
import Tensor

/// The terms of the negative evidence lower bound of some samples, in nats.
public struct VariationalTerms {
  /// The negative log-likelihood of each sample given its latent, `[N]`.
  public let reconstruction: Tensor
  /// The divergence of the posterior from the prior in terms for each latent variable, `[N, latent]`.
  public let divergences: Tensor

  /// The terms of a bound.
  public init(reconstruction: Tensor, divergences: Tensor) {
    self.reconstruction = reconstruction
    self.divergences = divergences
  }

  /// The divergence of the posterior from the prior for each sample, `[N]`.
  public var divergence: Tensor { divergences.summedPerSample() }

  /// The evidence lower bound of each sample, `[N]`.
  public var bound: Tensor { -(reconstruction + divergence) }
}

/// The logarithms of the importance weights of some latents for each sample, in their terms: each is `[draws · N]`, all
/// samples in their first draw, then all in their second.
public struct ImportanceTerms {
  /// How many latents there are for each sample.
  public let draws: Int
  /// log p(x | z)
  public let likelihood: Tensor
  /// log p(z)
  public let prior: Tensor
  /// log q(z | x)
  public let posterior: Tensor

  /// The logarithms of the weights `p(x | z) · (p(z) / q(z | x))^β`, `[draws, N]`.
  public func logWeights(beta: Float = 1) -> Tensor {
    let sum = beta == 1 ? likelihood + prior - posterior : likelihood + (prior - posterior) * beta
    return sum.reshaped(to: [draws, sum.scalarCount / draws])
  }
}

/// What the training of a variational autoencoder minimizes: the negative of a lower bound of the log-likelihood, or of
/// what is made of one.
///
/// ```swift
/// let objective = VariationalObjective(importanceSamples: 5)
/// let (loss, terms) = objective.loss(of: batch.samples, under: parts, in: context)
/// ```
public struct VariationalObjective: Sendable, Equatable {
  /// The weight of the divergence from the prior. In an importance weight it is the exponent of `p(z) / q(z | x)`.
  public let beta: Float
  /// How many latents a bound is made of; with more than one it is the importance-weighted one. Reference: Burda et al.,
  /// arXiv:1509.00519.
  public let importanceSamples: Int
  /// The mean of how many such bounds is taken, each of latents of its own. Reference: Rainforth et al., "Tighter
  /// variational bounds are not necessarily better", arXiv:1802.04537, equation 8 (MIWAE).
  public let bounds: Int
  /// Which latents of a bound are differentiated.
  public let importanceGradient: ImportanceGradient
  /// The nats that a group of latent variables may carry at no cost: the mean over the batch of the group's divergence
  /// counts only above it. Reference: Kingma et al., arXiv:1606.04934, equation 15.
  public let freeBits: Float
  /// The sizes of the groups of neighbouring latent variables; each is one of its own if there are none.
  public let groups: [Int]

  /// The objective with the given settings.
  /// - Precondition: one or more samples and bounds; free bits are those of the evidence lower bound, of one sample; a
  ///   gradient of a drawn latent is one of a single bound.
  public init(
    beta: Float = 1, importanceSamples: Int = 1, bounds: Int = 1, importanceGradient: ImportanceGradient = .weighted,
    freeBits: Float = 0, groups: [Int] = []
  ) {
    require(
      importanceSamples >= 1 && bounds >= 1 && freeBits >= 0,
      "VariationalObjective: \(importanceSamples) samples, \(bounds) bounds and \(freeBits) free nats")
    require(
      freeBits == 0 || importanceSamples * bounds == 1,
      "VariationalObjective: free bits are those of one sample, not of \(importanceSamples * bounds)")
    require(
      bounds == 1 || importanceGradient == .weighted,
      "VariationalObjective: the gradient of a drawn latent is one of a single bound, not of \(bounds)")
    self.beta = beta
    self.importanceSamples = importanceSamples
    self.bounds = bounds
    self.importanceGradient = importanceGradient
    self.freeBits = freeBits
    self.groups = groups
  }

  /// What a pass was like, in nats, as means over samples and draws.
  public struct Figures: Sendable, Equatable {
    /// The negative log-likelihood given the latents.
    public let reconstruction: Double
    /// The divergence from the prior, or the mean of `log q(z | x) - log p(z)` that estimates it.
    public let divergence: Double
  }

  /// The loss of some samples, a scalar, and its terms. Those of an empty part of a batch are 0, but for the free bits, which
  /// are of the whole.
  /// - Parameter samples: `[N, …]`.
  public func loss(
    of samples: Tensor, given condition: Condition = .none, under model: VariationalModel, in context: Context
  ) -> (loss: Tensor, figures: Figures) {
    let draws = importanceSamples * bounds
    if draws == 1 { return evidenceLoss(model.terms(of: samples, given: condition, in: context), context) }
    if importanceGradient != .weighted {
      let drawn = model.drawnImportance(
        of: samples, given: condition, draws: draws, beta: beta, gradient: importanceGradient, in: context)
      return (-drawn.bound.meanOrZero(), figures(drawn.terms))
    }
    let terms = model.importanceTerms(of: samples, given: condition, draws: draws, in: context)
    return (-bound(ofLogWeights: terms.logWeights(beta: beta)).meanOrZero(), figures(terms))
  }

  private func evidenceLoss(_ terms: VariationalTerms, _ context: Context) -> (loss: Tensor, figures: Figures) {
    let (reconstruction, divergence) = (terms.reconstruction, terms.divergence)
    let figures = Figures(
      reconstruction: Double(reconstruction.meanOrZero().scalar), divergence: Double(divergence.meanOrZero().scalar))
    if freeBits == 0 { return ((reconstruction + divergence * beta).meanOrZero(), figures) }
    return (reconstruction.meanOrZero() + cost(of: terms.divergences, in: context) * beta, figures)
  }

  /// What the divergences of a batch cost, a scalar: the sum over groups of the larger of ``freeBits`` and the mean over
  /// the whole batch, `[N, latent]` → `[]`.
  ///
  /// The mean is inside the maximum: a sample may carry more than another.
  public func cost(of divergences: Tensor, in context: Context) -> Tensor {
    let means = context.batchMean(divergences)
    let ofGroups =
      groups.isEmpty ? means : Tensor.stacked(means.split(counts: groups, axis: 0).map { $0.sum() })
    return ofGroups.maximum(freeBits).sum()
  }

  private func figures(_ terms: ImportanceTerms) -> Figures {
    Figures(
      reconstruction: -Double(terms.likelihood.meanOrZero().scalar),
      divergence: Double(terms.posterior.meanOrZero().scalar) - Double(terms.prior.meanOrZero().scalar))
  }

  /// The bound that the logarithms of importance weights make, `[bounds · importanceSamples, N]` → `[N]`.
  ///
  /// Reference: Burda et al., arXiv:1509.00519, equation 8.
  public func bound(ofLogWeights logWeights: Tensor) -> Tensor {
    require(
      logWeights.rank == 2 && logWeights.shape[0] == bounds * importanceSamples,
      "VariationalObjective: weights of shape \(logWeights.shape) for \(bounds) bounds of \(importanceSamples) samples")
    let count = logWeights.shape[1]
    let sums = logWeights.reshaped(to: [bounds, importanceSamples, count]).logSumExp(axes: [1])
    return sums.mean(axes: [0]) - Tensor(Float(importanceSamples)).log()
  }
}

extension Tensor {
  /// The mean of all scalars; 0 of none, whose mean is not a number.
  func meanOrZero() -> Tensor { scalarCount == 0 ? sum() : mean() }
}
