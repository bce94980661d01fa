import Foundation
import Synchronization
import Testing

@testable import LatentBenchmarkHarness

@Suite struct PeaksTests {
  private let peaks = Peaks(threads: 4, flopsPerSecond: { 100e9 }, bytesPerSecond: { 20e9 })

  /// The row of a benchmark that took a microsecond.
  private func report(_ settings: Benchmark.Setting..., peaks: Peaks?) -> Report {
    var plan = Plan()
    plan.iterations = 1
    return Report(
      name: "row", settings: settings, measurement: Measurement(plan) { Double($0) * 1e-6 },
      peaks: MeasuredPeaks(peaks, for: [Benchmark("row", settings: settings, body: {})]))
  }

  private func isClose(_ value: Double?, _ expected: Double) -> Bool { abs((value ?? .nan) - expected) < 1e-12 }

  @Test func flopsAreComparedWithAllThreads() {
    #expect(isClose(report(.flops(300_000), peaks: peaks).fractionOfPeak, 0.75))
    #expect(isClose(report(.flops(50_000), .threads(1), peaks: peaks).fractionOfPeak, 0.5))
    #expect(isClose(report(.flops(50_000), .threads(0), peaks: peaks).fractionOfPeak, 0.5))
  }

  @Test func bytesAreComparedWithTheWholeMachine() {
    #expect(isClose(report(.bytes(5000), peaks: peaks).fractionOfPeak, 0.25))
    #expect(isClose(report(.bytes(5000), .threads(1), peaks: peaks).fractionOfPeak, 0.25))
    // From a cache.
    #expect(isClose(report(.bytes(50_000), peaks: peaks).fractionOfPeak, 2.5))
  }

  @Test func theNearerPeakCounts() {
    #expect(isClose(report(.flops(40_000), .bytes(5000), peaks: peaks).fractionOfPeak, 0.25))
    #expect(isClose(report(.flops(200_000), .bytes(5000), peaks: peaks).fractionOfPeak, 0.5))
  }

  @Test func whatIsUnknownIsNotCompared() {
    #expect(report(.items(3), peaks: peaks).fractionOfPeak == nil)
    #expect(report(.flops(3), .bytes(3), peaks: nil).fractionOfPeak == nil)
    let nothing = Peaks(threads: 4, flopsPerSecond: { 0 }, bytesPerSecond: { 0 })
    #expect(report(.flops(3), .bytes(0), peaks: nothing).fractionOfPeak == nil)
  }

  @Test func onlyWhatIsNeededIsMeasuredAndOnlyOnce() {
    let calls = Mutex<[String]>([])
    let counting = Peaks(threads: 2) {
      calls.withLock { $0.append("flops") }
      return 1e9
    } bytesPerSecond: {
      calls.withLock { $0.append("bytes") }
      return 1e9
    }
    let suite = BenchmarkSuite(name: "suite") { suite in
      suite.benchmark("plain", .items(1)) {}
      for name in ["a", "b"] { suite.benchmark("flops/\(name)", .flops(1)) {} }
      suite.benchmark("bytes", .bytes(1)) {}
    }
    func measured(_ arguments: String...) -> [String] {
      calls.withLock { $0 = [] }
      let runner = Runner(
        program: "Benchmarks", benchmarks: suite.benchmarks, peaks: counting, output: { _ in }, errors: { _ in })
      _ = runner.run(["--iterations", "1"] + arguments, isDebugBuild: false)
      return calls.withLock { $0 }
    }
    #expect(measured("--filter", "plain") == [])
    #expect(measured("--filter", "flops") == ["flops"])
    #expect(measured("--filter", "bytes") == ["bytes"])
    #expect(measured().sorted() == ["bytes", "flops"])
    #expect(measured("--list") == [])
  }

  /// The report of a plain benchmark and one with floating-point operations.
  private func output(_ arguments: String...) -> String {
    let suite = BenchmarkSuite(name: "suite") { suite in
      suite.benchmark("plain") {}
      suite.benchmark("flops", .flops(400)) { blackHole(identity(1)) }
    }
    var output = ""
    let runner = Runner(
      program: "Benchmarks", benchmarks: suite.benchmarks, peaks: peaks, output: { output += $0 }, errors: { _ in })
    #expect(runner.run(["--iterations", "3"] + arguments, isDebugBuild: false) == 0)
    return output
  }

  @Test func consoleHasAColumn() throws {
    let lines = output().split(separator: "\n")
    try #require(lines.count == 4)
    #expect(lines[0].hasSuffix("  iterations     of peak"))
    #expect(lines[1].count == lines[0].count)
    #expect(lines[2].count == lines[0].count && lines[2].hasSuffix("3           -"))
    #expect(lines[3].prefix(lines[0].count).hasSuffix(" %") && lines[3].hasSuffix(" GFLOP/s"))
    #expect(!output("--filter", "plain").contains("of peak"), "nothing to compare")
  }

  @Test func jsonAndCSVHaveAField() throws {
    let object =
      try JSONSerialization.jsonObject(with: Data(output("--format=json").utf8)) as? [String: [[String: Any]]]
    let rows = try #require(object?["benchmarks"])
    #expect(rows[0]["fraction_of_peak"] == nil)
    let gflops = try #require(rows[1]["gflops"] as? Double)
    let fraction = try #require(rows[1]["fraction_of_peak"] as? Double)
    #expect(fraction > 0 && abs(fraction - gflops / 400) <= 1e-9 * fraction)
    let lines = output("--format=csv").split(separator: "\n")
    let values = lines[2].split(separator: ",", omittingEmptySubsequences: false).map { Double($0) }
    try #require(values.count == 9)
    #expect(isClose(values[7].map { $0 * 400 / (values[4] ?? 0) }, 1))
  }
}
