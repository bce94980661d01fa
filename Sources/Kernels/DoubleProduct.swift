// Products of matrices of doubles, for statistics that are differences of much larger numbers.
//
// One micro-kernel, as that of floats: a tile of C in registers, plus the product of one packed panel of A and one of
// B. A `DoubleVector` takes two registers, so a tile of as many rows takes as many as one of floats.

/// Columns of a tile of C, and of a packed panel of B. Its rows are as many as those of a tile of floats.
var doubleTileColumns: Int { DoubleVector.scalarCount }

/// Six rows × one double vector of C. A tuple, as ``GEMMRows`` is one.
typealias DoubleRows = (DoubleVector, DoubleVector, DoubleVector, DoubleVector, DoubleVector, DoubleVector)

/// The vector at `p`, which needs no alignment.
@inline(__always)
private func load(_ p: UnsafePointer<Double>) -> DoubleVector {
  UnsafeRawPointer(p).loadUnaligned(as: DoubleVector.self)
}

/// Adds `v` to the doubles at `p`.
@inline(__always)
private func add(_ v: DoubleVector, _ p: UnsafeMutablePointer<Double>) {
  UnsafeMutableRawPointer(p).storeBytes(of: load(p) + v, as: DoubleVector.self)
}

/// Adds the outer product of the six doubles at `a` and `b`.
@inline(__always)
private func addProduct(_ a: UnsafePointer<Double>, _ b: DoubleVector, _ rows: inout DoubleRows) {
  rows.0 = multiplyAdd(DoubleVector(repeating: a[0]), b, rows.0)
  rows.1 = multiplyAdd(DoubleVector(repeating: a[1]), b, rows.1)
  rows.2 = multiplyAdd(DoubleVector(repeating: a[2]), b, rows.2)
  rows.3 = multiplyAdd(DoubleVector(repeating: a[3]), b, rows.3)
  rows.4 = multiplyAdd(DoubleVector(repeating: a[4]), b, rows.4)
  rows.5 = multiplyAdd(DoubleVector(repeating: a[5]), b, rows.5)
}

/// Adds the rows to `c`, `stride` doubles apart.
@inline(__always)
private func add(_ rows: DoubleRows, _ c: UnsafeMutablePointer<Double>, _ stride: Int) {
  add(rows.0, c)
  add(rows.1, c + stride)
  add(rows.2, c + 2 * stride)
  add(rows.3, c + 3 * stride)
  add(rows.4, c + 4 * stride)
  add(rows.5, c + 5 * stride)
}

@inline(__always)
private var zeroRows: DoubleRows { (.zero, .zero, .zero, .zero, .zero, .zero) }

/// C (`gemmTileRows` × `doubleTileColumns`, rows `stride` apart) += A panel · B panel.
///
/// `a` is `[depth][gemmTileRows]`, `b` is `[depth][doubleTileColumns]`; neither may overlap `c`. The whole tile is read
/// and written.
@inline(never)
func addDoubleTile(
  _ depth: Int, _ a: UnsafePointer<Double>, _ b: UnsafePointer<Double>, _ c: UnsafeMutablePointer<Double>, _ stride: Int
) {
  var (a, b) = (a, b)
  var top = zeroRows
  if gemmTileRows == gemmGroupRows {
    for _ in 0..<depth {
      addProduct(a, load(b), &top)
      a += gemmTileRows
      b += doubleTileColumns
    }
    add(top, c, stride)
    return
  }
  var bottom = zeroRows
  for _ in 0..<depth {
    let row = load(b)
    addProduct(a, row, &top)
    addProduct(a + gemmGroupRows, row, &bottom)
    a += gemmTileRows
    b += doubleTileColumns
  }
  add(top, c, stride)
  add(bottom, c + gemmGroupRows * stride, stride)
}
