import Testing

@testable import Tensor

/// The three maps against seven loops in `Double`, for every copy of the kernels this processor can run. The operands
/// are small whole numbers, so that every sum is exact, in whatever order.
@Suite struct ConvolutionKernelTests {
  /// Corners, and the layers of the models.
  static let table: [ConvolutionMaps] = [
    ConvolutionMaps(count: 0, size: 5, inputs: 2, outputs: 3, kernel: 3, padding: 1),
    ConvolutionMaps(count: 1, size: 1, inputs: 1, outputs: 1, kernel: 1),
    ConvolutionMaps(count: 3, size: 1, inputs: 5, outputs: 7, kernel: 4, stride: 2, padding: 2),
    ConvolutionMaps(count: 2, size: 1, inputs: 3, outputs: 2, kernel: 2, padding: 6),
    ConvolutionMaps(count: 2, size: 4, inputs: 100, outputs: 24, kernel: 4),
    ConvolutionMaps(count: 2, size: 9, inputs: 3, outputs: 20, kernel: 3, stride: 5),
    ConvolutionMaps(count: 2, size: 9, inputs: 3, outputs: 20, kernel: 2, stride: 5, padding: 9),
    ConvolutionMaps(count: 2, size: 12, inputs: 4, outputs: 6, kernel: 3, stride: 2, padding: 3, dilation: 4),
    ConvolutionMaps(count: 2, size: 12, inputs: 2, outputs: 3, kernel: 3, stride: 4, padding: 4, dilation: 2),
    ConvolutionMaps(count: 1, size: 5, inputs: 300, outputs: 280, kernel: 2, padding: 1),
    ConvolutionMaps(count: 1, size: 4, inputs: 1100, outputs: 40, kernel: 1),
    ConvolutionMaps(count: 7, size: 28, inputs: 1, outputs: 64, kernel: 4, stride: 2, padding: 1),
    ConvolutionMaps(count: 21, size: 14, inputs: 64, outputs: 32, kernel: 4, stride: 2, padding: 1),
    ConvolutionMaps(count: 33, size: 8, inputs: 3, outputs: 16, kernel: 5, padding: 2),
    ConvolutionMaps(count: 5, size: 13, inputs: 16, outputs: 3, kernel: 3, padding: 1),
    ConvolutionMaps(count: 2, size: 7, inputs: 18, outputs: 2, kernel: 2, padding: 5),
    ConvolutionMaps(count: 2, size: 6, inputs: 300, outputs: 260, kernel: 3, padding: 2, dilation: 2),
    // Two taps for each phase of the stride: Winograd's algorithm, with all numbers of rows that are left over.
    ConvolutionMaps(count: 9, size: 6, inputs: 33, outputs: 40, kernel: 4, stride: 2, padding: 1),
    ConvolutionMaps(count: 2, size: 8, inputs: 40, outputs: 33, kernel: 4, stride: 2, padding: 1),
    ConvolutionMaps(count: 3, size: 13, inputs: 32, outputs: 70, kernel: 4, stride: 2),
    ConvolutionMaps(count: 1, size: 7, inputs: 290, outputs: 32, kernel: 2, padding: 3),
    ConvolutionMaps(count: 1, size: 9, inputs: 48, outputs: 300, kernel: 6, stride: 3, padding: 4),
    ConvolutionMaps(
      count: 2, size: Tensor.Size2D(height: 12, width: 5), inputs: 36, outputs: 32,
      Tensor.ConvolutionGeometry(
        kernel: Tensor.Size2D(height: 4, width: 2), stride: Tensor.Size2D(height: 2, width: 1),
        padding: Tensor.Padding2D(top: 3, bottom: 1, left: 0, right: 2))),
  ]

  @Test(arguments: InstructionSet.available)
  func table(_ set: InstructionSet) {
    for maps in Self.table {
      Self.check(maps, on: set)
      Self.check(maps.with(.inputFirst), on: set)
    }
  }

  @Test(arguments: InstructionSet.available, 1...4)
  func random(_ set: InstructionSet, _ seed: Int) {
    var noise = TestNoise(UInt64(seed))
    for _ in 0..<60 { Self.check(.random(&noise), on: set) }
  }

