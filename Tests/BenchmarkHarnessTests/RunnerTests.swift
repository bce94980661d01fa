import Foundation
import Synchronization
import Testing

@testable import LatentBenchmarkHarness

@Suite struct RunnerTests {
  private struct Outcome {
    var code: Int32 = 0
    var output = ""
    var errors = ""
  }

  private struct Failure: Error, CustomStringConvertible {
    let description = "first line\nsecond line"
  }

  /// Runs a command line on benchmarks of our own; as an optimized build unless `isDebugBuild`.
  private func run(
    _ arguments: [String], _ benchmarks: [Benchmark], peakMemory: Benchmark.PeakMemory? = nil,
    isDebugBuild: Bool = false
  ) -> Outcome {
    var outcome = Outcome()
    let runner = Runner(
      program: "Benchmarks", benchmarks: benchmarks, peakMemory: peakMemory,
      output: { outcome.output += $0 }, errors: { outcome.errors += $0 })
    outcome.code = runner.run(arguments, isDebugBuild: isDebugBuild)
    return outcome
  }

  private let suite = BenchmarkSuite(name: "suite", .items(4)) { suite in
    suite.benchmark("plain") {}
    suite.benchmark("rates, \"quoted\"", .flops(100), .bytes(200)) { blackHole(identity(1)) }
  }

