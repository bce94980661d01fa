import LatentSystem
import Layers
import Tensor
import Training

/// A distribution over latents for each sample of a batch: a posterior, or a prior.
public protocol LatentDistribution {
  /// Latents drawn from it, recorded, so that gradients pass through them to what the distribution depends on.
  ///
  /// - Parameters:
  ///   - draws: for each sample, 1 or more.
  ///   - context: gives the randomness.
  func draw(_ draws: Int, in context: Context) -> LatentDraw

  /// Terms of the logarithm of the density at `latents`, `[draws · N, latent]` → `[draws · N, latent]`: that of each latent
  /// variable given those that it depends on. Nil if they are known only where the distribution was drawn from.
  func logDensities(at latents: Tensor) -> Tensor?

  /// The logarithm of the density at `latents`, `[draws · N, latent]` → `[draws · N]`; nil if it is known only where the
  /// distribution was drawn from. The sum of the terms, unless it is said otherwise.
  func logDensity(at latents: Tensor) -> Tensor?

  /// The most typical latent of each sample, `[N, latent]`.
  var center: Tensor { get }

  /// Terms of the Kullback–Leibler divergence from `prior` in nats, one for each latent variable, `[N, latent]`, if they
  /// have a closed form.
  func divergences(from prior: any LatentDistribution) -> Tensor?
}

extension LatentDistribution {
  public func logDensities(at latents: Tensor) -> Tensor? { nil }
  public func logDensity(at latents: Tensor) -> Tensor? { logDensities(at: latents)?.summedPerSample() }
  public func divergences(from prior: any LatentDistribution) -> Tensor? { nil }

  /// The Kullback–Leibler divergence from `prior` in nats, `[N]`, if it has a closed form.
  public func divergence(from prior: any LatentDistribution) -> Tensor? { divergences(from: prior)?.summedPerSample() }
}

/// Latents that were drawn from a distribution.
public struct LatentDraw {
  /// `[draws · N, latent]`: all samples in their first draw, then all in their second.
  public let latents: Tensor
  /// What a distribution that was made with the prior's help knows of it at these latents; else nil.
  public let ofPrior: OfPrior?
  private let densities: () -> Tensor

  /// What is known of the prior where latents were drawn.
  public struct OfPrior {
    /// Terms of the logarithm of the prior's density, `[draws · N, latent]`.
    public let logDensities: () -> Tensor
    /// The divergence of each latent variable's distribution from the prior's in nats, in closed form given the latents
    /// that were drawn before it, `[draws · N, latent]`.
    public let divergences: () -> Tensor

    /// What is known of the prior: two functions that compute it.
    public init(logDensities: @escaping () -> Tensor, divergences: @escaping () -> Tensor) {
      self.logDensities = logDensities
      self.divergences = divergences
    }
  }

  /// - Parameters:
  ///   - latents: `[draws · N, latent]`.
  ///   - ofPrior: what is known of the prior there.
  ///   - logDensities: computes the terms of the logarithm of the density that each was drawn with,
  ///     `[draws · N, latent]`.
  public init(_ latents: Tensor, ofPrior: OfPrior? = nil, logDensities: @escaping () -> Tensor) {
    self.latents = latents
    self.ofPrior = ofPrior
    densities = logDensities
  }

  /// Terms of the logarithm of the density that each was drawn with, one for each latent variable,
  /// `[draws · N, latent]`.
  public func logDensities() -> Tensor { densities() }

  /// The logarithm of the density that each was drawn with, `[draws · N]`.
  public func logDensity() -> Tensor { densities().summedPerSample() }
}

/// Independent normal distributions.
public struct DiagonalGaussian: LatentDistribution, Sendable {
  /// `[N, latent]`.
  public let mean: Tensor
  /// The logarithms of the variances, `[N, latent]`.
  public let logVariance: Tensor

  /// Distributions of the given moments.
  /// - Precondition: both have the shape `[N, latent]`.
  public init(mean: Tensor, logVariance: Tensor) {
    require(
      mean.rank == 2 && mean.shape == logVariance.shape,
      "DiagonalGaussian: means \(mean.shape) and log-variances \(logVariance.shape); both must be [N, latent]")
    self.mean = mean
    self.logVariance = logVariance
  }

  public var center: Tensor { mean }

  public func draw(_ draws: Int, in context: Context) -> LatentDraw {
    let (mean, logVariance) = (mean.tiledDraws(draws), logVariance.tiledDraws(draws))
    let noise = context.normal(mean.shape)
    return LatentDraw(mean + noise * (logVariance * 0.5).exp()) {
      (noise.square() + logVariance + Self.logTwoPi) * -0.5
    }
  }

  public func logDensities(at latents: Tensor) -> Tensor? {
    let draws = latents.drawCount(of: mean.shape[0])
    let (mean, logVariance) = (mean.tiledDraws(draws), logVariance.tiledDraws(draws))
    return ((mean - latents).square() * (-logVariance).exp() + logVariance + Self.logTwoPi) * -0.5
  }

  /// In closed form from a standard normal distribution and from independent normal ones.
  public func divergences(from prior: any LatentDistribution) -> Tensor? {
    switch prior {
    case is StandardNormal:
      return (mean.square() + logVariance.exp() - logVariance - 1) * 0.5
    case let prior as DiagonalGaussian:
      let ratio = (logVariance - prior.logVariance).exp()
      let distance = (mean - prior.mean).square() * (-prior.logVariance).exp()
      return (ratio + distance - 1 + prior.logVariance - logVariance) * 0.5
    default:
      return nil
    }
  }

  /// The product of these distributions and `others`, made one: means weighted by precisions, which add up.
  ///
  /// Reference: Sønderby et al., "Ladder variational autoencoders", arXiv:1602.02282, equations 17 and 18.
  func combined(with others: DiagonalGaussian) -> DiagonalGaussian {
    let difference = logVariance - others.logVariance
    return DiagonalGaussian(
      mean: others.mean + (mean - others.mean) * (-difference).sigmoid(),
      logVariance: logVariance - difference.softplus())
  }

  static let logTwoPi: Float = 1.837_877_066_4
}

/// The standard normal distribution, the same for all samples.
public struct StandardNormal: LatentDistribution, Sendable {
  /// `[N, latent]`.
  public let shape: Tensor.Shape

  /// The distribution of latents `[N, latent]`.
  public init(_ shape: Tensor.Shape) { self.shape = shape }

  public var center: Tensor { .zeros(shape) }

  public func draw(_ draws: Int, in context: Context) -> LatentDraw {
    let latents = context.normal([draws * shape[0], shape[1]])
    return LatentDraw(latents) { densities(at: latents) }
  }

  public func logDensities(at latents: Tensor) -> Tensor? { densities(at: latents) }

  private func densities(at latents: Tensor) -> Tensor { (latents.square() + DiagonalGaussian.logTwoPi) * -0.5 }
}

extension Tensor {
  /// How many draws of each of `count` samples the rows of this tensor are; 1 where there are no samples.
  func drawCount(of count: Int) -> Int { count == 0 ? 1 : shape[0] / count }

  /// How many scalars each sample `[N, …]` has, whether there are samples or not.
  var scalarsPerSample: Int { shape.sizes.dropFirst().reduce(1, *) }

  /// This tensor `draws` times along its first axis, recorded.
  func tiledDraws(_ draws: Int) -> Tensor {
    draws == 1 ? self : .concatenated(Array(repeating: self, count: draws))
  }
}
