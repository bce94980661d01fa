import Foundation
import Testing

@testable import Models
@testable import Training

@Suite struct CurvePlotTests {
  private typealias Series = (name: String, points: [(x: Double, y: Double)])

  /// A noisy decay, made without a random generator.
  private func decay(_ name: String, count: Int = 400, from start: Double = 500, to end: Double = 100) -> Series {
    let points = (0..<count).map { index in
      let noise = sin(Double(index) * 12.9898) * 0.03
      let y = end + (start - end) * exp(-Double(index) / Double(count) * 6) * (1 + noise)
      return (x: Double(index) * 50, y: y + (start - end) * noise * 0.3)
    }
    return (name, points)
  }

  /// The number of pixels that are not white.
  private func ink(_ pixels: [UInt8]) -> Int {
    stride(from: 0, to: pixels.count, by: 3).count { pixels[$0..<$0 + 3] != [255, 255, 255] }
  }

  @Test func sizeAndBackground() {
    let empty = CurvePlot.render(series: [], width: 31, height: 17)
    #expect(empty.width == 31 && empty.height == 17)
    #expect(empty.pixels.count == 31 * 17 * 3)
    #expect(ink(empty.pixels) == 0)
    #expect(ink(CurvePlot.render(series: [decay("a")], width: 300, height: 200).pixels) > 500)
  }

  @Test func everySizeIsSafe() {
    for (width, height) in [(1, 1), (1, 500), (500, 1), (79, 59), (100, 100), (61, 300), (1000, 70)] {
      for count in [1, 2, 7] {
        let series = (0..<count).map { decay("a long name \($0)", count: 20) }
        #expect(CurvePlot.render(series: series, width: width, height: height).pixels.count == width * height * 3)
      }
    }
  }

  @Test func extremesAreSafe() {
    let values = [
      0, -0.0, 1e250, -1e250, 1e-250, 1e-249, 1e300, -1e300, 1e308, .infinity, -.infinity, .nan, .leastNonzeroMagnitude,
      1e-300, 1, -1,
    ]
    for first in values {
      for second in values {
        let points = [(x: first, y: second), (x: second, y: first), (x: 1, y: first), (x: 1, y: second)]
        let picture = CurvePlot.render(series: [("x", points)], width: 160, height: 120)
        #expect(ink(picture.pixels) > 0)
      }
    }
  }

