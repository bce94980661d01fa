import Foundation
import Tensor
import Testing

@testable import Evaluation

/// Features that every language computes to the bit: `((i²·a + j·b + i·j·c) mod m) / m`.
private func features(_ count: Int, _ size: Int, _ a: Int, _ b: Int, _ c: Int, _ m: Int) -> Tensor {
  let numbers = (0..<count).flatMap { i in (0..<size).map { j in Float((i * i * a + j * b + i * j * c) % m) / Float(m) }
  }
  return Tensor(numbers, shape: [count, size])
}

@Suite struct FrechetDistanceTests {
  private let x = FeatureStatistics(of: features(60, 5, 7, 13, 5, 101))

  /// Computed by NumPy 2.4.6: `numpy.cov`, `numpy.linalg.eigh` for the root of one covariance, `eigvalsh` of the
  /// product.
  @Test func asNumPy() {
    let variances: [Double] = (0..<5).map { x.covariance[6 * $0] }
    #expect(isClose(variances.reduce(0, +), 0.42322102961173463, tolerance: 1e-14))
    #expect(abs(x.covariance[1] - 0.010887932868555257) < 1e-15 && x.covariance[1] == x.covariance[5])
    let y = FeatureStatistics(of: features(80, 5, 3, 29, 11, 97))
    #expect(abs(x.frechetDistance(to: y) - 0.03289575348493934) < 1e-13)
    #expect(abs(y.frechetDistance(to: x) - 0.03289575348493934) < 1e-13)
    let large = FeatureStatistics(of: features(300, 40, 7, 13, 5, 101))
    let other = FeatureStatistics(of: features(250, 40, 3, 29, 11, 97))
    #expect(abs(large.frechetDistance(to: other) - 0.7383312661555097) < 1e-7)
  }

  /// With fewer vectors than features the covariances are singular, and NumPy is sure of eight digits only.
  @Test func singularCovariances() {
    let a = FeatureStatistics(of: features(4, 6, 7, 13, 5, 101))
    let b = FeatureStatistics(of: features(5, 6, 3, 29, 11, 97))
    #expect(abs(a.frechetDistance(to: b) - 0.5989099805780466) < 1e-7)
    #expect(a.frechetDistance(to: a) < 1e-13)
    let point = FeatureStatistics(of: Tensor.zeros([2, 6]))
    let spread = (0..<6).reduce(0) { $0 + a.covariance[7 * $1] + a.mean[$1] * a.mean[$1] }
    #expect(abs(a.frechetDistance(to: point) - spread) < 1e-14)
    #expect(point.frechetDistance(to: point) == 0)
  }

  @Test func knownAnswers() {
    #expect(x.frechetDistance(to: x) < 1e-13)
    // Twice as wide around twice the mean: |μ|² + tr Σ.
    let wide = FeatureStatistics(of: features(60, 5, 7, 13, 5, 101) * 2)
    let expected = (0..<5).reduce(0) { $0 + x.covariance[6 * $1] + x.mean[$1] * x.mean[$1] }
    #expect(abs(x.frechetDistance(to: wide) - expected) < 1e-13)
    // In one dimension: (μ₁ - μ₂)² + (σ₁ - σ₂)².
    let a = FeatureStatistics(of: Tensor([[-1], [1]]))
    let b = FeatureStatistics(of: Tensor([[2], [8]]))
    #expect(abs(a.frechetDistance(to: b) - (25 + 8)) < 1e-13)
    #expect(FeatureStatistics(of: Tensor([[.nan], [1]])).frechetDistance(to: a).isNaN)
  }

  @Test func misuseStops() async {
    var result = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = FeatureStatistics(of: Tensor.zeros([1, 3]))
    }
    expect(result, saysWhy: "FeatureStatistics: features of shape [1, 3]; [count, features] with a count of at least 2")
    result = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      let a = FeatureStatistics(of: Tensor.zeros([2, 3]))
      _ = a.frechetDistance(to: FeatureStatistics(of: Tensor.zeros([2, 4])))
    }
    expect(result, saysWhy: "frechetDistance: 3 features here, 4 there; they must be the same")
  }
}

extension FrechetDistanceTests {
  @Test func asGolden() throws {
    for golden in try Golden.cases("frechetDistance") {
      let (real, generated) = try (golden.input("real"), golden.input("generated"))
      let (a, b) = (FeatureStatistics(of: real), FeatureStatistics(of: generated))
      #expect(try abs(a.frechetDistance(to: b) - golden.number("distance")) < 1e-8, "\(golden.name)")
      guard golden.outputs["realMean"] != nil else { continue }
      #expect(try isClose(a.mean, golden.output("realMean"), tolerance: 1e-9), "\(golden.name)")
      #expect(try isClose(a.covariance, golden.output("realCovariance"), tolerance: 1e-9), "\(golden.name)")
    }
  }

  /// Sizes beyond a block of the decompositions, and singular covariances, where the roots of eigenvalues that are 0
  /// but for rounding are seen in the eighth digit already. Computed by NumPy 2.4.6, by `numpy.linalg.svd` of the
  /// product of the centred sets.
  @Test(arguments: [
    (500, 450, 200, 3.104686806071488), (150, 180, 200, 10.008096543726104), (700, 690, 300, 4.708409687908947),
  ])
  func asNumPyOfMany(_ count: Int, _ other: Int, _ size: Int, _ expected: Double) {
    let a = FeatureStatistics(of: features(count, size, 7, 13, 5, 1009))
    let b = FeatureStatistics(of: features(other, size, 3, 29, 11, 997))
    #expect(isClose(a.frechetDistance(to: b), expected, tolerance: 1e-11))
    #expect(isClose(b.frechetDistance(to: a), expected, tolerance: 1e-11))
    #expect(a.frechetDistance(to: a) < 1e-11)
  }

  /// Normal distributions whose covariances are diagonal, over many orders of magnitude: `Σ (μ₁ - μ₂)² + (σ₁ - σ₂)²`.
  @Test(arguments: [1, 2, 40, 129]) func ofKnownDeviations(_ size: Int) {
    // Two vectors, 1 and -1 in one direction, for each direction: the covariance is diagonal, exactly.
    func features(_ deviations: [Double]) -> Tensor {
      var rows = [Float](repeating: 0, count: 2 * size * size)
      for (index, deviation) in deviations.enumerated() {
        rows[2 * index * size + index] = Float(deviation)
        rows[(2 * index + 1) * size + index] = -Float(deviation)
      }
      return Tensor(rows, shape: [2 * size, size])
    }
    func variances(_ features: Tensor) -> [Double] {
      let scalars = features.scalars
      return (0..<size).map {
        let deviation = Double(scalars[2 * $0 * size + $0])
        return 2 * deviation * deviation / Double(2 * size - 1)
      }
    }
    let x = features((0..<size).map { pow(10, -6 * Double($0) / Double(size)) })
    let y = features((0..<size).map { pow(10, -6 * Double(size - 1 - $0) / Double(size)) })
    let expected = zip(variances(x), variances(y)).reduce(0) {
      let difference = $1.0.squareRoot() - $1.1.squareRoot()
      return $0 + difference * difference
    }
    let distance = FeatureStatistics(of: x).frechetDistance(to: FeatureStatistics(of: y))
    #expect(abs(distance - expected) <= 1e-9 * expected)
  }
}
