// Sums and maxima: of a whole array, and over the middle axis of a contiguous [outer, reduced, inner] array into a
// contiguous [outer, inner] one. Inputs and outputs do not overlap; every extent may be 0; no alignment is assumed.
//
// The order of summation depends on the extents only, never on values, addresses or the number of threads.

/// The sum of `n` floats; 0 if `n` is 0.
///
/// Blocks of 4,096 are summed in the lanes of four accumulators and joined by a binary tree, so the error grows with
/// the logarithm of `n`.
func sum(_ x: UnsafePointer<Float>, _ n: Int) -> Float {
  if n <= 4096 { return reduceRow(x, n, 0, plus) }
  let half = (n / 2 &+ 4095) / 4096 &* 4096
  return sum(x, half) + sum(x + half, n &- half)
}

/// The sum of the squares of `n` floats, accumulated in double precision.
package func sumOfSquares(_ x: UnsafePointer<Float>, _ n: Int) -> Double {
  var (first, second) = (DoubleVector(), DoubleVector())
  var i = 0
  while i <= n &- 2 &* width {
    let (u, v) = (double(load(x + i)), double(load(x + (i &+ width))))
    first = multiplyAdd(u, u, first)
    second = multiplyAdd(v, v, second)
    i &+= 2 &* width
  }
  while i < n {
    let v = double(n &- i < width ? loadPartial(x + i, n &- i) : load(x + i))
    first = multiplyAdd(v, v, first)
    i &+= width
  }
  return joinLanes(first + second)
}

/// The largest magnitude among `n` floats; NaN if one of them is NaN; 0 if `n` is 0.
package func maximumMagnitude(_ x: UnsafePointer<Float>, _ n: Int) -> Float {
  reduceRow(x, n, 0) { a, b in larger(magnitude(b), magnitude(a)) }
}

/// Whether none of `n` floats is infinite or NaN.
package func allFinite(_ x: UnsafePointer<Float>, _ n: Int) -> Bool {
  // Zero times a finite number is zero; anything else stays NaN in the sum.
  reduceRow(x, n, 0) { a, b in multiplyAdd(b, splat(0), a) } == 0
}

/// y[o, i] = Σᵣ x[o, r, i]; 0 if `reduced` is 0.
package func sumMiddle(
  _ x: UnsafePointer<Float>, _ y: UnsafeMutablePointer<Float>, _ outer: Int, _ reduced: Int, _ inner: Int
) {
  if inner == 1, reduced > 0, reduced <= 4 &* width {
    sumShortRows(x, y, outer, reduced)
  } else if inner == 1 {
    var o = 0
    while o < outer {
      y[o] = sum(x + o &* reduced, reduced)
      o &+= 1
    }
  } else {
    reduceMiddle(x, y, outer, reduced, inner, 0, plus)
  }
}

/// y[o, i] = maxᵣ x[o, r, i]; NaN if one of them is NaN, -∞ if `reduced` is 0.
package func maxMiddle(
  _ x: UnsafePointer<Float>, _ y: UnsafeMutablePointer<Float>, _ outer: Int, _ reduced: Int, _ inner: Int
) {
  if inner == 1 {
    var o = 0
    while o < outer {
      y[o] = rowMaximum(x + o &* reduced, reduced)
      o &+= 1
    }
  } else {
    reduceMiddle(x, y, outer, reduced, inner, -Float.infinity, larger)
  }
}

/// The maximum of `n` contiguous floats; NaN if one of them is NaN, -∞ if `n` is 0.
@inline(__always)
func rowMaximum(_ x: UnsafePointer<Float>, _ n: Int) -> Float {
  reduceRow(x, n, -Float.infinity, larger)
}

/// The larger of each lane; NaN if either is NaN.
@inline(__always)
func larger(_ u: Vector, _ v: Vector) -> Vector {
  v.replacing(with: u, where: (u .> v) .| (u .!= u))
}

