import Testing

@testable import Tensor

/// Which way of computing a shape takes, on every instruction set: otherwise a fast path could be left by a change of a
/// threshold, or never be entered by a test, and no result would tell.
@Suite struct ComputingPathTests {
  /// A product and the paths that it must take, no others.
  struct Product: Sendable, CustomTestStringConvertible {
    let m: Int, n: Int, k: Int
    var isATransposed = false
    /// Floats between the rows of B, if more than it has columns.
    var bRowStride: Int?
    let paths: Set<ComputingPath>
    var testDescription: String { "[\(m), \(k)] · [\(k), \(n)]" }

    func run(_ kernels: KernelSet) {
      let stride = bRowStride ?? n
      let (a, b) = (Tensor.ones([m, k]), Tensor.ones([k, stride]))
      let result = Tensor([m, n]) { c in
        gemm(
          m: m, n: n, k: k, a: a.pointer, aRowStride: isATransposed ? 1 : k, aColumnStride: isATransposed ? m : 1,
          b: b.pointer, bRowStride: stride, bColumnStride: 1, c: c, cRowStride: n, accumulate: false, kernels: kernels)
      }
      #expect(result == Tensor(repeating: Float(k), shape: [m, n]))
      withExtendedLifetime((a, b)) {}
    }
  }

  static let products = [
    Product(m: 1, n: 40, k: 10, paths: [.rowProduct]),
    Product(m: 5, n: 1, k: 10, paths: [.transposedColumn, .packedColumns]),
    Product(m: 5, n: 1, k: 10, isATransposed: true, paths: [.transposedColumn, .rowProduct]),
    Product(m: 64, n: 64, k: 64, paths: [.directColumns]),
    Product(m: 64, n: 70, k: 64, paths: [.directColumns, .packedColumns]),
    Product(m: 64, n: 3, k: 64, paths: [.packedColumns]),
    Product(m: 300, n: 64, k: 20, paths: [.packedColumns]),
    Product(m: 64, n: 64, k: 64, bRowStride: 512, paths: [.packedColumns]),
    Product(m: 1536, n: 70, k: 20, paths: [.packedColumns, .rowsInPlace]),
    Product(m: 1536, n: 70, k: 20, isATransposed: true, paths: [.packedColumns, .rowsInChunks]),
    Product(m: 1536, n: 70, k: 512, paths: [.packedColumns, .rowsInChunks]),
    Product(m: 1536, n: 769, k: 3, paths: [.packedColumns]),
  ]

  /// A map of a convolution.
  enum Map: Sendable { case forward, inputGradient, filterGradient }

  struct Convolution: Sendable, CustomTestStringConvertible {
    let map: Map
    let maps: ConvolutionMaps
    let paths: Set<ComputingPath>
    var testDescription: String { "\(map) of \(maps)" }

    func run(_ kernels: KernelSet, weight: Storage? = nil) {
      let problem = ConvolutionProblem(maps, kernels: kernels, weight: weight)
      let depthwise = DepthwiseConvolution(maps, kernels: kernels)
      let (x, y, w) = (Tensor.ones(maps.xShape), Tensor.ones(maps.yShape), Tensor.ones(maps.wShape))
      let result =
        switch map {
        case .forward where maps.isDepthwise: Tensor(maps.yShape) { depthwise.forward(x.pointer, w.pointer, $0) }
        case .inputGradient where maps.isDepthwise:
          Tensor(maps.xShape) { depthwise.inputGradient(y.pointer, w.pointer, $0) }
        case .filterGradient where maps.isDepthwise:
          Tensor(maps.wShape) { depthwise.filterGradient(x.pointer, y.pointer, $0) }
        case .forward: Tensor(maps.yShape) { problem.forward(x.pointer, w.pointer, $0) }
        case .inputGradient: Tensor(maps.xShape) { problem.inputGradient(y.pointer, w.pointer, $0) }
        case .filterGradient: Tensor(maps.wShape) { problem.filterGradient(x.pointer, y.pointer, $0) }
        }
      #expect(result.isAllFinite)
      withExtendedLifetime((x, y, w)) {}
    }
  }

  /// The first and the second layer of the reference DCGAN's discriminator, and kernels without a stride.
  static let first = ConvolutionMaps(count: 3, size: 28, inputs: 1, outputs: 64, kernel: 4, stride: 2, padding: 1)
  static let second = ConvolutionMaps(count: 2, size: 14, inputs: 64, outputs: 32, kernel: 4, stride: 2, padding: 1)
  static let pointwise = ConvolutionMaps(count: 2, size: 4, inputs: 40, outputs: 24, kernel: 1)
  static let toGray = ConvolutionMaps(count: 2, size: 9, inputs: 32, outputs: 1, kernel: 5, padding: 2)
  static let depthwise = ConvolutionMaps(
    geometry: pointwise.geometry, count: 2, inputSize: pointwise.inputSize, inputChannels: 40,
    outputSize: pointwise.outputSize, outputChannels: 40, weightOrder: .outputFirst, isDepthwise: true)

  static let convolutions = [
    Convolution(map: .forward, maps: first, paths: [.patchProduct, .paddedWindows, .rowsOfTaps]),
    Convolution(map: .inputGradient, maps: first, paths: [.spread]),
    Convolution(map: .filterGradient, maps: first, paths: [.patchesAsRows]),
    Convolution(map: .forward, maps: second, paths: [.winograd]),
    Convolution(map: .inputGradient, maps: second, paths: [.winograd]),
    Convolution(map: .filterGradient, maps: second, paths: [.outputsAsRows]),
    Convolution(map: .forward, maps: pointwise, paths: [.patchProduct]),
    Convolution(map: .forward, maps: toGray, paths: [.spread]),
    Convolution(map: .filterGradient, maps: toGray, paths: [.mirroredFilterGradient, .patchesAsRows]),
    Convolution(map: .forward, maps: depthwise, paths: [.depthwise]),
    Convolution(map: .inputGradient, maps: depthwise, paths: [.depthwise]),
    Convolution(map: .filterGradient, maps: depthwise, paths: [.depthwise]),
  ]

  @Test(arguments: InstructionSet.available, products)
  func product(_ set: InstructionSet, _ product: Product) {
    let kernels = KernelSet(for: set)
    product.run(kernels)
    #expect(kernels.paths.taken == product.paths)
  }

  @Test(arguments: InstructionSet.available, convolutions)
  func convolution(_ set: InstructionSet, _ convolution: Convolution) {
    let kernels = KernelSet(for: set)
    convolution.run(kernels)
    #expect(kernels.paths.taken == convolution.paths)
  }

  @Test("A weight is laid out once for images that come one by one", arguments: InstructionSet.available)
  func keptWeight(_ set: InstructionSet) {
    let kernels = KernelSet(for: set)
    var single = Self.second
    single.count = 1
    let weight = Storage(count: 1)
    for call in 0..<3 {
      Convolution(map: .forward, maps: single, paths: []).run(kernels, weight: weight)
      #expect(kernels.paths[.keptWeight] == call && kernels.paths[.winograd] == call + 1)
    }
  }

  @Test("No path is left out above")
  func complete() {
    let named = Self.products.map(\.paths) + Self.convolutions.map(\.paths) + [[.keptWeight]]
    #expect(named.reduce(into: Set()) { $0.formUnion($1) } == Set(ComputingPath.allCases))
  }
}
