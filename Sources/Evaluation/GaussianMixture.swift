import LatentSystem
import Tensor

/// A mixture of equally likely normal distributions in the plane, all round and of one width: a toy data set that shows
/// which modes a generator finds.
///
/// ```swift
/// let mixture = GaussianMixture.ring()
/// let points = mixture.sample(512, using: &generator)   // [512, 2]
/// ```
public struct GaussianMixture: Sendable, Equatable {
  /// The means of the modes, `[modes, 2]`.
  public let centres: Tensor
  /// The standard deviation of every mode along each axis.
  public let standardDeviation: Float

  /// A mixture with modes at `centres`.
  /// - Precondition: `centres` is `[modes, 2]` with at least one mode; `standardDeviation >= 0`.
  public init(centres: Tensor, standardDeviation: Float) {
    require(
      centres.rank == 2 && centres.shape[0] > 0 && centres.shape[1] == 2,
      "GaussianMixture: centres of shape \(centres.shape); [modes, 2] with at least one mode is needed")
    require(
      standardDeviation >= 0, "GaussianMixture: the standard deviation is \(standardDeviation); it must not be negative"
    )
    self.centres = centres.detached()
    self.standardDeviation = standardDeviation
  }

  /// Modes at equal distances on a circle around 0, the first at `[radius, 0]`.
  ///
  /// The default is that of Metz et al., "Unrolled generative adversarial networks", arXiv:1611.02163. Srivastava et
  /// al., "VEEGAN", arXiv:1705.07761, measure on such a ring too.
  /// - Precondition: `modes > 0`.
  public static func ring(modes: Int = 8, radius: Float = 2, standardDeviation: Float = 0.02) -> GaussianMixture {
    require(modes > 0, "GaussianMixture.ring: \(modes) modes; at least one is needed")
    let angles = (0..<modes).map { 2 * Double.pi * Double($0) / Double(modes) }
    let scalars = angles.flatMap { [Float(Double(radius) * cos($0)), Float(Double(radius) * sin($0))] }
    return GaussianMixture(centres: Tensor(scalars, shape: [modes, 2]), standardDeviation: standardDeviation)
  }

  /// `side` × `side` modes on a square grid around 0, row by row.
  ///
  /// The default, 25 modes, is the grid of Dumoulin et al., "Adversarially learned inference", arXiv:1606.00704, as
  /// Srivastava et al., "VEEGAN", arXiv:1705.07761, measure it.
  /// - Precondition: `side > 0`.
  public static func grid(side: Int = 5, spacing: Float = 2, standardDeviation: Float = 0.05) -> GaussianMixture {
    require(side > 0, "GaussianMixture.grid: a side of \(side) modes; at least one is needed")
    let places = (0..<side).map { (Float($0) - Float(side - 1) / 2) * spacing }
    let scalars = places.flatMap { y in places.flatMap { x in [x, y] } }
    return GaussianMixture(centres: Tensor(scalars, shape: [side * side, 2]), standardDeviation: standardDeviation)
  }

  /// `count` points, `[count, 2]`.
  ///
  /// A point depends on its index in the run alone: sampling 10 and then 20 gives the same as sampling 30.
  /// - Precondition: `count >= 0`.
  public func sample(_ count: Int, using generator: inout RandomGenerator) -> Tensor {
    // One block of the generator a point: a number for the mode, two for the place, one unused.
    let numbers = Tensor.uniform([count, 4], using: &generator).scalars
    let places = centres.scalars
    var points = [Float](repeating: 0, count: 2 * count)
    for index in 0..<count {
      let mode = min(Int(Double(numbers[4 * index]) * Double(centres.shape[0])), centres.shape[0] - 1)
      // Box and Muller's transform; the number is below 1, so the logarithm is finite.
      let radius = Double(standardDeviation) * (-2 * log(1 - Double(numbers[4 * index + 1]))).squareRoot()
      let angle = 2 * Double.pi * Double(numbers[4 * index + 2])
      points[2 * index] = Float(Double(places[2 * mode]) + radius * cos(angle))
      points[2 * index + 1] = Float(Double(places[2 * mode + 1]) + radius * sin(angle))
    }
    return Tensor(points, shape: [count, 2])
  }
}
