import LatentTestSupport
import Testing

@testable import Tensor

/// Convolution as an operation: sizes, derivatives of higher orders, threads, misuse. Values and first and second
/// derivatives are also held against golden ones in ``GoldenTests``, and the kernels against loops in
/// ``ConvolutionKernelTests``.
@Suite struct ConvolutionTests {
  @Test func sizes() {
    let geometry = Tensor.ConvolutionGeometry(kernel: 4, stride: 2, padding: 1)
    #expect(geometry.outputSize(for: 28) == 14)
    #expect(geometry.outputSize(for: Tensor.Size2D(height: 7, width: 1)) == Tensor.Size2D(height: 3, width: 0))
    #expect(geometry.transposedOutputSize(for: 7) == 14)
    #expect(geometry.transposedOutputSize(for: 7, outputPadding: 1) == 15)
    let uneven = Tensor.ConvolutionGeometry(
      kernel: Tensor.Size2D(height: 3, width: 2), stride: Tensor.Size2D(height: 1, width: 3),
      padding: Tensor.Padding2D(top: 2, left: 1), dilation: Tensor.Size2D(height: 2, width: 1))
    #expect(uneven.outputSize(for: 8) == Tensor.Size2D(height: 6, width: 3))
    #expect(uneven.transposedOutputSize(for: Tensor.Size2D(height: 6, width: 3)) == Tensor.Size2D(height: 8, width: 7))
    for kernel in 1...5 {
      for dilation in 1...3 {
        let padding = Tensor.Padding2D.same(kernelSize: Tensor.Size2D(kernel), dilation: Tensor.Size2D(dilation))
        let same = Tensor.ConvolutionGeometry(
          kernel: Tensor.Size2D(kernel), padding: padding, dilation: Tensor.Size2D(dilation))
        #expect(same.outputSize(for: 9) == 9)
        #expect(padding.bottom - padding.top == (kernel - 1) * dilation % 2)
      }
    }
  }

  @Test func smallExample() {
    let x = Tensor([1, 2, 3, 4, 5, 6, 7, 8, 9], shape: [1, 3, 3, 1])
    let w = Tensor([1, 10, 100, 1000], shape: [1, 2, 2, 1])
    #expect(x.conv2d(w) == Tensor([5421, 6532, 8754, 9865], shape: [1, 2, 2, 1]))
    let y = Tensor([1, 2], shape: [1, 1, 2, 1])
    #expect(y.convTranspose2d(w, stride: 2) == Tensor([1, 10, 2, 20, 100, 1000, 200, 2000], shape: [1, 2, 4, 1]))
  }

  @Test("A transposed convolution's output padding may exceed the stride where the dilation does")
  func outputPaddingBeyondStride() {
    let x = Tensor.ones([1, 2, 2, 1]).recorded()
    let w = Tensor.ones([1, 2, 2, 1])
    let y = x.convTranspose2d(w, stride: 1, outputPadding: 2, dilation: 3)
    #expect(y.shape == [1, 7, 7, 1])
    #expect(y.sum() == Tensor(16))
    #expect(y.sum().gradient(at: x) == Tensor(repeating: 4, shape: [1, 2, 2, 1]))
  }

  @Test func emptyBatch() {
    let x = Tensor.zeros([0, 5, 5, 2]).recorded()
    let w = Tensor.ones([3, 3, 3, 2]).recorded()
    let y = x.conv2d(w)
    #expect(y.shape == [0, 3, 3, 3])
    let gradients = y.sum().gradients(at: [x, w])
    #expect(gradients[0].shape == x.shape)
    #expect(gradients[1] == Tensor.zeros(w.shape))
    #expect(x.convTranspose2d(w, stride: 2).shape == [0, 11, 11, 3])
  }

