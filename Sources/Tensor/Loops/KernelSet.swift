import Kernels
import KernelsAVX2
import KernelsAVX512

// The copies have tables of one type: any of them can say what it is.
typealias UnaryKernel = Kernels.UnaryKernel
typealias BinaryKernel = Kernels.BinaryKernel
typealias RandomKernel = Kernels.RandomKernel
typealias RowPointers = Kernels.RowPointers
typealias ProductSizes = Kernels.ProductSizes
typealias SpreadSizes = Kernels.SpreadSizes
typealias WindowSizes = Kernels.WindowSizes

/// The kernels for the instruction set in use.
let kernels = KernelSet.current

/// Which kernels, tiles and blocks were chosen for this processor, in a line for reports.
package var processorSummary: String { kernels.summary }

/// The kernels and the sizes of blocks of one instruction set, from the table that `KernelTable.swift` is in each copy.
///
/// A class, because a copy of a structure with so many functions is as many reference counts.
final class KernelSet: Sendable {
  let instructionSet: InstructionSet
  let unary: Kernels.UnaryKernels
  let binary: Kernels.BinaryKernels
  let fused: Kernels.FusedKernels
  let reductions: Kernels.ReductionKernels
  let movement: Kernels.MovementKernels
  let normalization: Kernels.NormalizationKernels
  let pooling: Kernels.PoolingKernels
  let updates: Kernels.UpdateKernels
  let random: Kernels.RandomKernels
  let products: Kernels.ProductKernels
  let convolution: Kernels.ConvolutionKernels
  let sizes: Kernels.BlockingSizes
  /// Which ways of computing products and convolutions have been taken with this set.
  let paths = PathCounts()

  /// Those for the instruction set in use.
  static let current = KernelSet(for: .current)

  /// Those for `set`, which the processor must be able to run, with blocks that suit its caches.
  init(for set: InstructionSet, caches: ProcessorCaches = .current) {
    let table =
      switch set {
      case .baseline: Kernels.kernelTable
      case .avx2: KernelsAVX2.kernelTable
      case .avx512: KernelsAVX512.kernelTable
      }
    instructionSet = set
    unary = table.unary
    binary = table.binary
    fused = table.fused
    reductions = table.reductions
    movement = table.movement
    normalization = table.normalization
    pooling = table.pooling
    updates = table.updates
    random = table.random
    products = table.products
    convolution = table.convolution
    var sizes = table.sizes
    sizes.products.blockRows = Self.blockRows(sizes.products, caches)
    self.sizes = sizes
  }

  /// How many rows a block of A has: as many as fill three eighths of the second-level cache, so that panels of B, C and
  /// the other thread of a core have room. It decides which tiles are computed one after the other, not their bits.
  private static func blockRows(_ sizes: ProductSizes, _ caches: ProcessorCaches) -> Int {
    let secondLevel = caches.level(2)
    guard secondLevel > 0 else { return sizes.blockRows }
    let rows = secondLevel * 3 / 8 / (sizes.blockDepth * MemoryLayout<Float>.stride)
    return max(96, min(768, rows)) / sizes.tileRows * sizes.tileRows
  }

  /// What was chosen for this processor, in a line.
  var summary: String {
    let products = sizes.products
    let blocks = "tiles of \(tileRows) × \(tileColumns), blocks of \(products.blockRows) × \(products.blockDepth)"
    return "\(instructionSet.rawValue) kernels; \(blocks); caches of \(ProcessorCaches.current)"
  }

  /// Rows of a tile of a product.
  var tileRows: Int { sizes.products.tileRows }
  /// Columns of a tile of a product.
  var tileColumns: Int { sizes.products.tileColumns }
  /// The most rows that one call of a product should be given.
  var blockRows: Int { sizes.products.blockRows }
  /// The largest depth of a packed block.
  var blockDepth: Int { sizes.products.blockDepth }
}
