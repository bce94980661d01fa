import Foundation
import LatentTestSupport
import Tensor
import Testing

@testable import Evaluation

@Suite struct NeighbourhoodScoresTests {
  /// Ties, equal vectors and balls of radius 0 among them: nothing may depend on rounding.
  @Test func asGolden() throws {
    for golden in try Golden.cases("precisionRecall") {
      let (real, generated) = try (golden.input("real"), golden.input("generated"))
      let k = try #require(golden.params.k)
      for (includesBoundary, prefix) in [(true, ""), (false, "strict")] {
        let scores = NeighbourhoodScores(
          of: generated, against: real, neighbours: k, includesBoundary: includesBoundary)
        func expected(_ name: String) throws -> Double {
          try golden.number(prefix.isEmpty ? name : prefix + name.prefix(1).uppercased() + name.dropFirst())
        }
        #expect(try isClose(scores.precision, expected("precision"), tolerance: 1e-9), "\(golden.name) \(prefix)")
        #expect(try isClose(scores.recall, expected("recall"), tolerance: 1e-9), "\(golden.name) \(prefix)")
        #expect(try isClose(scores.density, expected("density"), tolerance: 1e-9), "\(golden.name) \(prefix)")
        #expect(try isClose(scores.coverage, expected("coverage"), tolerance: 1e-9), "\(golden.name) \(prefix)")
        #expect(scores.neighbours == k)
      }
      let spaces = DistanceSpace.prepare([real, generated])
      for (space, name) in zip(spaces, ["realRadii", "generatedRadii"]) {
        let radii = Neighbourhoods(space, k).squaredRadii.map { $0.squareRoot() }
        #expect(try isClose(radii, golden.output(name), tolerance: 1e-9), "\(golden.name) \(name)")
      }
    }
  }

  /// What a plain comparison of all distances in double precision gives.
  static func plainScores(_ generated: Tensor, _ real: Tensor, _ k: Int) -> [Double] {
    let size = real.shape[1]
    let (x, y) = (real.scalars.map { Double($0) }, generated.scalars.map { Double($0) })
    func distance(_ a: [Double], _ i: Int, _ b: [Double], _ j: Int) -> Double {
      (0..<size).reduce(0) {
        let difference = a[i * size + $1] - b[j * size + $1]
        return $0 + difference * difference
      }
    }
    func radii(_ a: [Double]) -> [Double] {
      let count = a.count / size
      return (0..<count).map { i in (0..<count).filter { $0 != i }.map { distance(a, i, a, $0) }.sorted()[k - 1] }
    }
    let (realRadii, generatedRadii) = (radii(x), radii(y))
    var (precise, recalled, pairs, covered) = (Set<Int>(), Set<Int>(), 0, Set<Int>())
    for i in realRadii.indices {
      for j in generatedRadii.indices {
        let square = distance(x, i, y, j)
        if square < realRadii[i] {
          precise.insert(j)
          covered.insert(i)
          pairs += 1
        }
        if square < generatedRadii[j] { recalled.insert(i) }
      }
    }
    let (n, m) = (Double(generatedRadii.count), Double(realRadii.count))
    return [
      Double(precise.count) / n, Double(recalled.count) / m, Double(pairs) / (Double(k) * n), Double(covered.count) / m,
    ]
  }

  /// Far from the origin, of any scale, and with groups of nearly equal vectors, where single precision alone would
  /// tell no distances apart.
  @Test(arguments: [(0, 1), (100, 1), (0, 1e-20), (0, 1e15), (3e4, 1e-2)] as [(Float, Float)])
  func asInDoublePrecision(_ offset: Float, _ scale: Float) {
    var generator = RandomGenerator(seed: 8)
    let real = Tensor.normal([150, 11], using: &generator) * scale + offset * scale
    var generated = Tensor.normal([130, 11], using: &generator) * (0.9 * scale) + (offset + 0.1) * scale
    for index in 0..<20 { generated[index] = generated[0] + Float(index) * 1e-6 * scale }
    let scores = NeighbourhoodScores(of: generated, against: real, neighbours: 4)
    #expect([scores.precision, scores.recall, scores.density, scores.coverage] == Self.plainScores(generated, real, 4))
  }

