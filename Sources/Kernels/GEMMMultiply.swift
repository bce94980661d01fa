// The macro-kernel: walks over the tiles of a block of C.

/// C = or += A · B for a packed block of A and panels of B, which are packed or read where they are.
///
/// - Parameters:
///   - a: `ceil(rows / gemmTileRows)` panels `[depth][gemmTileRows]`, one after the other, padded with zeros.
///   - b: `ceil(columns / gemmTileColumns)` panels `[depth][gemmTileColumns]`, padded.
///   - bPanelStride: floats from one panel to the next; if they are packed, `depth * gemmTileColumns`.
///   - bRowStride: floats from one row of a panel to the next; if they are packed, `gemmTileColumns`.
///   - c: `[rows][columns]`, rows `cRowStride` apart; nothing else is touched. Must not overlap `a` or `b`.
///   - accumulate: false overwrites C, which may hold anything, NaN too.
/// - Precondition: `depth >= 0`; `rows` and `columns` may be zero.
package func gemmMultiply(
  rows: Int, columns: Int, depth: Int, a: UnsafePointer<Float>,
  b: UnsafePointer<Float>, bPanelStride: Int, bRowStride: Int,
  c: UnsafeMutablePointer<Float>, cRowStride: Int, accumulate: Bool
) {
  let groups = gemmTileRows / gemmGroupRows
  var bPanel = b
  var column = 0
  while column < columns {
    let width = min(gemmTileColumns, columns - column)
    var row = 0
    while row < rows {
      let height = min(gemmTileRows, rows - row)
      let aPanel = a + row * depth
      let tile = c + (row * cRowStride + column)
      if height == gemmTileRows && width == gemmTileColumns {
        gemmTile(depth, aPanel, bPanel, bRowStride, tile, cRowStride, accumulate, groups: groups, vectors: 2)
      } else {
        gemmEdgeTile(depth, aPanel, bPanel, bRowStride, tile, cRowStride, accumulate, height, width)
      }
      row += gemmTileRows
    }
    column += gemmTileColumns
    bPanel += bPanelStride
  }
}

/// A tile of which only `height` rows and `width` columns lie in C. It is computed by the same micro-kernels: straight
/// into C where whole groups of registers fit, else through a buffer.
func gemmEdgeTile(
  _ depth: Int, _ a: UnsafePointer<Float>, _ b: UnsafePointer<Float>, _ bStride: Int,
  _ c: UnsafeMutablePointer<Float>, _ stride: Int, _ accumulate: Bool, _ height: Int, _ width: Int
) {
  let groups = height > gemmGroupRows ? 2 : 1
  let vectors = width > Vector.scalarCount ? 2 : 1
  if height == groups * gemmGroupRows && width == vectors * Vector.scalarCount {
    gemmTile(depth, a, b, bStride, c, stride, accumulate, groups: groups, vectors: vectors)
    return
  }
  // As large as the largest tile.
  var buffer = (gemmZeroRows(), gemmZeroRows(), gemmZeroRows(), gemmZeroRows())
  withUnsafeMutablePointer(to: &buffer) { buffer in
    let edge = UnsafeMutableRawPointer(buffer).assumingMemoryBound(to: Float.self)
    gemmTile(depth, a, b, bStride, edge, gemmTileColumns, false, groups: groups, vectors: vectors)
    gemmStoreEdge(edge, c, stride, accumulate, height, width)
  }
}

/// Writes `height` × `width` floats of a tile to C, or adds them.
@inline(__always)
func gemmStoreEdge(
  _ tile: UnsafePointer<Float>, _ c: UnsafeMutablePointer<Float>, _ stride: Int, _ accumulate: Bool,
  _ height: Int, _ width: Int
) {
  for row in 0..<height {
    let source = tile + row * gemmTileColumns
    let target = c + row * stride
    if accumulate {
      for column in 0..<width { target[column] += source[column] }
    } else {
      for column in 0..<width { target[column] = source[column] }
    }
  }
}

/// Runs the micro-kernel alone, on panels that stay in the first-level cache, to measure its rate.
///
/// Each repetition is `2 * gemmTileRows * gemmTileColumns * depth` floating-point operations.
/// - Parameters:
///   - a: `[depth][gemmTileRows]`.
///   - b: `[depth][gemmTileColumns]`.
///   - c: one tile, `[gemmTileRows][gemmTileColumns]`, overwritten.
package func gemmRunMicroKernel(
  depth: Int, repetitions: Int, a: UnsafePointer<Float>, b: UnsafePointer<Float>, c: UnsafeMutablePointer<Float>
) {
  for _ in 0..<repetitions {
    gemmTile(depth, a, b, gemmTileColumns, c, gemmTileColumns, false, groups: gemmTileRows / gemmGroupRows, vectors: 2)
  }
}

/// Runs `iterations` rounds of 12 independent multiply-adds of one vector each, in registers only: what the
/// processor can do at most. Each iteration is `24 * Vector.scalarCount` floating-point operations.
///
/// - Returns: A value that depends on all of them, so that none can be left out.
package func fmaPeak(iterations: Int) -> Float {
  var first = gemmZeroRows()
  var second = gemmZeroRows()
  let a = Vector(repeating: 0.5)
  let b = Vector(repeating: 0.25)
  for _ in 0..<iterations {
    first.0 = multiplyAdd(first.0, a, b)
    first.1 = multiplyAdd(first.1, a, b)
    first.2 = multiplyAdd(first.2, a, b)
    first.3 = multiplyAdd(first.3, a, b)
    first.4 = multiplyAdd(first.4, a, b)
    first.5 = multiplyAdd(first.5, a, b)
    second.0 = multiplyAdd(second.0, a, b)
    second.1 = multiplyAdd(second.1, a, b)
    second.2 = multiplyAdd(second.2, a, b)
    second.3 = multiplyAdd(second.3, a, b)
    second.4 = multiplyAdd(second.4, a, b)
    second.5 = multiplyAdd(second.5, a, b)
  }
  let sum = first.0 + first.1 + first.2 + first.3 + first.4 + first.5
  return (sum + second.0 + second.1 + second.2 + second.3 + second.4 + second.5)[0]
}
