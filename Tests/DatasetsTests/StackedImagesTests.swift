import Tensor
import Testing

@testable import Datasets

@Suite struct StackedImagesTests {
  private let digits = BuiltInDigits.make(count: 300)

  @Test func channelsAreImages() throws {
    let stacked = StackedImages(digits, count: 50, seed: 3)
    #expect(stacked.sampleShape == [28, 28, 3] && stacked.conditions == .classes(1000))
    let batch = stacked.batch(at: [7, 0, 49])
    let labels = try #require(digits.labels)
    for (row, index) in [7, 0, 49].enumerated() {
      let parts = stacked.parts(of: index)
      for (channel, part) in parts.enumerated() {
        #expect(batch.samples[row, .all, .all, channel] == digits.batch(at: [part]).samples[0, .all, .all, 0])
      }
      #expect(batch.labels?[row] == parts.reduce(0) { $0 * 10 + labels[$1] })
    }
  }

  /// The same index has the same image in any batch; other seeds, other images.
  @Test func indexAndSeedDecide() {
    let (one, other) = (StackedImages(digits, count: 400, seed: 1), StackedImages(digits, count: 400, seed: 2))
    #expect(one.batch(at: [5, 6]).samples[1] == one.batch(at: [6]).samples[0])
    #expect((0..<400).contains { one.parts(of: $0) != other.parts(of: $0) })
    #expect(
      one.fingerprint(withConditions: true)
        == StackedImages(digits, count: 400, seed: 1).fingerprint(withConditions: true))
    #expect(one.fingerprint(withConditions: true) != other.fingerprint(withConditions: true))
    // Every place is drawn alike.
    for channel in 0..<3 {
      let mean = (0..<400).reduce(0.0) { $0 + Double(one.parts(of: $1)[channel]) } / 400
      #expect(abs(mean - 149.5) < 20)
    }
  }

  @Test func withoutLabels() throws {
    let plain = try ImageSet(pixels: digits.pixels, height: 28, width: 28, channels: 1, labels: nil)
    let stacked = StackedImages(plain, count: 4, channels: 2)
    #expect(stacked.conditions == .none && stacked.batch(at: [0]).labels == nil)
    #expect(stacked.sampleShape == [28, 28, 2])
  }

  @Test func misuseStops() async {
    await #expect(processExitsWith: .failure) { _ = StackedImages(BuiltInDigits.make(count: 3), count: 0) }
    await #expect(processExitsWith: .failure) {
      _ = StackedImages(BuiltInDigits.make(count: 3), count: 5).batch(at: [5])
    }
  }
}
