import Testing

@testable import LatentBenchmarkHarness

@Suite struct StatisticsTests {
  @Test(
    arguments: [
      ([], 0.0), ([3], 3), ([4, 2], 3), ([9, 1, 2], 2), ([1, 100, 2, 3], 2.5),
    ] as [([Double], Double)])
  func median(samples: [Double], expected: Double) {
    #expect(Statistics(samples).median == expected)
  }

  @Test func deviation() {
    #expect(Statistics([]).deviationPercent == 0)
    #expect(Statistics([5]).deviationPercent == 0)
    #expect(Statistics([0, 0]).deviationPercent == 0)
    // Mean 5; squares 4 + 1 + 1 + 4 = 10, over n - 1 = 3.
    let deviation = Statistics([3, 4, 6, 7]).deviationPercent
    #expect(abs(deviation - (10.0 / 3).squareRoot() / 5 * 100) < 1e-12)
  }
}
