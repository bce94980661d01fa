import Synchronization

/// The ways of computing a product or a convolution among which its shape decides.
enum ComputingPath: Int, CaseIterable, Sendable {
  /// A product of a single row, without packing.
  case rowProduct
  /// A product with a single column, computed as its transpose.
  case transposedColumn
  /// A product that reads whole tiles of B where they are.
  case directColumns
  /// A product that packs columns of B.
  case packedColumns
  /// A product whose chunks pack the rows of A that they multiply.
  case rowsInChunks
  /// A product that reads rows of A where they are.
  case rowsInPlace
  /// A map of a convolution as a product with patches.
  case patchProduct
  /// A map of a convolution by Winograd's algorithm.
  case winograd
  /// A map of a convolution with all taps as columns, and then sums of taps.
  case spread
  /// A map of a convolution in which each channel stays by itself.
  case depthwise
  /// Images of few channels, copied with zeros around them.
  case paddedWindows
  /// Patches that are found a row of taps at a time.
  case rowsOfTaps
  /// A filter gradient with the floats of patches as rows of the product.
  case patchesAsRows
  /// A filter gradient with the outputs as rows of the product.
  case outputsAsRows
  /// A filter gradient with image and outputs in each other's place.
  case mirroredFilterGradient
  /// A weight used as it was laid out for an earlier call.
  case keptWeight
}

/// How often each path was taken, so that tests can show that all of them are, and by which shapes.
///
/// Unchecked `Sendable`: the counters are atomic, and their memory lives as long as this does.
final class PathCounts: @unchecked Sendable {
  private let counters = UnsafeMutablePointer<Atomic<Int>>.allocate(capacity: ComputingPath.allCases.count)

  init() {
    for path in ComputingPath.allCases { (counters + path.rawValue).initialize(to: Atomic(0)) }
  }

  deinit {
    counters.deinitialize(count: ComputingPath.allCases.count)
    counters.deallocate()
  }

  /// Counts one run of `path`: an addition, once for each product or map.
  func count(_ path: ComputingPath) { counters[path.rawValue].wrappingAdd(1, ordering: .relaxed) }

  /// The runs of `path` so far.
  subscript(_ path: ComputingPath) -> Int { counters[path.rawValue].load(ordering: .relaxed) }

  /// The paths that were taken at least once.
  var taken: Set<ComputingPath> { Set(ComputingPath.allCases.filter { self[$0] > 0 }) }
}
