import Foundation
import Tensor
import Testing

@testable import Evaluation

@Suite struct ActiveUnitsTests {
  @Test func asGolden() throws {
    for golden in try Golden.cases("activeUnits") {
      let units = try ActiveUnits(of: golden.input("means"), threshold: #require(golden.params.threshold))
      #expect(try isClose(units.variances, golden.output("variances"), tolerance: 1e-9))
      #expect(try Double(units.count) == golden.number("activeUnits"))
      #expect(units.isActive.count { $0 } == units.count)
    }
  }

  @Test func misuseStops() async {
    let result = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = ActiveUnits(of: Tensor.zeros([1, 3]))
    }
    expect(result, saysWhy: "ActiveUnits: means of shape [1, 3]; [N, …] of at least two samples is needed")
  }
}

@Suite struct LatentPathTests {
  @Test func sphericalKeepsTheLength() {
    let (a, b) = (Tensor([3, 0, 0]), Tensor([0, 0, 3]))
    let way = LatentPath.spherical.points(from: a, to: b, count: 5)
    for point in 0..<5 {
      let angle = Double(point) * .pi / 8
      let expected = Tensor([Float(3 * cos(angle)), 0, Float(3 * sin(angle))])
      #expect(way[point].isApproximatelyEqual(to: expected, absoluteTolerance: 1e-6))
    }
    // Lengths that differ, by the formula.
    let longer = LatentPath.spherical.points(from: Tensor([[1, 0]]), to: Tensor([[0, 2]]), at: [1.0 / 3])
    #expect(longer.isApproximatelyEqual(to: Tensor([[Float(cos(Double.pi / 6)), 1]])))
  }

  @Test func straight() {
    let way = LatentPath.straight.points(from: Tensor([0, 4]), to: Tensor([2, 0]), count: 3)
    #expect(way == Tensor([[0, 4], [1, 2], [2, 0]]))
    #expect(LatentPath.straight.points(from: Tensor([[0, 4]]), to: Tensor([[2, 0]]), at: [1.5]) == Tensor([[3, -2]]))
  }

  /// Ends come out as they are, whatever the angle; parallel, opposite and zero latents have finite points.
  @Test(arguments: LatentPath.allCases) func ends(_ path: LatentPath) {
    let starts = Tensor([[1, 2], [1, 2], [1, 2], [0, 0], [1, 0]])
    let ends = Tensor([[2, 4], [-1, -2], [1, 2], [3, 1], [0, 1]])
    #expect(path.points(from: starts, to: ends, at: [0, 0, 0, 0, 0]).isApproximatelyEqual(to: starts))
    #expect(path.points(from: starts, to: ends, at: [1, 1, 1, 1, 1]).isApproximatelyEqual(to: ends))
    #expect(path.points(from: starts, to: ends, at: [0.3, 0.3, 0.3, 0.3, 0.3]).isAllFinite)
    #expect(path.points(from: Tensor.zeros([0, 2]), to: Tensor.zeros([0, 2]), at: []).shape == [0, 2])
  }

  @Test func misuseStops() async {
    let result = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = LatentPath.straight.points(from: Tensor.zeros([2, 3]), to: Tensor.zeros([2, 3]), at: [0])
    }
    expect(result, saysWhy: "LatentPath: latents of shapes [2, 3] and [2, 3], 1 fractions")
  }
}

@Suite struct PathLengthTests {
  /// A linear generator: `|(b - a) W|²` whatever the point and epsilon.
  @Test func ofALinearMap() {
    var generator = RandomGenerator(seed: 3)
    let (a, b) = (Tensor.normal([21, 4], using: &generator), Tensor.normal([21, 4], using: &generator))
    let weight = Tensor.normal([4, 6], using: &generator)
    var batches: [Int] = []
    let length = PathLength(from: a, to: b, along: .straight, epsilon: 0.25, batchSize: 8, using: &generator) {
      batches.append($0.shape[0])
      return $0.matmul(weight)
    }
    let expected = (b - a).matmul(weight).square().sum(axes: [1]).scalars.map { Double($0) }
    #expect(isClose(length.distances, expected, tolerance: 1e-5))
    #expect(batches == [8, 8, 8, 8, 8, 2])
    #expect(isClose(length.mean, expected.mean, tolerance: 1e-5))
  }

