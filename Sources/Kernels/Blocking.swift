// The one table of sizes: how work is cut into blocks, and from where on one way of doing it is better than another.
// Each copy of this module has its own. The loops of this module read a tile's sizes directly; all else goes to the code
// that drives the kernels, as part of the table of kernels.
//
// A micro-kernel computes a tile of `gemmTileRows` × `gemmTileColumns` floats of C in registers; a macro-kernel walks
// over tiles, with a panel of B in the first-level cache and a block of A in the second. "Work" is counted in
// multiply-adds. Sizes decide in which order scalars are summed: to change one is to change results in the last place.
//
// Reference: Goto and van de Geijn, "Anatomy of High-Performance Matrix Multiplication", ACM TOMS 34(3), 2008.

/// Rows of a tile of C, and of a packed panel of A: 6 where there are 16 registers, 12 where there are 32.
var gemmTileRows: Int {
  #if (LATENT_AVX512 && arch(x86_64)) || arch(arm64)
    12
  #else
    6
  #endif
}

/// Columns of a tile of C, and of a packed panel of B: two vectors.
var gemmTileColumns: Int { 2 * Vector.scalarCount }

/// Rows in the part of a tile that is written out as one group of registers.
@inline(__always)
var gemmGroupRows: Int { 6 }

/// Sizes of matrix products.
package typealias ProductSizes = (
  tileRows: Int, tileColumns: Int,
  /// Columns of a tile of doubles, which has as many rows as one of floats.
  doubleTileColumns: Int,
  /// The most rows of A one macro-kernel call should be given, so that its packed block stays in the second-level
  /// cache, if the size of that is not known: `blockRows` × `blockDepth` floats are 192 KB. A multiple of `tileRows`.
  blockRows: Int,
  /// The largest depth of a packed block: one panel of A and one of B of this depth fit in the first-level cache.
  blockDepth: Int,
  /// Work below which a second thread costs more than it brings.
  smallWork: Int,
  /// Work from which the members of a batch are worth splitting.
  largeWork: Int,
  /// The most work in a chunk, roughly 100 µs: what a thread may have to wait for at the end.
  chunkWork: Int,
  /// Into how many chunks smaller work is split.
  chunkCount: Int,
  /// Rows from which A is tall: chunks of its rows pack themselves, if it has at least twice as many as B has columns.
  tallRows: Int,
  /// The most floats of A, and of B, that are packed at a time (4 MB), and the largest depth.
  packedFloats: Int, packedDepth: Int,
  /// Floats in a chunk of packing, roughly.
  packedChunk: Int,
  /// The most rows of A for which B is read where it is, if its rows are contiguous: with more, packing pays.
  directRows: Int,
  /// Rows of B this many floats apart, or a multiple, fall on so few lines of a cache that they push each other out.
  conflictingStride: Int
)

/// Sizes of the product of a single row.
package typealias RowProductSizes = (
  /// Floats of B from which a second thread is worth waking: it brings bandwidth, not arithmetic.
  smallMatrix: Int,
  /// Floats of B in a chunk, roughly, and the most columns: their sums stay in the first-level cache.
  chunkFloats: Int, columns: Int
)

/// Sizes of products with patches.
package typealias PatchSizes = (
  /// Work is cut into at least so many chunks, if there are rows enough.
  chunkCount: Int,
  /// From so many channels on, a tap is long enough to be found alone.
  manyChannels: Int
)

/// Sizes of Winograd's algorithm.
package typealias WinogradSizes = (
  /// Fewer channels than these, in or out, do not pay for the transforms.
  leastChannels: Int,
  /// Rows of all matrix products in a chunk, about: enough to use a packed weight often.
  chunkRows: Int,
  /// The most images for which the transformed weight is kept for the next call: with more, transforming it again costs
  /// little, and it takes four times the memory of the weight.
  keptImages: Int,
  /// Rows of a weight's panel that are transformed at a time.
  weightRows: Int
)

/// Sizes of the input-gradient map with all taps as columns.
package typealias SpreadSizes = (
  /// The most floats of products at a time: they should stay in the second-level cache.
  productFloats: Int,
  chunkCount: Int
)

/// Sizes of the filter-gradient map.
package typealias FilterGradientSizes = (
  /// Positions in a slice, at least.
  leastDepth: Int,
  /// Columns of a part of the product, at most.
  mostPartColumns: Int,
  chunkCount: Int,
  /// Floats of a patch up to which patches are rows of the product rather than columns.
  shortPatch: Int,
  /// Depth of a block where the other operand is read in place.
  directDepth: Int
)

/// All sizes.
package typealias BlockingSizes = (
  products: ProductSizes, rowProduct: RowProductSizes, patches: PatchSizes, winograd: WinogradSizes,
  spread: SpreadSizes, filterGradient: FilterGradientSizes
)

/// Those of this copy.
let blockingSizes: BlockingSizes = (
  products: (
    tileRows: gemmTileRows, tileColumns: gemmTileColumns, doubleTileColumns: doubleTileColumns, blockRows: 192,
    blockDepth: 256, smallWork: 1 << 19, largeWork: 1 << 24, chunkWork: 1 << 24, chunkCount: 32,
    tallRows: 1536, packedFloats: 1 << 20, packedDepth: 2048, packedChunk: 1 << 14, directRows: 256,
    conflictingStride: 512
  ),
  rowProduct: (smallMatrix: 1 << 19, chunkFloats: 1 << 16, columns: 1024),
  patches: (chunkCount: 32, manyChannels: 16),
  winograd: (leastChannels: 32, chunkRows: 800, keptImages: 4, weightRows: 32),
  spread: (productFloats: 1 << 16, chunkCount: 16),
  filterGradient: (leastDepth: 512, mostPartColumns: 128, chunkCount: 16, shortPatch: 64, directDepth: 64)
)
