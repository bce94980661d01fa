import Datasets
import LatentSystem
import Tensor

/// The peak signal-to-noise ratio of images in decibels: `10 log₁₀(range² / mean squared error)` of each image.
///
/// ```swift
/// let ratio = PeakSignalToNoise(of: denoised, to: clean)
/// print(ratio.mean, "dB")
/// ```
public struct PeakSignalToNoise: Sendable, Hashable {
  /// The ratio of each image in dB; infinity for equal ones.
  public let values: [Double]

  /// The mean squared error of each image.
  public let squaredErrors: [Double]

  /// The most that an image counts for in a mean, in dB: 60. Rounding to bytes alone leaves 58.9, so that nobody sees more.
  public static var most: Double { PeakSignal.most }

  /// The ratio of each image in dB, at most ``most``: what means are made of, as one image without any error would make them
  /// infinite.
  public var limitedValues: [Double] { values.map(PeakSignal.limited) }

  /// The mean of the images' ratios, each at most ``most``, which is what is reported as a rule: more than the ratio of the
  /// mean error. NaN without images.
  public var mean: Double { limitedValues.mean }

  /// The ratios of `images` to `references`.
  ///
  /// - Parameters:
  ///   - images: `[N, H, W, C]`, or of any shape with an image for each index of the first axis.
  ///   - references: of the same shape.
  ///   - range: the difference of the largest and the smallest value that a pixel can have: 1 for 0...1, 2 for -1...1.
  /// - Precondition: equal shapes of rank 2 or more, with a scalar in each image; `range > 0`.
  public init(of images: Tensor, to references: Tensor, range: Double = 1) {
    require(
      images.shape == references.shape && images.rank >= 2 && !images.shape.sizes[1...].contains(0),
      "PeakSignalToNoise: images of shape \(images.shape), references of shape \(references.shape); [N, H, W, C] twice is needed"
    )
    require(range > 0, "PeakSignalToNoise: the range is \(range); it must be above 0")
    let count = images.shape[0]
    let size = images.shape.sizes[1...].reduce(1, *)
    var errors = [Double](repeating: 0, count: count)
    images.withScalars { a in
      references.withScalars { b in
        errors.withUnsafeMutableBufferPointer { errors in
          RowArithmetic.forEachChunk(of: 0..<count, columns: size) { _, images in
            for image in images {
              var sum = 0.0
              for index in image * size..<(image + 1) * size {
                let difference = Double(a[index]) - Double(b[index])
                sum += difference * difference
              }
              errors[image] = sum / Double(size)
            }
          }
        }
      }
    }
    squaredErrors = errors
    values = errors.map { 10 * log10(range * range / $0) }
  }
}