  @Test func jsonIsValidAndSorted() throws {
    let outcome = run(["--format", "json", "--iterations", "5"], suite.benchmarks)
    #expect(outcome.code == 0 && outcome.errors.isEmpty)
    let object = try JSONSerialization.jsonObject(with: Data(outcome.output.utf8)) as? [String: [[String: Any]]]
    let rows = try #require(object?["benchmarks"])
    try #require(rows.count == 2)
    #expect(rows[0]["name"] as? String == "suite/plain")
    #expect(rows[0]["iterations"] as? Int == 5)
    #expect(rows[0]["gflops"] == nil)
    #expect(rows[1]["name"] as? String == "suite/rates, \"quoted\"")
    let time = try #require(rows[1]["time"] as? Double)
    #expect(time > 0)
    #expect(abs((rows[1]["gflops"] as? Double ?? 0) * time - 100) < 1e-6)
    #expect(abs((rows[1]["gigabytes_per_second"] as? Double ?? 0) * time - 200) < 1e-6)
    #expect(abs((rows[1]["items_per_second"] as? Double ?? 0) * time - 4e9) < 1)
    let keys = outcome.output.matches(of: /"(\w+)" :/).map { String($0.1) }
    #expect(
      keys == ["benchmarks"] + ["items_per_second", "iterations", "name", "std", "time"]
        + ["gflops", "gigabytes_per_second", "items_per_second", "iterations", "name", "std", "time"])
  }

  @Test func csvQuotesNames() {
    let lines = run(["--format=csv", "--iterations=1"], suite.benchmarks).output.split(separator: "\n")
    #expect(lines.count == 3)
    #expect(
      lines[0] == "name,time,std,iterations,gflops,gigabytes_per_second,items_per_second,fraction_of_peak,peak_bytes")
    #expect(lines[1].hasPrefix("suite/plain,") && lines[1].contains(",1,,,") && lines[1].hasSuffix(",,"))
    #expect(lines[2].hasPrefix("\"suite/rates, \"\"quoted\"\"\","))
  }

  @Test func consoleColumnsLineUp() {
    let lines = run(["--iterations=3"], suite.benchmarks).output.split(separator: "\n")
    #expect(lines.count == 4)
    #expect(lines[0].split(separator: " ") == ["name", "time", "std", "iterations"])
    #expect(lines[1].allSatisfy { $0 == "-" } && lines[1].count == lines[0].count)
    #expect(lines[2].hasPrefix("suite/plain"))
    #expect(lines[3].contains(" GFLOP/s") && lines[3].contains(" GB/s") && lines[3].contains(" items/s"))
    #expect(lines[2].dropLast(lines[2].count - lines[0].count).hasSuffix(" 3"))
  }

  @Test(arguments: [
    (0, "0.000 ns"), (0.4996, "0.500 ns"), (999, "999.000 ns"), (1000, "1.000 µs"), (1_234_567, "1.235 ms"),
    (61e9, "61.000 s"),
  ])
  func timeText(nanoseconds: Double, text: String) {
    #expect(Report.timeText(nanoseconds: nanoseconds) == text)
  }

  @Test(arguments: [
    (1.005, 1, "1.0"), (-2.55, 1, "-2.6"), (-0.001, 2, "0.00"), (9.999, 2, "10.00"), (1e300, 2, "1e+300"),
  ])
  func rounding(value: Double, decimals: Int, text: String) {
    #expect(value.rounded(to: decimals) == text)
  }

  @Test func listPrintsSelectedNames() {
    let outcome = run(["--list", "--filter-not", "plain"], suite.benchmarks, isDebugBuild: true)
    #expect(outcome.output == "suite/rates, \"quoted\"\n")
    #expect(outcome.code == 0)
  }

  @Test func optionalBenchmarksNeedAFilter() {
    let suite = BenchmarkSuite(name: "long", .optional) { suite in
      suite.benchmark("a") {}
      suite.benchmark("b") {}
    }
    let benchmarks = self.suite.benchmarks + suite.benchmarks
    func names(_ arguments: String...) -> [Substring] {
      run(["--list"] + arguments, benchmarks).output.split(separator: "\n")
    }
    #expect(names() == ["suite/plain", "suite/rates, \"quoted\""])
    #expect(names("--filter-not", "rates") == ["suite/plain"])
    #expect(names("--filter", ".*") == names())
    #expect(names("--filter", "a") == ["suite/plain", "suite/rates, \"quoted\"", "long/a"])
    #expect(names("--filter", "long", "--filter-not", "/a") == ["long/b"])
    #expect(!run(["--format=csv", "--iterations=1"], benchmarks).output.contains("long"))
    #expect(run(["--format=csv", "--iterations=1", "--filter=long/b"], benchmarks).output.contains("long/b,"))
  }

  @Test func memoryIsThatOfOneUntimedIteration() throws {
    let runs = Mutex(0)
    let benchmarks = [
      Benchmark("counted", settings: [.memory], body: { runs.withLock { $0 += 1 } }), Benchmark("other", body: {}),
    ]
    // One and a half mebibytes for each time the body ran.
    let peakMemory: Benchmark.PeakMemory = { body in
      let before = runs.withLock { $0 }
      try body()
      return (runs.withLock { $0 } - before) * 1_572_864
    }
    func output(_ format: String, _ peakMemory: Benchmark.PeakMemory? = nil) -> String {
      run(["--iterations=3", "--warmup-iterations=2", "--format=\(format)"], benchmarks, peakMemory: peakMemory).output
    }
    #expect(output("csv", peakMemory).split(separator: "\n")[1].hasSuffix(",,,,,1572864"))
    #expect(runs.withLock { $0 } == 2 + 3 + 1)
    #expect(output("csv", peakMemory).split(separator: "\n")[2].hasSuffix(",3,,,,,"))
    let lines = output("console", peakMemory).split(separator: "\n")
    #expect(lines[2].hasSuffix("           3   1.5 MiB") && lines[3].hasSuffix("           3"))
    let object = try JSONSerialization.jsonObject(with: Data(output("json", peakMemory).utf8))
    let rows = try #require((object as? [String: [[String: Any]]])?["benchmarks"])
    #expect(rows[0]["peak_bytes"] as? Int == 1_572_864 && rows[1]["peak_bytes"] == nil)
    #expect(!output("json").contains("peak_bytes"))
    let failing = run(["--iterations=1"], benchmarks, peakMemory: { _ in throw Failure() })
    #expect(failing.code == 1 && failing.errors == "Benchmarks: counted: first line second line\n")
  }

  @Test func debugBuildsAreRefused() {
    let refused = run([], suite.benchmarks, isDebugBuild: true)
    #expect(refused.code == 1 && refused.output.isEmpty)
    #expect(refused.errors.hasPrefix("Benchmarks: built without optimization"))
    let allowed = run(["--allow-debug-build", "--iterations", "1"], suite.benchmarks, isDebugBuild: true)
    #expect(allowed.code == 0 && allowed.errors.isEmpty)
  }

  @Test func usageErrorsEndWithTwo() {
    let outcome = run(["--minimum"], suite.benchmarks)
    #expect(outcome.code == 2 && outcome.output.isEmpty)
    #expect(outcome.errors == "Benchmarks: unknown option \"--minimum\"; see --help\n")
  }

  @Test func helpNamesEveryOption() {
    let outcome = run(["--help"], suite.benchmarks, isDebugBuild: true)
    #expect(outcome.code == 0)
    for name in ["filter", "filter-not", "min-time", "iterations", "warmup-iterations", "format", "list", "help"] {
      #expect(outcome.output.contains("--\(name) "))
    }
  }

  @Test func setupRunsOnceAndOnlyIfSelected() {
    let setups = Mutex<[String]>([])
    let lastState = Mutex(0)
    let benchmarks = ["wanted", "unwanted"].map { name in
      Benchmark(
        name,
        setup: {
          setups.withLock { $0.append(name) }
          return 100
        },
        body: { (state: inout Int) in
          state += 1
          lastState.withLock { $0 = state }
        })
    }
    let outcome = run(["--filter", "^wanted", "--iterations", "7", "--warmup-iterations", "2"], benchmarks)
    #expect(outcome.code == 0)
    #expect(setups.withLock { $0 } == ["wanted"])
    #expect(lastState.withLock { $0 } == 109, "the body saw its own changes in 2 + 7 iterations")
  }

  @Test func aFailureIsOneLineAndTheRestRuns() {
    let benchmarks = [Benchmark("bad", body: { throw Failure() }), Benchmark("good", body: {})]
    let outcome = run(["--format", "csv", "--iterations", "1"], benchmarks)
    #expect(outcome.code == 1)
    #expect(outcome.errors == "Benchmarks: bad: first line second line\n")
    #expect(outcome.output.contains("good,") && !outcome.output.contains("bad"))
  }

  @Test func namesAreUnique() {
    let outcome = run([], [Benchmark("a", body: {}), Benchmark("a", body: {})])
    #expect(outcome.code == 1)
    #expect(outcome.errors == "Benchmarks: a: two benchmarks have this name\n")
  }

  @Test func declarationsOutsideSuitesAreRegistered() {
    benchmark("registered/plain") {}
    benchmark("registered/setup", .flops(3), setup: { [1, 2] }, body: { $0.append(1) })
    benchmark("registered/trailing") {
      [1, 2]
    } body: { inputs in
      inputs.append(inputs.count)
    }
    let found = registry.withLock { $0 }
    #expect(found.map(\.name) == ["registered/plain", "registered/setup", "registered/trailing"])
    #expect(found.dropLast().last?.settings == [.flops(3)])
  }
}
