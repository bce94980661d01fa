import LatentSystem
import Tensor

/// The peak signal-to-noise ratio of images in 0...1, as trainings of restorers tell it.
enum PeakSignal {
  /// The ratio in decibels for a mean squared error; at most 200, where nothing differs that a picture could show.
  static func ratio(ofError error: Double) -> Double { error.isNaN ? error : -10 * log10(max(error, 1e-20)) }

  /// The mean squared error of each image, `[N, …]` → N numbers.
  static func errors(of images: Tensor, to others: Tensor) -> [Double] {
    (images - others).square().flattened().mean(axes: [1]).scalars.map(Double.init)
  }
}
