import Testing

@testable import Datasets

@Suite struct BuiltInDigitsTests {
  @Test func areTheSameBytesEverywhere() {
    // Of this code's own output; it changes only if the drawing is changed on purpose.
    #expect(CRC32.checksum(BuiltInDigits.make(count: 1000, seed: 0).pixels) == 611_653_106)
    #expect(CRC32.checksum(BuiltInDigits.make(count: 1000, seed: 42).pixels) == 2_735_706_670)
  }

  @Test func dependOnSeedAndIndexOnly() {
    let large = BuiltInDigits.make(count: 57, seed: 3)
    #expect(BuiltInDigits.make(count: 23, seed: 3) == large.prefix(23))
    #expect(BuiltInDigits.make(count: 57, seed: 4).pixels != large.pixels)
    #expect(BuiltInDigits.make(count: 57, seed: 4).labels != large.labels)
  }

  @Test func areBalancedAndShuffled() throws {
    let labels = try #require(BuiltInDigits.make(count: 1000).labels)
    for start in stride(from: 0, to: 1000, by: 10) { #expect(Set(labels[start..<start + 10]) == Set(0..<10)) }
    #expect(Set((0..<100).map { labels[10 * $0] }).count == 10)
  }

  @Test func noTwoAreAlike() {
    let set = BuiltInDigits.make(count: 2000)
    #expect(Set((0..<set.count).map { Array(set[$0]) }).count == set.count)
  }

  /// MNIST's training images have mean 0.1307 and standard deviation 0.3081.
  @Test func resembleMNISTInNumbers() {
    let set = BuiltInDigits.make(count: 2000)
    let values = set.pixels.map { Double($0) / 255 }
    let mean = values.reduce(0, +) / Double(values.count)
    let variance = values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(values.count)
    #expect(abs(mean - 0.1307) < 0.01)
    #expect(abs(variance.squareRoot() - 0.3081) < 0.02)
    for index in 0..<set.count {
      var (mass, x, y, border) = (0.0, 0.0, 0.0, 0)
      for row in 0..<28 {
        for column in 0..<28 {
          let value = set.pixels[index * 784 + row * 28 + column]
          mass += Double(value)
          x += Double(value) * Double(column)
          y += Double(value) * Double(row)
          if row == 0 || row == 27 || column == 0 || column == 27 { border += Int(value) }
        }
      }
      #expect(abs(x / mass - 13.75) < 2.5 && abs(y / mass - 13.75) < 2.5, "image \(index)")
      #expect(border < 1000, "image \(index)")
    }
  }

  /// Each image is nearest to the mean image of its own class far more often than chance: the labels belong to them.
  @Test func labelsFitTheImages() throws {
    let set = BuiltInDigits.make(count: 2000)
    let labels = try #require(set.labels)
    var means = [[Double]](repeating: [Double](repeating: 0, count: 784), count: 10)
    for index in 0..<1000 {
      for (pixel, value) in set[index].enumerated() { means[labels[index]][pixel] += Double(value) / 100 }
    }
    let hits = (1000..<2000).filter { index in
      let distances = means.map { mean in
        zip(mean, set[index]).reduce(0.0) { $0 + ($1.0 - Double($1.1)) * ($1.0 - Double($1.1)) }
      }
      return distances.min() == distances[labels[index]]
    }
    #expect(hits.count > 750)
  }

  @Test func zeroStops() async {
    await #expect(processExitsWith: .failure) { _ = BuiltInDigits.make(count: 0) }
  }
}
