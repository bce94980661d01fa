import Datasets
import LatentSystem
import Layers
import Tensor

/// Several layers of latents, each given the one that was drawn before it.
///
/// A latent is `[N, first layer + second layer + …]`, the first layer being the one nearest to the samples.
///
/// Reference: Burda, Grosse and Salakhutdinov, "Importance weighted autoencoders", arXiv:1509.00519, section 2.
public struct ChainDistribution: LatentDistribution {
  /// The distribution of the layer that is drawn first.
  public let start: any LatentDistribution
  /// That of each further layer, given latents `[draws · N, …]` of the one before it.
  public let next: [(Tensor) -> any LatentDistribution]
  /// How many variables each layer has, the first layer first.
  public let sizes: [Int]
  /// Whether the last layer is drawn first, as in a prior.
  public let startsAtLast: Bool

  /// Layers of the given sizes.
  /// - Precondition: there is one size for each distribution.
  public init(
    start: any LatentDistribution, next: [(Tensor) -> any LatentDistribution], sizes: [Int], startsAtLast: Bool
  ) {
    require(
      sizes.count == next.count + 1,
      "ChainDistribution: \(sizes.count) sizes for \(next.count + 1) layers; each layer has one")
    self.start = start
    self.next = next
    self.sizes = sizes
    self.startsAtLast = startsAtLast
  }

  public var center: Tensor {
    joined(next.reduce(into: [start.center]) { $0.append($1($0[$0.count - 1]).center) })
  }

  public func draw(_ draws: Int, in context: Context) -> LatentDraw {
    let layers = next.reduce(into: [start.draw(draws, in: context)]) {
      $0.append($1($0[$0.count - 1].latents).draw(1, in: context))
    }
    return LatentDraw(joined(layers.map(\.latents))) { joined(layers.map { $0.logDensities() }) }
  }

  public func logDensities(at latents: Tensor) -> Tensor? {
    let split = latents.split(counts: sizes, axis: 1)
    let layers = startsAtLast ? split.reversed() : split
    guard var terms = start.logDensities(at: layers[0]).map({ [$0] }) else { return nil }
    for (index, distribution) in next.enumerated() {
      guard let own = distribution(layers[index]).logDensities(at: layers[index + 1]) else { return nil }
      terms.append(own)
    }
    return joined(terms)
  }

  /// The tensors of the layers in the order of drawing, side by side in that of a latent.
  private func joined(_ layers: [Tensor]) -> Tensor {
    .concatenated(startsAtLast ? layers.reversed() : layers, axis: 1)
  }
}

/// A prior of several layers: the last is standard normal, each of the others normal given the one above it.
///
/// Reference: Burda et al., arXiv:1509.00519, section 2.
public final class ChainPrior: LatentPriorModel {
  /// Each layer but the last, given the one above it: `[N, above]` → a distribution over `[N, layer]`, the first layer
  /// first.
  public let layers: [GaussianEncoder]
  /// How many variables each layer has, the first layer first.
  public let sizes: [Int]

  /// A prior of layers of the given sizes.
  /// - Precondition: there is a network for each layer but the last.
  public init(_ layers: [GaussianEncoder], sizes: [Int]) {
    require(
      sizes.count == layers.count + 1,
      "ChainPrior: \(layers.count) networks for layers of \(sizes.count) sizes; each but the last has one")
    self.layers = layers
    self.sizes = sizes
  }

  public func distribution(_ count: Int, given condition: Condition, in context: Context) -> any LatentDistribution {
    ChainDistribution(
      start: StandardNormal([count, sizes[sizes.count - 1]]),
      next: layers.reversed().map { layer in { layer.posterior(of: $0, given: .none, in: context) } },
      sizes: sizes, startsAtLast: true)
  }
}

/// An encoder of several layers, each of which depends on the one below it only.
///
/// Reference: Burda et al., arXiv:1509.00519, section 2.
public final class ChainEncoder: LatentEncoder {
  /// From samples to the first layer.
  public let first: GaussianEncoder
  /// From each layer to the one above it: `[N, layer]` → a distribution over `[N, above]`.
  public let further: [GaussianEncoder]
  /// How many variables each layer has, the first layer first.
  public let sizes: [Int]

  /// An encoder to layers of the given sizes.
  public init(first: GaussianEncoder, further: [GaussianEncoder], sizes: [Int]) {
    self.first = first
    self.further = further
    self.sizes = sizes
  }

  public func posterior(of samples: Tensor, given condition: Condition, in context: Context) -> any LatentDistribution {
    ChainDistribution(
      start: first.posterior(of: samples, given: condition, in: context),
      next: further.map { layer in { layer.posterior(of: $0, given: .none, in: context) } },
      sizes: sizes, startsAtLast: false)
  }
}
