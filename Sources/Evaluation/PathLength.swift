import LatentSystem
import Tensor

/// How evenly samples change along ways between latents: `|f(G(t)) - f(G(t + ε))|² / ε²`, over many ways and points on
/// them. Short is smooth.
///
/// ```swift
/// let starts = Tensor.normal([1000, 64], using: &generator), ends = Tensor.normal([1000, 64], using: &generator)
/// let length = try PathLength(from: starts, to: ends, along: .spherical, using: &generator) { latents in
///   try judge.trained.features(of: trained.decode(latents))
/// }
/// print(length.mean)
/// ```
///
/// The figure depends on `features`: with another network, or whole images, it cannot be compared with published ones,
/// which take the distance of the VGG network.
///
/// Reference: Karras, Laine and Aila, "A style-based generator architecture for generative adversarial networks",
/// arXiv:1812.04948, section 4.1: spherical ways between normal latents, straight ones between mapped latents.
public struct PathLength: Sendable, Hashable {
  /// For each way the squared distance divided by ε².
  public let distances: [Double]

  /// The mean of the distances; NaN without ways.
  public var mean: Double { distances.mean }

  /// The mean of those distances that lie between the lowest and the highest hundredth, both included: what the paper's
  /// program reports. NaN without ways.
  public var trimmedMean: Double {
    let sorted = distances.sorted()
    guard !sorted.isEmpty else { return .nan }
    let lowest = Int((0.01 * Double(sorted.count - 1)).rounded(.down))
    let highest = Int((0.99 * Double(sorted.count - 1)).rounded(.up))
    return Array(sorted[lowest...highest]).mean
  }

  /// The length of ways from `starts` to `ends`, each at one random point.
  ///
  /// - Parameters:
  ///   - starts: `[N, …]` latents.
  ///   - ends: of the same shape.
  ///   - path: how latents lie between.
  ///   - epsilon: the part of the way between both points. Features are of single precision, so that a much smaller one
  ///     measures their rounding.
  ///   - batchSize: how many latents at a time `features` is given, at most; 2 at least.
  ///   - features: `[count, …]` latents to `[count, …]` features, or images.
  /// - Throws: what `features` throws.
  /// - Precondition: equal shapes; `epsilon > 0`; `batchSize >= 2`; as many features as latents.
  public init(
    from starts: Tensor, to ends: Tensor, along path: LatentPath, epsilon: Double = 1e-4, batchSize: Int = 128,
    using generator: inout RandomGenerator, features: (Tensor) throws -> Tensor
  ) rethrows {
    require(
      starts.rank >= 1 && starts.shape == ends.shape,
      "PathLength: latents of shapes \(starts.shape) and \(ends.shape); they must be equal")
    let fractions = Tensor.uniform([starts.shape[0]], using: &generator).scalars.map { Double($0) }
    try self.init(
      from: starts, to: ends, at: fractions, along: path, epsilon: epsilon, batchSize: batchSize, features: features)
  }

  /// The length of ways from `starts` to `ends`, each at the point that `fractions` names: how much of the way lies before.
  ///
  /// - Parameters: as ``init(from:to:along:epsilon:batchSize:using:features:)``.
  /// - Throws: what `features` throws.
  /// - Precondition: as there; one fraction, in 0...1, for each way.
  public init(
    from starts: Tensor, to ends: Tensor, at fractions: [Double], along path: LatentPath, epsilon: Double = 1e-4,
    batchSize: Int = 128, features: (Tensor) throws -> Tensor
  ) rethrows {
    require(
      epsilon > 0 && batchSize >= 2,
      "PathLength: an epsilon of \(epsilon), a batch of \(batchSize); more than 0 and 2 are needed")
    let first = path.points(from: starts, to: ends, at: fractions)
    let second = path.points(from: starts, to: ends, at: fractions.map { $0 + epsilon })
    var distances: [Double] = []
    let step = batchSize / 2
    for start in stride(from: 0, to: fractions.count, by: step) {
      let range = start..<min(fractions.count, start + step)
      // Both points in one batch: whatever a batch does to its samples it does to both.
      let values = try features(Tensor.concatenated([first[range], second[range]])).detached()
      require(
        values.rank >= 1 && values.shape[0] == 2 * range.count,
        "PathLength: features of shape \(values.shape) for \(2 * range.count) latents")
      distances += Self.squaredDistances(values, pairs: range.count).map { $0 / (epsilon * epsilon) }
    }
    self.distances = distances
  }

  /// The squared distance of each of the first `pairs` samples to that as many places further on.
  private static func squaredDistances(_ values: Tensor, pairs: Int) -> [Double] {
    let size = values.scalarCount / (2 * pairs)
    return values.withScalars { scalars in
      (0..<pairs).map { pair in
        (0..<size).reduce(0) { sum, place in
          let difference = Double(scalars[pair * size + place]) - Double(scalars[(pairs + pair) * size + place])
          return sum + difference * difference
        }
      }
    }
  }
}
