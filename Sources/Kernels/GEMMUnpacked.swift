// A product that reads A where it is: for few columns, where packing A would cost as much as multiplying.

/// C = A · B for an A with contiguous rows and packed panels of B.
///
/// - Parameters:
///   - rows: at least `gemmTileRows`. The last tile is moved up where it would stick out: some rows are computed twice.
///   - panels: how many panels of B, each `gemmTileColumns` columns.
///   - a: element (row, k) is `a[row * aRowStride + k]`.
///   - b: `panels` panels `[depth][gemmTileColumns]`, one after the other.
///   - c: `[rows][panels * gemmTileColumns]`, overwritten, without gaps. Must not overlap A or B.
public func gemmMultiplyUnpacked(
  rows: Int, panels: Int, depth: Int, a: UnsafePointer<Float>, aRowStride: Int, b: UnsafePointer<Float>,
  c: UnsafeMutablePointer<Float>
) {
  let stride = panels &* gemmTileColumns
  var row = 0
  while row < rows {
    let first = min(row, rows &- gemmTileRows)
    for panel in 0..<panels {
      let from = a + first &* aRowStride
      let to = c + (first &* stride &+ panel &* gemmTileColumns)
      let bPanel = b + panel &* depth &* gemmTileColumns
      if gemmTileRows == 12 {
        gemmUnpackedTile12x2(depth, from, aRowStride, bPanel, to, stride)
      } else {
        gemmUnpackedTile6x2(depth, from, aRowStride, bPanel, to, stride)
      }
    }
    row &+= gemmTileRows
  }
}

/// Adds the outer product of six floats, `stride` apart, and two vectors.
@inline(__always)
private func gemmAddProducts(
  _ a: UnsafePointer<Float>, _ stride: Int, _ b0: Vector, _ b1: Vector, _ left: inout GEMMRows, _ right: inout GEMMRows
) {
  let a0 = Vector(repeating: a[0])
  left.0 = multiplyAdd(a0, b0, left.0)
  right.0 = multiplyAdd(a0, b1, right.0)
  let a1 = Vector(repeating: a[stride])
  left.1 = multiplyAdd(a1, b0, left.1)
  right.1 = multiplyAdd(a1, b1, right.1)
  let a2 = Vector(repeating: a[2 &* stride])
  left.2 = multiplyAdd(a2, b0, left.2)
  right.2 = multiplyAdd(a2, b1, right.2)
  let a3 = Vector(repeating: a[3 &* stride])
  left.3 = multiplyAdd(a3, b0, left.3)
  right.3 = multiplyAdd(a3, b1, right.3)
  let a4 = Vector(repeating: a[4 &* stride])
  left.4 = multiplyAdd(a4, b0, left.4)
  right.4 = multiplyAdd(a4, b1, right.4)
  let a5 = Vector(repeating: a[5 &* stride])
  left.5 = multiplyAdd(a5, b0, left.5)
  right.5 = multiplyAdd(a5, b1, right.5)
}

@inline(never)
func gemmUnpackedTile6x2(
  _ depth: Int, _ a: UnsafePointer<Float>, _ aRowStride: Int, _ b: UnsafePointer<Float>,
  _ c: UnsafeMutablePointer<Float>, _ stride: Int
) {
  var left = gemmZeroRows()
  var right = gemmZeroRows()
  var (a, b) = (a, b)
  for _ in 0..<depth {
    gemmAddProducts(a, aRowStride, gemmLoad(b), gemmLoad(b + Vector.scalarCount), &left, &right)
    a += 1
    b += gemmTileColumns
  }
  gemmStoreRows(left, c, stride, false)
  gemmStoreRows(right, c + Vector.scalarCount, stride, false)
}

@inline(never)
func gemmUnpackedTile12x2(
  _ depth: Int, _ a: UnsafePointer<Float>, _ aRowStride: Int, _ b: UnsafePointer<Float>,
  _ c: UnsafeMutablePointer<Float>, _ stride: Int
) {
  var topLeft = gemmZeroRows()
  var topRight = gemmZeroRows()
  var bottomLeft = gemmZeroRows()
  var bottomRight = gemmZeroRows()
  var (a, b) = (a, b)
  for _ in 0..<depth {
    let left = gemmLoad(b)
    let right = gemmLoad(b + Vector.scalarCount)
    gemmAddProducts(a, aRowStride, left, right, &topLeft, &topRight)
    gemmAddProducts(a + gemmGroupRows &* aRowStride, aRowStride, left, right, &bottomLeft, &bottomRight)
    a += 1
    b += gemmTileColumns
  }
  let below = c + gemmGroupRows &* stride
  gemmStoreRows(topLeft, c, stride, false)
  gemmStoreRows(topRight, c + Vector.scalarCount, stride, false)
  gemmStoreRows(bottomLeft, below, stride, false)
  gemmStoreRows(bottomRight, below + Vector.scalarCount, stride, false)
}
