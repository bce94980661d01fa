import LatentTestSupport
import Testing

@testable import Tensor

/// How loops over scalars are split among threads.
@Suite struct ParallelLoopTests {
  @Test func rangesCoverAll() {
    for (size, unit) in [(1, 1), (7, 1), (64, 16), (1 << 15, 16)] {
      for count in [0, 1, size - 1, size, size + 1, 2 * size - 1, 2 * size + 1, 5 * size + 3, 33 * size - 17]
      where count >= 0 {
        let tally = Tally(count)
        Elementwise.forEachChunk(count, size: size, unit: unit) { range in
          #expect(!range.isEmpty && range.count <= size && range.lowerBound % unit == 0)
          for index in range { tally.add(index) }
        }
        #expect(tally.isOneEach, "\(count) by \(size) and \(unit)")
      }
    }
  }

  @Test(arguments: [(64, 400, 784), (257, 129, 300), (600, 700, 500)])
  func productsDoNotDependOnThreads(m: Int, n: Int, k: Int) {
    let a = GEMMTests.numbers(m * k, seed: 8)
    let b = GEMMTests.numbers(k * n, seed: 9)
    for set in InstructionSet.available {
      let results = [1, 2, 4].map { threads in
        var c = [Float](repeating: .nan, count: m * n)
        withThreads(threads) {
          gemm(
            m: m, n: n, k: k, a: a, aRowStride: k, aColumnStride: 1, b: b, bRowStride: n, bColumnStride: 1,
            c: &c, cRowStride: n, accumulate: false, kernels: KernelSet(for: set))
        }
        return c
      }
      #expect(results[0] == results[1] && results[0] == results[2])
    }
  }
}
