// Products whose rows lie anywhere: each row of A is read, and each row of C is written, where a pointer says. So the
// patches of an image are multiplied where they are, without a copy of them, and results go straight to their places.

/// Where six rows of A are.
private typealias GEMMRowPointers = (
  UnsafePointer<Float>, UnsafePointer<Float>, UnsafePointer<Float>, UnsafePointer<Float>, UnsafePointer<Float>,
  UnsafePointer<Float>
)

/// C = or += A · B for rows of A and C that lie anywhere, and packed panels of B.
///
/// A row of A consists of `segments` pieces of `length` floats. An element of C is summed in the same order in whatever
/// row it is and however many there are.
///
/// - Parameters:
///   - columns: how many columns of B and C; the last panel is padded.
///   - a: piece s of row i is `a[s * segmentStride + i][0..<length]`. There must be pointers that can be read for
///     whole tiles: `rows` rounded up to a multiple of `gemmTileRows`.
///   - b: `ceil(columns / gemmTileColumns)` panels `[segments * length][gemmTileColumns]`, one after the other.
///   - c: row i goes to `c[i][firstColumn..<firstColumn + columns]`. There must be pointers for whole tiles here too;
///     what is written to those after the last row means nothing. No row may overlap A or B.
///   - accumulate: false overwrites C, which may hold anything, NaN too.
package func gemmMultiplyRows(
  rows: Int, columns: Int, segments: Int, length: Int,
  a: UnsafePointer<UnsafePointer<Float>>, segmentStride: Int, b: UnsafePointer<Float>,
  c: UnsafePointer<UnsafeMutablePointer<Float>>, firstColumn: Int, accumulate: Bool
) {
  var panel = b
  var column = 0
  while column < columns {
    let width = min(gemmTileColumns, columns &- column)
    var row = 0
    while row < rows {
      gemmRowsTile(
        segments, length, a + row, segmentStride, panel, c + row, firstColumn &+ column, width, accumulate,
        isTall: gemmTileRows > gemmGroupRows && rows &- row > gemmGroupRows)
      row &+= gemmTileRows
    }
    column &+= gemmTileColumns
    panel += segments &* length &* gemmTileColumns
  }
}

/// One tile: twelve rows if it `isTall`, else six; two vectors of columns, or one if `width` needs no more.
@inline(__always)
private func gemmRowsTile(
  _ segments: Int, _ length: Int, _ a: UnsafePointer<UnsafePointer<Float>>, _ segmentStride: Int,
  _ b: UnsafePointer<Float>, _ c: UnsafePointer<UnsafeMutablePointer<Float>>, _ column: Int, _ width: Int,
  _ accumulate: Bool, isTall: Bool
) {
  if width > Vector.scalarCount {
    if isTall {
      gemmRowsTile12x2(segments, length, a, segmentStride, b, c, column, width, accumulate)
    } else {
      gemmRowsTile6x2(segments, length, a, segmentStride, b, c, column, width, accumulate)
    }
  } else if isTall {
    gemmRowsTile12x1(segments, length, a, segmentStride, b, c, column, width, accumulate)
  } else {
    gemmRowsTile6x1(segments, length, a, segmentStride, b, c, column, width, accumulate)
  }
}

@inline(never)
func gemmRowsTile6x1(
  _ segments: Int, _ length: Int, _ a: UnsafePointer<UnsafePointer<Float>>, _ segmentStride: Int,
  _ b: UnsafePointer<Float>, _ c: UnsafePointer<UnsafeMutablePointer<Float>>, _ column: Int, _ width: Int,
  _ accumulate: Bool
) {
  var sums = gemmZeroRows()
  var (a, b) = (a, b)
  for _ in 0..<segments {
    let rows = gemmRowPointers(a)
    for k in 0..<length {
      gemmAddProduct(rows, k, load(b), &sums)
      b += gemmTileColumns
    }
    a += segmentStride
  }
  gemmStoreRows(sums, c, column, width, accumulate)
}

