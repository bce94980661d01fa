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

  /// The logarithm of the density at `latents`, `[draws · N, latent]` → `[draws · N]`; nil if it is known only where the
  /// distribution was drawn from.
  func logDensity(at latents: Tensor) -> Tensor?

  /// The most typical latent of each sample, `[N, latent]`.
  var center: Tensor { get }

  /// The Kullback–Leibler divergence from `prior` in nats, `[N]`, if it has a closed form.
  func divergence(from prior: any LatentDistribution) -> Tensor?
}

extension LatentDistribution {
  public func divergence(from prior: any LatentDistribution) -> Tensor? { nil }
}

/// Latents that were drawn from a distribution.
public struct LatentDraw {
  /// `[draws · N, latent]`: all samples in their first draw, then all in their second.
  public let latents: Tensor
  private let density: () -> Tensor

  /// - Parameter logDensity: computes the logarithm of the density that each was drawn with, `[draws · N]`.
  public init(_ latents: Tensor, logDensity: @escaping () -> Tensor) {
    self.latents = latents
    density = logDensity
  }

  /// The logarithm of the density that each was drawn with, `[draws · N]`.
  public func logDensity() -> Tensor { density() }
}

/// Independent normal distributions.
public struct DiagonalGaussian: LatentDistribution {
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
    let noise =
      draws == 1
      ? context.normal(mean.shape)
      : .concatenated((0..<draws).map { _ in context.normal(self.mean.shape) })
    return LatentDraw(mean + noise * (logVariance * 0.5).exp()) {
      ((noise.square() + logVariance + Self.logTwoPi) * -0.5).summedPerSample()
    }
  }

  public func logDensity(at latents: Tensor) -> Tensor? {
    let draws = latents.shape[0] / mean.shape[0]
    return -mean.tiledDraws(draws).gaussianNegativeLogLikelihood(
      of: latents, logVariance: logVariance.tiledDraws(draws))
  }

  /// In closed form from a standard normal distribution and from independent normal ones.
  public func divergence(from prior: any LatentDistribution) -> Tensor? {
    switch prior {
    case is StandardNormal:
      return mean.gaussianKL(logVariance: logVariance)
    case let prior as DiagonalGaussian:
      let ratio = (logVariance - prior.logVariance).exp()
      let distance = (mean - prior.mean).square() * (-prior.logVariance).exp()
      return ((ratio + distance - 1 + prior.logVariance - logVariance) * 0.5).summedPerSample()
    default:
      return nil
    }
  }

  static let logTwoPi: Float = 1.837_877_066_4
}

/// The standard normal distribution, the same for all samples.
public struct StandardNormal: LatentDistribution {
  /// `[N, latent]`.
  public let shape: Tensor.Shape

  /// The distribution of latents `[N, latent]`.
  public init(_ shape: Tensor.Shape) { self.shape = shape }

  public var center: Tensor { .zeros(shape) }

  public func draw(_ draws: Int, in context: Context) -> LatentDraw {
    let latents = Tensor.concatenated((0..<draws).map { _ in context.normal(shape) })
    return LatentDraw(latents) { density(at: latents) }
  }

  public func logDensity(at latents: Tensor) -> Tensor? { density(at: latents) }

  private func density(at latents: Tensor) -> Tensor {
    ((latents.square() + DiagonalGaussian.logTwoPi) * -0.5).summedPerSample()
  }
}

/// What a flow makes of latents: an invertible map, and how much it stretches volumes.
public protocol LatentFlow: Module {
  /// - Parameter latents: `[N, latent]`.
  /// - Returns: their images `[N, latent]`, and the logarithm of the map's determinant at each, `[N]`.
  func callAsFunction(_ latents: Tensor, in context: Context) -> (latents: Tensor, logDeterminant: Tensor)
}

