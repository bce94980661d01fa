// Four by four transposes in registers, and what is built on them.

/// Four floats, on every instruction set.
typealias Quad = SIMD4<Float>

/// The four floats at `p`.
@inline(__always)
func loadQuad(_ p: UnsafePointer<Float>) -> Quad { UnsafeRawPointer(p).loadUnaligned(as: Quad.self) }

/// Writes four floats to `p`.
@inline(__always)
func storeQuad(_ v: Quad, _ p: UnsafeMutablePointer<Float>) {
  UnsafeMutableRawPointer(p).storeBytes(of: v, as: Quad.self)
}

/// The columns of the matrix with the rows a, b, c, d.
@inline(__always)
func transposed(_ a: Quad, _ b: Quad, _ c: Quad, _ d: Quad) -> (Quad, Quad, Quad, Quad) {
  (
    Quad(a[0], b[0], c[0], d[0]), Quad(a[1], b[1], c[1], d[1]), Quad(a[2], b[2], c[2], d[2]),
    Quad(a[3], b[3], c[3], d[3])
  )
}

/// Writes a[0], b[0], c[0], d[0], a[1], … : four times as many floats as a vector has.
@inline(__always)
func storeInterleaved(_ a: Vector, _ b: Vector, _ c: Vector, _ d: Vector, _ y: UnsafeMutablePointer<Float>) {
  #if LATENT_AVX512 && arch(x86_64)
    storeInterleaved8(a.lowHalf, b.lowHalf, c.lowHalf, d.lowHalf, y)
    storeInterleaved8(a.highHalf, b.highHalf, c.highHalf, d.highHalf, y + 32)
  #elseif LATENT_AVX2 && arch(x86_64)
    storeInterleaved8(a, b, c, d, y)
  #else
    storeInterleaved4(a, b, c, d, y)
  #endif
}

/// The same for eight lanes.
@inline(__always)
private func storeInterleaved8(
  _ a: SIMD8<Float>, _ b: SIMD8<Float>, _ c: SIMD8<Float>, _ d: SIMD8<Float>, _ y: UnsafeMutablePointer<Float>
) {
  storeInterleaved4(a.lowHalf, b.lowHalf, c.lowHalf, d.lowHalf, y)
  storeInterleaved4(a.highHalf, b.highHalf, c.highHalf, d.highHalf, y + 16)
}

/// The same for four lanes.
@inline(__always)
private func storeInterleaved4(_ a: Quad, _ b: Quad, _ c: Quad, _ d: Quad, _ y: UnsafeMutablePointer<Float>) {
  let (p, q, r, s) = transposed(a, b, c, d)
  storeQuad(p, y)
  storeQuad(q, y + 4)
  storeQuad(r, y + 8)
  storeQuad(s, y + 12)
}

/// y[c * yRowStride + r] = x[r * xRowStride + c] for every r < `rows` and c < `columns`.
///
/// x and y do not overlap; strides are in floats; both extents may be 0.
package func transpose2D(
  _ x: UnsafePointer<Float>, _ xRowStride: Int, _ y: UnsafeMutablePointer<Float>, _ yRowStride: Int, _ rows: Int,
  _ columns: Int
) {
  // Where rows fall on the same lines of the first-level cache, in tiles of 16 by 16, so that whole lines are read and
  // written; else in strips of some rows, whose lines stay there from one group of columns to the next.
  let strip = xRowStride % 512 == 0 ? 16 : 64
  var r = 0
  while r < rows {
    let height = min(strip, rows &- r)
    var c = 0
    if strip == 16 && height == 16 {
      while c <= columns &- 16 {
        transposeTile(x + (r &* xRowStride &+ c), xRowStride, y + (c &* yRowStride &+ r), yRowStride)
        c &+= 16
      }
    }
    transposeStrip(x + (r &* xRowStride &+ c), xRowStride, y + (c &* yRowStride &+ r), yRowStride, height, columns &- c)
    r &+= strip
  }
}

/// 256 floats on the stack.
private typealias Tile = (SIMD64<Float>, SIMD64<Float>, SIMD64<Float>, SIMD64<Float>)

/// `transpose2D` for 16 rows and columns.
///
/// The tile is put together on the stack: with strides that are powers of two, 16 lines of x or y would not fit into
/// the cache at the same time.
@inline(__always)
private func transposeTile(
  _ x: UnsafePointer<Float>, _ xRowStride: Int, _ y: UnsafeMutablePointer<Float>, _ yRowStride: Int
) {
  var memory: Tile = (SIMD64<Float>(), SIMD64<Float>(), SIMD64<Float>(), SIMD64<Float>())
  withUnsafeMutablePointer(to: &memory) {
    let tile = UnsafeMutableRawPointer($0).assumingMemoryBound(to: Float.self)
    var r = 0
    while r < 16 {
      transposeStrip(x + r &* xRowStride, xRowStride, tile + r, 16, 4, 16)
      r &+= 4
    }
    var c = 0
    while c < 16 {
      let (source, target) = (UnsafePointer(tile) + 16 &* c, y + c &* yRowStride)
      storeQuad(loadQuad(source), target)
      storeQuad(loadQuad(source + 4), target + 4)
      storeQuad(loadQuad(source + 8), target + 8)
      storeQuad(loadQuad(source + 12), target + 12)
      c &+= 1
    }
  }
}

/// `transpose2D` for rows whose lines fit into the first-level cache.
@inline(__always)
private func transposeStrip(
  _ x: UnsafePointer<Float>, _ xRowStride: Int, _ y: UnsafeMutablePointer<Float>, _ yRowStride: Int, _ rows: Int,
  _ columns: Int
) {
  var c = 0
  while c <= columns &- 4 {
    var r = 0
    while r <= rows &- 4 {
      let source = x + (r &* xRowStride &+ c)
      let (p, q, s, t) = transposed(
        loadQuad(source), loadQuad(source + xRowStride), loadQuad(source + 2 &* xRowStride),
        loadQuad(source + 3 &* xRowStride))
      let target = y + (c &* yRowStride &+ r)
      storeQuad(p, target)
      storeQuad(q, target + yRowStride)
      storeQuad(s, target + 2 &* yRowStride)
      storeQuad(t, target + 3 &* yRowStride)
      r &+= 4
    }
    transposeScalars(x, xRowStride, y, yRowStride, r, rows, c, c &+ 4)
    c &+= 4
  }
  transposeScalars(x, xRowStride, y, yRowStride, 0, rows, c, columns)
}

/// Moves the elements of some rows and columns one by one.
@inline(__always)
private func transposeScalars(
  _ x: UnsafePointer<Float>, _ xRowStride: Int, _ y: UnsafeMutablePointer<Float>, _ yRowStride: Int, _ firstRow: Int,
  _ endRow: Int, _ firstColumn: Int, _ endColumn: Int
) {
  var c = firstColumn
  while c < endColumn {
    var r = firstRow
    while r < endRow {
      y[c &* yRowStride &+ r] = x[r &* xRowStride &+ c]
      r &+= 1
    }
    c &+= 1
  }
}
