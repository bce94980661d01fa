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

  /// What a block keeps for one use.
  struct Kept: Sendable {
    let use: Use
    /// Weights for Winograd's algorithm, and how each of the map's products goes about its images.
    fileprivate(set) var transformed: (weights: Storage, plans: [WinogradPlan])?
    /// Weights for products with patches.
    fileprivate(set) var packed: Storage?
  }

  /// All that a block keeps, the latest made first.
  struct Layouts: Sendable {
    fileprivate(set) var all: [Kept] = []

    init() {}

    /// What is kept with a block.
    init(of block: Storage) { self = block.kept as? Layouts ?? Layouts() }
  }

  /// For how many uses a weight is kept. A model may be asked for images of two sizes in turn: tiles of a large one, and
  /// what is left at its edge.
  static let mostUses = 2

  /// The block of the weight.
  let block: Storage
  let use: Use
  /// Whether everything is kept, however little it costs beside the images: for a model that is prepared for use.
  let keepsAll: Bool

  /// The weight as it was kept, if it was for this use.
  var kept: Kept? { Layouts(of: block).all.first { $0.use == use } }

  /// Keeps weights for Winograd's algorithm.
  func keep(transformed weights: Storage, _ plans: [WinogradPlan]) {
    keep { $0.transformed = (weights, plans) }
  }

  /// Keeps weights for products with patches.
  func keep(packed weights: Storage) {
    keep { $0.packed = weights }
  }

  /// Adds to what is kept for this use, in the place of what was made for the oldest if there is no room. Two tasks that do
  /// so at the same time may lose what one of them made, which is then made again.
  private func keep(_ add: (inout Kept) -> Void) {
    var layouts = Layouts(of: block)
    let place = layouts.all.firstIndex { $0.use == use }
    var kept = place.map { layouts.all.remove(at: $0) } ?? Kept(use: use)
    add(&kept)
    layouts.all = [kept] + layouts.all.prefix(Self.mostUses - 1)
    block.kept = layouts
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
