// A single row times a matrix: B is read once, in the order in which it lies, and nothing is packed.

/// y[j] = Σₚ a[p] · b[p, j], from p = 0 on, each product added to the sum in one step: the order in which a tile of a
/// larger product sums a block of depth.
///
/// - Parameters:
///   - depth: how many elements of a and rows of B.
///   - columns: columns of B; best as many as fit in the first-level cache as a row.
///   - a: element p is `a[p * aStride]`.
///   - b: row p begins at `b + p * bRowStride`.
///   - y: `columns` floats, overwritten. Must not overlap a or b.
package func rowProduct(
  _ depth: Int, _ columns: Int, _ a: UnsafePointer<Float>, _ aStride: Int, _ b: UnsafePointer<Float>,
  _ bRowStride: Int, _ y: UnsafeMutablePointer<Float>
) {
  var c = 0
  while c < columns {
    y[c] = 0
    c &+= 1
  }
  var p = 0
  while p <= depth &- 8 {
    addEightRows(columns, a + p &* aStride, aStride, b + p &* bRowStride, bRowStride, y)
    p &+= 8
  }
  while p < depth {
    let factor = splat(a[p &* aStride])
    @inline(__always)
    func body(_ sum: Vector, _ v: Vector) -> Vector {
      multiplyAdd(factor, v, sum)
    }
    map(y, b + p &* bRowStride, y, columns, body)
    p &+= 1
  }
}

/// Adds eight rows of B, one after the other, to sums that stay in a register meanwhile.
@inline(__always)
private func addEightRows(
  _ columns: Int, _ a: UnsafePointer<Float>, _ aStride: Int, _ b: UnsafePointer<Float>, _ stride: Int,
  _ y: UnsafeMutablePointer<Float>
) {
  let (a0, a1, a2, a3) = (splat(a[0]), splat(a[aStride]), splat(a[2 &* aStride]), splat(a[3 &* aStride]))
  let above = a + 4 &* aStride
  let (a4, a5, a6) = (splat(above[0]), splat(above[aStride]), splat(above[2 &* aStride]))
  let a7 = splat(above[3 &* aStride])
  var c = 0
  while c <= columns &- width {
    let p = b + c
    let q = p + 4 &* stride
    var sum = multiplyAdd(a0, load(p), load(y + c))
    sum = multiplyAdd(a1, load(p + stride), sum)
    sum = multiplyAdd(a2, load(p + 2 &* stride), sum)
    sum = multiplyAdd(a3, load(p + 3 &* stride), sum)
    sum = multiplyAdd(a4, load(q), sum)
    sum = multiplyAdd(a5, load(q + stride), sum)
    sum = multiplyAdd(a6, load(q + 2 &* stride), sum)
    sum = multiplyAdd(a7, load(q + 3 &* stride), sum)
    store(sum, y + c)
    c &+= width
  }
  if c < columns {
    let rest = columns &- c
    let p = b + c
    let q = p + 4 &* stride
    var sum = multiplyAdd(a0, loadPartial(p, rest), loadPartial(y + c, rest))
    sum = multiplyAdd(a1, loadPartial(p + stride, rest), sum)
    sum = multiplyAdd(a2, loadPartial(p + 2 &* stride, rest), sum)
    sum = multiplyAdd(a3, loadPartial(p + 3 &* stride, rest), sum)
    sum = multiplyAdd(a4, loadPartial(q, rest), sum)
    sum = multiplyAdd(a5, loadPartial(q + stride, rest), sum)
    sum = multiplyAdd(a6, loadPartial(q + 2 &* stride, rest), sum)
    sum = multiplyAdd(a7, loadPartial(q + 3 &* stride, rest), sum)
    storePartial(sum, y + c, rest)
  }
}
