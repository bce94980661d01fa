import Datasets
import LatentSystem
import Layers
import Tensor

/// What a flow makes of latents: an invertible map, and how much it stretches volumes.
public protocol LatentFlow: Module {
  /// - Parameters:
  ///   - latents: `[draws · N, latent]`.
  ///   - features: what an encoder tells of each sample, `[N, features]`; nil if it tells nothing.
  ///   - context: the numbers.
  func callAsFunction(_ latents: Tensor, given features: Tensor?, in context: Context) -> FlowStep
}

/// The images of latents under a flow.
public struct FlowStep {
  /// `[draws · N, latent]`.
  public let latents: Tensor
  /// The logarithm of the map's determinant in terms for each latent variable, in the order before the map,
  /// `[draws · N, latent]`.
  public let logSlopes: Tensor
  /// Whether the images are in the reverse order of what they are images of.
  public let isReversed: Bool

  /// Images and the logarithm of how much the map stretches each variable.
  public init(latents: Tensor, logSlopes: Tensor, isReversed: Bool = false) {
    self.latents = latents
    self.logSlopes = logSlopes
    self.isReversed = isReversed
  }

  /// The logarithm of the map's determinant, `[draws · N]`.
  public var logDeterminant: Tensor { logSlopes.summedPerSample() }
}

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

/// A planar flow: `z + û · tanh(wᵀz + b)`, with û made of u such that the map is invertible.
///
/// Reference: Rezende and Mohamed, arXiv:1505.05770, equations 10 to 12 and appendix A.1.
public final class PlanarFlow: LatentFlow {
  /// `[latent, 1]`; nil if the samples' features say it.
  public let weight: Parameter?
  /// `[latent, 1]`; nil if the samples' features say it.
  public let direction: Parameter?
  /// A scalar; nil if the samples' features say it.
  public let bias: Parameter?
  /// From features to w, u and b of each sample, `[features, 2 · latent + 1]`; nil if these are the same for all.
  public let amortizing: Dense?
  private let size: Int

  /// A flow of `size` latent variables, the same for all samples.
  public init(_ size: Int) {
    weight = Parameter([size, 1], .normal(standardDeviation: 0.01))
    direction = Parameter([size, 1], .normal(standardDeviation: 0.01))
    bias = Parameter([], .zeros)
    amortizing = nil
    self.size = size
  }

  /// A flow of `size` latent variables that an encoder chooses for each sample.
  /// - Parameter featureCount: how many numbers it tells of a sample.
  public init(_ size: Int, featureCount: Int) {
    (weight, direction, bias) = (nil, nil, nil)
    // Nearly the identity at first.
    amortizing = Dense(
      from: featureCount, to: 2 * size + 1, initializer: .normal(standardDeviation: 0.01), biasInitializer: .zeros)
    self.size = size
  }

  public func callAsFunction(_ latents: Tensor, given features: Tensor?, in context: Context) -> FlowStep {
    let (w, u, b) = numbers(for: latents.shape[0], features, context)
    // wᵀû = softplus(wᵀu) - 1 > -1, which keeps the map invertible.
    let product = (w * u).sum(axes: [1], keepingDimensions: true)
    let own =
      u + w * ((product.softplus() - 1 - product) / (w.square().sum(axes: [1], keepingDimensions: true) + 1e-12))
    let active = ((latents * w).sum(axes: [1], keepingDimensions: true) + b).tanh()
    let slope = (1 - active.square()) * (w * own).sum(axes: [1], keepingDimensions: true)
    // It is of all variables together: each gets an equal share.
    let share = (1 + slope).absolute().log() / Float(size)
    return FlowStep(latents: latents + active * own, logSlopes: share.broadcast(to: latents.shape))
  }

  /// w and u, `[1 or rows, latent]`, and b.
  private func numbers(
    for rows: Int, _ features: Tensor?, _ context: Context
  ) -> (Tensor, Tensor, Tensor) {
    if let weight, let direction, let bias {
      return (context[weight].transposed(), context[direction].transposed(), context[bias])
    }
    let (amortizing, features) = (
      requireSome(amortizing, "PlanarFlow: it has no numbers of its own"),
      requireSome(features, "PlanarFlow: the flow depends on features, but there are none")
    )
    let parts = amortizing(features, in: context).tiledDraws(rows / features.shape[0])
      .split(counts: [size, size, 1], axis: 1)
    return (parts[0], parts[1], parts[2])
  }
}

/// One step of an inverse autoregressive flow: `g ⊙ z + (1 - g) ⊙ m` with `g = sigmoid(s)`, where m and s of a variable
/// depend on the variables before it and on the sample's features; then the variables change to the reverse order.
///
/// Reference: Kingma et al., "Improving variational inference with inverse autoregressive flow", arXiv:1606.04934,
/// equations 9 to 14.
public final class InverseAutoregressiveFlow: LatentFlow {
  /// From latents to m and s of each, with the features as its condition.
  public let network: AutoregressiveNetwork
  /// What is added to s: with 2, a step starts near the identity.
  public let gateOffset: Float

  /// A step made of the given network.
  /// - Precondition: it has two outputs for each input.
  public init(_ network: AutoregressiveNetwork, gateOffset: Float = 2) {
    require(
      network.outputsPerInput == 2,
      "InverseAutoregressiveFlow: a network with \(network.outputsPerInput) outputs for each input; it takes 2")
    self.network = network
    self.gateOffset = gateOffset
  }

  public func callAsFunction(_ latents: Tensor, given features: Tensor?, in context: Context) -> FlowStep {
    let (mean, gate) = meanAndGate(latents, features, context)
    return Self.step(from: latents, mean: mean, gate: gate)
  }

  /// The step of latents with m and s of each, all `[N, latent]`.
  static func step(from latents: Tensor, mean: Tensor, gate: Tensor) -> FlowStep {
    // Two shares, for gates as far as ±90: one minus the other would lose the smaller.
    FlowStep(
      latents: (gate.sigmoid() * latents + (-gate).sigmoid() * mean).flipped(axis: 1), logSlopes: -(-gate).softplus(),
      isReversed: true)
  }

  /// The latents whose images are `images`, `[draws · N, latent]`, found one variable after the other.
  public func inverse(of images: Tensor, given features: Tensor?, in context: Context) -> Tensor {
    let ordered = images.flipped(axis: 1)
    var latents = ordered
    for _ in 0..<ordered.shape[1] {
      // Each pass gives one variable more its right value.
      let (mean, gate) = meanAndGate(latents, features, context)
      latents = (ordered - (-gate).sigmoid() * mean) / gate.sigmoid()
    }
    return latents
  }

  private func meanAndGate(_ latents: Tensor, _ features: Tensor?, _ context: Context) -> (Tensor, Tensor) {
    let condition = features.map { $0.tiledDraws(latents.shape[0] / $0.shape[0]) }
    let outputs = network(latents, condition: condition, in: context).split(into: 2, axis: 1)
    return (outputs[0], gateOffset == 0 ? outputs[1] : outputs[1] + gateOffset)
  }
}