@inline(never)
func gemmRowsTile6x2(
  _ segments: Int, _ length: Int, _ a: UnsafePointer<UnsafePointer<Float>>, _ segmentStride: Int,
  _ b: UnsafePointer<Float>, _ c: UnsafePointer<UnsafeMutablePointer<Float>>, _ column: Int, _ width: Int,
  _ accumulate: Bool
) {
  var left = gemmZeroRows()
  var right = gemmZeroRows()
  var (a, b) = (a, b)
  for _ in 0..<segments {
    let rows = gemmRowPointers(a)
    for k in 0..<length {
      gemmAddProducts(rows, k, load(b), load(b + Vector.scalarCount), &left, &right)
      b += gemmTileColumns
    }
    a += segmentStride
  }
  gemmStoreRows(left, c, column, Vector.scalarCount, accumulate)
  gemmStoreRows(right, c, column &+ Vector.scalarCount, width &- Vector.scalarCount, accumulate)
}

@inline(never)
func gemmRowsTile12x1(
  _ segments: Int, _ length: Int, _ a: UnsafePointer<UnsafePointer<Float>>, _ segmentStride: Int,
  _ b: UnsafePointer<Float>, _ c: UnsafePointer<UnsafeMutablePointer<Float>>, _ column: Int, _ width: Int,
  _ accumulate: Bool
) {
  var top = gemmZeroRows()
  var bottom = gemmZeroRows()
  var (a, b) = (a, b)
  for _ in 0..<segments {
    let topRows = gemmRowPointers(a)
    let bottomRows = gemmRowPointers(a + gemmGroupRows)
    for k in 0..<length {
      let vector = load(b)
      gemmAddProduct(topRows, k, vector, &top)
      gemmAddProduct(bottomRows, k, vector, &bottom)
      b += gemmTileColumns
    }
    a += segmentStride
  }
  gemmStoreRows(top, c, column, width, accumulate)
  gemmStoreRows(bottom, c + gemmGroupRows, column, width, accumulate)
}

@inline(never)
func gemmRowsTile12x2(
  _ segments: Int, _ length: Int, _ a: UnsafePointer<UnsafePointer<Float>>, _ segmentStride: Int,
  _ b: UnsafePointer<Float>, _ c: UnsafePointer<UnsafeMutablePointer<Float>>, _ column: Int, _ width: Int,
  _ accumulate: Bool
) {
  var topLeft = gemmZeroRows()
  var topRight = gemmZeroRows()
  var bottomLeft = gemmZeroRows()
  var bottomRight = gemmZeroRows()
  var (a, b) = (a, b)
  for _ in 0..<segments {
    let topRows = gemmRowPointers(a)
    let bottomRows = gemmRowPointers(a + gemmGroupRows)
    for k in 0..<length {
      let left = load(b)
      let right = load(b + Vector.scalarCount)
      gemmAddProducts(topRows, k, left, right, &topLeft, &topRight)
      gemmAddProducts(bottomRows, k, left, right, &bottomLeft, &bottomRight)
      b += gemmTileColumns
    }
    a += segmentStride
  }
  let (rightColumn, rightWidth) = (column &+ Vector.scalarCount, width &- Vector.scalarCount)
  gemmStoreRows(topLeft, c, column, Vector.scalarCount, accumulate)
  gemmStoreRows(topRight, c, rightColumn, rightWidth, accumulate)
  gemmStoreRows(bottomLeft, c + gemmGroupRows, column, Vector.scalarCount, accumulate)
  gemmStoreRows(bottomRight, c + gemmGroupRows, rightColumn, rightWidth, accumulate)
}

@inline(__always)
private func gemmRowPointers(_ a: UnsafePointer<UnsafePointer<Float>>) -> GEMMRowPointers {
  (a[0], a[1], a[2], a[3], a[4], a[5])
}

