import Testing

@testable import Tensor

/// What an image, or a row of a matrix, gives must not depend on the others of the batch, nor on its place among them:
/// bit by bit, for every copy of the kernels this processor can run.
@Suite struct BatchIndependenceTests {
  static let counts = [1, 2, 3, 5, 16, 64]

  /// The layers of the models, and others that take every path. Of a transposed convolution, `inputs` are what it gives.
  static let layers: [ConvolutionMaps] = [
    ConvolutionMaps(count: 64, size: 28, inputs: 1, outputs: 64, kernel: 4, stride: 2, padding: 1),
    ConvolutionMaps(count: 64, size: 14, inputs: 64, outputs: 128, kernel: 4, stride: 2, padding: 1),
    ConvolutionMaps(
      count: 64, size: 14, inputs: 128, outputs: 256, kernel: 4, stride: 2, padding: 1, order: .inputFirst),
    ConvolutionMaps(count: 64, size: 28, inputs: 1, outputs: 128, kernel: 4, stride: 2, padding: 1, order: .inputFirst),
    ConvolutionMaps(count: 64, size: 32, inputs: 3, outputs: 32, kernel: 4, stride: 2, padding: 1),
    ConvolutionMaps(count: 64, size: 64, inputs: 3, outputs: 16, kernel: 4, stride: 2, padding: 1, order: .inputFirst),
    ConvolutionMaps(count: 64, size: 32, inputs: 8, outputs: 3, kernel: 3, padding: 1),
    ConvolutionMaps(count: 64, size: 16, inputs: 3, outputs: 20, kernel: 5, padding: 2),
    ConvolutionMaps(count: 64, size: 4, inputs: 48, outputs: 100, kernel: 4, order: .inputFirst),
    ConvolutionMaps(count: 64, size: 7, inputs: 5, outputs: 300, kernel: 3, stride: 2),
  ]

  @Test("Images", arguments: InstructionSet.available, layers)
  func images(_ set: InstructionSet, _ layer: ConvolutionMaps) { Self.check(layer, Self.counts, on: set) }

  @Test("Images of odd sizes", arguments: InstructionSet.available, 1...2)
  func oddImages(_ set: InstructionSet, _ seed: Int) {
    var noise = TestNoise(UInt64(seed))
    for _ in 0..<40 { Self.check(ConvolutionMaps.random(&noise).with(count: 6), [1, 2, 5], on: set) }
  }

  /// Compares the forward map and the input gradient of the first and of the last images with those of all.
  static func check(_ layer: ConvolutionMaps, _ counts: [Int], on set: InstructionSet) {
    var noise = TestNoise(7)
    let kernels = KernelSet(for: set)
    let (x, y, w) = (noise.tensor(layer.xShape), noise.tensor(layer.yShape), noise.tensor(layer.wShape))
    func forward(_ images: Range<Int>) -> Tensor {
      let (maps, x) = (layer.with(count: images.count), x[images])
      return Tensor(maps.yShape) { ConvolutionProblem(maps, kernels: kernels).forward(x.pointer, w.pointer, $0) }
    }
    func inputGradient(_ images: Range<Int>) -> Tensor {
      let (maps, y) = (layer.with(count: images.count), y[images])
      return Tensor(maps.xShape) { ConvolutionProblem(maps, kernels: kernels).inputGradient(y.pointer, w.pointer, $0) }
    }
    let all = (forward(0..<layer.count), inputGradient(0..<layer.count))
    for count in counts where count < layer.count {
      for images in [0..<count, layer.count - count..<layer.count] {
        #expect(haveSameBits(forward(images), all.0[images]), "forward map of \(images) of \(layer) on \(set)")
        #expect(
          haveSameBits(inputGradient(images), all.1[images]), "input gradient of \(images) of \(layer) on \(set)")
      }
    }
  }

  @Test(
    "Rows of a product", arguments: InstructionSet.available,
    [[784, 400], [400, 20], [20, 784], [100, 1], [6272, 1], [100, 3000], [1, 7], [4500, 33]])
  func rows(_ set: InstructionSet, _ sizes: [Int]) {
    let (k, n, most) = (sizes[0], sizes[1], 400)
    let kernels = KernelSet(for: set)
    var noise = TestNoise(9)
    let (a, b) = (noise.tensor([most, k]), noise.tensor([k, n]))
    // Each operand as it is, or as the transpose of what lies in memory.
    for (transposesA, transposesB) in [(false, false), (false, true), (true, false)] {
      func product(_ rows: Range<Int>) -> Tensor {
        let (a, b) = (transposesA ? a[rows].transposed() : a[rows], transposesB ? b.transposed() : b)
        return Tensor([rows.count, n]) {
          gemm(
            m: rows.count, n: n, k: k, a: a.pointer, aRowStride: transposesA ? 1 : k,
            aColumnStride: transposesA ? rows.count : 1, b: b.pointer, bRowStride: transposesB ? 1 : n,
            bColumnStride: transposesB ? k : 1, c: $0, cRowStride: n, accumulate: false, kernels: kernels)
        }
      }
      let all = product(0..<most)
      for count in Self.counts + [256, 257] {
        for rows in [0..<count, most - count..<most] {
          #expect(haveSameBits(product(rows), all[rows]), "rows \(rows) of \(sizes), \(transposesA), \(transposesB)")
        }
      }
    }
  }
}

/// Whether two tensors are the same bit by bit.
func haveSameBits(_ a: Tensor, _ b: Tensor) -> Bool { bitPatterns(a) == bitPatterns(b) }

extension ConvolutionMaps {
  /// The same for another number of images.
  fileprivate func with(count: Int) -> ConvolutionMaps {
    var result = self
    result.count = count
    return result
  }
}
