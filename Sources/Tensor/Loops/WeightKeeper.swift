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
    /// How each of the map's products goes about its images.
    let plans: [WinogradPlan]
  }

  /// The block of the weight.
  let block: Storage
  let use: Use
  /// Whether the layout is kept even if it was made for many images, which it costs little beside.
  let keepsForBatches: Bool

  /// The weight as it was kept, if it was for this use.
  var kept: Kept? {
    guard let kept = block.kept as? Kept, kept.use == use else { return nil }
    return kept
  }

  /// Keeps the weight.
  func keep(_ weights: Storage, _ plans: [WinogradPlan]) {
    block.kept = Kept(use: use, weights: weights, plans: plans)
  }
}
