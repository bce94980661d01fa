import Testing

@testable import Tensor

/// The kernels of normalizations of each sample by itself, against compositions of other operations.
@Suite(.serialized) struct OwnNormalizationTests {
  /// One normalization, and the same of other operations.
  struct Form: Sendable, CustomTestStringConvertible {
    let testDescription: String
    let affineShape: @Sendable (Tensor.Shape) -> Tensor.Shape
    let fused: @Sendable (Tensor, Tensor, Tensor, Float) -> Tensor
    let composed: @Sendable (Tensor, Tensor, Tensor, Float) -> Tensor
  }

  private static func channels(_ shape: Tensor.Shape) -> Tensor.Shape { [shape[-1]] }

  private static func groups(_ count: Int) -> Form {
    Form(
      testDescription: "\(count) groups", affineShape: channels,
      fused: { $0.groupNorm(groups: count, scale: $1, offset: $2, epsilon: $3) },
      composed: { x, scale, offset, epsilon in
        let channels = x.shape[-1]
        let grouped: Tensor.Shape = [x.shape[0], x.scalarCount / x.shape[0] / channels, count, channels / count]
        return x.reshaped(to: grouped).normalized(axes: [1, 3], epsilon: epsilon).reshaped(to: x.shape) * scale + offset
      })
  }

  private static let instances = Form(
    testDescription: "instances", affineShape: channels,
    fused: { $0.instanceNorm(scale: $1, offset: $2, epsilon: $3) },
    composed: { $0.normalized(axes: Array(1..<$0.rank - 1), epsilon: $3) * $1 + $2 })

  private static func layers(_ axisCount: Int) -> Form {
    Form(
      testDescription: "\(axisCount) last axes", affineShape: { Tensor.Shape($0.sizes.suffix(axisCount)) },
      fused: { $0.layerNorm(axisCount: axisCount, scale: $1, offset: $2, epsilon: $3) },
      composed: { $0.normalized(axes: Array($0.rank - axisCount..<$0.rank), epsilon: $3) * $1 + $2 })
  }

  private static let meanSquares = Form(
    testDescription: "mean squares", affineShape: channels,
    fused: { $0.rmsNorm(scale: $1, epsilon: $3) + $2 },
    composed: { $0 * ($0.square().mean(axes: [-1], keepingDimensions: true) + $3).reciprocalSquareRoot() * $1 + $2 })

  /// Channels and positions around the widths of vectors, rows around those of slices and blocks.
  static let cases: [(Form, Tensor.Shape)] = {
    var cases: [(Form, Tensor.Shape)] = []
    func add(_ form: Form, _ shapes: [[Int]]) { cases += shapes.map { (form, Tensor.Shape($0)) } }
    for channels in [1, 3, 8, 16, 17, 48] {
      add(instances, [[2, 2, channels], [3, 1, 7, channels], [2, 5, 9, channels]])
    }
    add(groups(1), [[2, 3, 4, 5], [3, 7]])
    add(groups(2), [[3, 5, 6], [2, 1, 19, 2, 34]])
    add(groups(3), [[5, 1, 48]])
    add(groups(4), [[2, 40, 16]])
    add(layers(1), [[1, 1], [5, 3], [7, 16], [4, 17], [3, 100], [2, 5000], [900, 40]])
    add(layers(2), [[3, 4, 5], [6, 2]])
    add(layers(3), [[2, 9, 8, 70]])
    add(meanSquares, [[5, 3], [4, 33], [2, 4100]])
    return cases
  }()

  private func inputs(_ shape: Tensor.Shape, _ affine: Tensor.Shape) -> [Tensor] {
    var noise = TestNoise(1)
    let centre = noise.tensor([shape[-1]], in: -3...3)
    return [noise.tensor(shape) + centre, noise.tensor(affine), noise.tensor(affine), noise.tensor(shape)]
  }

  private func expectClose(_ value: Tensor, _ reference: Tensor, _ tolerance: Float, _ what: String) {
    let largest = max(1, reference.maximumMagnitude)
    let distance = (value - reference).maximumMagnitude
    #expect(value.shape == reference.shape && distance <= tolerance * largest, "\(what): \(distance) of \(largest)")
  }

