import Datasets
import LatentSystem
import Layers
import Tensor

/// A prior that is a mixture of normal distributions, whose means, variances and weights are learned. Samples of several
/// kinds need not share one bump, between whose parts nothing would be learned.
///
/// Reference: Tomczak and Welling, "VAE with a VampPrior", arXiv:1705.07120, section 3.1, the mixture of Gaussians.
public final class MixturePrior: LatentPriorModel {
  /// `[components, latent]`.
  public let mean: Parameter
  /// The logarithms of the variances, `[components, latent]`.
  public let logVariance: Parameter
  /// The logarithms of the components' weights, but for a number, `[components]`.
  public let logit: Parameter

  /// A mixture over `size` latent variables, whose components start at random places and equally likely.
  public init(_ size: Int, componentCount: Int) {
    require(
      size >= 1 && componentCount >= 1, "MixturePrior: \(size) latent variables, \(componentCount) components")
    mean = Parameter([componentCount, size], .normal(standardDeviation: 1))
    logVariance = Parameter([componentCount, size], .normal(mean: -1, standardDeviation: 0))
    logit = Parameter([componentCount], .zeros)
  }

  public func distribution(_ count: Int, given condition: Condition, in context: Context) -> any LatentDistribution {
    MixtureDistribution(
      means: context[mean], logVariances: context[logVariance], logWeights: context[logit].logSoftmax(), count: count)
  }
}

/// A mixture of normal distributions with diagonal covariance, the same for all samples.
public struct MixtureDistribution: LatentDistribution, Sendable {
  /// `[components, latent]`.
  public let means: Tensor
  /// `[components, latent]`.
  public let logVariances: Tensor
  /// The logarithms of weights whose sum is 1, `[components]`.
  public let logWeights: Tensor
  /// The number of samples.
  public let count: Int

  /// The mixture for so many samples.
  /// - Precondition: the shapes are as stated.
  public init(means: Tensor, logVariances: Tensor, logWeights: Tensor, count: Int) {
    require(
      means.rank == 2 && means.shape == logVariances.shape && logWeights.shape.sizes == [means.shape[0]],
      """
      MixtureDistribution: means \(means.shape), log-variances \(logVariances.shape) and log-weights \
      \(logWeights.shape); expected [components, latent] twice and [components]
      """)
    (self.means, self.logVariances, self.logWeights, self.count) = (means, logVariances, logWeights, count)
  }

  /// The mean of the likeliest component.
  public var center: Tensor {
    let likeliest = logWeights.expanded(axis: 0).argmax(axis: 1)[0]
    return means.gathered(at: Array(repeating: likeliest, count: count))
  }

  /// Latents of components drawn by their weights; gradients reach means and variances of those, but no weights.
  public func draw(_ draws: Int, in context: Context) -> LatentDraw {
    let total = draws * count
    let weights = logWeights.detached().exp().scalars.map(Double.init)
    let rows = context.uniform([total, 1]).scalars.map { WeightedChoice.place(at: Double($0), of: weights) }
    let deviations = (logVariances.gathered(at: rows) * 0.5).exp()
    let latents = means.gathered(at: rows) + context.normal([total, means.shape[1]]) * deviations
    return LatentDraw(latents) { densities(at: latents) }
  }

  public func logDensities(at latents: Tensor) -> Tensor? { densities(at: latents) }

  /// The mixture's density of the first j variables, divided by that of the first j - 1.
  private func densities(at latents: Tensor) -> Tensor {
    let (total, size) = (latents.shape[0], latents.shape[1])
    let offsets = latents.reshaped(to: [total, 1, size]) - means.expanded(axis: 0)
    let terms = (offsets.square() * (-logVariances).exp() + logVariances + DiagonalGaussian.logTwoPi) * -0.5
    let upTo = terms.cumulativeSum(axis: 2) + logWeights.reshaped(to: [1, means.shape[0], 1])
    let joint = upTo.logSumExp(axes: [1])
    guard size > 1 else { return joint }
    let before = Tensor.concatenated([.zeros([total, 1]), joint.sliced([0..<total, 0..<size - 1])], axis: 1)
    return joint - before
  }
}