  @Test func knownAnswers() {
    var generator = RandomGenerator(seed: 2)
    let x = Tensor.normal([60, 3], using: &generator)
    let same = NeighbourhoodScores(of: x, against: x, neighbours: 3)
    // Each lies in its own ball, with the others that are nearer than the last.
    #expect(same.precision == 1 && same.recall == 1 && same.coverage == 1 && same.density == 1)
    #expect(NeighbourhoodScores(of: x, against: x, neighbours: 3, includesBoundary: true).density == 4.0 / 3)
    let far = NeighbourhoodScores(of: x + 100, against: x, neighbours: 3)
    #expect(far.precision == 0 && far.recall == 0 && far.coverage == 0 && far.density == 0)
    // One sample again and again, between two others: all is precise, next to nothing recalled.
    let collapsed = NeighbourhoodScores(
      of: x[0...0].gathered(at: [Int](repeating: 0, count: 60)), against: x, neighbours: 3)
    #expect(collapsed.precision == 1 && collapsed.recall == 0 && collapsed.coverage < 0.2)
    #expect(NeighbourhoodScores(of: x, against: Tensor.zeros([9, 3]) / 0).precision.isNaN)
  }

  /// Two samples of N(0, I), 10,000 × 1,000, against NumPy on the same two, in Double.
  ///
  /// For others, .4772, .4705, 1.0555 and .9735 are published (the README of clovaai/generative-evaluation-prdc). Few
  /// outlying vectors have large neighbourhoods, so sets differ much: densities of five pairs were 0.970 to 1.102.
  @Test(.enabled(if: ProcessInfo.processInfo.environment["LATENT_SLOW_TESTS"] != nil))
  func asNumPyHasThemInManyDimensions() {
    var generator = RandomGenerator(seed: 1)
    let real = Tensor.normal([10_000, 1_000], using: &generator)
    let generated = Tensor.normal([10_000, 1_000], using: &generator)
    let scores = NeighbourhoodScores(of: generated, against: real)
    // Kernels of other processors round the draws otherwise, which may move a few vectors over an edge.
    #expect(abs(scores.precision - 0.4824) < 0.0005)
    #expect(abs(scores.recall - 0.4934) < 0.0005)
    #expect(abs(scores.density - 0.96974) < 0.0005)
    #expect(abs(scores.coverage - 0.9662) < 0.0005)
  }

  @Test func threadsChangeNothing() {
    var generator = RandomGenerator(seed: 6)
    let (a, b) = (Tensor.normal([700, 40], using: &generator), Tensor.normal([650, 40], using: &generator))
    let results = [1, 2, 5].map { threads in
      withThreads(threads) {
        var draws = RandomGenerator(seed: 1)
        return (
          NeighbourhoodScores(of: a, against: b),
          KernelDistance(between: a, and: b, subsets: 3, subsetSize: 300, using: &draws),
          FeatureStatistics(of: a).frechetDistance(to: FeatureStatistics(of: b)), PrincipalComponents(of: a, count: 3)
        )
      }
    }
    for other in results.dropFirst() { #expect(other == results[0]) }
  }

  @Test func misuseStops() async {
    var result = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = NeighbourhoodScores(of: Tensor.zeros([9, 3]), against: Tensor.zeros([5, 3]))
    }
    expect(result, saysWhy: "NeighbourhoodScores: 9 generated and 5 real vectors; more than the 5 neighbours of each")
    result = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = NeighbourhoodScores(of: Tensor.zeros([9, 3]), against: Tensor.zeros([9, 4]))
    }
    expect(result, saysWhy: "NeighbourhoodScores: features of shapes [9, 4] and [9, 3]")
  }
}

