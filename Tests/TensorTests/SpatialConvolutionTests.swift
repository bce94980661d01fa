import LatentTestSupport
import Testing

@testable import Tensor

/// Convolutions of sequences and volumes and in groups: against loops, and as transposes of each other. Values and
/// derivatives are also held against golden ones in ``SpatialGoldenTests``.
@Suite struct SpatialConvolutionTests {
  /// A convolution of one to three axes that looks random, with small sizes.
  struct Problem: CustomStringConvertible {
    var count: Int
    var sizes: [Int]
    var axes: [Tensor.ConvolutionAxis]
    var groups: Int
    var inputs: Int
    var outputs: Int

    init(_ noise: inout TestNoise, rank: Int) {
      repeat {
        count = noise.int(3)
        sizes = (0..<rank).map { _ in 1 + noise.int(rank == 3 ? 5 : 8) }
        axes = (0..<rank).map { _ in
          .init(
            kernel: 1 + noise.int(4), stride: 1 + noise.int(3),
            padding: .init(before: noise.int(4), after: noise.int(3)), dilation: 1 + noise.int(2))
        }
        groups = [1, 1, 2, 3, 4][noise.int(5)]
        inputs = groups * (1 + noise.int(3))
        outputs = groups * (1 + noise.int(3))
      } while zip(axes, sizes).contains { $0.outputSize(for: $1) < 1 }
    }

    var description: String { "\(count) × \(sizes) × \(inputs) to \(outputs) in \(groups) groups, \(axes)" }
    var outputSizes: [Int] { zip(axes, sizes).map { $0.outputSize(for: $1) } }
    var xShape: Tensor.Shape { Tensor.Shape([count] + sizes + [inputs]) }
    var yShape: Tensor.Shape { Tensor.Shape([count] + outputSizes + [outputs]) }
    var wShape: Tensor.Shape { Tensor.Shape([outputs] + axes.map(\.kernel) + [inputs / groups]) }

    func forward(_ x: Tensor, _ w: Tensor) -> Tensor {
      let (stride, padding, dilation) = (axes.map(\.stride), axes.map(\.padding), axes.map(\.dilation))
      return ConvolutionPlan("conv", x, w, stride, padding, dilation, groups).run(x, w)
    }

    /// The transposed convolution that gives the size of `x`, for a weight of the forward one.
    func transposed(_ y: Tensor, _ w: Tensor) -> Tensor {
      let (stride, padding, dilation) = (axes.map(\.stride), axes.map(\.padding), axes.map(\.dilation))
      let extra = zip(zip(axes, sizes), outputSizes).map { $0.1 - $0.0.transposedOutputSize(for: $1) }
      // [out, kernel, in / groups] to [in, kernel, out / groups].
      let last = w.rank - 1
      let own = w.split(into: groups, axis: 0).map { $0.permuted([last] + Array(1..<last) + [0]) }
      let weight = Tensor.concatenated(own, axis: 0)
      return ConvolutionPlan("convT", y, weight, stride, padding, dilation, groups, outputPadding: extra)
        .run(y, weight)
    }

    /// The convolution by its definition.
    func reference(_ x: Tensor, _ w: Tensor) -> Reference {
      let (image, weight) = (Reference(x), Reference(w))
      let (perGroup, outputsPerGroup) = (inputs / groups, outputs / groups)
      return Reference([count] + outputSizes + [outputs]) { index in
        let output = index[index.count - 1]
        var sum = 0.0
        for tap in Reference.indices(axes.map(\.kernel)) {
          let place = axes.indices.map {
            index[$0 + 1] * axes[$0].stride - axes[$0].padding.before + tap[$0] * axes[$0].dilation
          }
          guard zip(place, sizes).allSatisfy({ $0 >= 0 && $0 < $1 }) else { continue }
          for channel in 0..<perGroup {
            let input = output / outputsPerGroup * perGroup + channel
            sum += image[[index[0]] + place + [input]] * weight[[output] + tap + [channel]]
          }
        }
        return sum
      }
    }
  }

  @Test("Against the definition, exactly", arguments: 1...3, 1...6)
  func definition(_ rank: Int, _ seed: Int) {
    var noise = TestNoise(UInt64(10 * rank + seed))
    for _ in 0..<12 {
      let problem = Problem(&noise, rank: rank)
      let (x, w) = (noise.integers(problem.xShape), noise.integers(problem.wShape))
      expectSame(problem.forward(x, w), problem.reference(x, w), "\(problem)")
    }
  }

