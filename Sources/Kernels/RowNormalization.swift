// Normalization of rows by themselves: a mean and a deviation for each row, a scale and an offset for each column.
// Matrices are contiguous, [rows, columns], with one column or more; arrays do not overlap.

/// y = (x - mean) · inverse · scale + offset, with the row's mean and inverse = 1 / √(variance + epsilon), which are written
/// too. If not `isCentred`, the mean is 0, and the variance the mean square.
package func normalizeRows(
  _ x: UnsafePointer<Float>, _ scale: UnsafePointer<Float>, _ offset: UnsafePointer<Float>, _ epsilon: Float,
  _ isCentred: Bool, _ y: UnsafeMutablePointer<Float>, _ mean: UnsafeMutablePointer<Float>,
  _ inverse: UnsafeMutablePointer<Float>, _ rows: Int, _ columns: Int
) {
  var r = 0
  while r < rows {
    let (row, target) = (x + r &* columns, y + r &* columns)
    let m = isCentred ? sum(row, columns) / Float(columns) : 0
    let factor = 1 / (squaredDistances(row, m, columns) / Float(columns) + epsilon).squareRoot()
    (mean[r], inverse[r]) = (m, factor)
    let (centre, factors) = (splat(m), splat(factor))
    @inline(__always)
    func body(_ c: Int, _ count: Int) {
      let normalized = (loadUpTo(count, row + c) - centre) * factors
      storeUpTo(
        count, multiplyAdd(normalized, loadUpTo(count, scale + c), loadUpTo(count, offset + c)), target + c)
    }
    forEachVector(columns, body)
    r &+= 1
  }
}

/// The gradients of `normalizeRows` for the upstream gradient u. Those at scale and offset are added to what is there;
/// that at x is written to y if `withInput`.
///
/// With S = Σ u · scale and P = Σ u · scale · (x - mean) over the n elements of a row and d = inverse, the gradient at x is
/// d · (u · scale - S / n - (x - mean) · d² · P / n), without S if not `isCentred`.
package func normalizeRowsGradient(
  _ u: UnsafePointer<Float>, _ x: UnsafePointer<Float>, _ scale: UnsafePointer<Float>, _ mean: UnsafePointer<Float>,
  _ inverse: UnsafePointer<Float>, _ isCentred: Bool, _ withInput: Bool, _ y: UnsafeMutablePointer<Float>,
  _ scaleGradient: UnsafeMutablePointer<Float>, _ offsetGradient: UnsafeMutablePointer<Float>, _ rows: Int,
  _ columns: Int
) {
  var r = 0
  while r < rows {
    let start = r &* columns
    let (upstream, row) = (u + start, x + start)
    let d = inverse[r]
    let (centre, factor) = (splat(mean[r]), splat(d))
    var (slope, shift) = (Vector(), Vector())
    if withInput {
      let (total, product) = gradientSums(upstream, row, scale, mean[r], columns)
      slope = splat(-d * d * d * product / Float(columns))
      if isCentred { shift = splat(-d * total / Float(columns)) }
    }
    @inline(__always)
    func body(_ c: Int, _ count: Int) {
      let (v, distance) = (loadUpTo(count, upstream + c), loadUpTo(count, row + c) - centre)
      let scaled = v * factor
      if withInput {
        let line = multiplyAdd(distance, slope, shift)
        storeUpTo(count, multiplyAdd(scaled, loadUpTo(count, scale + c), line), y + (start &+ c))
      }
      storeUpTo(
        count, multiplyAdd(scaled, distance, loadUpTo(count, scaleGradient + c)), scaleGradient + c)
      storeUpTo(count, loadUpTo(count, offsetGradient + c) + v, offsetGradient + c)
    }
    forEachVector(columns, body)
    r &+= 1
  }
}

/// Σ (x - centre)² of `n` floats, in blocks that are joined by a binary tree as in `sum`.
func squaredDistances(_ x: UnsafePointer<Float>, _ centre: Float, _ n: Int) -> Float {
  if n > 4096 {
    let half = (n / 2 &+ 4095) / 4096 &* 4096
    return squaredDistances(x, centre, half) + squaredDistances(x + half, centre, n &- half)
  }
  let m = splat(centre)
  var (first, second) = (Vector(), Vector())
  var i = 0
  while i <= n &- 2 &* width {
    let (a, b) = (load(x + i) - m, load(x + (i &+ width)) - m)
    first = multiplyAdd(a, a, first)
    second = multiplyAdd(b, b, second)
    i &+= 2 &* width
  }
  if i <= n &- width {
    let a = load(x + i) - m
    first = multiplyAdd(a, a, first)
    i &+= width
  }
  if i < n {
    let a = loadPartial(x + i, n &- i, centre) - m
    first = multiplyAdd(a, a, first)
  }
  return joinLanes(first + second, plus)
}

/// Σ u · scale and Σ u · scale · (x - centre) of `n` floats each, in blocks as in `sum`.
func gradientSums(
  _ u: UnsafePointer<Float>, _ x: UnsafePointer<Float>, _ scale: UnsafePointer<Float>, _ centre: Float, _ n: Int
) -> (total: Float, product: Float) {
  if n > 4096 {
    let half = (n / 2 &+ 4095) / 4096 &* 4096
    let first = gradientSums(u, x, scale, centre, half)
    let second = gradientSums(u + half, x + half, scale + half, centre, n &- half)
    return (first.total + second.total, first.product + second.product)
  }
  let m = splat(centre)
  var (total, product) = (Vector(), Vector())
  @inline(__always)
  func body(_ i: Int, _ count: Int) {
    let scaled = loadUpTo(count, u + i) * loadUpTo(count, scale + i)
    total += scaled
    product = multiplyAdd(scaled, loadUpTo(count, x + i) - m, product)
  }
  forEachVector(n, body)
  return (joinLanes(total, plus), joinLanes(product, plus))
}