/// A distribution whose latents go through flows after they were drawn. Its density is known where it was drawn from.
///
/// Reference: Rezende and Mohamed, "Variational inference with normalizing flows", arXiv:1505.05770, equation 13.
public struct FlowDistribution: LatentDistribution {
  /// What is drawn first.
  public let base: any LatentDistribution
  /// The flows, in the order in which latents go through them.
  public let flows: [any LatentFlow]
  private let context: Context

  /// The distribution of latents of `base` after `flows`, with the numbers of `context`.
  public init(base: any LatentDistribution, flows: [any LatentFlow], in context: Context) {
    self.base = base
    self.flows = flows
    self.context = context
  }

  /// The image of the base's center.
  public var center: Tensor { flows.reduce(base.center) { $1($0, in: context).latents } }

  public func draw(_ draws: Int, in context: Context) -> LatentDraw {
    let first = base.draw(draws, in: context)
    var (latents, stretched) = (first.latents, [Tensor]())
    for flow in flows {
      let step = flow(latents, in: context)
      latents = step.latents
      stretched.append(step.logDeterminant)
    }
    return LatentDraw(latents) { [stretched] in stretched.reduce(first.logDensity()) { $0 - $1 } }
  }

  public func logDensity(at latents: Tensor) -> Tensor? { nil }
}

/// Two layers of latents, the second given the first: `q(first) · q(second | first)`, or the other way round for a prior.
///
/// Latents are `[N, first + second]`.
///
/// Reference: Burda, Grosse and Salakhutdinov, "Importance weighted autoencoders", arXiv:1509.00519, section 2.
public struct TwoLayerDistribution: LatentDistribution {
  /// What is drawn before the other.
  public let outer: any LatentDistribution
  /// The distribution of the other, given the one.
  public let inner: (Tensor) -> any LatentDistribution
  /// Whether the outer layer's latents come first in a latent.
  public let isOuterFirst: Bool
  /// How many numbers the first layer of a latent has.
  public let firstSize: Int

  /// Two layers.
  /// - Parameters:
  ///   - outer: what is drawn before the other.
  ///   - isOuterFirst: whether its latents come first.
  ///   - firstSize: how many numbers the first layer of a latent has.
  ///   - inner: the distribution of the other layer, given latents `[draws · N, …]` of the outer one.
  public init(
    outer: any LatentDistribution, isOuterFirst: Bool, firstSize: Int,
    inner: @escaping (Tensor) -> any LatentDistribution
  ) {
    self.outer = outer
    self.inner = inner
    self.isOuterFirst = isOuterFirst
    self.firstSize = firstSize
  }

  public var center: Tensor {
    let first = outer.center
    return joined(first, inner(first).center)
  }

  public func draw(_ draws: Int, in context: Context) -> LatentDraw {
    // Draw by draw: what a sample gets does not depend on how many there are.
    let pairs = (0..<draws).map { _ in
      let ofOuter = outer.draw(1, in: context)
      return (outer: ofOuter, inner: inner(ofOuter.latents).draw(1, in: context))
    }
    return LatentDraw(.concatenated(pairs.map { joined($0.outer.latents, $0.inner.latents) })) {
      .concatenated(pairs.map { $0.outer.logDensity() + $0.inner.logDensity() })
    }
  }

  public func logDensity(at latents: Tensor) -> Tensor? {
    let whole = latents.shape[1]
    let (first, second) = (
      latents[0..<latents.shape[0], 0..<firstSize], latents[0..<latents.shape[0], firstSize..<whole]
    )
    let (ofOuter, ofInner) = isOuterFirst ? (first, second) : (second, first)
    guard let one = outer.logDensity(at: ofOuter), let other = inner(ofOuter).logDensity(at: ofInner) else {
      return nil
    }
    return one + other
  }

  private func joined(_ outer: Tensor, _ inner: Tensor) -> Tensor {
    .concatenated(isOuterFirst ? [outer, inner] : [inner, outer], axis: 1)
  }
}

extension Tensor {
  /// This tensor `draws` times along its first axis, recorded.
  func tiledDraws(_ draws: Int) -> Tensor {
    draws == 1 ? self : .concatenated(Array(repeating: self, count: draws))
  }
}
