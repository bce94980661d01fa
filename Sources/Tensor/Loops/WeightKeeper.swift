/// Keeps a weight as one map of a convolution lays it out for the kernels, together with the weight's own block.
///
/// A model that is asked for one image after the other would otherwise spend more time on laying out its weights than on
/// the image.
struct WeightKeeper {
  /// Which map of which convolution, for one image, the layout is for, and on how many columns the kernel works.
  struct Use: Equatable, Sendable {
    let maps: ConvolutionMaps
    let isForward: Bool
    let tileColumns: Int
  }

  /// What a block keeps.
  struct Kept: Sendable {
    let use: Use
    let weights: Storage
  }

  /// The block of the weight.
  let block: Storage
  let use: Use

  /// The weight as it was kept, or as `lay` now writes it to `count` floats.
  func weights(_ count: Int, _ lay: (UnsafeMutablePointer<Float>) -> Void) -> Storage {
    if let kept = block.kept as? Kept, kept.use == use { return kept.weights }
    let weights = Storage(count: count)
    lay(weights.pointer)
    block.kept = Kept(use: use, weights: weights)
    return weights
  }
}
