import Kernels
import KernelsAVX2
import KernelsAVX512

private let uniformKernel = select(Kernels.philoxUniform, KernelsAVX2.philoxUniform, KernelsAVX512.philoxUniform)
private let normalKernel = select(Kernels.philoxNormal, KernelsAVX2.philoxNormal, KernelsAVX512.philoxNormal)

private typealias FillKernel =
  @Sendable (
    _ key0: UInt32, _ key1: UInt32, _ stream: UInt64, _ position: UInt64, UnsafeMutablePointer<Float>, Int
  ) -> Void

extension Tensor {
  /// Numbers distributed uniformly in `range`, its upper bound excluded (but for rounding).
  ///
  /// Each row along the first axis starts a new block of the generator, so drawing `[2, n]` is drawing `[1, n]` twice:
  /// what a sample gets does not depend on how the samples are batched.
  public static func uniform(
    _ shape: Shape, in range: Range<Float> = 0..<1, using generator: inout RandomGenerator
  ) -> Tensor {
    let result = filled(shape, uniformKernel, &generator)
    return range == 0..<1 ? result : result * (range.upperBound - range.lowerBound) + range.lowerBound
  }

  /// Numbers distributed normally with the given mean and standard deviation. Batches as ``uniform(_:in:using:)``.
  ///
  /// Reference: Box and Muller, "A note on the generation of random normal deviates", 1958.
  public static func normal(
    _ shape: Shape, mean: Float = 0, standardDeviation: Float = 1, using generator: inout RandomGenerator
  ) -> Tensor {
    let result = filled(shape, normalKernel, &generator)
    return mean == 0 && standardDeviation == 1 ? result : result * standardDeviation + mean
  }

  /// 1 with the given probability, 0 otherwise. Batches as ``uniform(_:in:using:)``.
  public static func bernoulli(
    _ shape: Shape, probability: Float, using generator: inout RandomGenerator
  ) -> Tensor {
    uniform(shape, using: &generator) .< probability
  }

  private static func filled(_ shape: Shape, _ kernel: FillKernel, _ generator: inout RandomGenerator) -> Tensor {
    let isBatch = shape.rank >= 2
    let rows = isBatch ? shape.sizes[0] : 1
    let size = isBatch ? shape.sizes.dropFirst().reduce(1, *) : shape.scalarCount
    let blocksPerRow = (size + 3) / 4
    let first = generator.takeBlocks(rows * blocksPerRow)
    let (key, stream) = (generator.keyWords, generator.stream)
    return Tensor(shape) { output in
      if size % 4 == 0 || rows == 1 {
        // Rows follow one another without a gap.
        Elementwise.forEachChunk(rows * size) { range in
          kernel(key.0, key.1, stream, first &+ UInt64(range.lowerBound / 4), output + range.lowerBound, range.count)
        }
      } else {
        Elementwise.forEachChunk(rows, size: Swift.max(1, Elementwise.chunk / size)) { range in
          for row in range {
            kernel(key.0, key.1, stream, first &+ UInt64(row * blocksPerRow), output + row * size, size)
          }
        }
      }
    }
  }
}
