import Testing

@testable import Tensor

/// The product of a single row has a way of its own, with the same bits.
@Suite struct RowProductTests {
  /// Depths and columns: below and above the depth of a block, a part and a strip of columns; layers of the models.
  static let sizes = [
    [1, 1], [3, 5], [7, 16], [100, 12544], [256, 33], [257, 64], [400, 784], [784, 400], [4500, 70], [20, 3000],
  ]

  @Test("As in a batch, on every instruction set", arguments: InstructionSet.available, sizes)
  func sameAsInABatch(_ set: InstructionSet, _ sizes: [Int]) {
    let (k, n, count, gap) = (sizes[0], sizes[1], 64, 3)
    let kernels = KernelSet(for: set)
    var noise = TestNoise(3)
    // The rows of B lie apart, and A is stored by columns.
    let (a, b, start) = (noise.tensor([k, count]), noise.tensor([k, n + gap]), noise.tensor([count, n]))
    func product(_ rows: Range<Int>, accumulate: Bool) -> Tensor {
      var result = start[rows]
      result.withMutableScalars { scalars in
        guard let c = scalars.baseAddress else { return }
        gemm(
          m: rows.count, n: n, k: k, a: a.pointer + rows.lowerBound, aRowStride: 1, aColumnStride: count,
          b: b.pointer, bRowStride: n + gap, bColumnStride: 1, c: c, cRowStride: n, accumulate: accumulate,
          kernels: kernels)
      }
      return result
    }
    for accumulate in [false, true] {
      let all = product(0..<count, accumulate: accumulate)
      for row in [0, 17, count - 1] {
        let isSame = bitPatterns(product(row..<row + 1, accumulate: accumulate)) == bitPatterns(all[row..<row + 1])
        #expect(isSame, "row \(row) of \(sizes), accumulating: \(accumulate)")
      }
    }
  }

  @Test("Against a sum in double precision", arguments: sizes)
  func againstReference(_ sizes: [Int]) {
    let (k, n) = (sizes[0], sizes[1])
    var noise = TestNoise(4)
    let (a, b) = (noise.integers([1, k]), noise.integers([k, n]))
    let (x, y) = (a.scalars, b.scalars)
    let reference = Reference([1, n]) { index in
      (0..<k).reduce(0.0) { $0 + Double(x[$1]) * Double(y[$1 * n + index[1]]) }
    }
    expectSame(a.matmul(b), reference)
  }
}
