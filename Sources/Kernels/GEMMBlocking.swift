// The one table of GEMM sizes. Everything else reads them from here: the loops of this module directly, the driver
// in `Tensor` through the public names. A micro-kernel computes a tile of `gemmTileRows` × `gemmTileColumns` floats
// of C in registers; a macro-kernel walks over tiles, with a panel of B in the first-level cache and a block of A in
// the second.
//
// Reference: Goto and van de Geijn, "Anatomy of High-Performance Matrix Multiplication", ACM TOMS 34(3), 2008.

/// Rows of a tile of C, and of a packed panel of A: 6 where there are 16 registers, 12 where there are 32.
package var gemmTileRows: Int {
  #if (LATENT_AVX512 && arch(x86_64)) || arch(arm64)
    12
  #else
    6
  #endif
}

/// Columns of a tile of C, and of a packed panel of B: two vectors.
package var gemmTileColumns: Int { 2 * Vector.scalarCount }

/// The most rows of A one macro-kernel call should be given, so that its packed block stays in the second-level
/// cache: `gemmBlockRows` × `gemmBlockDepth` floats are 192 KB. A multiple of `gemmTileRows`.
package var gemmBlockRows: Int { 192 }

/// The largest depth of a packed block: one panel of A and one of B of this depth fit in the first-level cache.
package var gemmBlockDepth: Int { 256 }

/// Rows in the part of a tile that is written out as one group of registers.
@inline(__always)
var gemmGroupRows: Int { 6 }
