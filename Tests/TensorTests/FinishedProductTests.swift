import Testing

@testable import Tensor

/// What is done with the channels of a product or a convolution in the same pass gives the bits of the operations one by
/// one, whichever way the product is computed.
@Suite struct FinishedProductTests {
  /// Which steps there are.
  struct Steps: Sendable, CustomTestStringConvertible {
    var hasBias = true
    /// Of how many channels the normalization is; all columns if 0, none if nil.
    var normalized: Int?
    var function: ChannelFinish.Function?
    var testDescription: String { "bias \(hasBias), normalized \(normalized ?? -1), \(function.map { "\($0)" } ?? "")" }

    /// The steps as one finish, and as operations one by one.
    func make(_ columns: Int, _ noise: inout TestNoise) -> (finish: ChannelFinish, one: (Tensor) -> Tensor) {
      let bias = hasBias ? noise.tensor([columns]) : nil
      let norm = normalized.map { size -> ChannelFinish.Normalization in
        let channels = Tensor.Shape([size == 0 ? columns : size])
        return (
          noise.tensor(channels), noise.tensor(channels, in: 0.1...3), noise.tensor(channels), noise.tensor(channels),
          1e-5
        )
      }
      let finish = ChannelFinish(columns: columns, bias: bias, normalization: norm, function: function, isKept: true)
      return (
        finish,
        { product in
          var result = bias.map { product + $0 } ?? product
          if let norm {
            let shape = result.shape
            result = result.reshaped(to: [result.scalarCount / norm.mean.scalarCount, norm.mean.scalarCount])
              .batchNorm(
                mean: norm.mean, variance: norm.variance, scale: norm.scale, offset: norm.offset, epsilon: norm.epsilon
              ).reshaped(to: shape)
          }
          switch function {
          case .relu: return result.relu()
          case .leakyReLU(let slope): return result.leakyReLU(slope: slope)
          case .tanh: return result.tanh()
          case .sigmoid: return result.sigmoid()
          case nil: return result
          }
        }
      )
    }
  }

  static let steps = [
    Steps(), Steps(hasBias: false, normalized: 0, function: .relu), Steps(normalized: 0, function: .tanh),
    Steps(hasBias: false, function: .leakyReLU(slope: 0.2)), Steps(hasBias: false), Steps(function: .sigmoid),
  ]

  // One row, one column, no depth; columns that fill panels and such that do not; several blocks of depth, several parts.
  static let products = [
    [1, 1, 1], [1, 40, 10], [1, 3, 7], [1, 2500, 300], [5, 1, 10], [5, 12, 0], [64, 64, 64], [64, 70, 64], [64, 3, 64],
    [300, 64, 20], [7, 300, 520], [3, 2100, 2100],
  ]

  @Test(arguments: steps, products) func product(steps: Steps, sizes: [Int]) {
    var noise = TestNoise(5)
    let (a, b) = (noise.tensor([sizes[0], sizes[2]]), noise.tensor([sizes[2], sizes[1]]))
    let (finish, one) = steps.make(sizes[1], &noise)
    #expect(haveSameBits(a.matmul(b, finish: finish), one(a.matmul(b))), "\(sizes)")
  }

  @Test(arguments: [1, 3, 64]) func normalizationOfFewerChannels(rows: Int) {
    var noise = TestNoise(6)
    for (columns, channels) in [(49 * 256, 256), (9 * 20, 20), (4 * 7, 7), (6, 1), (50 * 48, 48)] {
      let (a, b) = (noise.tensor([rows, 30]), noise.tensor([30, columns]))
      for hasBias in [false, true] {
        let (finish, one) = Steps(hasBias: hasBias, normalized: channels, function: .relu).make(columns, &noise)
        #expect(haveSameBits(a.matmul(b, finish: finish), one(a.matmul(b))), "\(columns) columns, \(channels) channels")
      }
    }
  }

  @Test func batchesOfRows() {
    var noise = TestNoise(7)
    let (a, b) = (noise.tensor([2, 3, 5, 12]), noise.tensor([12, 20]))
    let (finish, one) = Steps(normalized: 0, function: .relu).make(20, &noise)
    #expect(haveSameBits(a.matmul(b, finish: finish), one(a.matmul(b))))
    #expect(a[0..<0].matmul(b, finish: finish).shape == [0, 3, 5, 20])
  }

  /// A convolution of images, forward or transposed.
  struct Convolution: Sendable, CustomTestStringConvertible {
    var input: Tensor.Shape
    var outputs: Int
    var kernel = 3
    var stride = 1
    var padding = 1
    var groups = 1
    /// The way it is computed, if that is the same with all instruction sets.
    var path: ComputingPath?
    var isTransposed = false
    var testDescription: String { "\(isTransposed ? "transposed " : "")\(input), \(kernel), \(stride), \(outputs)" }

