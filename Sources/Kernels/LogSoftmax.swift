// Logarithms of normalised exponentials over the last axis. x is contiguous, [rows, columns]; every extent may be 0.

/// y[r, c] = (x[r, c] - m) - log Σ exp(x[r, ·] - m), m the maximum of the row.
///
/// m is taken off first, and the logarithm is that of 1 plus the terms other than the maximum's own: so neither the size
/// of x nor a dominant column costs digits. A row that contains NaN or +∞, or only -∞, becomes NaN. y is contiguous,
/// [rows, columns], and may be x.
package func logSoftmaxRows(_ x: UnsafePointer<Float>, _ y: UnsafeMutablePointer<Float>, _ rows: Int, _ columns: Int) {
  var r = 0
  while r < rows {
    let (source, target) = (x + r &* columns, y + r &* columns)
    let largest = splat(rowMaximum(source, columns))
    let total = logarithmOfAnyPlusOne(splat(sumBesidesMaximum(source, columns, largest)))
    @inline(__always)
    func normalized(_ v: Vector) -> Vector { (v - largest) - total }
    map(source, target, columns, normalized)
    r &+= 1
  }
}

/// Σ exp(x - largest) - 1 over `n` floats, of which `largest` is the maximum: the term of one maximum is left out, rather
/// than taken off at the end.
func sumBesidesMaximum(_ x: UnsafePointer<Float>, _ n: Int, _ largest: Vector) -> Float {
  // Long sums are made in pieces, so that their error does not grow with the row.
  let piece = 64 &* width
  var (others, ties) = (Vector(), Vector())
  var i = 0
  while i < n {
    let end = n &- i < piece ? n : i &+ piece
    var part = Vector()
    while i <= end &- width {
      let z = load(x + i) - largest
      part += exponential(z).replacing(with: 0, where: z .== 0)
      ties += indicator(z .== 0)
      i &+= width
    }
    if i < end {
      let z = loadPartial(x + i, end &- i, -Float.infinity) - largest
      part += exponential(z).replacing(with: 0, where: z .== 0)
      ties += indicator(z .== 0)
    }
    i = end
    others += part
  }
  return sumOfLanes(others) + (sumOfLanes(ties) - 1)
}

/// The sum of all lanes. The standard library's generic one would be compiled as a weak function, which other code may
/// be linked to. So would a private function.
func sumOfLanes(_ x: Vector) -> Float {
  var (total, lane) = (Float(0), 0)
  while lane < width {
    total += x[lane]
    lane &+= 1
  }
  return total
}
