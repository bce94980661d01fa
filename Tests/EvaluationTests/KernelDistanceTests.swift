import Tensor
import Testing

@testable import Evaluation

@Suite struct KernelDistanceTests {
  /// Golden values have ten digits; products are of floats.
  @Test func asGolden() throws {
    for golden in try Golden.cases("kid") {
      let (real, generated) = try (golden.input("real"), golden.input("generated"))
      let full = KernelDistance(between: real, and: generated)
      #expect(try isClose(full.mean, golden.number("full"), tolerance: 1e-6))
      #expect(full.values.count == 1 && full.deviation == 0)
      let subsets = try zip(#require(golden.params.realSubsets), #require(golden.params.generatedSubsets))
      let distance = KernelDistance(between: real, and: generated, subsets: subsets.map { ($0, $1) })
      #expect(try isClose(distance.values, golden.output("subsets"), tolerance: 1e-6))
      #expect(try isClose(distance.mean, golden.number("mean"), tolerance: 1e-6))
      #expect(try isClose(distance.deviation, golden.number("standardDeviation"), tolerance: 1e-6))
    }
  }

  /// The formula, term by term in double precision, in strips of several sizes and with a mean that is far away.
  @Test func asThePlainSum() {
    var generator = RandomGenerator(seed: 3)
    let real = Tensor.normal([300, 7], using: &generator) + 5
    let generated = Tensor.normal([270, 7], using: &generator) * 1.1 + 5.05
    let (x, y) = (real.scalars, generated.scalars)
    func mean(_ a: [Float], _ b: [Float], isSame: Bool) -> Double {
      let (m, n) = (a.count / 7, b.count / 7)
      var sum = 0.0
      for i in 0..<m {
        for j in 0..<n where !isSame || i != j {
          var product = 0.0
          for k in 0..<7 { product += Double(a[i * 7 + k]) * Double(b[j * 7 + k]) }
          let base = product / 7 + 1
          sum += base * base * base
        }
      }
      return sum / Double(m * (isSame ? n - 1 : n))
    }
    let expected = mean(x, x, isSame: true) + mean(y, y, isSame: true) - 2 * mean(x, y, isSame: false)
    for strip in [4096, 300, 128, 7] {
      let distance = KernelDistance(
        between: real, and: generated, subsets: [(Array(0..<300), Array(0..<270))], strip: strip)
      #expect(isClose(distance.mean, expected, tolerance: 1e-6))
    }
  }

  /// Without bias: sets of one distribution have a mean distance of 0 within a few of its standard errors.
  @Test func isUnbiased() {
    var generator = RandomGenerator(seed: 5)
    let (a, b) = (Tensor.normal([400, 6], using: &generator), Tensor.normal([400, 6], using: &generator))
    let same = KernelDistance(between: a, and: b, subsets: 60, subsetSize: 40, using: &generator)
    #expect(abs(same.mean) < 4 * same.deviation / 60.0.squareRoot())
    let other = KernelDistance(between: a, and: b + 0.5, subsets: 60, subsetSize: 40, using: &generator)
    #expect(other.mean > 10 * abs(same.mean))
  }

  @Test func subsetsFollowTheGenerator() {
    var generator = RandomGenerator(seed: 1)
    let (a, b) = (Tensor.normal([30, 4], using: &generator), Tensor.normal([20, 4], using: &generator))
    var (first, again, other) = (RandomGenerator(seed: 2), RandomGenerator(seed: 2), RandomGenerator(seed: 3))
    let distance = KernelDistance(between: a, and: b, subsets: 5, subsetSize: 10, using: &first)
    #expect(distance == KernelDistance(between: a, and: b, subsets: 5, subsetSize: 10, using: &again))
    #expect(distance != KernelDistance(between: a, and: b, subsets: 5, subsetSize: 10, using: &other))
    // A subset of all vectors, in any order, is all vectors.
    let whole = KernelDistance(between: a, and: a, subsets: 3, subsetSize: 1000, using: &first)
    #expect(whole.values.allSatisfy { isClose($0, KernelDistance(between: a, and: a).mean, tolerance: 1e-6) })
    #expect(KernelDistance(between: a, and: Tensor.zeros([2, 4]) / 0).mean.isNaN)
  }

  @Test func misuseStops() async {
    var result = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = KernelDistance(between: Tensor.zeros([4, 3]), and: Tensor.zeros([4, 2]))
    }
    expect(result, saysWhy: "KernelDistance: features of shapes [4, 3] and [4, 2]; [count, features] with equally many")
    result = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = KernelDistance(between: Tensor.zeros([4, 3]), and: Tensor.zeros([1, 3]))
    }
    expect(result, saysWhy: "KernelDistance: 4 and 1 vectors; at least 2 of each are needed")
  }
}
