import Latent
import LatentBenchmarkHarness

/// What the machine can do at the most: one core's multiplications and additions in registers, the micro-kernel on
/// operands that stay in its first cache, and a copy from memory to memory by all threads.
let processor = BenchmarkSuite(name: "processor") { suite in
  let (rounds, depth, tiles) = (10_000, 256, 100)
  suite.benchmark("peak", .flops(runMultiplyAddPeak(iterations: rounds)), .threads(1)) {
    blackHole(runMultiplyAddPeak(iterations: rounds))
  }
  suite.benchmark("micro-kernel", .flops(runMicroKernel(k: depth, repetitions: tiles)), .threads(1)) {
    blackHole(runMicroKernel(k: depth, repetitions: tiles))
  }
  suite.benchmark("copy", .bytes(MemoryCopy.bytes)) {
    MemoryCopy()
  } body: {
    $0.run()
  }
}

/// The same figures, measured before the other benchmarks for comparison with them.
let peaks = Peaks(threads: Threads.count) {
  let rounds = 100_000
  return best(of: 20) { runMultiplyAddPeak(iterations: rounds) }
} bytesPerSecond: {
  let copy = MemoryCopy()
  return best(of: 10) {
    copy.run()
    return MemoryCopy.bytes
  }
}

/// The highest rate of several runs, since whatever disturbs a run makes it slower.
///
/// - Parameter run: Returns how much it did.
/// - Returns: How much was done in a second.
private func best(of runs: Int, _ run: () -> Int) -> Double {
  let clock = ContinuousClock()
  var rate = 0.0
  for _ in 0..<runs {
    var amount = 0
    let time = clock.measure { amount = run() }
    rate = max(rate, Double(amount) / (time / .seconds(1)))
  }
  return rate
}

/// A copy between two blocks that no cache holds, by all threads.
private final class MemoryCopy: @unchecked Sendable {
  /// Read and written by one run, together.
  static let bytes = 2 * count * MemoryLayout<Float>.stride

  /// 128 MiB of floats.
  private static let count = 1 << 25
  private let source = UnsafeMutablePointer<Float>.allocate(capacity: count)
  private let target = UnsafeMutablePointer<Float>.allocate(capacity: count)

  init() {
    // Memory that was never written is all the same page of zeros.
    source.initialize(repeating: 1, count: Self.count)
    target.initialize(repeating: 0, count: Self.count)
  }

  deinit {
    source.deallocate()
    target.deallocate()
  }

  func run() {
    // One part for each thread: the longer the part, the sooner the system's copy passes the caches by.
    let parts = Threads.count
    Threads.parallelFor(parts) { part in
      let (start, end) = (Self.count * part / parts, Self.count * (part + 1) / parts)
      target.advanced(by: start).update(from: source.advanced(by: start), count: end - start)
    }
  }
}
