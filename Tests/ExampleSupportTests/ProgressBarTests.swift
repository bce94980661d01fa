import LatentSystem
import Testing

@testable import LatentExampleSupport

@Suite struct ProgressBarTests {
  private let content = ProgressBar.Content(
    done: 420, total: 1000, rate: 18.3, losses: [("discriminator", 0.69314), ("generator", 1.2139)])

  @Test(arguments: [
    (100, " 42% [======>           ]   420/1000  18.3 steps/s  discriminator 0.6931  generator 1.214  0:32 left"),
    (80, " 42% [=====>         ]   420/1000  18.3 steps/s  discriminator 0.6931  0:32 left"),
    (60, " 42% [======>          ]   420/1000  18.3 steps/s  0:32 left"),
    (40, " 42% [===>       ]   420/1000  0:32 left"),
    (30, " 42% [====>       ]  0:32 left"),
    (20, " 42%  0:32 left"),
    (10, " 42%"), (3, ""), (0, ""), (-1, ""),
  ])
  func whatFits(width: Int, expected: String) {
    let line = ProgressBar.line(content, width: width)
    #expect(line.count <= max(0, width))
    #expect(line == expected)
  }

  @Test func neverTooLong() {
    for width in -2...200 {
      for done in [-5, 0, 1, 500, 999, 1000, 2000] {
        let content = ProgressBar.Content(done: done, total: 1000, rate: 1e-3, losses: [("loss", -1e-20), ("b", .nan)])
        #expect(ProgressBar.line(content, width: width).count <= max(0, width))
      }
    }
  }

  @Test func startAndEnd() {
    let start = ProgressBar.line(.init(done: 0, total: 20), width: 40)
    #expect(start == "  0% [                          ]   0/20")
    let end = ProgressBar.line(.init(done: 20, total: 20, rate: 2), width: 60)
    #expect(end.hasPrefix("100% [======"))
    #expect(end.hasSuffix("=]  20/20  2.00 steps/s  0:00 left"))
    #expect(ProgressBar.line(.init(done: 0, total: 0), width: 40).hasPrefix("  0% ["))
  }

  @Test(
    arguments: [
      (0, 1.0, "0:00"), (5, 1, "0:05"), (61, 1, "1:01"), (3600, 1, "1:00:00"), (7325, 2, "1:01:03"), (1, 1000, "0:01"),
    ] as [(Int, Double, String)])
  func timeLeft(steps: Int, rate: Double, expected: String) {
    #expect(ProgressBar.timeLeft(steps: steps, rate: rate) == expected)
  }

  @Test func noTimeLeftWithoutRate() {
    for rate in [nil, 0, -1, .nan, 1e-300] as [Double?] {
      #expect(ProgressBar.timeLeft(steps: 10, rate: rate) == nil)
    }
  }

  @Test(
    arguments: [
      (0.693147, "0.6931"), (-1.5, "-1.500"), (12.3456, "12.35"), (123.456, "123.5"), (54321.6, "54322"), (0, "0.000"),
      (0.001234, "0.001234"), (0.0999999, "0.1000"), (1.25e-5, "1.250e-05"), (9.99996e-7, "1.000e-06"),
      (-1.5e20, "-1.500e+20"), (.nan, "nan"),
      (.infinity, "inf"), (.leastNonzeroMagnitude, "4.941e-324"), (1.7e308, "1.700e+308"),
    ] as [(Double, String)])
  func significantDigits(value: Double, expected: String) {
    #expect(DecimalText.significant(value, digits: 4) == expected)
  }

  @Test(
    arguments: [
      (1.0, 0), (9.99, 0), (10, 1), (0.1, -1), (0.0999, -2), (1e-5, -5), (123_456, 5), (1e16, 16),
      (.leastNonzeroMagnitude, -324),
    ] as [(Double, Int)])
  func exponents(value: Double, expected: Int) {
    #expect(DecimalText.exponent(of: value) == expected)
    #expect(DecimalText.exponent(of: -value) == expected)
  }

  @Test func silentWithoutTerminal() {
    var bar = ProgressBar()
    // Under a test runner standard error may or may not be a terminal; only the quiet case can be checked.
    guard !bar.isVisible else { return }
    bar.update(content)
    bar.clear()
    bar.finish()
  }
}
