import LatentSystem
import Layers
import Tensor

/// Random numbers for the samples of a batch: what a sample gets depends on the generator and on its place in the whole
/// batch, not on who computes it.
public struct SampleRandom: Sendable {
  /// Where the numbers come from.
  public var generator: RandomGenerator
  /// Which samples of the whole batch these are, nil for all of them.
  public let samples: Context.Samples?

  /// Numbers from `generator`.
  public init(_ generator: RandomGenerator, samples: Context.Samples? = nil) {
    self.generator = generator
    self.samples = samples
  }

  /// Numbers from `generator` for the samples `places` of a run without end: what a sample gets depends on the generator
  /// and its place, not on how many samples there are, nor on which are made together.
  /// - Precondition: `0 <= places.lowerBound` and `places.upperBound <= 1 << 32`.
  public init(_ generator: RandomGenerator, places: Range<Int>) {
    require(
      places.lowerBound >= 0 && places.upperBound <= Self.longestRun,
      "SampleRandom: samples \(places); a run has those from 0 to \(Self.longestRun)")
    self.init(generator, samples: Context.Samples(places, of: Self.longestRun))
  }

  private static let longestRun = 1 << 32

  /// Standard normal numbers of a shape `[N, …]`.
  public mutating func normal(_ shape: Tensor.Shape) -> Tensor {
    part(shape).map { .normal(shape, part: $0, using: &generator) } ?? .normal(shape, using: &generator)
  }

  /// Numbers distributed uniformly in `range`, its upper bound excluded, of a shape `[N, …]`.
  public mutating func uniform(_ shape: Tensor.Shape, in range: Range<Float> = 0..<1) -> Tensor {
    part(shape).map { .uniform(shape, in: range, part: $0, using: &generator) }
      ?? .uniform(shape, in: range, using: &generator)
  }

  private func part(_ shape: Tensor.Shape) -> RowPart? {
    samples.map { RowPart(rows: $0.range, total: $0.globalCount) }
  }
}

extension Context {
  /// A context for inference with something random in it, for the samples that `random` is for. The numbers are those of
  /// a generator of its own, split from that of `random`.
  ///
  /// - Parameters:
  ///   - network: the structure whose parameters and buffers may be asked for.
  ///   - state: their numbers.
  ///   - mode: `.inference`.
  ///   - random: moves on.
  public convenience init(_ network: Network, _ state: State, mode: DeterministicMode, random: inout SampleRandom) {
    self.init(
      network, state, mode: .inference, random: random.generator.split(), samples: random.samples)
  }
}
