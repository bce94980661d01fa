import LatentSystem
import Tensor

extension Context {
  /// Some of the samples of a batch: which of them a context holds.
  public struct Samples: Sendable, Hashable {
    /// The places of the context's samples in the whole batch.
    public let range: Range<Int>
    /// How many samples the whole batch has.
    public let globalCount: Int

    /// The samples `range` of a batch of `globalCount`.
    /// - Precondition: the range lies in `0..<globalCount`.
    public init(_ range: Range<Int>, of globalCount: Int) {
      require(
        range.lowerBound >= 0 && range.upperBound <= globalCount,
        "Context.Samples: samples \(range) of \(globalCount)")
      self.range = range
      self.globalCount = globalCount
    }

    /// The place of the context's first sample in the whole batch.
    public var offset: Int { range.lowerBound }
    /// How many samples the context has.
    public var count: Int { range.count }
  }
}

// What a sample draws depends on the generator and the sample's place in the whole batch, not on who computes it.

extension Context {
  /// Numbers distributed normally with the given mean and standard deviation, of a shape `[N, …]` with the samples
  /// along the first axis.
  ///
  /// Sample `i` gets what sample `samples.offset + i` of the whole batch gets, and ``random`` moves on as for the whole
  /// batch. See ``Tensor/normal(_:mean:standardDeviation:using:)``.
  ///
  /// Of several draws, `[draws · N, …]` with all samples in their first draw and then all in their second, each is what it
  /// would be by itself.
  /// - Precondition: if the context holds a part of the batch, N is the number of its samples.
  public func normal(_ shape: Tensor.Shape, mean: Float = 0, standardDeviation: Float = 1) -> Tensor {
    if let draws = inDraws(shape, { normal($0, mean: mean, standardDeviation: standardDeviation) }) { return draws }
    guard let part = part(of: shape, "normal") else {
      return .normal(shape, mean: mean, standardDeviation: standardDeviation, using: &random)
    }
    return .normal(shape, mean: mean, standardDeviation: standardDeviation, part: part, using: &random)
  }

  /// Numbers distributed uniformly in `range`, its upper bound excluded (but for rounding), of a shape `[N, …]` with the
  /// samples along the first axis. Parts and several draws as ``normal(_:mean:standardDeviation:)``.
  public func uniform(_ shape: Tensor.Shape, in range: Range<Float> = 0..<1) -> Tensor {
    if let draws = inDraws(shape, { uniform($0, in: range) }) { return draws }
    guard let part = part(of: shape, "uniform") else { return .uniform(shape, in: range, using: &random) }
    return .uniform(shape, in: range, part: part, using: &random)
  }

  /// 1 with the given probability, 0 otherwise, of a shape `[N, …]` with the samples along the first axis. Parts and
  /// several draws as ``normal(_:mean:standardDeviation:)``.
  public func bernoulli(_ shape: Tensor.Shape, probability: Float) -> Tensor { uniform(shape) .< probability }

  /// Several draws of a part of the batch, `[draws · N, …]`, one after the other; nil if the shape is that of one draw, or of
  /// the whole batch. (Rows of one axis share blocks of the generator, so there draws would not be what they are alone.)
  private func inDraws(_ shape: Tensor.Shape, _ draw: (Tensor.Shape) -> Tensor) -> Tensor? {
    guard let samples, shape.rank >= 2, samples.count > 0, shape[0] > samples.count, shape[0] % samples.count == 0
    else { return nil }
    let one = Tensor.Shape([samples.count] + shape.sizes.dropFirst())
    return .concatenated((0..<shape[0] / samples.count).map { _ in draw(one) })
  }

  private func part(of shape: Tensor.Shape, _ operation: StaticString) -> RowPart? {
    guard let samples else { return nil }
    require(
      shape.rank >= 1 && shape.sizes[0] == samples.count,
      "Context.\(operation): shape \(shape) in a context of samples \(samples.range); the first axis must be the samples"
    )
    return RowPart(rows: samples.range, total: samples.globalCount)
  }
}
