import Foundation
import Testing

@testable import Tensor

/// Categorical and truncated normal draws against their distributions (fixed seeds).
@Suite struct DrawTests {
  @Test("Shares of drawn labels are the softmax of the logits: χ² with 4 degrees of freedom")
  func categorical() {
    var generator = RandomGenerator(seed: 21)
    let logits = Tensor([1, -.infinity, 0, 2, -3, 1000 - 1001])
    let draws = 100_000
    let labels = Tensor.categorical(logits: logits.broadcast(to: [draws, 6]), using: &generator)
    var counts = [Double](repeating: 0, count: 6)
    for label in labels { counts[label] += 1 }
    #expect(counts[1] == 0)
    let probabilities = logits.softmax().scalars
    let statistic = (0..<6).filter { $0 != 1 }.reduce(0.0) { sum, label in
      let expected = Double(probabilities[label]) * Double(draws)
      return sum + pow(counts[label] - expected, 2) / expected
    }
    #expect(statistic < 18.5, "χ² is \(statistic), above 18.5 once in a thousand")
  }

  @Test("Rare labels come up as often as they should") func rareLabels() {
    var generator = RandomGenerator(seed: 22)
    // A million classes, each less likely than a step of 2⁻²⁴ beside the first.
    let logits = Tensor.concatenated([Tensor([17]), Tensor.zeros([1 << 20])]).expanded(axis: 0)
    let labels = (0..<20).flatMap { _ in Tensor.categorical(logits: logits, using: &generator) }
    // The first has a share of e¹⁷ / (e¹⁷ + 2²⁰) = 0.958.
    #expect(labels.count { $0 == 0 } >= 15 && labels.allSatisfy { (0...1 << 20).contains($0) })
  }

  @Test("What a row gets does not depend on how rows are batched") func batching() {
    var noise = TestNoise(151)
    let logits = noise.tensor([5, 3, 4])
    var (whole, parts) = (RandomGenerator(seed: 23), RandomGenerator(seed: 23))
    let all = Tensor.categorical(logits: logits, using: &whole)
    let rows = [2, 1, 2].indices.flatMap { index in
      Tensor.categorical(logits: logits[[0..<2, 2..<3, 3..<5][index]], using: &parts)
    }
    #expect(all == rows && all.count == 15 && whole == parts)
    #expect(Tensor.categorical(logits: Tensor([-1000, 0]), using: &whole) == [1])
    #expect(Tensor.categorical(logits: .zeros([0, 3]), using: &whole) == [])
  }

  /// The standard normal distribution function, from the side where it keeps its digits.
  private func normal(_ x: Double) -> Double { 0.5 * erfc(-x * 0.5.squareRoot()) }

  @Test("Truncated normal draws follow their distribution", arguments: [-2...2, 0.5...0.75, -8...8, 3...9, -9 ... -3])
  func truncatedNormal(_ bounds: ClosedRange<Float>) {
    var generator = RandomGenerator(seed: 24)
    let n = 100_000
    let values = Tensor.truncatedNormal([n], within: bounds, using: &generator).scalars.sorted()
    #expect(values.allSatisfy { bounds.contains($0) })
    let sign = bounds.lowerBound > 0 ? -1.0 : 1.0
    let ends = [bounds.lowerBound, bounds.upperBound].map { normal(sign * Double($0)) }
    // The largest distance between the empirical and the exact distribution function, times √n.
    let distance = values.enumerated().reduce(0.0) { largest, item in
      let exact = (normal(sign * Double(item.element)) - ends[0]) / (ends[1] - ends[0])
      return max(
        largest, abs(exact - Double(item.offset) / Double(n)), abs(exact - Double(item.offset + 1) / Double(n)))
    }
    #expect(distance * Double(n).squareRoot() < 1.95)
  }

  @Test("Mean, deviation and batches of truncated normal draws") func truncatedBatches() {
    var (whole, parts) = (RandomGenerator(seed: 25), RandomGenerator(seed: 25))
    let all = Tensor.truncatedNormal([5, 7], mean: 10, standardDeviation: 0.5, using: &whole)
    let rows = [1, 4].map { Tensor.truncatedNormal([$0, 7], mean: 10, standardDeviation: 0.5, using: &parts) }
    #expect(Tensor.concatenated(rows) == all && whole == parts)
    #expect(all.min().scalar >= 9 && all.max().scalar <= 11)
    var again = RandomGenerator(seed: 26)
    // Of the standard normal distribution within ±2, the variance is 1 - 4 φ(2) / (2 Φ(2) - 1) = 0.7737.
    let variance = Tensor.truncatedNormal([200_000], using: &again).variance().scalar
    #expect(abs(variance - 0.7737) < 0.01)
  }
}
