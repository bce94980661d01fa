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
    /// Weights for Winograd's algorithm, and how each of the map's products goes about its images.
    fileprivate(set) var transformed: (weights: Storage, plans: [WinogradPlan])?
    /// Weights for products with patches.
    fileprivate(set) var packed: Storage?
  }

  /// The block of the weight.
  let block: Storage
  let use: Use
  /// Whether everything is kept, however little it costs beside the images: for a model that is prepared for use.
  let keepsAll: Bool

  /// The weight as it was kept, if it was for this use.
  var kept: Kept? {
    guard let kept = block.kept as? Kept, kept.use == use else { return nil }
    return kept
  }

  /// Keeps weights for Winograd's algorithm.
  func keep(transformed weights: Storage, _ plans: [WinogradPlan]) {
    var kept = kept ?? Kept(use: use)
    kept.transformed = (weights, plans)
    block.kept = kept
  }

  /// Keeps weights for products with patches.
  func keep(packed weights: Storage) {
    var kept = kept ?? Kept(use: use)
    kept.packed = weights
    block.kept = kept
  }

  /// Calls `body` with a weight that is laid out.
  ///
  /// - Parameters:
  ///   - known: the weight as it was kept.
  ///   - count: how many floats it has.
  ///   - lay: writes it, if it is not known.
  ///   - keep: keeps it then; nil if it is not to be kept.
  static func withWeight(
    _ known: Storage?, count: Int, _ kernels: KernelSet, lay: (UnsafeMutablePointer<Float>) -> Void,
    keep: ((Storage) -> Void)?, _ body: (UnsafePointer<Float>) -> Void
  ) {
    if let known {
      kernels.paths.count(.keptWeight)
      withExtendedLifetime(known) { body($0.pointer) }
    } else if let keep {
      let made = Storage(count: count)
      lay(made.pointer)
      keep(made)
      withExtendedLifetime(made) { body($0.pointer) }
    } else {
      GEMMScratch.shared.withFloats(count) { memory in
        lay(memory)
        body(memory)
      }
    }
  }
}
