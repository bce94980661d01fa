import LatentSystem
import Tensor

/// The peak signal-to-noise ratio of images in 0...1, as all figures of trainings and programs tell it.
package enum PeakSignal {
  /// The most that an image counts for, in decibels: rounding to bytes alone leaves 58.9, so that nobody sees more. Without
  /// such an end, one image without any error would make a mean infinite, and without that image means of several models
  /// would be of different images.
  package static let most = 60.0

  /// The ratio in decibels for a mean squared error, at most ``most``.
  package static func ratio(ofError error: Double) -> Double { limited(-10 * log10(error)) }

  /// A ratio, at most ``most``.
  package static func limited(_ ratio: Double) -> Double { ratio > most ? most : ratio }

  /// The mean squared error of each image, `[N, …]` → N numbers.
  package static func errors(of images: Tensor, to others: Tensor) -> [Double] {
    (images - others).square().flattened().mean(axes: [1]).scalars.map(Double.init)
  }
}
