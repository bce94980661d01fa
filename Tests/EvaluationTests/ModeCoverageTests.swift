import Foundation
import LatentSystem
import Tensor
import Testing

@testable import Evaluation

@Suite struct StackedModesTests {
  /// All samples in one of 1,000 modes, and 26,000 that are spread evenly, by chance.
  @Test func divergences() {
    var one = [Int](repeating: 0, count: 1000)
    one[17] = 26_000
    let collapsed = ModeCoverage(histogram: one, sampleCount: 26_000)
    #expect(collapsed.modesHit == 1)
    #expect(abs((collapsed.divergenceFromUniform ?? 0) - 6.907_755) < 1e-6)
    var random = RandomGenerator(seed: 5)
    var even = [Int](repeating: 0, count: 1000)
    for _ in 0..<26_000 { even[Int.random(in: 0..<1000, using: &random)] += 1 }
    let spread = ModeCoverage(histogram: even, sampleCount: 26_000)
    #expect(spread.modesHit == 1000)
    #expect(abs((spread.divergenceFromUniform ?? 0) - 0.019) < 0.002)
  }
}

@Suite struct GaussianMixtureTests {
  @Test func ringLiesOnItsCircle() {
    let ring = GaussianMixture.ring()
    #expect(ring.centres.shape == [8, 2] && ring.standardDeviation == 0.02)
    let half = Float(2.0.squareRoot())
    let expected = Tensor([
      [2, 0], [half, half], [0, 2], [-half, half], [-2, 0], [-half, -half], [0, -2], [half, -half],
    ])
    #expect(ring.centres.isApproximatelyEqual(to: expected))
  }

  @Test func gridIsCentred() {
    let grid = GaussianMixture.grid()
    #expect(grid.centres.shape == [25, 2] && grid.standardDeviation == 0.05)
    #expect(Array(grid.centres.scalars.prefix(6)) == [-4, -4, -2, -4, 0, -4])
    #expect(Array(grid.centres.scalars.suffix(2)) == [4, 4])
    #expect(
      GaussianMixture.grid(side: 2, spacing: 1).centres
        == Tensor([[-0.5, -0.5], [0.5, -0.5], [-0.5, 0.5], [0.5, 0.5]]))
  }

  @Test(arguments: [GaussianMixture.ring(), .grid()]) func samplesHaveTheMomentsOfTheMixture(_ mixture: GaussianMixture)
  {
    var generator = RandomGenerator(seed: 4)
    let count = 40_000
    let samples = mixture.sample(count, using: &generator).scalars
    let coverage = ModeCoverage(of: Tensor(samples, shape: [count, 2]), in: mixture)
    let modes = mixture.centres.shape[0]
    #expect(coverage.modesHit == modes)
    // In the plane, exp(-9/2) of a normal distribution lies outside three standard deviations.
    let outside = exp(-4.5)
    let error = (outside * (1 - outside) / Double(count)).squareRoot()
    #expect(abs(coverage.highQualityShare - (1 - outside)) < 5 * error)
    let share = 1 / Double(modes)
    let deviation = (Double(count) * share * (1 - share)).squareRoot()
    #expect(coverage.histogram.allSatisfy { abs(Double($0) - Double(count) * share * (1 - outside)) < 5 * deviation })
    // Twice the divergence times the count is distributed as χ² with a degree of freedom less than there are modes.
    #expect(
      (coverage.divergenceFromUniform ?? 1) * 2 * Double(count) < Double(modes) + 6 * (2 * Double(modes)).squareRoot())
    var squares = 0.0
    let places = mixture.centres.scalars
    for index in 0..<count {
      let distances = (0..<modes).map { mode -> Double in
        let x = Double(samples[2 * index] - places[2 * mode])
        let y = Double(samples[2 * index + 1] - places[2 * mode + 1])
        return x * x + y * y
      }
      squares += distances.min() ?? 0
    }
    let variance = Double(mixture.standardDeviation) * Double(mixture.standardDeviation)
    #expect(abs(squares / Double(2 * count) / variance - 1) < 5 / Double(count).squareRoot())
  }

  @Test func pointsDependOnTheirIndexAlone() {
    var (a, b) = (RandomGenerator(seed: 9), RandomGenerator(seed: 9))
    let whole = GaussianMixture.ring().sample(30, using: &a)
    let parts = [10, 20].map { GaussianMixture.ring().sample($0, using: &b) }
    #expect(parts.flatMap(\.scalars) == whole.scalars)
    #expect(a == b)
    #expect(GaussianMixture.ring().sample(0, using: &a).shape == [0, 2])
  }
}

@Suite struct ModeCoverageTests {
  private let centres = Tensor([[0, 0], [10, 0], [0, 10], [10, 10]])

  @Test func countsByHand() throws {
    let samples = Tensor([
      [0, 0], [0.6, 0.8], [0.7, 0.8], [10, 0.5], [5, 5], [.nan, 0], [.infinity, 10], [-0.5, 0], [10.1, -0.1],
      [3e38, 3e38],
    ])
    let coverage = ModeCoverage(of: samples, centres: centres, radius: 1.000_001)
    #expect(coverage.histogram == [3, 2, 0, 0])
    #expect(coverage.sampleCount == 10 && coverage.highQualityCount == 5 && coverage.highQualityShare == 0.5)
    #expect(coverage.modeCount == 4 && coverage.modesHit == 2)
    #expect(coverage.modesHit(withShare: 0.2) == 2)
    #expect(coverage.modesHit(withShare: 0.25) == 1)
    #expect(coverage.modesHit(withShare: 0.5) == 0)
    let expected = 0.6 * log(0.6 * 4) + 0.4 * log(0.4 * 4)
    #expect(abs(try #require(coverage.divergenceFromUniform) - expected) < 1e-15)
  }

  @Test func extremes() throws {
    let even = ModeCoverage(of: centres, centres: centres, radius: 0)
    #expect(even.modesHit == 4 && even.highQualityShare == 1 && even.divergenceFromUniform == 0)
    let collapsed = ModeCoverage(of: Tensor([[10, 0], [10, 0]]), centres: centres, radius: 1)
    #expect(abs(try #require(collapsed.divergenceFromUniform) - log(4)) < 1e-15)
    let lost = ModeCoverage(of: Tensor([[5, 5]]), centres: centres, radius: 1)
    #expect(lost.modesHit == 0 && lost.highQualityShare == 0 && lost.divergenceFromUniform == nil)
    let none = ModeCoverage(of: Tensor.zeros([0, 2]), centres: centres, radius: 1)
    #expect(none.modesHit == 0 && none.highQualityShare == 0 && none.divergenceFromUniform == nil)
    let infinite = ModeCoverage(of: Tensor([[.infinity, .nan]]), centres: centres, radius: .infinity)
    #expect(infinite.highQualityCount == 0)
  }

  @Test func misuseStops() async {
    var result = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = ModeCoverage(of: Tensor.zeros([4, 3]), in: .ring())
    }
    expect(result, saysWhy: "ModeCoverage: samples of shape [4, 3]; [count, 2] is needed")
    result = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = GaussianMixture(centres: Tensor.zeros([0, 2]), standardDeviation: 1)
    }
    expect(result, saysWhy: "GaussianMixture: centres of shape [0, 2]; [modes, 2] with at least one mode is needed")
  }
}
