import LatentSystem
import Layers
import Tensor

/// A planar flow: `z + û · tanh(wᵀz + b)`, with û made of u such that the map is invertible: `wᵀû = m(wᵀu) > -1`.
///
/// Here `m(x) = softplus(x + ln(e - 1)) - 1`. The paper's has no offset, so that a small w and a small u make a large û
/// against w; with it `m(0) = 0`, and they make a flow near the identity, as a flow is at first.
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
  /// `ln(e - 1)`, where softplus is 1.
  private static let offset: Float = 0.541_324_85

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
    let (w, b, own, stretch) = invertible(numbers(for: latents, features, context))
    let active = ((latents * w).sum(axes: [1], keepingDimensions: true) + b).tanh()
    // The determinant 1 + (1 - tanh²) wᵀû as a sum of two terms that are not negative.
    let square = active.square()
    let determinant = square + (1 - square) * stretch
    // It is of all variables together: each gets an equal share.
    let share = determinant.log() / Float(size)
    return FlowStep(latents: latents + active * own, logSlopes: share.broadcast(to: latents.shape))
  }

  /// What the map makes the given images of, `[draws · N, latent]`.
  ///
  /// Along w the map is `t + wᵀû · tanh(t)`, which grows with t, so that t is found by halving an interval.
  public func inverse(of images: Tensor, given features: Tensor?, in context: Context) -> Tensor {
    let (w, b, own, stretch) = invertible(numbers(for: images, features, context))
    let wanted = (images * w).sum(axes: [1], keepingDimensions: true) + b
    let found = Self.solved(wanted.detached(), slope: stretch.detached() - 1)
    // A step of Newton's method from there moves nothing, but has the right gradient.
    let active = found.tanh()
    let error = found + (stretch - 1) * active - wanted
    let derivative = active.square() + (1 - active.square()) * stretch.detached()
    return images - own * (found - error / derivative).tanh()
  }

  /// t of `t + slope · tanh(t) = wanted`, not recorded.
  private static func solved(_ wanted: Tensor, slope: Tensor) -> Tensor {
    var (low, high) = (wanted - slope.absolute(), wanted + slope.absolute())
    for _ in 0..<halvings {
      let middle = (low + high) * 0.5
      let isBelow = middle + slope * middle.tanh() .< wanted
      (low, high) = (.where(isBelow, middle, else: low), .where(isBelow, high, else: middle))
    }
    return (low + high) * 0.5
  }

  /// Enough for the digits of a `Float`.
  private static let halvings = 40

  /// w, b, û and `1 + wᵀû`, which keeps its digits where it is nearly 0.
  private func invertible(
    _ numbers: (w: Tensor, u: Tensor, b: Tensor)
  ) -> (w: Tensor, b: Tensor, own: Tensor, stretch: Tensor) {
    let (w, u, b) = numbers
    let product = (w * u).sum(axes: [1], keepingDimensions: true)
    let stretch = (product + Self.offset).softplus()
    let own = u + w * ((stretch - 1 - product) / (w.square().sum(axes: [1], keepingDimensions: true) + 1e-12))
    return (w, b, own, stretch)
  }

  /// w and u, `[1 or rows, latent]`, and b.
  private func numbers(
    for latents: Tensor, _ features: Tensor?, _ context: Context
  ) -> (w: Tensor, u: Tensor, b: Tensor) {
    if let weight, let direction, let bias {
      return (context[weight].transposed(), context[direction].transposed(), context[bias])
    }
    let (amortizing, features) = (
      requireSome(amortizing, "PlanarFlow: it has no numbers of its own"),
      requireSome(features, "PlanarFlow: the flow depends on features, but there are none")
    )
    let parts = amortizing(features, in: context).tiledDraws(latents.drawCount(of: features.shape[0]))
      .split(counts: [size, size, 1], axis: 1)
    return (parts[0], parts[1], parts[2])
  }
}