  /// ⟨y, x * w⟩ = ⟨x, transposed(y, w)⟩, in whole numbers.
  @Test("A transposed convolution is the transpose, exactly", arguments: 1...3, 1...6)
  func transposes(_ rank: Int, _ seed: Int) {
    var noise = TestNoise(UInt64(10 * rank + seed + 100))
    for _ in 0..<12 {
      let problem = Problem(&noise, rank: rank)
      // Where the stride leaves a rest that no output padding reaches, there is no such transpose.
      let extra = zip(zip(problem.axes, problem.sizes), problem.outputSizes).map {
        $0.1 - $0.0.transposedOutputSize(for: $1)
      }
      guard zip(extra, problem.axes).allSatisfy({ (0..<max($1.stride, $1.dilation)).contains($0) }) else { continue }
      let (x, w, y) = (
        noise.integers(problem.xShape), noise.integers(problem.wShape), noise.integers(problem.yShape)
      )
      let back = problem.transposed(y, w)
      #expect(back.shape == problem.xShape)
      #expect((problem.forward(x, w) * y).sum() == (x * back).sum(), "\(problem)")
    }
  }

  @Test("Gradients of the second order are those of bilinear maps, exactly", arguments: 1...3, 1...4)
  func gradients(_ rank: Int, _ seed: Int) {
    var noise = TestNoise(UInt64(10 * rank + seed + 200))
    for _ in 0..<4 {
      let problem = Problem(&noise, rank: rank)
      let (x, w) = (noise.integers(problem.xShape).recorded(), noise.integers(problem.wShape).recorded())
      let (dx, dw) = (noise.integers(problem.xShape), noise.integers(problem.wShape))
      let u = noise.integers(problem.yShape).recorded()
      let gradients = problem.forward(x, w).pullback(u, at: [x, w], recording: true)
      #expect((gradients[0] * dx).sum() == (problem.forward(dx, w.detached()) * u).sum(), "\(problem)")
      #expect((gradients[1] * dw).sum() == (problem.forward(x.detached(), dw) * u).sum(), "\(problem)")
      // ⟨∂/∂x, dx⟩ = ⟨u, dx * w⟩ is linear in w and u.
      let seconds = (gradients[0] * dx).sum().gradients(at: [w, u])
      #expect((seconds[0] * dw).sum() == (problem.forward(dx, dw) * u).sum(), "\(problem)")
      #expect(seconds[1] == problem.forward(dx, w.detached()), "\(problem)")
    }
  }

