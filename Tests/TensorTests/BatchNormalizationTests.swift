import Testing

@testable import Tensor

/// The kernels of batch normalization against a composition of other operations.
@Suite(.serialized) struct BatchNormalizationTests {
  /// Shapes with channels and rows around the widths of the vectors and the slices of the sums.
  static let shapes: [Tensor.Shape] =
    [1, 3, 7, 16, 17, 128, 256].flatMap { channels in [2, 3, 1000].map { [$0, channels] } } + [
      [3, 5, 7, 12], [4, 14, 14, 128], [9000, 3],
    ]

  /// Inputs whose means are large compared to their deviations, as they are after some layers.
  private func inputs(_ shape: Tensor.Shape, seed: UInt64 = 1) -> (x: Tensor, scale: Tensor, offset: Tensor, u: Tensor)
  {
    var noise = TestNoise(seed)
    let channels: Tensor.Shape = [shape[-1]]
    let centre = noise.tensor(channels, in: -10...10)
    return (noise.tensor(shape) + centre, noise.tensor(channels), noise.tensor(channels), noise.tensor(shape))
  }

  /// The composite reference. With `x` recorded, all of its derivatives are right too.
  private static func composite(_ x: Tensor, _ scale: Tensor, _ offset: Tensor, epsilon: Float = 1e-5) -> Tensor {
    x.normalized(axes: Array(0..<x.rank - 1), epsilon: epsilon) * scale + offset
  }

  private func expectClose(_ value: Tensor, _ reference: Tensor, _ tolerance: Float, _ what: String) {
    let largest = max(1, reference.maximumMagnitude)
    let distance = (value - reference).maximumMagnitude
    #expect(value.shape == reference.shape && distance <= tolerance * largest, "\(what): \(distance) of \(largest)")
  }

  @Test("Output, statistics and gradients", arguments: shapes)
  func firstOrder(_ shape: Tensor.Shape) {
    let (x, scale, offset, u) = inputs(shape)
    let leaves = [x, scale, offset].map { $0.recorded() }
    // With two rows, the gradient at x is a small difference of large terms unless epsilon is large.
    let epsilon: Float = 0.5
    let (output, mean, variance) = leaves[0].batchNorm(scale: leaves[1], offset: leaves[2], epsilon: epsilon)
    let reference = Self.composite(leaves[0], leaves[1], leaves[2], epsilon: epsilon)
    #expect(output.isRecorded && !mean.isRecorded && !variance.isRecorded)
    expectClose(output, reference, 1e-5, "output")
    let axes = Array(0..<x.rank - 1)
    expectClose(mean, x.mean(axes: axes), 1e-6, "mean")
    expectClose(variance, x.variance(axes: axes), 1e-5, "variance")
    let gradients = output.pullback(u, at: leaves)
    let expected = reference.pullback(u, at: leaves)
    for (name, (gradient, expected)) in zip(["x", "scale", "offset"], zip(gradients, expected)) {
      #expect(!gradient.isRecorded)
      expectClose(gradient, expected, 2e-5, "gradient at \(name)")
    }
  }

  @Test("Gradients of gradients, at everything the first ones depend on", arguments: [[6, 3], [4, 2, 3, 5]])
  func secondOrder(_ sizes: [Int]) {
    let (x, scale, offset, u) = inputs(Tensor.Shape(sizes))
    let leaves = [x, scale, offset, u].map { $0.recorded() }
    var noise = TestNoise(5)
    let directions = [x, scale, offset].map { noise.tensor($0.shape) }
    func second(_ function: (Tensor, Tensor, Tensor) -> Tensor) -> (first: [Tensor], second: [Tensor]) {
      let first = function(leaves[0], leaves[1], leaves[2]).pullback(
        leaves[3], at: Array(leaves[..<3]), recording: true)
      let outputs = zip(first, directions).map { (output: $0, cotangent: $1) }
      return (first, Tensor.pullback(outputs, at: leaves))
    }
    let value = second { $0.batchNorm(scale: $1, offset: $2).output }
    let reference = second { Self.composite($0, $1, $2) }
    for (index, name) in ["x", "scale", "offset", "cotangent"].enumerated() {
      if index < 3 { expectClose(value.first[index], reference.first[index], 1e-5, "first order at \(name)") }
      expectClose(value.second[index], reference.second[index], 1e-4, "second order at \(name)")
    }
  }

  @Test("A cotangent that depends on a leaf is enough for a recorded gradient")
  func recordedCotangent() {
    let (x, scale, offset, u) = inputs([6, 3])
    let (input, cotangent) = (x.recorded(), u.recorded())
    func second(_ output: Tensor) -> Tensor {
      output.pullback(cotangent, at: [input], recording: true)[0].square().sum().gradient(at: cotangent)
    }
    let reference = second(Self.composite(input, scale, offset))
    #expect(reference.maximumMagnitude > 0.1)
    expectClose(second(input.batchNorm(scale: scale, offset: offset).output), reference, 1e-5, "at the cotangent")
  }