  @Test("Each channel by itself", arguments: InstructionSet.available, 1...4)
  func depthwise(_ set: InstructionSet, _ seed: Int) {
    var noise = TestNoise(UInt64(seed))
    for _ in 0..<60 { Self.check(.randomDepthwise(&noise), on: set) }
    Self.check(
      ConvolutionMaps(
        geometry: .init(kernel: 3, padding: 1), count: 5, inputSize: 28, inputChannels: 48, outputSize: 28,
        outputChannels: 48, weightOrder: .outputFirst, isDepthwise: true), on: set)
  }

  @Test("What transforms round off stays far below a sum's own rounding", arguments: InstructionSet.available)
  func accuracy(_ set: InstructionSet) {
    var noise = TestNoise(3)
    let maps = ConvolutionMaps(count: 1, size: 14, inputs: 128, outputs: 32, kernel: 4, stride: 2, padding: 1)
    let problem = ConvolutionProblem(maps, kernels: KernelSet(for: set))
    let (x, y, w) = (noise.tensor(maps.xShape), noise.tensor(maps.yShape), noise.tensor(maps.wShape))
    let reference = ConvolutionReference(maps: maps)
    func error(_ values: Tensor, _ expected: [Double]) -> Double {
      let worst = zip(values.scalars, expected).reduce(0) { max($0, abs(Double($1.0) - $1.1)) }
      return worst / expected.reduce(0) { max($0, abs($1)) }
    }
    let forward = Tensor(maps.yShape) { problem.forward(x.pointer, w.pointer, $0) }
    let inputGradient = Tensor(maps.xShape) { problem.inputGradient(y.pointer, w.pointer, $0) }
    #expect(error(forward, reference.forward(x.scalars, w.scalars)) < 1e-6)
    #expect(error(inputGradient, reference.inputGradient(y.scalars, w.scalars)) < 1e-6)
  }

  /// Runs all three maps.
  static func check(_ maps: ConvolutionMaps, on set: InstructionSet) {
    var noise = TestNoise(1)
    func numbers(_ shape: Tensor.Shape) -> [Float] { (0..<shape.scalarCount).map { _ in Float(noise.int(7) - 3) } }
    let (x, y, w) = (numbers(maps.xShape), numbers(maps.yShape), numbers(maps.wShape))
    let reference = ConvolutionReference(maps: maps)
    let kernels = KernelSet(for: set)
    if maps.isDepthwise {
      let problem = DepthwiseConvolution(maps, kernels: kernels)
      expect(reference.forward(x, w), x, w, "forward map of \(maps) on \(set)", problem.forward)
      expect(reference.inputGradient(y, w), y, w, "input-gradient map of \(maps) on \(set)", problem.inputGradient)
      expect(reference.filterGradient(x, y), x, y, "filter-gradient map of \(maps) on \(set)", problem.filterGradient)
      return
    }
    let problem = ConvolutionProblem(maps, kernels: kernels)
    expect(reference.forward(x, w), x, w, "forward map of \(maps) on \(set)", problem.forward)
    expect(reference.inputGradient(y, w), y, w, "input-gradient map of \(maps) on \(set)", problem.inputGradient)
    expect(reference.filterGradient(x, y), x, y, "filter-gradient map of \(maps) on \(set)", problem.filterGradient)
  }

  /// Runs a map on operands that end at inaccessible pages, with NaN before them, into memory that holds NaN.
  private static func expect(
    _ expected: [Double], _ a: [Float], _ b: [Float], _ what: String,
    _ map: (UnsafePointer<Float>, UnsafePointer<Float>, UnsafeMutablePointer<Float>) -> Void
  ) {
    let before = 32
    let fence = [Float](repeating: .nan, count: before)
    let undefined = [Float](repeating: .nan, count: expected.count)
    let (left, right) = (fence + a, fence + b)
    let values: [Float] = guarded(expected.count, left, right, initial: undefined) { result, operands in
      map(operands[0] + before, operands[1] + before, result)
    }
    if let place = expected.indices.first(where: { Double(values[$0]) != expected[$0] }) {
      Issue.record("\(what): scalar \(place) is \(values[place]), expected \(expected[place])")
    }
  }
}

extension ConvolutionMaps {
  /// The same with the weight's axes in another order.
  fileprivate func with(_ order: WeightOrder) -> ConvolutionMaps {
    ConvolutionMaps(
      geometry: geometry, count: count, inputSize: inputSize, inputChannels: inputChannels, outputSize: outputSize,
      outputChannels: outputChannels, weightOrder: order)
  }
}
