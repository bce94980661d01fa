// Sums and maxima: of a whole array, and over the middle axis of a contiguous [outer, reduced, inner] array into a
// contiguous [outer, inner] one. Inputs and outputs do not overlap; every extent may be 0; no alignment is assumed.
//
// The order of summation depends on the extents only, never on values, addresses or the number of threads.

/// The sum of `n` floats; 0 if `n` is 0.
///
/// Blocks of 1,024 are summed in the lanes of four accumulators and joined by a binary tree, so the error grows with
/// the logarithm of `n`.
public func sum(_ x: UnsafePointer<Float>, _ n: Int) -> Float {
  if n <= 1024 { return reduceRow(x, n, 0, plus) }
  let half = (n / 2 &+ 1023) / 1024 &* 1024
  return sum(x, half) + sum(x + half, n &- half)
}

/// The sum of the squares of `n` floats, accumulated in double precision.
public func sumOfSquares(_ x: UnsafePointer<Float>, _ n: Int) -> Double {
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
public func maximumMagnitude(_ x: UnsafePointer<Float>, _ n: Int) -> Float {
  reduceRow(x, n, 0) { a, b in larger(magnitude(b), magnitude(a)) }
}

/// Whether none of `n` floats is infinite or NaN.
public func allFinite(_ x: UnsafePointer<Float>, _ n: Int) -> Bool {
  // Zero times a finite number is zero; anything else stays NaN in the sum.
  reduceRow(x, n, 0) { a, b in multiplyAdd(b, splat(0), a) } == 0
}

/// y[o, i] = Σᵣ x[o, r, i]; 0 if `reduced` is 0.
public func sumMiddle(
  _ x: UnsafePointer<Float>, _ y: UnsafeMutablePointer<Float>, _ outer: Int, _ reduced: Int, _ inner: Int
) {
  if inner == 1 {
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
public func maxMiddle(
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

/// Joins the lanes of `v` by a binary tree.
@inline(__always)
private func joinLanes(_ v: Vector, _ combine: (Vector, Vector) -> Vector) -> Float {
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
