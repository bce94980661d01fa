import LatentTestSupport
import Testing

@testable import Datasets

@Suite struct DrawnPatternTests {
  private static let all = DrawnPattern.allCases

  private static func grey(_ pattern: DrawnPattern, side: Int = 64, seed: UInt64 = 0) -> [UInt8] {
    pattern.picture(height: side, width: side, channels: 1, seed: seed).pixels
  }

  /// The mean difference of a pixel of a square picture to another one, as a share of the range.
  private static func difference(_ pixels: [UInt8], side: Int, down: Int, right: Int) -> Double {
    var (sum, count) = (0, 0)
    for row in 0..<side - down {
      for column in 0..<side - right {
        sum += abs(Int(pixels[row * side + column]) - Int(pixels[(row + down) * side + column + right]))
        count += 1
      }
    }
    return Double(sum) / Double(count) / 255
  }

  @Test(arguments: all) func pictures(_ pattern: DrawnPattern) {
    for channels in [1, 3] {
      let picture = pattern.picture(height: 28, width: 31, channels: channels, seed: 5)
      #expect((picture.count, picture.sampleShape) == (1, [28, 31, channels]) && picture.labels == nil)
      #expect(pattern.picture(height: 28, width: 31, channels: channels, seed: 5) == picture)
      // Of a larger picture the corner is the same.
      let large = pattern.picture(height: 40, width: 64, channels: channels, seed: 5)
      for row in 0..<28 {
        let (own, other) = (row * 31 * channels, row * 64 * channels)
        #expect(picture.pixels[own..<own + 31 * channels] == large.pixels[other..<other + 31 * channels])
      }
    }
    // Patterns repeat, so that a seed may move one to where another has it; not all do.
    #expect(Set((0..<8).map { Self.grey(pattern, seed: $0) }).count >= 4)
  }

  /// Black and white are there in grey, and in colour two that are far from each other.
  @Test(arguments: all) func ranges(_ pattern: DrawnPattern) {
    let grey = Self.grey(pattern)
    #expect((grey.min() ?? 255) < 20 && (grey.max() ?? 0) > 235)
    let colours = pattern.picture(height: 64, width: 64, channels: 3).pixels
    let ranges = (0..<3).map { channel in
      let values = stride(from: channel, to: colours.count, by: 3).map { Int(colours[$0]) }
      return (values.max() ?? 0) - (values.min() ?? 0)
    }
    #expect((ranges.max() ?? 0) > 100, "\(ranges)")
    // Grey says all: pixels of one grey have one colour, but for rounding.
    var known: [UInt8: ArraySlice<UInt8>] = [:]
    var furthest = 0
    for (place, level) in grey.enumerated() {
      let own = colours[place * 3..<place * 3 + 3]
      let first = known[level] ?? own
      known[level] = first
      for (a, b) in zip(own, first) { furthest = max(furthest, abs(Int(a) - Int(b))) }
    }
    #expect(furthest <= 2 && known.count > 1)
  }

  /// Pixels differ from their neighbours by other amounts in each pattern, whatever the seed.
  @Test func variety() {
    #expect(Self.all.count == 8)
    func figures(_ pattern: DrawnPattern, seed: UInt64) -> [Double] {
      let pixels = Self.grey(pattern, seed: seed)
      return [(0, 1), (1, 0), (1, 1)].map { Self.difference(pixels, side: 64, down: $0.0, right: $0.1) }
    }
    func distance(_ a: [Double], _ b: [Double]) -> Double { zip(a, b).map { abs($0 - $1) }.max() ?? 0 }
    let (first, second) = (Self.all.map { figures($0, seed: 0) }, Self.all.map { figures($0, seed: 1) })
    for index in first.indices {
      #expect(distance(first[index], second[index]) < 0.04, "\(Self.all[index]) \(first[index]) \(second[index])")
      for other in 0..<index {
        let apart = distance(first[index], first[other])
        #expect(apart > 0.045, "\(Self.all[index]) \(first[index]), \(Self.all[other]) \(first[other])")
      }
    }
  }

  @Test func misuse() async {
    let result = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = DrawnPattern.waves.picture(height: 8, width: 8, channels: 2)
    }
    expect(result, saysWhy: "DrawnPattern: a picture of 8×8 pixels of 2 channels; expected 1 or more pixels, grey or")
    await #expect(processExitsWith: .failure) { _ = DrawnPattern.dots.picture(height: 0, width: 8, channels: 1) }
  }
}