  /// The maps are linear in each argument, and all numbers are small and whole: a difference over a step of 1 is exactly
  /// the derivative in that direction, for every order.
  @Test("Derivatives of orders one to three, by exact differences", arguments: 1...24, [false, true])
  func directionalDerivatives(_ seed: Int, _ isDepthwise: Bool) {
    var noise = TestNoise(UInt64(seed))
    let maps = isDepthwise ? ConvolutionMaps.randomDepthwise(&noise) : .random(&noise)
    let shapes = [maps.xShape, maps.wShape, maps.yShape]
    let functions: [(map: (Tensor, Tensor) -> Tensor, a: Int, b: Int, result: Int)] = [
      ({ maps.forward($0, $1) }, 0, 1, 2), ({ maps.inputGradient($0, $1) }, 2, 1, 0), (maps.filterGradient, 0, 2, 1),
    ]
    for (map, a, b, result) in functions {
      func number(_ index: Int) -> Tensor { noise.integers(shapes[index], bound: 1) }
      let upstream = number(result)
      let weights = (number(a), number(b), number(a))
      /// The map's value, its derivatives at both arguments and one of their derivatives, each summed to a number.
      func orders(_ a: Tensor, _ b: Tensor) -> [Tensor] {
        let first = map(a, b).pullback(upstream, at: [a, b], recording: true)
        let energy = (first[0] * weights.0).sum() + (first[1] * weights.1).sum()
        let second = (energy.square() * 0.5).gradient(at: a, recording: true)
        return [(map(a, b) * upstream).sum(), energy, (second * weights.2).sum()]
      }
      let (x, y) = (number(a).recorded(), number(b).recorded())
      let (dx, dy) = (number(a), number(b))
      func moved(_ tensor: Tensor, by step: Tensor) -> Tensor { (tensor + step).detached().recorded() }
      let values = orders(x, y)
      let (after, before) = (orders(x, moved(y, by: dy)), orders(x, moved(y, by: -dy)))
      let afterX = orders(moved(x, by: dx), y)
      for (order, value) in values.enumerated() {
        let gradients = value.gradients(at: [x, y])
        #expect((gradients[0] * dx).sum() == afterX[order] - value, "\(maps), order \(order + 1) at the first")
        // The last one is quadratic in the second argument: the central difference is exact for all.
        let difference = (after[order] - before[order]) * 0.5
        #expect((gradients[1] * dy).sum() == difference, "\(maps), order \(order + 1) at the second")
      }
    }
  }

  @Test("A batch's filter gradient is the sum of its halves', bit by bit", arguments: [(7, 64, 16), (4, 128, 3)])
  func filterGradientOfHalves(_ size: Int, _ count: Int, _ channels: Int) {
    var noise = TestNoise(3)
    let x = noise.tensor([count, size, size, channels])
    let u = noise.tensor([count, size, size, 20])
    let w = noise.tensor([20, 3, 3, channels]).recorded()
    func gradient(_ part: Range<Int>) -> Tensor {
      x[part].conv2d(w, padding: 1).pullback(u[part], at: [w])[0]
    }
    let halves = gradient(0..<count / 2) + gradient(count / 2..<count)
    #expect(bitPatterns(gradient(0..<count)) == bitPatterns(halves))
  }
}

extension ParallelLoopTests {
  @Test(
    "Convolution's maps have the same bits with one thread and two, and with caches of any size",
    arguments: InstructionSet.available)
  func convolution(_ set: InstructionSet) {
    var noise = TestNoise(5)
    func kernels(_ kilobytes: Int) -> KernelSet {
      KernelSet(for: set, caches: ProcessorCaches(bytes: [32 << 10, kilobytes << 10]))
    }
    let (small, large) = (kernels(128), kernels(4096))
    for maps in ConvolutionKernelTests.table where maps.count > 1 {
      let (x, y, w) = (noise.tensor(maps.xShape), noise.tensor(maps.yShape), noise.tensor(maps.wShape))
      func results(_ kernels: KernelSet) -> [[UInt32]] {
        let problem = ConvolutionProblem(maps, kernels: kernels)
        return [
          Tensor(maps.yShape) { problem.forward(x.pointer, w.pointer, $0) },
          Tensor(maps.xShape) { problem.inputGradient(y.pointer, w.pointer, $0) },
          Tensor(maps.wShape) { problem.filterGradient(x.pointer, y.pointer, $0) },
        ].map(bitPatterns)
      }
      let one = withThreads(1) { results(small) }
      #expect(one == withThreads(2) { results(small) } && one == withThreads(2) { results(large) }, "\(maps) on \(set)")
    }
  }
}
