// The micro-kernel: a tile of C in registers, plus the product of one packed panel of A and one of B.

/// Six rows × one vector of C, in registers. Tiles of every size are made of these; the compiler keeps each element
/// in a register of its own, and loads an element of A once although two neighbours ask for it. A tuple, because a
/// structure would bring metadata, and with it weak functions that other modules share.
typealias GEMMRows = (Vector, Vector, Vector, Vector, Vector, Vector)

/// Six rows of zeros.
@inline(__always)
func gemmZeroRows() -> GEMMRows {
  (.zero, .zero, .zero, .zero, .zero, .zero)
}

/// Adds the outer product of the six floats at `a` and `b`.
@inline(__always)
func gemmAddProduct(_ a: UnsafePointer<Float>, _ b: Vector, _ rows: inout GEMMRows) {
  rows.0 = multiplyAdd(Vector(repeating: a[0]), b, rows.0)
  rows.1 = multiplyAdd(Vector(repeating: a[1]), b, rows.1)
  rows.2 = multiplyAdd(Vector(repeating: a[2]), b, rows.2)
  rows.3 = multiplyAdd(Vector(repeating: a[3]), b, rows.3)
  rows.4 = multiplyAdd(Vector(repeating: a[4]), b, rows.4)
  rows.5 = multiplyAdd(Vector(repeating: a[5]), b, rows.5)
}

/// The same for two neighbours that share `a`. Row by row, so that one broadcast at a time is alive: in any other
/// order sixteen registers do not suffice and accumulators are spilled.
@inline(__always)
func gemmAddProducts(
  _ a: UnsafePointer<Float>, _ b0: Vector, _ b1: Vector, _ left: inout GEMMRows, _ right: inout GEMMRows
) {
  let a0 = Vector(repeating: a[0])
  left.0 = multiplyAdd(a0, b0, left.0)
  right.0 = multiplyAdd(a0, b1, right.0)
  let a1 = Vector(repeating: a[1])
  left.1 = multiplyAdd(a1, b0, left.1)
  right.1 = multiplyAdd(a1, b1, right.1)
  let a2 = Vector(repeating: a[2])
  left.2 = multiplyAdd(a2, b0, left.2)
  right.2 = multiplyAdd(a2, b1, right.2)
  let a3 = Vector(repeating: a[3])
  left.3 = multiplyAdd(a3, b0, left.3)
  right.3 = multiplyAdd(a3, b1, right.3)
  let a4 = Vector(repeating: a[4])
  left.4 = multiplyAdd(a4, b0, left.4)
  right.4 = multiplyAdd(a4, b1, right.4)
  let a5 = Vector(repeating: a[5])
  left.5 = multiplyAdd(a5, b0, left.5)
  right.5 = multiplyAdd(a5, b1, right.5)
}

/// Writes the rows to `c`, `stride` floats apart, or adds them to what is there.
@inline(__always)
func gemmStoreRows(_ rows: GEMMRows, _ c: UnsafeMutablePointer<Float>, _ stride: Int, _ accumulate: Bool) {
  if accumulate {
    store(load(c) + rows.0, c)
    store(load(c + stride) + rows.1, c + stride)
    store(load(c + 2 * stride) + rows.2, c + 2 * stride)
    store(load(c + 3 * stride) + rows.3, c + 3 * stride)
    store(load(c + 4 * stride) + rows.4, c + 4 * stride)
    store(load(c + 5 * stride) + rows.5, c + 5 * stride)
  } else {
    store(rows.0, c)
    store(rows.1, c + stride)
    store(rows.2, c + 2 * stride)
    store(rows.3, c + 3 * stride)
    store(rows.4, c + 4 * stride)
    store(rows.5, c + 5 * stride)
  }
}

