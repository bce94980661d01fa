import Foundation
import Testing

@testable import Tensor

/// The generator against published answers, and its numbers against their distributions (fixed seeds).
@Suite struct RandomTests {
  struct KnownAnswer: Sendable {
    let counter: [UInt32]
    let key: [UInt32]
    let words: [UInt32]
  }

  /// From `kat_vectors` of Random123, the authors' own library.
  static let knownAnswers = [
    KnownAnswer(
      counter: [0, 0, 0, 0], key: [0, 0], words: [0x6627_E8D5, 0xE169_C58D, 0xBC57_AC4C, 0x9B00_DBD8]),
    KnownAnswer(
      counter: [.max, .max, .max, .max], key: [.max, .max],
      words: [0x408F_276D, 0x41C8_3B0E, 0xA20B_C7C6, 0x6D54_51FD]),
    KnownAnswer(
      counter: [0x243F_6A88, 0x85A3_08D3, 0x1319_8A2E, 0x0370_7344], key: [0xA409_3822, 0x299F_31D0],
      words: [0xD16C_FE09, 0x94FD_CCEB, 0x5001_E420, 0x2412_6EA1]),
  ]

  @Test("Philox4x32-10's published answers", arguments: knownAnswers)
  func philox(_ answer: KnownAnswer) {
    let (c, k) = (answer.counter, answer.key)
    let words = RandomGenerator.block(counter: (c[0], c[1], c[2], c[3]), key: (k[0], k[1]))
    #expect([words.0, words.1, words.2, words.3] == answer.words)
  }

  @Test("Tensors are filled from the blocks of the generator, in order") func fillsFromBlocks() {
    var generator = RandomGenerator(seed: 0x0123_4567_89AB_CDEF, stream: 0xFEDC_BA98_7654_3210)
    let values = Tensor.uniform([1003], using: &generator).scalars
    for block in 0..<251 {
      let words = RandomGenerator.block(
        counter: (UInt32(block), 0, 0x7654_3210, 0xFEDC_BA98), key: (0x89AB_CDEF, 0x0123_4567))
      for (lane, word) in [words.0, words.1, words.2, words.3].enumerated() where 4 * block + lane < 1003 {
        #expect(values[4 * block + lane] == Float(word >> 8) * 0x1p-24)
      }
    }
    #expect(generator.position == 251)
    let next = RandomGenerator.block(
      counter: (251, 0, 0x7654_3210, 0xFEDC_BA98), key: (0x89AB_CDEF, 0x0123_4567))
    #expect(generator.uniform() == Float(next.0 >> 8) * 0x1p-24)
  }

  @Test("The same seed gives the same numbers, another seed or stream others") func reproducibility() {
    func draw(_ seed: UInt64, _ stream: UInt64 = 0) -> [Tensor] {
      var generator = RandomGenerator(seed: seed, stream: stream)
      return [.uniform([5, 7], using: &generator), .normal([33], using: &generator)]
    }
    #expect(draw(1) == draw(1))
    #expect(draw(1) != draw(2) && draw(1) != draw(1, 1))
    var generator = RandomGenerator(seed: 1)
    let copy = generator
    _ = generator.next()
    #expect(generator != copy && copy == RandomGenerator(seed: 1))
  }

  @Test("What a row gets does not depend on how rows are batched", arguments: [1, 3, 4, 7, 784, 40_001])
  func batching(_ size: Int) {
    do {
      var (whole, parts) = (RandomGenerator(seed: 3), RandomGenerator(seed: 3))
      let all = Tensor.uniform([5, size], using: &whole)
      let rows = [2, 1, 2].map { Tensor.uniform([$0, size], using: &parts) }
      #expect(Tensor.concatenated(rows) == all && whole == parts)
    }
    var (whole, parts) = (RandomGenerator(seed: 4), RandomGenerator(seed: 4))
    let all = Tensor.normal([5, size], using: &whole)
    let rows = [1, 4].map { Tensor.normal([$0, 1, size], using: &parts) }
    #expect(Tensor.concatenated(rows).reshaped(to: all.shape) == all && whole == parts)
  }

  @Test("Shapes without scalars, and a scalar") func smallShapes() {
    var generator = RandomGenerator(seed: 5)
    #expect(Tensor.normal([0, 3], using: &generator).shape == [0, 3])
    #expect(Tensor.normal([3, 0], using: &generator).shape == [3, 0])
    #expect(Tensor.uniform([0], using: &generator).shape == [0])
    #expect(generator.position == 0)
    #expect(Tensor.uniform([], using: &generator).shape == [])
    #expect(generator.position == 1)
  }

  // MARK: Distributions

  private static let count = 1_000_000

  /// The largest distance between the empirical and the exact distribution function, times √n. Above 1.95 once in a
  /// thousand for independent numbers.
  private func kolmogorovSmirnov(_ values: [Float], _ distribution: (Double) -> Double) -> Double {
    let n = Double(values.count)
    let largest = values.sorted().enumerated().reduce(0.0) { largest, item in
      let exact = distribution(Double(item.element))
      return max(largest, abs(exact - Double(item.offset) / n), abs(exact - Double(item.offset + 1) / n))
    }
    return largest * n.squareRoot()
  }

  /// The mean of the powers 1 to 4.
  private func moments(_ values: [Float]) -> [Double] {
    (1...4).map { power in values.reduce(0) { $0 + pow(Double($1), Double(power)) } / Double(values.count) }
  }

