import LatentSystem
import Tensor
import Training

/// The pixels of some images that are known beforehand.
struct KnownPixels {
  private let places: [Int]
  private let mask: [Float]
  private let pixels: Int

  init(_ start: PartialSamples, _ values: PixelValues, count: Int, pixels: Int) {
    require(
      start.samples.scalarCount == count * pixels,
      "sample: \(count) images of \(pixels) pixels continue partial ones of shape \(start.samples.shape)")
    // What is not known may be anything.
    let known = Tensor.where(start.mask, start.samples, else: Tensor(0))
    values.check(known, "sample")
    places = values.places(of: known)
    mask = start.mask.scalars
    self.pixels = pixels
  }

  /// Puts what is known of the pixel at `place` of each image in place of what was drawn.
  func replace(_ drawn: inout [Int], at place: Int) {
    for image in drawn.indices where mask[image * pixels + place] == 1 {
      drawn[image] = places[image * pixels + place]
    }
  }
}