/// Adds the outer product of six floats, one of each row, and a vector.
@inline(__always)
private func gemmAddProduct(_ a: GEMMRowPointers, _ k: Int, _ b: Vector, _ rows: inout GEMMRows) {
  rows.0 = multiplyAdd(Vector(repeating: a.0[k]), b, rows.0)
  rows.1 = multiplyAdd(Vector(repeating: a.1[k]), b, rows.1)
  rows.2 = multiplyAdd(Vector(repeating: a.2[k]), b, rows.2)
  rows.3 = multiplyAdd(Vector(repeating: a.3[k]), b, rows.3)
  rows.4 = multiplyAdd(Vector(repeating: a.4[k]), b, rows.4)
  rows.5 = multiplyAdd(Vector(repeating: a.5[k]), b, rows.5)
}

/// The same for two neighbouring vectors, row by row.
@inline(__always)
private func gemmAddProducts(
  _ a: GEMMRowPointers, _ k: Int, _ b0: Vector, _ b1: Vector, _ left: inout GEMMRows, _ right: inout GEMMRows
) {
  let a0 = Vector(repeating: a.0[k])
  left.0 = multiplyAdd(a0, b0, left.0)
  right.0 = multiplyAdd(a0, b1, right.0)
  let a1 = Vector(repeating: a.1[k])
  left.1 = multiplyAdd(a1, b0, left.1)
  right.1 = multiplyAdd(a1, b1, right.1)
  let a2 = Vector(repeating: a.2[k])
  left.2 = multiplyAdd(a2, b0, left.2)
  right.2 = multiplyAdd(a2, b1, right.2)
  let a3 = Vector(repeating: a.3[k])
  left.3 = multiplyAdd(a3, b0, left.3)
  right.3 = multiplyAdd(a3, b1, right.3)
  let a4 = Vector(repeating: a.4[k])
  left.4 = multiplyAdd(a4, b0, left.4)
  right.4 = multiplyAdd(a4, b1, right.4)
  let a5 = Vector(repeating: a.5[k])
  left.5 = multiplyAdd(a5, b0, left.5)
  right.5 = multiplyAdd(a5, b1, right.5)
}

/// Writes the first `width` floats of six rows, at most a vector, to `column` of the rows of C, or adds them.
@inline(__always)
private func gemmStoreRows(
  _ rows: GEMMRows, _ c: UnsafePointer<UnsafeMutablePointer<Float>>, _ column: Int, _ width: Int, _ accumulate: Bool
) {
  if width == Vector.scalarCount {
    gemmStoreRow(rows.0, c[0] + column, accumulate)
    gemmStoreRow(rows.1, c[1] + column, accumulate)
    gemmStoreRow(rows.2, c[2] + column, accumulate)
    gemmStoreRow(rows.3, c[3] + column, accumulate)
    gemmStoreRow(rows.4, c[4] + column, accumulate)
    gemmStoreRow(rows.5, c[5] + column, accumulate)
  } else {
    gemmStorePart(rows.0, c[0] + column, width, accumulate)
    gemmStorePart(rows.1, c[1] + column, width, accumulate)
    gemmStorePart(rows.2, c[2] + column, width, accumulate)
    gemmStorePart(rows.3, c[3] + column, width, accumulate)
    gemmStorePart(rows.4, c[4] + column, width, accumulate)
    gemmStorePart(rows.5, c[5] + column, width, accumulate)
  }
}

@inline(__always)
private func gemmStoreRow(_ row: Vector, _ c: UnsafeMutablePointer<Float>, _ accumulate: Bool) {
  store(accumulate ? load(c) + row : row, c)
}

/// Less than a vector.
@inline(never)
func gemmStorePart(_ row: Vector, _ c: UnsafeMutablePointer<Float>, _ width: Int, _ accumulate: Bool) {
  for lane in 0..<width { c[lane] = accumulate ? c[lane] + row[lane] : row[lane] }
}
