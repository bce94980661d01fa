import LatentTestSupport
import Testing

@testable import Tensor

/// Maps along several axes, each sample through all of them, against one axis after the other.
@Suite struct AxisStepsTests {
  /// Few samples and many, channels around the widths of vectors, and axes with nothing in them.
  static let shapes: [Tensor.Shape] = [
    [3, 4, 5, 16], [8, 3, 4, 1], [8, 5, 1, 8], [9, 1, 7, 17], [8, 4, 9, 33], [40, 2, 3, 4], [300, 5, 6, 3],
    [8, 3, 4, 0], [0, 3, 4, 5], [8, 2, 3, 4, 7],
  ]

  /// Each position with none, one or several terms.
  private func mixture(_ size: Int, _ noise: inout TestNoise) -> AxisMap {
    AxisMap(from: size, to: 1 + noise.int(7)) { _ in
      (0..<noise.int(4)).map { _ in (noise.int(size), noise.float()) }
    }
  }

  /// Each position a copy of one.
  private func selection(_ size: Int, _ noise: inout TestNoise) -> AxisMap {
    AxisMap(from: size, to: 1 + noise.int(7)) { _ in [(noise.int(size), Float(1))] }
  }

  private func steps(_ shape: Tensor.Shape, _ noise: inout TestNoise) -> [(axis: Int, map: AxisMap)] {
    var steps: [(axis: Int, map: AxisMap)] = []
    for axis in 1..<shape.rank - 1 {
      let size = shape.sizes[axis]
      steps.append((axis, noise.int(2) == 0 ? mixture(size, &noise) : selection(size, &noise)))
    }
    return noise.int(2) == 0 ? steps : steps.reversed()
  }

  @Test("The same bits, also of both derivatives", arguments: shapes)
  func oneAfterTheOther(_ shape: Tensor.Shape) {
    var noise = TestNoise(11)
    for _ in 0..<6 {
      let steps = steps(shape, &noise)
      let x = noise.tensor(shape).recorded()
      let (together, apart) = (x.combined(by: steps), steps.reduce(x) { $0.combined(along: $1.axis, by: $1.map) })
      #expect(together.shape == apart.shape && bitPatterns(together) == bitPatterns(apart))
      let u = noise.tensor(together.shape).recorded()
      let (first, other) = (
        together.pullback(u, at: [x], recording: true)[0], apart.pullback(u, at: [x], recording: true)[0]
      )
      #expect(bitPatterns(first) == bitPatterns(other))
      // The derivative is linear in the cotangent: its own is the map again, whose terms come in the order of positions.
      let (second, expected) = (first.pullback(x.detached(), at: [u])[0], other.pullback(x.detached(), at: [u])[0])
      #expect(bitPatterns(second) == bitPatterns(expected))
      #expect((second - together).maximumMagnitude <= 1e-4)
    }
  }

  @Test("The number of threads changes nothing")
  func threads() {
    var noise = TestNoise(12)
    let x = noise.tensor([65, 14, 13, 20])
    let steps = steps(x.shape, &noise)
    let (one, three) = (withThreads(1) { x.combined(by: steps) }, withThreads(3) { x.combined(by: steps) })
    #expect(bitPatterns(one) == bitPatterns(three))
  }

  @Test("Copies keep every number", arguments: [8, 19])
  func copies(_ channels: Int) {
    let numbers: [Float] = [.nan, -0.0, .infinity, -.infinity, .leastNonzeroMagnitude, 3]
    let x = Tensor((0..<8 * 6 * channels).map { numbers[$0 % 6] }, shape: [8, 2, 3, channels])
    let enlarged = x.upsampledNearest2d(factor: 2)
    #expect(bitPatterns(enlarged.sliced([0..<8, 1..<2, 0..<1])) == bitPatterns(x.sliced([0..<8, 0..<1, 0..<1])))
    let padded = x.padded2d(1, mode: .reflect)
    #expect(bitPatterns(padded.sliced([0..<8, 1..<3, 1..<4])) == bitPatterns(x))
  }
}
