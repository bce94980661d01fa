import LatentSystem
import Tensor

/// Precision and recall, density and coverage of generated samples: how far two sets of feature vectors lie in each
/// other's neighbourhoods.
///
/// A vector's neighbourhood is the ball around it that reaches to its k-th nearest neighbour in its own set.
///
/// ```swift
/// let scores = NeighbourhoodScores(of: features(samples), against: features(images))
/// print(scores.precision, scores.recall, scores.density, scores.coverage)
/// ```
///
/// All depend on the number of vectors and of features: compare only figures of equally many. Distances that decide are
/// exact to double precision.
///
/// Reference: Kynkäänniemi et al., "Improved precision and recall metric for assessing generative models",
/// arXiv:1904.06991, eq. 1 and 2; Naeem et al., "Reliable fidelity and diversity metrics for generative models",
/// arXiv:2002.09797, section 3.
public struct NeighbourhoodScores: Sendable, Hashable {
  /// The share of generated vectors in the neighbourhood of a real one: how many samples look real.
  public let precision: Double
  /// The share of real vectors in the neighbourhood of a generated one: how much of the data is generated.
  public let recall: Double
  /// In how many neighbourhoods of real vectors a generated one lies on average, divided by k. 1 is expected of the
  /// same distribution; more is possible. Outliers among the real vectors matter less than for precision.
  public let density: Double
  /// The share of real vectors in whose neighbourhood a generated one lies. Outliers among the generated vectors do not
  /// raise it as they raise recall.
  public let coverage: Double
  /// How many neighbours, k, make a neighbourhood.
  public let neighbours: Int

  /// The scores of `generated` against `real`. All are NaN if a feature is not finite.
  ///
  /// - Parameters:
  ///   - generated: `[N, features]`.
  ///   - real: `[M, features]`.
  ///   - neighbours: how many neighbours, of the vector's own set and without itself, make a neighbourhood. 5 is what
  ///     the second paper uses, and 3 the first.
  ///   - includesBoundary: whether a vector that is just as far as the last neighbour is inside. The paper's formulas
  ///     say so; the second one's program, whose figures are compared as a rule, does not.
  /// - Precondition: equally many features, at least one; `neighbours >= 1`, and more vectors than that in each set.
  /// - Complexity: O((N + M)² · features), in memory for 10⁷ distances at a time.
  public init(of generated: Tensor, against real: Tensor, neighbours: Int = 5, includesBoundary: Bool = false) {
    requireFeatures(real, generated, "NeighbourhoodScores", atLeast: 0)
    require(neighbours >= 1, "NeighbourhoodScores: \(neighbours) neighbours; at least 1 is needed")
    require(
      min(real.shape[0], generated.shape[0]) > neighbours,
      "NeighbourhoodScores: \(generated.shape[0]) generated and \(real.shape[0]) real vectors; more than the \(neighbours) neighbours of each are needed"
    )
    self.neighbours = neighbours
    guard real.isAllFinite, generated.isAllFinite else {
      (precision, recall, density, coverage) = (.nan, .nan, .nan, .nan)
      return
    }
    let spaces = DistanceSpace.prepare([real, generated])
    var overlap = NeighbourhoodOverlap(
      real: Neighbourhoods(spaces[0], neighbours), generated: Neighbourhoods(spaces[1], neighbours), includesBoundary)
    overlap.count()
    let (realCount, generatedCount) = (Double(real.shape[0]), Double(generated.shape[0]))
    precision = Double(overlap.isInsideReal.count { $0 }) / generatedCount
    recall = Double(overlap.isInsideGenerated.count { $0 }) / realCount
    density = Double(overlap.pairs.reduce(0, +)) / (Double(neighbours) * generatedCount)
    coverage = Double(overlap.pairs.count { $0 > 0 }) / realCount
  }
}

/// The vectors of a set and the squared radius of the ball around each.
struct Neighbourhoods {
  let vectors: DistanceSpace
  let squaredRadii: [Double]

  init(_ vectors: DistanceSpace, _ neighbours: Int) {
    self.vectors = vectors
    squaredRadii = vectors.nearest(neighbours, in: vectors, excludingSelf: true).map { $0[neighbours - 1].square }
  }

  /// The squared radii of the scaled vectors.
  var scaledRadii: [Float] { squaredRadii.map { Float($0 * vectors.scale * vectors.scale) } }
}

/// Which vectors lie in which balls of the other set.
private struct NeighbourhoodOverlap {
  private let real: Neighbourhoods
  private let generated: Neighbourhoods
  private let includesBoundary: Bool
  private let realRadii: [Float]
  /// For each generated vector its lower bound less the squared radius, both scaled.
  private let lowerLessRadius: [Float]

