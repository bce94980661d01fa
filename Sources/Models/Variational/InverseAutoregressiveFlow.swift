import LatentSystem
import Layers
import Tensor

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
    let outputs = network(latents, condition: features, in: context).split(into: 2, axis: 1)
    return (outputs[0], gateOffset == 0 ? outputs[1] : outputs[1] + gateOffset)
  }
}