  @Test("Output and gradients", arguments: cases)
  func firstOrder(_ form: Form, _ shape: Tensor.Shape) {
    let inputs = inputs(shape, form.affineShape(shape))
    let leaves = inputs[..<3].map { $0.recorded() }
    // With few values, the gradient at x is a small difference of large terms unless epsilon is large.
    let epsilon: Float = 0.5
    let output = form.fused(leaves[0], leaves[1], leaves[2], epsilon)
    let reference = form.composed(leaves[0], leaves[1], leaves[2], epsilon)
    expectClose(output, reference, 1e-5, "output")
    let gradients = zip(output.pullback(inputs[3], at: leaves), reference.pullback(inputs[3], at: leaves))
    for (name, (gradient, expected)) in zip(["x", "scale", "offset"], gradients) {
      #expect(!gradient.isRecorded)
      expectClose(gradient, expected, 3e-5, "gradient at \(name)")
    }
    // Without the input's: what the parameters of a frozen input's layer need.
    let parameters = Array(leaves[1...])
    let fewer = form.fused(inputs[0], leaves[1], leaves[2], epsilon).pullback(inputs[3], at: parameters)
    #expect(zip(fewer, output.pullback(inputs[3], at: parameters)).allSatisfy { $0 == $1 })
  }

  @Test(
    "Gradients of gradients, at everything the first ones depend on",
    arguments: [instances, groups(1), groups(2), layers(1), layers(2), meanSquares])
  func secondOrder(_ form: Form) {
    let shape: Tensor.Shape = [3, 2, 6]
    let inputs = inputs(shape, form.affineShape(shape))
    let leaves = inputs.map { $0.recorded() }
    var noise = TestNoise(5)
    let directions = inputs[..<3].map { noise.tensor($0.shape) }
    func second(_ function: (Tensor, Tensor, Tensor, Float) -> Tensor) -> [Tensor] {
      let first = function(leaves[0], leaves[1], leaves[2], 1e-3).pullback(
        leaves[3], at: Array(leaves[..<3]), recording: true)
      return Tensor.pullback(zip(first, directions).map { (output: $0, cotangent: $1) }, at: leaves)
    }
    for (name, (value, reference)) in zip(
      ["x", "scale", "offset", "cotangent"], zip(second(form.fused), second(form.composed)))
    {
      expectClose(value, reference, 1e-4, "\(form.testDescription): second order at \(name)")
    }
  }

  @Test("A sample has the same bits alone and in a batch", arguments: [3, 16, 17, 128])
  func independenceOfBatch(_ channels: Int) {
    let x = inputs([37, 3, channels], [channels])[0]
    for (name, normalized) in [
      ("instanceNorm", { (x: Tensor) in x.instanceNorm() }), ("groupNorm", { $0.groupNorm(groups: 1) }),
      ("layerNorm", { $0.layerNorm() }), ("rmsNorm", { $0.rmsNorm() }),
    ] {
      let all = normalized(x)
      for sample in [0, 1, 20, 36] {
        let range = sample..<sample + 1
        #expect(bitPatterns(normalized(x.sliced([range]))) == bitPatterns(all.sliced([range])), "\(name)")
      }
    }
  }

  @Test("Large means cost no accuracy, and nothing is divided by 0")
  func accuracy() {
    var noise = TestNoise(3)
    let x = noise.tensor([2, 300, 5]) + 1000
    let exact = x - 1000
    expectClose(x.instanceNorm(), exact.instanceNorm(), 1e-3, "instances")
    expectClose(x.layerNorm(axisCount: 2), exact.layerNorm(axisCount: 2), 1e-3, "layers")
    #expect(Tensor(repeating: 3, shape: [2, 4, 4]).instanceNorm() == .zeros([2, 4, 4]))
    #expect(Tensor(repeating: 3, shape: [2, 4, 4]).layerNorm() == .zeros([2, 4, 4]))
    #expect(Tensor.zeros([0, 4, 4]).instanceNorm().shape == [0, 4, 4])
    #expect(Tensor.zeros([0, 4]).layerNorm().shape == [0, 4])
  }
}
