import Datasets
import LatentSystem
import Layers
import Tensor

/// A ladder: an encoder that goes up through its layers without chance, and then comes down with the prior. Each layer's
/// posterior is what the way up says of it and what the prior says, given the layer above, combined by their precisions.
///
/// Reference: Sønderby et al., "Ladder variational autoencoders", arXiv:1602.02282, section 2.2.
public final class LadderEncoder: LatentEncoder {
  /// The way up: the first sees the samples, each other one the features of the one below it. The first layer first.
  public let upward: [GaussianEncoder]
  /// The prior, whose networks the posterior shares.
  public let prior: ChainPrior

  /// An encoder with as many layers as `prior`.
  public init(upward: [GaussianEncoder], prior: ChainPrior) {
    require(
      upward.count == prior.sizes.count,
      "LadderEncoder: \(upward.count) layers with a prior of \(prior.sizes.count); both must have as many")
    self.upward = upward
    self.prior = prior
  }

  public func posterior(of samples: Tensor, given condition: Condition, in context: Context) -> any LatentDistribution {
    var features = samples
    let evidence = upward.enumerated().map { index, layer in
      features = layer.features(of: features, given: index == 0 ? condition : .none, in: context)
      return layer.distribution(ofFeatures: features, in: context)
    }
    return LadderDistribution(evidence: evidence, prior: prior, context: context)
  }
}

/// The posterior of a ``LadderEncoder``.
struct LadderDistribution: LatentDistribution {
  /// What the way up says of each layer, the first layer first.
  let evidence: [DiagonalGaussian]
  let prior: ChainPrior
  let context: Context

  var center: Tensor {
    .concatenated(layers(draws: 1) { $0.mean }.reversed().map(\.latents), axis: 1)
  }

  func draw(_ draws: Int, in context: Context) -> LatentDraw {
    var densities: [() -> Tensor] = []
    let layers = layers(draws: draws) { posterior in
      let draw = posterior.draw(1, in: context)
      densities.append(draw.logDensities)
      return draw.latents
    }
    let upward = Array(layers.reversed())
    let ofPrior = LatentDraw.OfPrior(
      logDensities: { .concatenated(upward.map { Self.logDensities($0.prior, $0.latents) }, axis: 1) },
      divergences: { .concatenated(upward.map { Self.divergences($0.posterior, $0.prior) }, axis: 1) })
    return LatentDraw(.concatenated(upward.map(\.latents), axis: 1), ofPrior: ofPrior) { [densities] in
      .concatenated(densities.reversed().map { $0() }, axis: 1)
    }
  }

  /// A layer on the way down.
  private struct Layer {
    let posterior: DiagonalGaussian
    /// Nil for the standard normal distribution of the last layer.
    let prior: DiagonalGaussian?
    let latents: Tensor
  }

  /// The layers from the last to the first, with latents that `choose` takes from the posterior of each.
  private func layers(draws: Int, _ choose: (DiagonalGaussian) -> Tensor) -> [Layer] {
    var layers: [Layer] = []
    for index in evidence.indices.reversed() {
      let own = DiagonalGaussian(
        mean: evidence[index].mean.tiledDraws(draws), logVariance: evidence[index].logVariance.tiledDraws(draws))
      let given = layers.last.map { prior.layers[index].distribution(of: $0.latents, in: context) }
      let posterior = given.map { own.combined(with: $0) } ?? own
      layers.append(Layer(posterior: posterior, prior: given, latents: choose(posterior)))
    }
    return layers
  }

  private static func logDensities(_ prior: DiagonalGaussian?, _ latents: Tensor) -> Tensor {
    let distribution: any LatentDistribution = prior ?? StandardNormal(latents.shape)
    return requireSome(distribution.logDensities(at: latents), "LadderDistribution: a prior without a density")
  }

  private static func divergences(_ posterior: DiagonalGaussian, _ prior: DiagonalGaussian?) -> Tensor {
    let distribution: any LatentDistribution = prior ?? StandardNormal(posterior.mean.shape)
    return requireSome(posterior.divergences(from: distribution), "LadderDistribution: no divergence")
  }
}
