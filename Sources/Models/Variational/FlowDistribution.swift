import Datasets
import Layers
import Tensor

/// A distribution whose latents go through flows after they were drawn. Its density is known where it was drawn from.
///
/// Reference: Rezende and Mohamed, "Variational inference with normalizing flows", arXiv:1505.05770, equation 13.
public struct FlowDistribution: LatentDistribution {
  /// What is drawn first.
  public let base: any LatentDistribution
  /// The flows, in the order in which latents go through them.
  public let flows: [any LatentFlow]
  /// What the flows are told of each sample, `[N, features]`.
  public let features: Tensor?
  private let context: Context

  /// The distribution of latents of `base` after `flows`, with the numbers of `context`.
  public init(base: any LatentDistribution, flows: [any LatentFlow], given features: Tensor? = nil, in context: Context)
  {
    self.base = base
    self.flows = flows
    self.features = features
    self.context = context
  }

  /// The image of the base's center.
  public var center: Tensor { flows.reduce(base.center) { $1($0, given: features, in: context).latents } }

  public func draw(_ draws: Int, in context: Context) -> LatentDraw {
    let first = base.draw(draws, in: context)
    var (latents, steps) = (first.latents, [FlowStep]())
    for flow in flows {
      steps.append(flow(latents, given: features, in: context))
      latents = steps[steps.count - 1].latents
    }
    return LatentDraw(latents) { [steps] in
      steps.reduce(first.logDensities()) { densities, step in
        let own = densities - step.logSlopes
        return step.isReversed ? own.flipped(axis: 1) : own
      }
    }
  }
}

/// An encoder whose posteriors go through flows.
public final class FlowEncoder: LatentEncoder {
  /// The posteriors before the flows.
  public let base: GaussianEncoder
  /// What the flows are told, made of the features of ``base``; nil for these themselves.
  public let conditioning: Dense?
  /// The flows, in the order in which latents go through them.
  public let flows: [any LatentFlow]

  /// An encoder of the given parts.
  public init(base: GaussianEncoder, conditioning: Dense?, flows: [any LatentFlow]) {
    self.base = base
    self.conditioning = conditioning
    self.flows = flows
  }

  public func posterior(of samples: Tensor, given condition: Condition, in context: Context) -> any LatentDistribution {
    let features = base.features(of: samples, given: condition, in: context)
    return FlowDistribution(
      base: base.distribution(ofFeatures: features, in: context), flows: flows,
      given: conditioning.map { $0(features, in: context) } ?? features, in: context)
  }
}