    func run(_ x: Tensor, _ w: Tensor, _ finish: ChannelFinish?) -> Tensor {
      let geometry = Tensor.ConvolutionGeometry(
        kernel: .init(kernel), stride: .init(stride), padding: .init(padding), dilation: 1)
      switch (isTransposed, finish) {
      case (false, nil): return x.conv2d(w, stride: .init(stride), padding: .init(padding), groups: groups)
      case (true, nil): return x.convTranspose2d(w, stride: .init(stride), padding: .init(padding), groups: groups)
      case (false, let finish?):
        return x.conv2d(w, geometry, padding: geometry.padding, groups: groups, finish: finish)
      case (true, let finish?):
        return x.convTranspose2d(w, geometry, outputPadding: 0, groups: groups, finish: finish)
      }
    }
  }

  static let convolutions = [
    Convolution(input: [5, 9, 8, 20], outputs: 40, path: .patchProduct),
    Convolution(input: [2, 9, 8, 3], outputs: 70, path: .paddedWindows),
    Convolution(input: [5, 9, 8, 40], outputs: 33, kernel: 4, stride: 2, path: .winograd),
    Convolution(input: [3, 9, 8, 40], outputs: 1, path: .spread),
    Convolution(input: [3, 9, 8, 12], outputs: 12, groups: 12, path: .depthwise),
    Convolution(input: [3, 9, 8, 12], outputs: 24, groups: 12, path: .depthwise),
    Convolution(input: [3, 9, 8, 12], outputs: 6, groups: 3, path: .patchProduct),
    Convolution(input: [9, 7, 7, 40], outputs: 36, kernel: 4, stride: 2, path: .winograd, isTransposed: true),
    Convolution(input: [3, 7, 7, 40], outputs: 1, kernel: 4, stride: 2, path: .spread, isTransposed: true),
    Convolution(input: [3, 7, 7, 40], outputs: 3, kernel: 4, stride: 2, isTransposed: true),
    Convolution(input: [3, 5, 5, 20], outputs: 20, path: .patchProduct, isTransposed: true),
    // Pixels that no tap meets.
    Convolution(
      input: [3, 5, 5, 20], outputs: 20, kernel: 1, stride: 2, padding: 0, path: .patchProduct, isTransposed: true),
    Convolution(
      input: [3, 7, 7, 12], outputs: 12, kernel: 4, stride: 2, groups: 12, path: .depthwise, isTransposed: true),
  ]

  @Test(arguments: steps, convolutions) func convolution(steps: Steps, convolution: Convolution) {
    var noise = TestNoise(8)
    let x = noise.tensor(convolution.input)
    let w = noise.tensor([
      convolution.outputs, convolution.kernel, convolution.kernel, convolution.input[3] / convolution.groups,
    ])
    let (finish, one) = steps.make(convolution.outputs, &noise)
    let expected = one(convolution.run(x, Tensor(w.scalars, shape: w.shape), nil))
    let before = convolution.path.map { kernels.paths[$0] }
    // The second time with what was kept.
    for _ in 0..<2 { #expect(haveSameBits(convolution.run(x, w, finish), expected)) }
    if let path = convolution.path, let before { #expect(kernels.paths[path] > before) }
    // A sample's bits depend on no other of its batch.
    #expect(haveSameBits(convolution.run(x[1..<2], w, finish), expected[1..<2]))
  }

  @Test("A weight for a finished convolution is kept for batches of any size") func keptForBatches() {
    var noise = TestNoise(10)
    let x = noise.tensor([9, 7, 7, 40])
    // For Winograd's algorithm; for products with patches; phases of either kind.
    for (kernel, isTransformed, isPacked) in [(4, true, false), (6, false, true), (5, true, true)] {
      let w = noise.tensor([36, kernel, kernel, 40])
      let convolution = Convolution(
        input: x.shape, outputs: 36, kernel: kernel, stride: 2, path: .patchProduct, isTransposed: true)
      var layouts: [[ObjectIdentifier?]] = []
      for count in [9, 3, 1] {
        _ = convolution.run(x[0..<count], w, ChannelFinish(columns: 36, isKept: true))
        let kept = WeightKeeper.Layouts(of: w.storage).all.first
        #expect((kept?.transformed != nil) == isTransformed && (kept?.packed != nil) == isPacked, "kernel \(kernel)")
        layouts.append([
          kept?.transformed.map { ObjectIdentifier($0.weights) }, kept?.packed.map { ObjectIdentifier($0) },
        ])
      }
      #expect(layouts[1] == layouts[0] && layouts[2] == layouts[0])
    }
  }
}