  @Test("In inference, output and gradients", arguments: [[5, 3], [3, 2, 4, 16], [1000, 17]])
  func inference(_ sizes: [Int]) {
    let (x, scale, offset, u) = inputs(Tensor.Shape(sizes))
    var noise = TestNoise(7)
    let (mean, variance) = (noise.tensor(scale.shape), noise.tensor(scale.shape, in: 0.2...2))
    let leaves = [x, mean, variance, scale, offset].map { $0.recorded() }
    let output = leaves[0].batchNorm(mean: leaves[1], variance: leaves[2], scale: leaves[3], offset: leaves[4])
    let deviation = (leaves[2] + 1e-5).squareRoot()
    let reference = (leaves[0] - leaves[1]) / deviation * leaves[3] + leaves[4]
    expectClose(output, reference, 1e-6, "output")
    let gradients = zip(output.pullback(u, at: leaves), reference.pullback(u, at: leaves))
    for (index, (gradient, expected)) in gradients.enumerated() {
      expectClose(gradient, expected, 1e-5, "gradient at input \(index)")
    }
    func squares(_ output: Tensor) -> Tensor {
      output.pullback(u, at: leaves, recording: true).reduce(Tensor(0)) { $0 + $1.square().sum() }
    }
    let (first, expected) = (squares(output), squares(reference))
    for (index, (gradient, expected)) in zip(first.gradients(at: leaves), expected.gradients(at: leaves)).enumerated() {
      expectClose(gradient, expected, 1e-4, "second order at input \(index)")
    }
  }

  @Test("In inference, a sample has the same bits alone and in a batch", arguments: [3, 16, 17, 128])
  func independenceOfBatch(_ channels: Int) {
    let (x, mean, offset, _) = inputs([67, 3, channels])
    let scale = mean.square() + 1
    func normalized(_ x: Tensor) -> Tensor { x.batchNorm(mean: mean, variance: scale, scale: scale, offset: offset) }
    let all = normalized(x)
    let isSame = [0, 1, 40, 66].allSatisfy { sample in
      let range = sample..<sample + 1
      return bitPatterns(normalized(x.sliced([range]))) == bitPatterns(all.sliced([range]))
    }
    #expect(isSame)
  }

  @Test("The number of threads changes no bit", arguments: [[2000, 100], [16, 14, 14, 128], [30_000, 3]])
  func threads(_ sizes: [Int]) {
    let (x, scale, offset, u) = inputs(Tensor.Shape(sizes))
    func results() -> [[UInt32]] {
      let leaves = [x, scale, offset].map { $0.recorded() }
      let (output, mean, variance) = leaves[0].batchNorm(scale: leaves[1], offset: leaves[2])
      return ([output, mean, variance] + output.pullback(u, at: leaves)).map(bitPatterns)
    }
    let before = Threads.count
    defer { Threads.count = before }
    let all = [1, 2, 5].map { count -> [[UInt32]] in
      Threads.count = count
      return results()
    }
    let areSame = all[1] == all[0] && all[2] == all[0]
    #expect(areSame)
  }

  @Test("A function in the same passes has the bits of one by itself, on any number of threads")
  func withAFunction() {
    // Several slices, rows that fill no group, and channels that fill vectors and such that do not.
    for sizes in [[2000, 100], [16, 14, 14, 128], [30_001, 3], [2, 1]] {
      let (x, scale, offset, u) = inputs(Tensor.Shape(sizes))
      func results(_ output: ([Tensor]) -> Tensor) -> [[UInt32]] {
        let leaves = [x, scale, offset].map { $0.recorded() }
        let output = output(leaves)
        return ([output] + output.pullback(u, at: leaves)).map(bitPatterns)
      }
      for function in [ChannelFinish.Function.relu, .leakyReLU(slope: 0.2), .tanh, .sigmoid] {
        let expected = results { $0[0].batchNorm(scale: $0[1], offset: $0[2]).output.applying(function) }
        let before = Threads.count
        defer { Threads.count = before }
        for count in [1, 2, 5] {
          Threads.count = count
          let joined = results { $0[0].batchNorm(scale: $0[1], offset: $0[2], epsilon: 1e-5, then: function).output }
          #expect(joined == expected, "\(sizes), \(function), \(count) threads")
        }
      }
    }
  }

  @Test("NaN and infinity stay in their channel")
  func notFinite() {
    for bad in [Float.nan, .infinity] {
      var (x, _, _, _) = inputs([100, 3])
      x.withMutableScalars { $0[97 * 3 + 1] = bad }
      let (output, mean, variance) = x.batchNorm()
      #expect(!mean.scalars[1].isFinite && !variance.scalars[1].isFinite && output.scalars[1].isNaN)
      #expect(mean.scalars[0].isFinite && variance.scalars[2].isFinite)
      #expect(output.permuted([1, 0])[0].isAllFinite && output.permuted([1, 0])[2].isAllFinite)
    }
  }

  @Test("An outlier in front costs the variance no accuracy")
  func outlier() {
    var noise = TestNoise(3)
    var x = noise.tensor([4096, 16], in: 0...1)
    x.withMutableScalars { for channel in 0..<16 { $0[channel] = 30_000 } }
    let scalars = x.scalars
    let reference = Reference([16]) { index in
      let column = (0..<4096).map { Double(scalars[$0 * 16 + index[0]]) }
      let mean = column.reduce(0, +) / 4096
      return column.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / 4096
    }
    expectSame(x.batchNorm().variance, reference, tolerance: 1e-6)
  }
}
