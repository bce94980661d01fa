import Foundation
import Synchronization
import Testing

@testable import Tensor

/// `Threads.count` is one number for the process, so these tests run one after the other.
@Suite(.serialized) struct ThreadsTests {
  /// Counts calls per index.
  final class Tally: Sendable {
    private let counts: [AtomicBox]

    init(_ count: Int) { counts = (0..<count).map { _ in AtomicBox() } }

    func add(_ index: Int) { counts[index].value.wrappingAdd(1, ordering: .relaxed) }
    var isOneEach: Bool { counts.allSatisfy { $0.value.load(ordering: .relaxed) == 1 } }

    final class AtomicBox: Sendable { let value = Atomic<Int>(0) }
  }

  static func with(_ threads: Int, _ body: () throws -> Void) rethrows {
    let before = Threads.count
    Threads.count = threads
    defer { Threads.count = before }
    try body()
  }

  @Test(arguments: [1, 2, 3, 4, 16, 40])
  func everyIndexOnce(threads: Int) {
    Self.with(threads) {
      for chunks in [0, 1, 2, 3, 7, 64, 1000] {
        let tally = Tally(chunks)
        // Now and then a chunk is slow: others have to do the rest of its share.
        Threads.parallelFor(chunks) {
          if $0 % 100 == 0 { usleep(1000) }
          tally.add($0)
        }
        #expect(tally.isOneEach)
      }
      Threads.parallelFor(-1) { _ in Issue.record("called for a negative count") }
    }
  }

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

  @Test func nestedCalls() {
    Self.with(3) {
      let tally = Tally(20 * 30)
      Threads.parallelFor(20) { outer in
        Threads.parallelFor(30) { inner in tally.add(outer * 30 + inner) }
      }
      #expect(tally.isOneEach)
    }
  }

  @Test func manyTasks() async {
    let before = Threads.count
    Threads.count = 4
    defer { Threads.count = before }
    await withTaskGroup(of: Bool.self) { group in
      for _ in 0..<50 {
        group.addTask {
          (0..<40).allSatisfy { _ in
            let tally = Tally(9)
            Threads.parallelFor(9) { tally.add($0) }
            return tally.isOneEach
          }
        }
      }
      for await isRight in group { #expect(isRight) }
    }
  }

  @Test func hundredThousandTinyCalls() {
    Self.with(4) {
      let sum = Atomic<Int>(0)
      for _ in 0..<100_000 {
        Threads.parallelFor(3) { sum.wrappingAdd($0 + 1, ordering: .relaxed) }
      }
      #expect(sum.load(ordering: .relaxed) == 600_000)
    }
  }

  /// Without atomics in the body: what chunks write must be visible to the caller afterwards.
  @Test func writesAreVisible() {
    Self.with(3) {
      var values = [Int](repeating: 0, count: 64)
      values.withUnsafeMutableBufferPointer { values in
        nonisolated(unsafe) let values = values
        for round in 1...2000 {
          Threads.parallelFor(64) { values[$0] += $0 }
          #expect(values[63] == 63 * round && values[0] == 0)
        }
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
        Self.with(threads) {
          gemm(
            m: m, n: n, k: k, a: a, aRowStride: k, aColumnStride: 1, b: b, bRowStride: n, bColumnStride: 1,
            c: &c, cRowStride: n, accumulate: false, kernels: GEMMKernels(for: set))
        }
        return c
      }
      #expect(results[0] == results[1] && results[0] == results[2])
    }
  }

  @Test func countIsAtLeastOne() async {
    await #expect(processExitsWith: .failure) { Threads.count = 0 }
    #expect(Threads.count >= 1)
  }

  @Test func lockExcludes() {
    Self.with(4) {
      let lock = Lock()
      nonisolated(unsafe) var count = 0
      Threads.parallelFor(1000) { _ in lock.withLock { count += 1 } }
      #expect(count == 1000)
    }
  }
}
