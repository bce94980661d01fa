import Testing

@testable import LatentBenchmarkHarness

@Suite struct MeasurementTests {
  /// The time of one iteration, and the count that makes a sample of 20 ms.
  @Test(arguments: [(1e-9, 20_000_000), (1e-6, 20_000), (3e-3, 7), (0.02, 1), (5, 1)])
  func calibration(secondsPerIteration: Double, needed: Int) {
    let count = Measurement.calibrate(sampleTime: 0.02) { Double($0) * secondsPerIteration }
    #expect(count >= needed)
    #expect(count <= needed + needed / 2)
  }

  @Test func calibrationEndsWhenTheClockStandsStill() {
    #expect(Measurement.calibrate(sampleTime: 0.02) { _ in 0 } >= 1 << 40)
  }

  @Test func minTimeIsReached() {
    var total = 0.0
    let measurement = Measurement(Plan()) { count in
      total += Double(count) * 1e-6
      return Double(count) * 1e-6
    }
    #expect(total >= 1 && total < 1.2)
    #expect(measurement.samples.count >= 40 && measurement.samples.count <= 50)
    #expect(measurement.samples.allSatisfy { abs($0 - 1e-6) < 1e-12 })
    #expect(Double(measurement.iterations) * 1e-6 >= 1)
  }

  @Test func slowBodiesGiveThreeSamples() {
    var runs = 0
    let measurement = Measurement(Plan()) { count in
      runs += count
      return Double(count) * 2
    }
    #expect(measurement.samples == [2, 2, 2])
    #expect(measurement.iterations == 3)
    #expect(runs == 5, "one to warm up, one to calibrate, three timed")
  }

  @Test(arguments: [1, 3, 50, 51, 1234])
  func exactIterations(total: Int) {
    var plan = Plan()
    plan.iterations = total
    plan.warmupIterations = 0
    var counts: [Int] = []
    let measurement = Measurement(plan) { count in
      counts.append(count)
      return 1
    }
    #expect(counts.reduce(0, +) == total)
    #expect(measurement.iterations == total)
    #expect(counts.count == min(50, total))
    #expect((counts.max() ?? 0) - (counts.min() ?? 0) <= 1)
  }

  @Test func theCommandLineHasTheLastWord() throws {
    let settings: [Benchmark.Setting] = [.minTime(3), .warmupIterations(7), .flops(1), .minTime(4)]
    #expect(Plan(settings: settings).minTime == 4)
    #expect(Plan(settings: settings).warmupIterations == 7)
    let options = try HarnessOptions(["--min-time", "0.5", "--warmup-iterations", "0"])
    #expect(Plan(settings: settings, options: options).minTime == 0.5)
    #expect(Plan(settings: settings, options: options).warmupIterations == 0)
    #expect(Plan(settings: [.iterations(9)], options: options).iterations == nil)
    #expect(Plan(settings: [.iterations(9)]).iterations == 9)
  }
}