  @Test func aPointAloneIsADot() {
    let gap: Series = ("x", [(0, 1), (1, 1), (2, .nan), (3, 5), (4, .nan), (5, 1), (6, 1)])
    let without: Series = ("x", [(0, 1), (1, 1), (2, .nan), (3, .nan), (4, .nan), (5, 1), (6, 5)])
    #expect(ink(CurvePlot.render(series: [gap], width: 300, height: 200).pixels) > 0)
    #expect(
      CurvePlot.render(series: [gap], width: 300, height: 200).pixels
        != CurvePlot.render(series: [without], width: 300, height: 200).pixels)
  }

  @Test func thinningKeepsTheRange() {
    let points = (0..<1000).map { SIMD2(Double($0) / 100, sin(Double($0))) }
    let thinned = CurvePlot.thinned(points)
    #expect(thinned.count == 40)
    #expect(thinned.first == points.first && thinned.last == points.last)
    #expect(thinned.map(\.y).max() == points.map(\.y).max())
    let sparse = (0..<10).map { SIMD2(Double($0), 0) }
    #expect(CurvePlot.thinned(sparse) == sparse)
  }

  @Test(
    arguments: [
      ([0, 100], 5, ["0", "20", "40", "60", "80", "100"]),
      ([-1, 1], 4, ["-1.0", "-0.5", "0", "0.5", "1.0"]),
      ([0.0012, 0.0031], 4, ["0.0015", "0.0020", "0.0025", "0.0030"]),
      ([0, 2e6], 4, ["0", "0.5e6", "1.0e6", "1.5e6", "2.0e6"]),
      ([7, 7], 4, ["4", "6", "8", "10"]),
      ([0, 0], 2, ["-1", "0", "1"]),
    ] as [([Double], Int, [String])])
  func linearTicks(values: [Double], count: Int, labels: [String]) {
    let axis = CurveAxis(covering: values, tickCount: count, allowsLogarithm: true)
    #expect(!axis.isLogarithmic)
    #expect(axis.ticks.map(\.label) == labels)
    #expect(axis.ticks.allSatisfy { (0.0...1.0).contains(axis.position(of: $0.value)) })
  }

  @Test func logarithmicTicks() {
    let axis = CurveAxis(covering: [1e-6, 3, 100], tickCount: 4, allowsLogarithm: true)
    #expect(axis.isLogarithmic)
    #expect(axis.ticks.map(\.label) == ["1e-6", "0.001", "1"])
    #expect(abs(axis.position(of: 1e-2) - 0.5) < 1e-12)
    for values in [[0, 1e6], [-1, 1e6], [1, 1000]] as [[Double]] {
      #expect(!CurveAxis(covering: values, tickCount: 4, allowsLogarithm: true).isLogarithmic)
    }
    #expect(!CurveAxis(covering: [1, 1e6], tickCount: 4).isLogarithmic)
    // Whole numbers that are counted may be long.
    let times = CurveAxis(covering: [308_500, 308_600], tickCount: 2, digits: 9)
    #expect(times.ticks.map(\.label) == ["308500", "308550", "308600"])
    let measured = CurveAxis(covering: [308_500, 308_600], tickCount: 2)
    #expect(measured.ticks.map(\.label) == ["3.0850e5", "3.0855e5", "3.0860e5"])
  }

  @Test func everyGlyphFitsItsCell() {
    let box = BitmapFont.rows(of: "\u{1F600}")
    for character in "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789.-+_/ (),:%*=" {
      let rows = BitmapFont.rows(of: character)
      #expect((7...9).contains(rows.count), "\(character)")
      #expect(rows.allSatisfy { $0.count == BitmapFont.glyphWidth }, "\(character)")
      #expect(rows != box, "\(character)")
    }
  }

  /// Writes pictures to look at, for whoever asks for them.
  @Test(.enabled(if: ProcessInfo.processInfo.environment["LATENT_PLOT_DIR"] != nil))
  func pictures() throws {
    let folder = ProcessInfo.processInfo.environment["LATENT_PLOT_DIR"] ?? ""
    var broken = decay("with_gaps")
    for index in 100..<140 { broken.points[index].y = .nan }
    let exponential: Series = ("penalty", (0..<300).map { (Double($0), exp(-Double($0) / 20) * 30) })
    let glyphs = "ABCDEFGHIJKLMNOPQRSTUVWXYZ abcdefghijklmnopqrstuvwxyz"
    let pictures: [(String, [Series], Int, Int)] = [
      ("one", [decay("loss")], 800, 480),
      (
        "three", [decay("loss"), decay("reconstruction", from: 3, to: 0.7), decay("kl_divergence", from: -2, to: 20)],
        900, 900
      ),
      ("four", [broken, exponential, ("constant", [(0, 0.5), (100, 0.5)]), ("empty", [])], 1200, 700),
      (
        "odd", [("0123456789 . - + e _ / ( ) % * = , :", [(1, 1e-7), (2e6, 3e-7)]), (glyphs, [(5, -3e9), (6, 4e9)])],
        900, 600
      ),
      ("small", [decay("g"), decay("d")], 240, 200),
    ]
    for (name, series, width, height) in pictures {
      let picture = CurvePlot.render(series: series, width: width, height: height)
      let header = Data("P6 \(width) \(height) 255\n".utf8)
      try (header + Data(picture.pixels)).write(to: URL(filePath: folder).appending(path: "\(name).ppm"))
    }
  }
}
