import LatentSystem

extension Tensor {
  /// Numbers distributed uniformly in `range`, its upper bound excluded (but for rounding).
  ///
  /// Each row along the first axis starts a new block of the generator, so drawing `[2, n]` is drawing `[1, n]` twice:
  /// what a sample gets does not depend on how the samples are batched.
  public static func uniform(
    _ shape: Shape, in range: Range<Float> = 0..<1, using generator: inout RandomGenerator
  ) -> Tensor {
    let result = filled(shape, kernels.random.philoxUniform, &generator)
    return range == 0..<1 ? result : result * (range.upperBound - range.lowerBound) + range.lowerBound
  }

  /// Numbers distributed normally with the given mean and standard deviation. Batches as ``uniform(_:in:using:)``.
  ///
  /// Reference: Box and Muller, "A note on the generation of random normal deviates", 1958.
  public static func normal(
    _ shape: Shape, mean: Float = 0, standardDeviation: Float = 1, using generator: inout RandomGenerator
  ) -> Tensor {
    let result = filled(shape, kernels.random.philoxNormal, &generator)
    return mean == 0 && standardDeviation == 1 ? result : result * standardDeviation + mean
  }

  /// 1 with the given probability, 0 otherwise. Batches as ``uniform(_:in:using:)``.
  public static func bernoulli(
    _ shape: Shape, probability: Float, using generator: inout RandomGenerator
  ) -> Tensor {
    uniform(shape, using: &generator) .< probability
  }

  /// The most random numbers in a chunk for a thread: each takes several times as long as another scalar.
  private static let randomChunk = 1 << 12

  private static func filled(
    _ shape: Shape, _ kernel: RandomKernel, _ generator: inout RandomGenerator, for operation: StaticString = #function
  ) -> Tensor {
    let layout = BlockLayout(shape, rows: shape.sizes.first ?? 1)
    let first = generator.takeBlocks(layout.blockCount)
    return filled(layout, kernel, generator, first: first, as: shape, for: operation)
  }

  private static func filled(
    _ layout: BlockLayout, _ kernel: RandomKernel, _ generator: RandomGenerator, first: UInt64, as shape: Shape? = nil,
    for operation: StaticString = #function
  ) -> Tensor {
    let (rows, size) = (layout.rows, layout.rowSize)
    let (key, stream) = (generator.keyWords, generator.stream)
    return Tensor(shape ?? [rows * size], for: operation) { output in
      if size % 4 == 0 || rows == 1 {
        // Rows follow one another without a gap.
        Elementwise.forEachChunk(rows * size, size: randomChunk, unit: 4) { range in
          kernel(key.0, key.1, stream, first &+ UInt64(range.lowerBound / 4), output + range.lowerBound, range.count)
        }
      } else {
        Elementwise.forEachChunk(rows, size: Swift.max(1, randomChunk / size)) { range in
          for row in range {
            kernel(key.0, key.1, stream, first &+ UInt64(row * layout.blocksPerRow), output + row * size, size)
          }
        }
      }
    }
  }
}

// MARK: - A part of the rows

extension Tensor {
  /// The rows `part.rows` of ``uniform(_:in:using:)`` for `part.total` rows, of which `shape` has as many as the part.
  /// The generator moves on as for all rows.
  package static func uniform(
    _ shape: Shape, in range: Range<Float> = 0..<1, part: RowPart, using generator: inout RandomGenerator
  ) -> Tensor {
    let result = filled(shape, part, kernels.random.philoxUniform, &generator)
    return range == 0..<1 ? result : result * (range.upperBound - range.lowerBound) + range.lowerBound
  }

  /// The rows `part.rows` of ``normal(_:mean:standardDeviation:using:)`` for `part.total` rows; see
  /// ``uniform(_:in:part:using:)``.
  package static func normal(
    _ shape: Shape, mean: Float = 0, standardDeviation: Float = 1, part: RowPart,
    using generator: inout RandomGenerator
  ) -> Tensor {
    let result = filled(shape, part, kernels.random.philoxNormal, &generator)
    return mean == 0 && standardDeviation == 1 ? result : result * standardDeviation + mean
  }

  private static func filled(
    _ shape: Shape, _ part: RowPart, _ kernel: RandomKernel, _ generator: inout RandomGenerator
  ) -> Tensor {
    require(
      shape.rank >= 1 && shape.sizes[0] == part.rows.count && part.rows.lowerBound >= 0
        && part.rows.upperBound <= part.total,
      "random: rows \(part.rows) of \(part.total) do not fit shape \(shape)")
    let whole = BlockLayout(shape, rows: part.total)
    let start = generator.takeBlocks(whole.blockCount)
    guard shape.rank >= 2 else {
      // The scalars of a row share blocks: a part may start within one.
      let lead = part.rows.lowerBound % 4
      let blocks = BlockLayout(rows: 1, rowSize: lead + part.rows.count)
      let drawn = filled(blocks, kernel, generator, first: start &+ UInt64(part.rows.lowerBound / 4))
      return lead == 0 ? drawn : drawn[lead..<lead + part.rows.count]
    }
    let own = BlockLayout(rows: part.rows.count, rowSize: whole.rowSize)
    let first = start &+ UInt64(part.rows.lowerBound * whole.blocksPerRow)
    return filled(own, kernel, generator, first: first).reshaped(to: shape)
  }
}

/// Some of the rows along the first axis of a larger tensor.
package struct RowPart: Sendable, Hashable {
  /// The rows that the part has.
  package let rows: Range<Int>
  /// How many rows there are in all.
  package let total: Int

  package init(rows: Range<Int>, total: Int) {
    self.rows = rows
    self.total = total
  }
}

/// How the scalars of a tensor lie in the generator's blocks of four: each row starts a new one. Without two axes there
/// is one row.
private struct BlockLayout {
  let rows: Int
  let rowSize: Int

  init(rows: Int, rowSize: Int) {
    self.rows = rows
    self.rowSize = rowSize
  }

  /// That of a tensor of this shape, but for the size of its first axis.
  init(_ shape: Tensor.Shape, rows: Int) {
    let isBatch = shape.rank >= 2
    self.init(
      rows: isBatch ? rows : 1, rowSize: isBatch ? shape.sizes.dropFirst().reduce(1, *) : shape.rank == 0 ? 1 : rows)
  }

  var blocksPerRow: Int { (rowSize + 3) / 4 }
  var blockCount: Int { rows * blocksPerRow }
}
