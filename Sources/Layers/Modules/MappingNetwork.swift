import LatentSystem
import Tensor

/// The network that makes mapped latents, the latents that styles are made of, from latents of a prior.
///
/// Latents are scaled to a mean square of 1, then come dense layers with leaky rectifiers, times √2. The moving mean of
/// what comes out is kept: mapped latents can be moved towards it, which gives more usual samples
/// (``MappedLatents/truncated(_:towards:by:layers:)``).
///
/// Reference: Karras, Laine and Aila, "A style-based generator architecture for generative adversarial networks",
/// arXiv:1812.04948, section 2.
public final class MappingNetwork: Module {
  /// The dense layers.
  public let layers: [EqualizedDense]
  /// `[size]`: the moving mean of the mapped latents, which starts at 0.
  public let average: Buffer
  /// How much of the moving mean stays from batch to batch.
  public let averageDecay: Float

  /// - Parameters:
  ///   - latentSize: the number of scalars in a latent.
  ///   - size: the number of scalars in a mapped latent.
  ///   - hiddenSize: of the layers before the last one; `size` if nil.
  ///   - layerCount: the number of dense layers, 1 or more.
  ///   - multiplier: by how much their rate differs from that of other networks.
  ///   - averageDecay: how much of the moving mean stays from batch to batch, in 0...1.
  public init(
    from latentSize: Int, to size: Int, hiddenSize: Int? = nil, layerCount: Int = 3, multiplier: Float = 0.01,
    averageDecay: Float = 0.995
  ) {
    require(layerCount >= 1, "MappingNetwork: \(layerCount) layers; the least is 1")
    require(
      (0...1).contains(averageDecay), "MappingNetwork: an average decay of \(averageDecay); it must lie in 0...1")
    let sizes = [latentSize] + Array(repeating: hiddenSize ?? size, count: layerCount - 1) + [size]
    layers = zip(sizes, sizes.dropFirst()).map { EqualizedDense(from: $0, to: $1, multiplier: multiplier) }
    average = Buffer([size])
    self.averageDecay = averageDecay
  }

  /// `[N, latentSize]` → `[N, size]`.
  /// - Parameter movesAverage: whether, in training, the moving mean takes part.
  public func callAsFunction(_ latents: Tensor, movesAverage: Bool = true, in context: Context) -> Tensor {
    let mapped = layers.reduce(latents.pixelNormalized()) { input, layer in
      layer(input, in: context).leakyReLU(slope: 0.2) * Float(2).squareRoot()
    }
    guard movesAverage, context.mode == .training else { return mapped }
    let count = context.samples?.globalCount ?? mapped.shape[0]
    let mean = context.reduction.sum(mapped.detached().sum(axes: [0]) / Float(count))
    context[average] = context[average] * averageDecay + mean * (1 - averageDecay)
    return mapped
  }
}

/// What can be done with mapped latents before a generator makes samples of them: `[N, layers, size]`, one for each of
/// its layers.
///
/// Reference: Karras, Laine and Aila, arXiv:1812.04948, section 3.1 and appendix B.
public enum MappedLatents {
  /// The same for all layers: `[N, size]` → `[N, layers, size]`.
  public static func repeated(_ mapped: Tensor, layers: Int) -> Tensor {
    require(mapped.rank == 2, "MappedLatents: mapped latents of shape \(mapped.shape); [N, size] is needed")
    return mapped.expanded(axis: 1).broadcast(to: [mapped.shape[0], layers, mapped.shape[1]])
  }

  /// Of several latents: a sample's first layers take the first one, those from its first crossover on the second one,
  /// and so on.
  ///
  /// - Parameters:
  ///   - mapped: one or more of shape `[N, size]`.
  ///   - crossovers: for each sample the layers from which on the next latent is taken, in ascending order; one of `layers`
  ///     or more never comes.
  ///   - layers: the number of layers.
  /// - Returns: `[N, layers, size]`.
  /// - Precondition: shapes are the same; N lists, none longer than the number of latents less 1.
  public static func mixed(_ mapped: [Tensor], crossovers: [[Int]], layers: Int) -> Tensor {
    let first = requireSome(mapped.first, "MappedLatents: no latents to mix")
    let (count, most) = (crossovers.count, crossovers.map(\.count).max() ?? 0)
    require(
      mapped.allSatisfy { $0.rank == 2 && $0.shape == first.shape && $0.shape[0] == count } && most < mapped.count,
      "MappedLatents: latents of shapes \(mapped.map(\.shape)) with up to \(most) crossovers for \(count) samples; one latent more than crossovers is needed, each [N, size]"
    )
    let rows = crossovers.enumerated().flatMap { sample, crossovers in
      (0..<layers).map { layer in crossovers.count { $0 <= layer } * count + sample }
    }
    return Tensor.concatenated(mapped).gathered(at: rows).reshaped(to: [count, layers, first.shape[1]])
  }

  /// Moved towards their mean: `average + share · (mapped - average)`.
  ///
  /// - Parameters:
  ///   - mapped: `[N, layers, size]`.
  ///   - average: `[size]`.
  ///   - share: how much of the distance stays, usually called ψ: 0 for all alike, 1 for no change.
  ///   - layers: how many of the first layers are moved; all if nil.
  /// - Returns: `[N, layers, size]`.
  public static func truncated(
    _ mapped: Tensor, towards average: Tensor, by share: Float, layers: Int? = nil
  ) -> Tensor {
    require(
      mapped.rank == 3 && average.shape == [mapped.shape[2]],
      "MappedLatents: mapped latents of shape \(mapped.shape), a mean of \(average.shape); [N, layers, size] and [size] are needed"
    )
    let moved = min(max(0, layers ?? mapped.shape[1]), mapped.shape[1])
    if share == 1 || moved == 0 { return mapped }
    let first = moved == mapped.shape[1] ? mapped : mapped[.all, 0..<moved]
    let truncated = average + (first - average) * share
    return moved == mapped.shape[1]
      ? truncated : .concatenated([truncated, mapped[.all, moved..<mapped.shape[1]]], axis: 1)
  }
}
