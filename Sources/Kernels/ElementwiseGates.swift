// Gates: rows of which one half opens or closes the other.

/// y = tanh(a) · sigmoid(b), where a is the first half of each row of x and b the second.
///
/// x is [rows, 2 · columns] and y is [rows, columns], both contiguous; they do not overlap. Both extents may be 0. A row's
/// result depends on nothing but the row.
package func gateRows(_ x: UnsafePointer<Float>, _ y: UnsafeMutablePointer<Float>, _ rows: Int, _ columns: Int) {
  @inline(__always)
  func body(_ a: Vector, _ b: Vector) -> Vector {
    hyperbolicTangent(a) * logistic(b)
  }
  var row = 0
  while row < rows {
    let halves = x + 2 &* row &* columns
    map(halves, halves + columns, y + row &* columns, columns, body)
    row &+= 1
  }
}

/// The gradient of `gateRows` at x for the upstream gradient u: with t = tanh(a) and s = sigmoid(b), the halves of each row
/// of y are u · s · (1 - t²) and u · t · s · (1 - s).
///
/// u is [rows, columns], x and y are [rows, 2 · columns], all contiguous; y may be exactly x and overlaps them in no other
/// way. Both extents may be 0.
package func gateRowsGradient(
  _ u: UnsafePointer<Float>, _ x: UnsafePointer<Float>, _ y: UnsafeMutablePointer<Float>, _ rows: Int, _ columns: Int
) {
  var row = 0
  while row < rows {
    let (v, halves, target) = (u + row &* columns, x + 2 &* row &* columns, y + 2 &* row &* columns)
    @inline(__always)
    func body(_ i: Int, _ count: Int) {
      let (first, second) = gateGradient(
        loadUpTo(count, v + i), loadUpTo(count, halves + i), loadUpTo(count, halves + columns + i))
      storeUpTo(count, first, target + i)
      storeUpTo(count, second, target + columns + i)
    }
    forEachVector(columns, body)
    row &+= 1
  }
}

/// The gradients at a and b.
@inline(__always)
func gateGradient(_ u: Vector, _ a: Vector, _ b: Vector) -> (Vector, Vector) {
  let (t, s) = (hyperbolicTangent(a), logistic(b))
  let us = u * s
  return (us * multiplyAdd(-t, t, splat(1)), us * t * (1 - s))
}
