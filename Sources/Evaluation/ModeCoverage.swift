import LatentSystem
import Tensor

/// Which modes of a known distribution in the plane samples hit, and how many samples hit one.
///
/// A sample is of high quality if it lies within a radius of the nearest mode, three standard deviations as a rule.
/// A generator that collapsed hits few modes; one that smears has few samples of high quality.
///
/// ```swift
/// let coverage = ModeCoverage(of: samples, in: .ring())
/// print(coverage.modesHit, "of", coverage.modeCount, "modes,", coverage.highQualityShare)
/// ```
///
/// Reference: Srivastava et al., "VEEGAN: reducing mode collapse in GANs using implicit variational learning",
/// arXiv:1705.07761, on 2500 samples.
public struct ModeCoverage: Sendable, Hashable {
  /// How many samples of high quality each mode has.
  public let histogram: [Int]
  /// How many samples there are in all.
  public let sampleCount: Int

  /// The coverage by `sampleCount` samples, of which the modes were hit so often.
  init(histogram: [Int], sampleCount: Int) {
    self.histogram = histogram
    self.sampleCount = sampleCount
  }

  /// The coverage of the modes at `centres`.
  ///
  /// - Parameters:
  ///   - samples: `[count, 2]`. One that is not finite hits nothing.
  ///   - centres: `[modes, 2]`.
  ///   - radius: the distance up to which a sample hits its nearest mode.
  /// - Precondition: the shapes are as above, with at least one mode.
  public init(of samples: Tensor, centres: Tensor, radius: Double) {
    require(
      samples.rank == 2 && samples.shape[1] == 2,
      "ModeCoverage: samples of shape \(samples.shape); [count, 2] is needed")
    require(
      centres.rank == 2 && centres.shape[0] > 0 && centres.shape[1] == 2,
      "ModeCoverage: centres of shape \(centres.shape); [modes, 2] with at least one mode is needed")
    var histogram = [Int](repeating: 0, count: centres.shape[0])
    samples.withScalars { points in
      centres.withScalars { places in
        for index in 0..<samples.shape[0] {
          let (mode, square) = Self.nearest(to: (Double(points[2 * index]), Double(points[2 * index + 1])), places)
          if square.isFinite, square <= radius * radius { histogram[mode] += 1 }
        }
      }
    }
    self.histogram = histogram
    sampleCount = samples.shape[0]
  }

  /// The coverage of the modes of `mixture`, within `deviations` of its standard deviations.
  /// - Precondition: `samples` is `[count, 2]`.
  public init(of samples: Tensor, in mixture: GaussianMixture, deviations: Double = 3) {
    self.init(of: samples, centres: mixture.centres, radius: deviations * Double(mixture.standardDeviation))
  }

  /// The nearest of the modes and the square of the distance, infinite for a point that is not finite.
  private static func nearest(
    to point: (x: Double, y: Double), _ places: UnsafeBufferPointer<Float>
  ) -> (mode: Int, square: Double) {
    var best = (mode: 0, square: Double.infinity)
    for mode in 0..<places.count / 2 {
      let (x, y) = (Double(places[2 * mode]) - point.x, Double(places[2 * mode + 1]) - point.y)
      let square = x * x + y * y
      if square < best.square { best = (mode, square) }
    }
    return best
  }

  /// The number of modes.
  public var modeCount: Int { histogram.count }

  /// The number of samples of high quality.
  public var highQualityCount: Int { histogram.reduce(0, +) }

  /// The share of the samples that are of high quality; 0 without samples.
  public var highQualityShare: Double { sampleCount == 0 ? 0 : Double(highQualityCount) / Double(sampleCount) }

  /// The number of modes that have at least one sample of high quality.
  public var modesHit: Int { modesHit(withShare: 0) }

  /// The number of modes that have at least one sample of high quality, and at least `share` of all samples.
  public func modesHit(withShare share: Double) -> Int {
    histogram.count { $0 > 0 && Double($0) >= share * Double(sampleCount) }
  }

  /// The Kullback–Leibler divergence in nats of the distribution of the samples of high quality over the modes from
  /// the uniform one: 0 if all are equally frequent, `log(modeCount)` if all samples are at one. Nil if there are none.
  public var divergenceFromUniform: Double? {
    highQualityCount == 0 ? nil : ClassHistogram(counts: histogram).divergenceFromUniform
  }
}
