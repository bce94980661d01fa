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
