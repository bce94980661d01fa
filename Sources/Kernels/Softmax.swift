// Normalised exponentials over the last axis. x is contiguous, [rows, columns]; every extent may be 0.

/// y[r, c] = exp(x[r, c] - m) / Σ exp(x[r, ·] - m), m the maximum of the row.
///
/// A row that contains NaN or +∞, or only -∞, becomes NaN. y is contiguous, [rows, columns], and may be x.
package func softmaxRows(_ x: UnsafePointer<Float>, _ y: UnsafeMutablePointer<Float>, _ rows: Int, _ columns: Int) {
  var r = 0
  while r < rows {
    let (source, target) = (x + r &* columns, y + r &* columns)
    r &+= 1
    if columns <= width {
      softmaxOfVector(source, target, columns)
      continue
    }
    let largest = splat(rowMaximum(source, columns))
    @inline(__always)
    func shiftedExponential(_ v: Vector) -> Vector { exponential(v - largest) }
    map(source, target, columns, shiftedExponential)
    let total = splat(sum(target, columns))
    @inline(__always)
    func normalized(_ v: Vector) -> Vector { v / total }
    map(target, target, columns, normalized)
  }
}

/// target = y · (u - Σ u · y) of each row: the gradient of `softmaxRows` where its result is y, for the upstream gradient u.
///
/// sums holds `rows` floats, which are overwritten.
package func softmaxRowsGradient(
  _ u: UnsafePointer<Float>, _ y: UnsafePointer<Float>, _ target: UnsafeMutablePointer<Float>,
  _ sums: UnsafeMutablePointer<Float>, _ rows: Int, _ columns: Int
) {
  @inline(__always)
  func product(_ u: Vector, _ y: Vector) -> Vector { u * y }
  map(u, y, target, rows &* columns, product)
  sumMiddle(target, sums, rows, columns, 1)
  var r = 0
  while r < rows {
    let (start, total) = (r &* columns, splat(sums[r]))
    @inline(__always)
    func difference(_ product: Vector, _ y: Vector) -> Vector { product - y * total }
    map(target + start, y + start, target + start, columns, difference)
    r &+= 1
  }
}

/// target = u - exp(y) · Σ u of each row: the gradient of `logSoftmaxRows` where its result is y, for the upstream gradient u.
///
/// sums holds `rows` floats, which are overwritten.
package func logSoftmaxRowsGradient(
  _ u: UnsafePointer<Float>, _ y: UnsafePointer<Float>, _ target: UnsafeMutablePointer<Float>,
  _ sums: UnsafeMutablePointer<Float>, _ rows: Int, _ columns: Int
) {
  sumMiddle(u, sums, rows, columns, 1)
  var r = 0
  while r < rows {
    let (start, total) = (r &* columns, splat(sums[r]))
    @inline(__always)
    func difference(_ u: Vector, _ y: Vector) -> Vector { u - exponential(y) * total }
    map(u + start, y + start, target + start, columns, difference)
    r &+= 1
  }
}

/// A row that fits in a register, where it stays.
@inline(__always)
private func softmaxOfVector(_ x: UnsafePointer<Float>, _ y: UnsafeMutablePointer<Float>, _ columns: Int) {
  let v = columns < width ? loadPartial(x, columns, -Float.infinity) : load(x)
  let exponentials = exponential(v - splat(joinLanes(v, larger)))
  let quotients = exponentials / splat(joinLanes(exponentials, plus))
  if columns < width { storePartial(quotients, y, columns) } else { store(quotients, y) }
}

/// y[r] = log Σ exp x[r, ·]; -∞ if the row is empty or all -∞.
///
/// y holds `rows` floats and does not overlap x.
package func logSumExpRows(_ x: UnsafePointer<Float>, _ y: UnsafeMutablePointer<Float>, _ rows: Int, _ columns: Int) {
  var r = 0
  while r < rows {
    let source = x + r &* columns
    let largest = rowMaximum(source, columns)
    // Infinities must not meet their like in a difference.
    let shift = splat(magnitude(splat(largest))[0] < Float.infinity ? largest : 0)
    var (first, second) = (Vector(), Vector())
    var i = 0
    while i <= columns &- 2 &* width {
      first += exponential(load(source + i) - shift)
      second += exponential(load(source + (i &+ width)) - shift)
      i &+= 2 &* width
    }
    if i <= columns &- width {
      first += exponential(load(source + i) - shift)
      i &+= width
    }
    if i < columns { first += exponential(loadPartial(source + i, columns &- i, -Float.infinity) - shift) }
    y[r] = (shift + logarithm(splat((first + second).sum())))[0]
    r &+= 1
  }
}