/// C (`gemmTileRows` × `gemmTileColumns`, rows `stride` apart) = or += A panel · B panel.
///
/// `a` is `[depth][gemmTileRows]`, `b` is `[depth][gemmTileColumns]` with rows `bStride` apart (in a packed panel
/// `gemmTileColumns`); neither may overlap `c`. Only `vectors` × 1
/// vector of columns and, in a twelve-row tile, only `groups` × 6 rows are computed and written: the parts that
/// stick out at the edges of C cost nothing.
@inline(__always)
func gemmTile(
  _ depth: Int, _ a: UnsafePointer<Float>, _ b: UnsafePointer<Float>, _ bStride: Int,
  _ c: UnsafeMutablePointer<Float>, _ stride: Int, _ accumulate: Bool, groups: Int, vectors: Int
) {
  if groups == 2 {
    if vectors == 2 {
      gemmTile12x2(depth, a, b, bStride, c, stride, accumulate)
    } else {
      gemmTile12x1(depth, a, b, bStride, c, stride, accumulate)
    }
  } else if vectors == 2 {
    gemmTile6x2(depth, a, b, bStride, c, stride, accumulate)
  } else {
    gemmTile6x1(depth, a, b, bStride, c, stride, accumulate)
  }
}

@inline(never)
func gemmTile6x1(
  _ depth: Int, _ a: UnsafePointer<Float>, _ b: UnsafePointer<Float>, _ bStride: Int,
  _ c: UnsafeMutablePointer<Float>, _ stride: Int, _ accumulate: Bool
) {
  var rows = gemmZeroRows()
  var (a, b) = (a, b)
  for _ in 0..<depth {
    gemmAddProduct(a, load(b), &rows)
    a += gemmTileRows
    b += bStride
  }
  gemmStoreRows(rows, c, stride, accumulate)
}

@inline(never)
func gemmTile6x2(
  _ depth: Int, _ a: UnsafePointer<Float>, _ b: UnsafePointer<Float>, _ bStride: Int,
  _ c: UnsafeMutablePointer<Float>, _ stride: Int, _ accumulate: Bool
) {
  var left = gemmZeroRows()
  var right = gemmZeroRows()
  var (a, b) = (a, b)
  for _ in 0..<depth {
    gemmAddProducts(a, load(b), load(b + Vector.scalarCount), &left, &right)
    a += gemmTileRows
    b += bStride
  }
  gemmStoreRows(left, c, stride, accumulate)
  gemmStoreRows(right, c + Vector.scalarCount, stride, accumulate)
}

@inline(never)
func gemmTile12x1(
  _ depth: Int, _ a: UnsafePointer<Float>, _ b: UnsafePointer<Float>, _ bStride: Int,
  _ c: UnsafeMutablePointer<Float>, _ stride: Int, _ accumulate: Bool
) {
  var top = gemmZeroRows()
  var bottom = gemmZeroRows()
  var (a, b) = (a, b)
  for _ in 0..<depth {
    let column = load(b)
    gemmAddProduct(a, column, &top)
    gemmAddProduct(a + gemmGroupRows, column, &bottom)
    a += gemmTileRows
    b += bStride
  }
  gemmStoreRows(top, c, stride, accumulate)
  gemmStoreRows(bottom, c + gemmGroupRows * stride, stride, accumulate)
}

@inline(never)
func gemmTile12x2(
  _ depth: Int, _ a: UnsafePointer<Float>, _ b: UnsafePointer<Float>, _ bStride: Int,
  _ c: UnsafeMutablePointer<Float>, _ stride: Int, _ accumulate: Bool
) {
  var topLeft = gemmZeroRows()
  var topRight = gemmZeroRows()
  var bottomLeft = gemmZeroRows()
  var bottomRight = gemmZeroRows()
  var (a, b) = (a, b)
  for _ in 0..<depth {
    let left = load(b)
    let right = load(b + Vector.scalarCount)
    gemmAddProducts(a, left, right, &topLeft, &topRight)
    gemmAddProducts(a + gemmGroupRows, left, right, &bottomLeft, &bottomRight)
    a += gemmTileRows
    b += bStride
  }
  let below = c + gemmGroupRows * stride
  gemmStoreRows(topLeft, c, stride, accumulate)
  gemmStoreRows(topRight, c + Vector.scalarCount, stride, accumulate)
  gemmStoreRows(bottomLeft, below, stride, accumulate)
  gemmStoreRows(bottomRight, below + Vector.scalarCount, stride, accumulate)
}