@Suite struct DistanceSpaceTests {
  /// The distance in double precision lies between the bounds that single precision gives, and these are close to each
  /// other: within a 10⁻⁴ part of the squares for a thousand features.
  @Test(arguments: [(3, 0, 1), (50, 4, 1e3), (1000, 0, 1), (300, 1000, 1e-12)] as [(Int, Float, Float)])
  func boundsHold(_ size: Int, _ offset: Float, _ scale: Float) {
    var generator = RandomGenerator(seed: 5)
    let a = (Tensor.normal([70, size], using: &generator) + offset) * scale
    var b = (Tensor.normal([80, size], using: &generator) * 2 + offset) * scale
    b[0..<30] = a[0..<30]
    let spaces = DistanceSpace.prepare([a, b])
    let square = spaces[0].scale * spaces[0].scale
    var (misses, widest) = ([String](), 0.0)
    let lock = NSLock()
    spaces[0].forEachRow(against: spaces[1]) { _, row, products in
      lock.withLock {
        for (other, product) in products.enumerated() {
          let exact = spaces[0].squaredDistance(row, to: other, of: spaces[1]) * square
          let least = Double(spaces[0].lower[row]) + Double(spaces[1].lower[other]) - 2 * Double(product)
          let most = Double(spaces[0].upper[row]) + Double(spaces[1].upper[other]) - 2 * Double(product)
          if !(least <= exact && exact <= most) { misses.append("\(row), \(other): \(least) \(exact) \(most)") }
          widest = max(widest, (most - least) / Double(spaces[0].upper[row] + spaces[1].upper[other]))
        }
      }
    }
    #expect(misses.isEmpty)
    #expect(widest < Double(size + 20) * 1.3e-7)
  }
}

@Suite struct NearestNeighboursTests {
  @Test func byHand() {
    let set = Tensor([[0, 0], [3, 4], [0, 1], [0, 0]])
    let found = NearestNeighbours(of: Tensor([[0, 0], [3, 3]]), in: set, count: 3)
    #expect(found.indices == [[0, 3, 2], [1, 2, 0]])
    #expect(found.distances[0] == [0, 0, 1] && found.distances[1][0] == 1)
    let images = NearestNeighbours(of: set.reshaped(to: [4, 1, 2, 1]), in: set.reshaped(to: [4, 1, 2, 1]), count: 4)
    #expect(images.indices[1] == [1, 2, 0, 3])
    #expect(NearestNeighbours(of: Tensor.zeros([0, 2]), in: set).indices.isEmpty)
  }

  /// As many neighbours as there are vectors: all of them, in order.
  @Test func allInOrder() {
    var generator = RandomGenerator(seed: 9)
    let (queries, set) = (Tensor.normal([3, 5], using: &generator), Tensor.normal([37, 5], using: &generator))
    let found = NearestNeighbours(of: queries, in: set, count: 37)
    for row in 0..<3 {
      #expect(found.indices[row].sorted() == Array(0..<37))
      #expect(found.distances[row] == found.distances[row].sorted())
    }
  }

  @Test func misuseStops() async {
    let result = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = NearestNeighbours(of: Tensor.zeros([2, 3]), in: Tensor.zeros([4, 3]), count: 5)
    }
    expect(result, saysWhy: "NearestNeighbours: 5 neighbours among 4 vectors")
  }
}

@Suite struct MemorizationTests {
  @Test func copiesAreFound() {
    var generator = RandomGenerator(seed: 4)
    let training = Tensor.normal([200, 8], using: &generator)
    let test = Tensor.normal([150, 8], using: &generator)
    let fresh = Memorization(of: Tensor.normal([180, 8], using: &generator), training: training, test: test)
    #expect(abs(fresh.shareNearer - 0.5) < 0.1)
    #expect(fresh.shareNearer(thanQuantile: 0.1) < 0.25)
    let copies = Memorization(of: training[20..<60] + 1e-3, training: training, test: test)
    #expect(copies.shareNearer == 1 && copies.shareNearer(thanQuantile: 0) == 1)
    #expect(copies.nearestTraining == Array(20..<60))
    let far = Memorization(of: training + 50, training: training, test: test)
    #expect(far.shareNearer == 0 && far.shareNearer(thanQuantile: 1) == 0)
  }

  @Test func byHand() {
    // Distances to the training images: 0, 1, 2 of samples, 1, 3 of test images.
    let memorization = Memorization(
      of: Tensor([[0], [1], [2]]), training: Tensor([[0], [-10]]), test: Tensor([[1], [3]]))
    #expect(memorization.sampleDistances == [0, 1, 2] && memorization.testDistances == [1, 3])
    #expect(abs(memorization.shareNearer - (2 + 1.5 + 1) / 6) < 1e-15)
    #expect(abs(memorization.shareNearer(thanQuantile: 0) - 1.0 / 3) < 1e-15)
    #expect(memorization.shareNearer(thanQuantile: 1) == 1)
  }
}