  @Test("What a depthwise convolution gives for an image does not depend on the others")
  func depthwiseInBatches() {
    var noise = TestNoise(4)
    let (x, w) = (noise.tensor([5, 12, 11, 24]), noise.tensor([24, 3, 3, 1]))
    let all = x.conv2d(w, stride: 2, padding: 1, groups: 24)
    let back = all.convTranspose2d(w, stride: 2, padding: 1, groups: 24)
    for image in 0..<5 {
      let one = x[image..<image + 1].conv2d(w, stride: 2, padding: 1, groups: 24)
      #expect(bitPatterns(one) == bitPatterns(all[image..<image + 1]))
      #expect(
        bitPatterns(one.convTranspose2d(w, stride: 2, padding: 1, groups: 24))
          == bitPatterns(back[image..<image + 1]))
    }
  }

  @Test("Causal padding lets no output see a later input")
  func causal() {
    var noise = TestNoise(6)
    let w = noise.tensor([2, 3, 1])
    let before = noise.tensor([1, 6, 1])
    let after = Tensor.concatenated([before[0..<1, 0..<4], noise.tensor([1, 2, 1])], axis: 1)
    func output(_ x: Tensor) -> Tensor { x.conv1d(w, padding: .init(before: 2)) }
    #expect(output(before)[0..<1, 0..<4] == output(after)[0..<1, 0..<4])
    #expect(output(before).shape == [1, 6, 2])
  }

  /// The three axes of a convolution of volumes, each with another size, kernel, stride and padding.
  private struct Axes {
    static let orders = [[0, 1, 2], [0, 2, 1], [1, 0, 2], [1, 2, 0], [2, 0, 1], [2, 1, 0]]
    /// Which of the axes is the depth, which the height and which the width.
    let order: [Int]

    private func size(_ all: [Int]) -> Tensor.Size3D {
      Tensor.Size3D(depth: all[order[0]], height: all[order[1]], width: all[order[2]])
    }
    var stride: Tensor.Size3D { size([1, 2, 1]) }
    var outputPadding: Tensor.Size3D { size([0, 1, 0]) }
    var padding: Tensor.Padding3D {
      let (before, after) = (size([1, 0, 2]), size([0, 2, 1]))
      return Tensor.Padding3D(
        front: before.depth, back: after.depth, top: before.height, bottom: after.height, left: before.width,
        right: after.width)
    }

    /// A volume or a kernel `[N, 0, 1, 2, C]` with its axes in this order.
    func permuted(_ tensor: Tensor) -> Tensor { tensor.permuted([0] + order.map { $0 + 1 } + [4]) }
  }

  @Test("No spatial axis of a volume is another than the others", arguments: Axes.orders)
  func axesOfVolumes(_ order: [Int]) throws {
    var noise = TestNoise(8)
    let (x, w) = (noise.tensor([2, 3, 4, 5, 2]), noise.tensor([3, 2, 3, 1, 2]))
    let (usual, axes) = (Axes(order: [0, 1, 2]), Axes(order: order))
    func check(_ expectedShape: Tensor.Shape, _ what: String, _ run: (Axes) -> Tensor) throws {
      let (expected, moved) = (run(usual), run(axes))
      #expect(expected.shape == expectedShape, "\(what)")
      try #require(moved.shape == axes.permuted(expected).shape, "\(what)")
      let difference = (moved - axes.permuted(expected)).maximumMagnitude
      #expect(difference <= 1e-5 * expected.maximumMagnitude, "\(what): \(difference)")
    }
    try check([2, 3, 2, 8, 3], "conv3d") {
      $0.permuted(x).conv3d($0.permuted(w), stride: $0.stride, padding: $0.padding)
    }
    try check([2, 3, 8, 2, 3], "convTranspose3d") {
      $0.permuted(x).convTranspose3d(
        $0.permuted(w), stride: $0.stride, padding: $0.padding, outputPadding: $0.outputPadding)
    }
  }

  @Test func sizesAndTexts() {
    #expect(Tensor.Padding1D.same(kernelSize: 4, dilation: 3) == .init(before: 4, after: 5))
    let same = Tensor.Padding3D.same(kernelSize: .init(depth: 2, height: 3, width: 4), dilation: 2)
    #expect(same == Tensor.Padding3D(front: 1, back: 1, top: 2, bottom: 2, left: 3, right: 3))
    #expect("\(same)" == "[front 1, back 1, top 2, bottom 2, left 3, right 3]")
    #expect("\(Tensor.Padding1D(before: 2))" == "[before 2, after 0]")
    #expect("\(Tensor.Size3D(depth: 1, height: 2, width: 3))" == "[1, 2, 3]")
    let geometry = Tensor.ConvolutionGeometry(
      kernel: .init(height: 1, width: 2), stride: .init(height: 3, width: 4),
      padding: .init(top: 5, bottom: 6, left: 7, right: 8), dilation: .init(height: 9, width: 10))
    #expect(Tensor.ConvolutionGeometry(height: geometry.height, width: geometry.width) == geometry)
  }

  @Test("No sequences and no volumes")
  func empty() {
    let x = Tensor.zeros([0, 4, 4, 4, 2]).recorded()
    let w = Tensor.ones([3, 2, 2, 2, 2]).recorded()
    let y = x.conv3d(w, stride: 2)
    #expect(y.shape == [0, 2, 2, 2, 3])
    #expect(y.sum().gradients(at: [x, w])[1] == Tensor.zeros(w.shape))
    #expect(Tensor.zeros([0, 2, 2, 2, 2]).convTranspose3d(w.detached(), stride: 2).shape == [0, 4, 4, 4, 3])
    #expect(Tensor.zeros([0, 9, 4]).conv1d(.ones([8, 3, 1]), groups: 4).shape == [0, 7, 8])
  }
}

extension ParallelLoopTests {
  @Test(
    "A depthwise convolution's maps have the same bits with one thread and two", arguments: InstructionSet.available)
  func depthwise(_ set: InstructionSet) {
    var noise = TestNoise(5)
    for (channels, stride) in [(48, 1), (33, 2), (4, 1)] {
      let geometry = Tensor.ConvolutionGeometry(kernel: 3, stride: .init(stride), padding: 1)
      let maps = ConvolutionMaps(
        geometry: geometry, count: 7, inputSize: 28, inputChannels: channels, outputSize: geometry.outputSize(for: 28),
        outputChannels: channels, weightOrder: .outputFirst, isDepthwise: true)
      let problem = DepthwiseConvolution(maps, kernels: KernelSet(for: set))
      let (x, y, w) = (noise.tensor(maps.xShape), noise.tensor(maps.yShape), noise.tensor(maps.wShape))
      func results() -> [[UInt32]] {
        [
          Tensor(maps.yShape) { problem.forward(x.pointer, w.pointer, $0) },
          Tensor(maps.xShape) { problem.inputGradient(y.pointer, w.pointer, $0) },
          Tensor(maps.wShape) { problem.filterGradient(x.pointer, y.pointer, $0) },
        ].map(bitPatterns)
      }
      #expect(
        withThreads(1, results) == withThreads(2, results), "\(channels) channels, stride \(stride), on \(set)")
    }
  }
}