/// Reduces `n` contiguous floats by `combine`, for which `identity` changes nothing.
@inline(__always)
func reduceRow(
  _ x: UnsafePointer<Float>, _ n: Int, _ identity: Float, _ combine: (Vector, Vector) -> Vector
) -> Float {
  let neutral = splat(identity)
  var (a, b, c, d) = (neutral, neutral, neutral, neutral)
  var i = 0
  while i <= n &- 4 &* width {
    a = combine(a, load(x + i))
    b = combine(b, load(x + (i &+ width)))
    c = combine(c, load(x + (i &+ 2 &* width)))
    d = combine(d, load(x + (i &+ 3 &* width)))
    i &+= 4 &* width
  }
  while i <= n &- width {
    a = combine(a, load(x + i))
    i &+= width
  }
  if i < n { b = combine(b, loadPartial(x + i, n &- i, identity)) }
  return joinLanes(combine(combine(a, b), combine(c, d)), combine)
}

/// y[r] = Σ x[r, ·] for rows of few vectors. Each is folded to four lanes, and those of four rows are joined at once.
func sumShortRows(
  _ x: UnsafePointer<Float>, _ y: UnsafeMutablePointer<Float>, _ rows: Int, _ columns: Int
) {
  let mask = firstLanes(columns % width)
  var r = 0
  // While as many rows follow as a vector has lanes, what is read behind a row's end lies within x.
  while r <= rows &- 4 &- width {
    let p = x + r &* columns
    let a = foldedRow(p, columns, mask)
    let b = foldedRow(p + columns, columns, mask)
    let c = foldedRow(p + 2 &* columns, columns, mask)
    let d = foldedRow(p + 3 &* columns, columns, mask)
    let (s, t, u, v) = transposed(a, b, c, d)
    storeQuad((s + t) + (u + v), y + r)
    r &+= 4
  }
  while r < rows {
    let p = x + r &* columns
    let full = columns &- columns % width
    var sum = Vector()
    var i = 0
    while i < full {
      sum += load(p + i)
      i &+= width
    }
    let quad = folded(sum + loadPartial(p + full, columns &- full))
    y[r] = (quad[0] + quad[1]) + (quad[2] + quad[3])
    r &+= 1
  }
}

/// The sum of the vectors of a row, folded; the last is read whole, and what lies behind the row masked away.
@inline(__always)
private func foldedRow(_ p: UnsafePointer<Float>, _ columns: Int, _ mask: IntVector) -> Quad {
  var sum = Vector()
  var i = 0
  while i <= columns &- width {
    sum += load(p + i)
    i &+= width
  }
  return folded(sum + float(bits: bits(load(p + i)) & mask))
}

/// The sum of the quarters, halves, or the vector itself, four lanes each.
@inline(__always)
private func folded(_ v: Vector) -> Quad {
  #if LATENT_AVX512 && arch(x86_64)
    let half = v.lowHalf + v.highHalf
    return half.lowHalf + half.highHalf
  #elseif LATENT_AVX2 && arch(x86_64)
    v.lowHalf + v.highHalf
  #else
    v
  #endif
}

/// All bits set in the first `count` lanes.
@inline(__always)
private func firstLanes(_ count: Int) -> IntVector {
  var mask = IntVector()
  var lane = 0
  while lane < count {
    mask[lane] = -1
    lane &+= 1
  }
  return mask
}

/// Joins the lanes of `v` by a binary tree.
@inline(__always)
func joinLanes(_ v: Vector, _ combine: (Vector, Vector) -> Vector) -> Float {
  // Each step joins the even with the odd lanes; the upper half of the vector is not used any more.
  var v = v
  var lanes = width
  while lanes > 1 {
    v = combine(
      Vector(lowHalf: v.evenHalf, highHalf: v.evenHalf), Vector(lowHalf: v.oddHalf, highHalf: v.oddHalf))
    lanes /= 2
  }
  return v[0]
}

/// The sum of the lanes by a binary tree.
@inline(__always)
private func joinLanes(_ v: DoubleVector) -> Double {
  var v = v
  var lanes = width
  while lanes > 1 {
    v =
      DoubleVector(lowHalf: v.evenHalf, highHalf: v.evenHalf)
      + DoubleVector(lowHalf: v.oddHalf, highHalf: v.oddHalf)
    lanes /= 2
  }
  return v[0]
}
