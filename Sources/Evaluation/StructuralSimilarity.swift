import LatentSystem
import Tensor

/// The structural similarity of images: whether mean, contrast and structure agree within windows of 11 × 11 pixels. 1
/// for equal images, about 0 for unrelated ones, negative for inverted ones.
///
/// ```swift
/// let similarity = StructuralSimilarity(of: restored, to: originals)
/// print(similarity.mean)
/// ```
///
/// Windows are weighted by a Gaussian of deviation 1.5 and lie within the image; the constants are `(0.01 range)²` and
/// `(0.03 range)²`; variances are divided by the weights' sum. Channels are compared one by one.
///
/// Reference: Wang et al., "Image quality assessment: from error visibility to structural similarity", IEEE
/// Transactions on Image Processing 13(4), 2004, eq. 13. scikit-image's `structural_similarity` gives the same with
/// `gaussian_weights=True, sigma=1.5, use_sample_covariance=False`.
public struct StructuralSimilarity: Sendable, Hashable {
  /// The mean over windows and channels of each image.
  public let values: [Double]

  /// The mean of the images' similarities. NaN without images.
  public var mean: Double { values.mean }

  /// The side of a window.
  public static let window = 11

  /// The similarity of `images` to `references`.
  ///
  /// - Parameters:
  ///   - images: `[N, H, W, C]`.
  ///   - references: of the same shape.
  ///   - range: the difference of the largest and the smallest value that a pixel can have: 1 for 0...1, 2 for -1...1.
  /// - Precondition: equal shapes of rank 4, of 11 × 11 pixels or more, with a channel; `range > 0`.
  /// - Complexity: O(scalars · 11).
  public init(of images: Tensor, to references: Tensor, range: Double = 1) {
    require(
      images.shape == references.shape && images.rank == 4 && images.shape[3] > 0,
      "StructuralSimilarity: images of shape \(images.shape), references of shape \(references.shape); [N, H, W, C] twice is needed"
    )
    require(
      images.shape[1] >= Self.window && images.shape[2] >= Self.window,
      "StructuralSimilarity: images of shape \(images.shape); a window takes \(Self.window) × \(Self.window) pixels")
    require(range > 0, "StructuralSimilarity: the range is \(range); it must be above 0")
    let (count, size) = (images.shape[0], images.shape.sizes[1...].reduce(1, *))
    let comparison = WindowComparison(
      height: images.shape[1], width: images.shape[2], channels: images.shape[3], range: range)
    var values = [Double](repeating: 0, count: count)
    images.withScalars { a in
      references.withScalars { b in
        values.withUnsafeMutableBufferPointer { values in
          Threads.parallelFor(count) { image in
            let pixels = image * size..<(image + 1) * size
            values[image] = comparison.meanSimilarity(
              UnsafeBufferPointer(rebasing: a[pixels]), UnsafeBufferPointer(rebasing: b[pixels]))
          }
        }
      }
    }
    self.values = values
  }
}

/// The comparison of two images of one size.
private struct WindowComparison {
  private let height: Int
  private let rowLength: Int
  private let channels: Int
  private let weights: [Double]
  private let constants: (mean: Double, contrast: Double)

  init(height: Int, width: Int, channels: Int, range: Double) {
    self.height = height
    rowLength = width * channels
    self.channels = channels
    let radius = StructuralSimilarity.window / 2
    let weights = (-radius...radius).map { exp(-Double($0 * $0) / (2 * 1.5 * 1.5)) }
    let sum = weights.reduce(0, +)
    self.weights = weights.map { $0 / sum }
    constants = (0.01 * range * 0.01 * range, 0.03 * range * 0.03 * range)
  }

  /// The mean similarity of the images `a` and `b`, `[height, width, channels]`.
  func meanSimilarity(_ a: UnsafeBufferPointer<Float>, _ b: UnsafeBufferPointer<Float>) -> Double {
    let meanA = blurred { Double(a[$0]) }
    let meanB = blurred { Double(b[$0]) }
    let squareA = blurred { Double(a[$0]) * Double(a[$0]) }
    let squareB = blurred { Double(b[$0]) * Double(b[$0]) }
    let product = blurred { Double(a[$0]) * Double(b[$0]) }
    var sum = 0.0
    for index in meanA.indices {
      let (x, y) = (meanA[index], meanB[index])
      let variances = squareA[index] - x * x + squareB[index] - y * y
      let covariance = product[index] - x * y
      sum +=
        (2 * x * y + constants.mean) * (2 * covariance + constants.contrast)
        / ((x * x + y * y + constants.mean) * (variances + constants.contrast))
    }
    return sum / Double(meanA.count)
  }

  /// The weighted mean in each window of what `value` gives for each pixel's index: along rows, then along columns.
  @inline(__always)
  private func blurred(_ value: (Int) -> Double) -> [Double] {
    let reach = weights.count - 1
    let length = rowLength - reach * channels
    var rows = [Double](repeating: 0, count: height * length)
    for row in 0..<height {
      for (tap, weight) in weights.enumerated() {
        let source = row * rowLength + tap * channels
        for place in 0..<length { rows[row * length + place] += weight * value(source + place) }
      }
    }
    var result = [Double](repeating: 0, count: (height - reach) * length)
    for row in 0..<height - reach {
      for (tap, weight) in weights.enumerated() {
        let source = (row + tap) * length
        for place in 0..<length { result[row * length + place] += weight * rows[source + place] }
      }
    }
    return result
  }
}