  @Test func uniform() {
    var generator = RandomGenerator(seed: 6)
    let values = Tensor.uniform([Self.count], using: &generator).scalars
    #expect(values.allSatisfy { $0 >= 0 && $0 < 1 })
    for (power, moment) in zip(1..., moments(values)) {
      let exact = 1 / Double(power + 1)
      #expect(abs(moment - exact) < 1.2 / Double(Self.count).squareRoot(), "moment \(power)")
    }
    #expect(kolmogorovSmirnov(Array(values.prefix(200_000))) { $0 } < 1.95)
    let scaled = Tensor.uniform([1000], in: -3 ..< -1, using: &generator).scalars
    #expect(scaled.allSatisfy { $0 >= -3 && $0 <= -1 } && abs(moments(scaled)[0] + 2) < 0.1)
  }

  @Test func normal() {
    var generator = RandomGenerator(seed: 7)
    let values = Tensor.normal([Self.count], using: &generator).scalars
    // Standard errors of the first four moments of a standard normal: √1, √2, √15, √96, each over √n.
    let expected: [(mean: Double, deviation: Double)] = [(0, 1), (1, 1.42), (0, 3.88), (3, 9.8)]
    for (moment, (exact, deviation)) in zip(moments(values), expected) {
      #expect(abs(moment - exact) < 4 * deviation / Double(Self.count).squareRoot())
    }
    let distance = kolmogorovSmirnov(Array(values.prefix(200_000))) { x in 0.5 * erfc(-x * 0.5.squareRoot()) }
    #expect(distance < 1.95)
    #expect((values.max() ?? 0) > 4.5 && (values.min() ?? 0) < -4.5, "the tails are there")
    // Neighbours come from the same pair of words.
    let pairs = Self.count / 2
    let products = (0..<pairs).reduce(0.0) { sum, pair in sum + Double(values[2 * pair] * values[2 * pair + 1]) }
    #expect(abs(products) < 4 * Double(pairs).squareRoot())
    let scaled = Tensor.normal([100_000], mean: 5, standardDeviation: 2, using: &generator)
    #expect(abs(scaled.mean().scalar - 5) < 0.03 && abs(scaled.variance().scalar - 4) < 0.08)
  }

  @Test func bernoulli() {
    var generator = RandomGenerator(seed: 8)
    let values = Tensor.bernoulli([1000, 100], probability: 0.3, using: &generator)
    #expect(values.scalars.allSatisfy { $0 == 0 || $0 == 1 })
    #expect(abs(values.mean().scalar - 0.3) < 4 * 0.0015)
    #expect(Tensor.bernoulli([100], probability: 0, using: &generator) == .zeros([100]))
    #expect(Tensor.bernoulli([100], probability: 1, using: &generator) == .ones([100]))
  }

  @Test("Each order of four is equally likely: χ² with 23 degrees of freedom") func permutations() {
    var generator = RandomGenerator(seed: 9)
    var counts: [[Int]: Int] = [:]
    let draws = 24_000
    for _ in 0..<draws { counts[generator.permutation(4), default: 0] += 1 }
    #expect(counts.count == 24)
    let statistic = counts.values.reduce(0.0) { $0 + pow(Double($1) - 1000, 2) / 1000 }
    #expect(statistic > 7.5 && statistic < 49.7, "χ² is \(statistic)")
    #expect(generator.permutation(100).sorted() == Array(0..<100))
    #expect(generator.permutation(0) == [] && generator.permutation(1) == [0])
  }

  // MARK: Splitting

  @Test("Generators split from one are uncorrelated with it and each other") func splitting() {
    var parent = RandomGenerator(seed: 10)
    let indexed = [parent.split(at: 0), parent.split(at: 1), parent.split(at: -1)]
    var generators = [parent.split(), parent.split(), RandomGenerator(seed: 10, stream: 1)] + indexed
    generators.append(parent)
    #expect(Set(generators).count == generators.count)
    let n = 100_000
    let draws = generators.indices.map { Tensor.normal([n], using: &generators[$0]) }
    for a in draws.indices {
      for b in draws.indices where b > a {
        let correlation = (draws[a] * draws[b]).mean().scalar
        #expect(abs(correlation) < 4.5 / Float(n).squareRoot(), "\(a) and \(b): \(correlation)")
      }
    }
  }

  @Test("A split at an index moves nothing, and differs for each index and each position") func splittingAtIndex() {
    var generator = RandomGenerator(seed: 11)
    let before = generator
    var seen: Set<RandomGenerator> = []
    for _ in 0..<10 {
      for index in 0..<10 { #expect(seen.insert(generator.split(at: index)).inserted) }
      #expect(generator.split(at: 3) == generator.split(at: 3))
      _ = generator.next()
    }
    #expect(before == RandomGenerator(seed: 11))
  }

  @Test func savedAndRestored() throws {
    var generator = RandomGenerator(seed: .max, stream: .max - 1)
    _ = Tensor.normal([17], using: &generator)
    let data = try JSONEncoder().encode(generator)
    var restored = try JSONDecoder().decode(RandomGenerator.self, from: data)
    #expect(restored == generator)
    #expect(Tensor.normal([9], using: &restored) == Tensor.normal([9], using: &generator))
    let shape = try JSONDecoder().decode(Tensor.Shape.self, from: Data("[2, 3]".utf8))
    #expect(shape == [2, 3] && shape.scalarCount == 6)
    #expect(throws: DecodingError.self) { try JSONDecoder().decode(Tensor.Shape.self, from: Data("[2, -3]".utf8)) }
    #expect(throws: DecodingError.self) {
      try JSONDecoder().decode(Tensor.Shape.self, from: Data("[4611686018427387904, 4]".utf8))
    }
  }
}
