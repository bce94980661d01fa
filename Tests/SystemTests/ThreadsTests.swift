import Foundation
import LatentTestSupport
import Synchronization
import Testing

@testable import LatentSystem

/// `Threads.count` is one number for the process, so these tests run one after the other.
@Suite(.serialized) struct ThreadsTests {
  @Test(arguments: [1, 2, 3, 4, 16, 40])
  func everyIndexOnce(threads: Int) {
    withThreads(threads) {
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

  @Test func nestedCalls() {
    withThreads(3) {
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
    withThreads(4) {
      let sum = Atomic<Int>(0)
      for _ in 0..<100_000 {
        Threads.parallelFor(3) { sum.wrappingAdd($0 + 1, ordering: .relaxed) }
      }
      #expect(sum.load(ordering: .relaxed) == 600_000)
    }
  }

  /// Without atomics in the body: what chunks write must be visible to the caller afterwards.
  @Test func writesAreVisible() {
    withThreads(3) {
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

  @Test func countIsAtLeastOne() async {
    await #expect(processExitsWith: .failure) { Threads.count = 0 }
    #expect(Threads.count >= 1)
  }

  @Test func environmentChooses() throws {
    #expect(try Threads.count(named: "3") == 3)
    #expect(try Threads.count(named: "100000") == Threads.limit)
    for text in ["x", "0", "-1", "1.5", " 1"] {
      let error = #expect(throws: EnvironmentError.self) { try Threads.count(named: text) }
      #expect(
        error?.description
          == "LATENT_THREADS: '\(text)' is not a number of threads; it must be a whole number from 1")
    }
  }

  #if os(macOS) || os(Linux)
    @Test("The library warns once of a number that makes no sense, and takes all processors") func warning() async {
      let result = await #expect(processExitsWith: .success, observing: [\.standardErrorContent]) {
        setenv("LATENT_THREADS", "many", 1)
        for _ in 0..<2 { #expect(Threads.count == min(Machine.processorCount, Threads.limit)) }
      }
      let text = String(decoding: result?.standardErrorContent ?? [], as: UTF8.self)
      let warning =
        "warning: LATENT_THREADS: 'many' is not a number of threads; it must be a whole number from 1; threads: "
      #expect(text.split(separator: "\n").filter { $0.hasPrefix(warning) }.count == 1, "\(text)")
    }
  #endif

  @Test func lockExcludes() {
    withThreads(4) {
      let lock = Lock()
      nonisolated(unsafe) var count = 0
      Threads.parallelFor(1000) { _ in lock.withLock { count += 1 } }
      #expect(count == 1000)
    }
  }
}