  /// The way of a point on a circle of radius r through an angle of θ: (r θ)².
  @Test func ofACircle() {
    let length = PathLength(
      from: Tensor([[2, 0]]), to: Tensor([[0, 2]]), at: [0.4], along: .spherical, epsilon: 1e-3
    ) { $0 }
    #expect(isClose(length.mean, Double.pi * .pi, tolerance: 1e-3))
  }

  @Test func trimming() {
    let fractions = [Double](repeating: 0, count: 301)
    let ends = Tensor((0..<301).map { [Float($0 == 7 ? 1000 : 1)] })
    let length = PathLength(from: Tensor.zeros([301, 1]), to: ends, at: fractions, along: .straight, epsilon: 0.5) {
      $0
    }
    #expect(length.trimmedMean == 1 && length.mean > 3000)
  }
}

@Suite struct PrincipalComponentsTests {
  @Test func asGolden() throws {
    for golden in try Golden.cases("pca") {
      let x = try golden.input("x")
      let components = PrincipalComponents(of: x, count: 4)
      #expect(try isClose(components.mean.scalars.map { Double($0) }, golden.output("mean"), tolerance: 1e-6))
      #expect(try isClose(components.variances, golden.output("explainedVariance"), tolerance: 1e-9))
      #expect(try isClose(components.varianceShares, golden.output("explainedVarianceRatio"), tolerance: 1e-9))
      #expect(
        try isClose(components.components.scalars.map { Double($0) }, golden.output("components"), tolerance: 1e-6))
      let plane = PrincipalComponents(of: x).project(x)
      #expect(plane.shape == [9, 2])
      #expect(try isClose(plane.scalars.map { Double($0) }, golden.output("projection"), tolerance: 1e-6))
    }
  }

  /// More features than vectors: the same components, by the products of vectors.
  @Test func ofFewVectors() {
    var generator = RandomGenerator(seed: 7)
    let few = Tensor.normal([6, 30], using: &generator)
    let components = PrincipalComponents(of: few, count: 5)
    // Five directions hold all: what is projected and brought back is the same.
    #expect(components.vectors(at: components.project(few)).isApproximatelyEqual(to: few, absoluteTolerance: 1e-5))
    #expect(abs(components.varianceShares.reduce(0, +) - 1) < 1e-12)
    let gram = components.components.matmul(components.components, transposingOther: true)
    #expect(gram.isApproximatelyEqual(to: .identity(5), absoluteTolerance: 1e-6))
    let variances = components.project(few).square().sum(axes: [0]).scalars.map { Double($0) / 5 }
    #expect(isClose(variances, components.variances, tolerance: 1e-5))
    // The same vectors, each many times: variances follow the divisor.
    let again = PrincipalComponents(of: Tensor.concatenated([Tensor](repeating: few, count: 10)), count: 5)
    #expect(isClose(again.variances.map { $0 * 59 / 50 }, components.variances, tolerance: 1e-6))
    #expect(again.components.isApproximatelyEqual(to: components.components, absoluteTolerance: 1e-5))
  }

  @Test func misuseStops() async {
    let result = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = PrincipalComponents(of: Tensor.zeros([4, 1]))
    }
    expect(result, saysWhy: "PrincipalComponents: 2 components of 4 vectors of 1 features")
  }
}

@Suite struct SingularDirectionsTests {
  @Test(arguments: [(7, 12), (12, 7), (9, 9), (1, 5)]) func factorize(_ inputs: Int, _ outputs: Int) {
    var generator = RandomGenerator(seed: 2)
    let weight = Tensor.normal([inputs, outputs], using: &generator)
    let all = SingularDirections(of: weight, count: min(inputs, outputs))
    let product = (all.input * Tensor(all.values.map { Float($0) }).reshaped(to: [all.values.count, 1]))
      .matmul(all.output, transposingSelf: true)
    #expect(product.isApproximatelyEqual(to: weight, absoluteTolerance: 1e-5))
    #expect(all.values == all.values.sorted(by: >))
    let one = SingularDirections(of: weight, count: 1)
    #expect(
      one.values == Array(all.values.prefix(1)) && one.input == all.input[0...0] && one.output == all.output[0...0])
  }
}