  /// For each generated vector whether it lies in the ball of a real one.
  private(set) var isInsideReal: [Bool]
  /// For each real vector whether it lies in the ball of a generated one.
  private(set) var isInsideGenerated: [Bool]
  /// For each real vector how many generated ones lie in its ball.
  private(set) var pairs: [Int]

  init(real: Neighbourhoods, generated: Neighbourhoods, _ includesBoundary: Bool) {
    self.real = real
    self.generated = generated
    self.includesBoundary = includesBoundary
    realRadii = real.scaledRadii
    lowerLessRadius = zip(generated.vectors.lower, generated.scaledRadii).map { $0 - $1 }
    isInsideReal = [Bool](repeating: false, count: generated.vectors.count)
    isInsideGenerated = [Bool](repeating: false, count: real.vectors.count)
    pairs = [Int](repeating: 0, count: real.vectors.count)
  }

  mutating func count() {
    let width = generated.vectors.count
    // Each chunk notes on its own which generated vectors it found inside.
    var found = [Bool](repeating: false, count: DistanceSpace.mostChunks * width)
    var (inside, counts) = (isInsideGenerated, pairs)
    found.withUnsafeMutableBufferPointer { found in
      inside.withUnsafeMutableBufferPointer { inside in
        counts.withUnsafeMutableBufferPointer { counts in
          real.vectors.forEachRow(against: generated.vectors) { chunk, row, products in
            (inside[row], counts[row]) = scan(row, products, found.baseAddress.map { $0 + chunk * width })
          }
        }
      }
    }
    (isInsideGenerated, pairs) = (inside, counts)
    for chunk in 0..<DistanceSpace.mostChunks {
      for index in 0..<width where found[chunk * width + index] { isInsideReal[index] = true }
    }
  }

  /// Compares a real vector with all generated ones.
  ///
  /// - Parameter found: is set to true for each that lies in the real vector's ball.
  /// - Returns: Whether the real one lies in the ball of a generated one, and how many generated ones lie in its own.
  private func scan(
    _ row: Int, _ products: UnsafeBufferPointer<Float>, _ found: UnsafeMutablePointer<Bool>?
  ) -> (isInside: Bool, pairs: Int) {
    guard let found, let products = products.baseAddress else { return (false, 0) }
    let lower = real.vectors.lower[row]
    let ownLowerLessRadius = lower - realRadii[row]
    var result = (isInside: false, pairs: 0)
    /// Looks closely at one that the bounds do not exclude from both balls.
    func look(_ place: Int) {
      let (isInOwn, isInOther) = contains(row, place, Double(products[place]))
      if isInOwn {
        found[place] = true
        result.pairs += 1
      }
      if isInOther { result.isInside = true }
    }
    let count = generated.vectors.count
    generated.vectors.lower.withUnsafeBufferPointer { lowers in
      lowerLessRadius.withUnsafeBufferPointer { lowersLessRadii in
        guard let a = lowers.baseAddress, let b = lowersLessRadii.baseAddress else { return }
        var place = 0
        while place + 8 <= count {
          let twice = 2 * load(products + place)
          let first = ownLowerLessRadius + load(a + place)
          let second = lower + load(b + place)
          if any((twice .>= first) .| (twice .>= second)) {
            for lane in 0..<8 where twice[lane] >= min(first[lane], second[lane]) { look(place + lane) }
          }
          place += 8
        }
        for place in place..<count
        where 2 * products[place] >= min(ownLowerLessRadius + a[place], lower + b[place]) { look(place) }
      }
    }
    return result
  }

  /// Whether generated vector `other` lies in the ball of real vector `row`, and the reverse.
  private func contains(_ row: Int, _ other: Int, _ product: Double) -> (Bool, Bool) {
    let (a, b) = (real.vectors, generated.vectors)
    let least = Double(a.lower[row]) + Double(b.lower[other]) - 2 * product
    let most = Double(a.upper[row]) + Double(b.upper[other]) - 2 * product
    let square = a.scale * a.scale
    var exact: Double?
    func isInside(_ squaredRadius: Double) -> Bool {
      if most < squaredRadius * square { return true }
      if least > squaredRadius * square { return false }
      let distance = exact ?? a.squaredDistance(row, to: other, of: b)
      exact = distance
      return includesBoundary ? distance <= squaredRadius : distance < squaredRadius
    }
    return (isInside(real.squaredRadii[row]), isInside(generated.squaredRadii[other]))
  }
}

@inline(__always)
private func load(_ p: UnsafePointer<Float>) -> SIMD8<Float> {
  UnsafeRawPointer(p).loadUnaligned(as: SIMD8<Float>.self)
}
