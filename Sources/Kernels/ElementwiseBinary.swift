// Elementwise kernels of two inputs with strides.
//
// In all of them y is contiguous, [outer, inner]; element (o, i) of a is `a[o * aOuter + i * aInner]`, and of b
// likewise. Inner strides are 0 or 1, outer strides are any. y may be exactly a or b if that input is contiguous too,
// and overlaps them in no other way. Both extents may be 0; no alignment is assumed.

/// a + b.
package func add(
  _ a: UnsafePointer<Float>, _ aInner: Int, _ aOuter: Int, _ b: UnsafePointer<Float>, _ bInner: Int, _ bOuter: Int,
  _ y: UnsafeMutablePointer<Float>, _ inner: Int, _ outer: Int
) {
  let a: Strided = (a, aInner, aOuter)
  let b: Strided = (b, bInner, bOuter)
  @inline(__always)
  func body(_ u: Vector, _ v: Vector) -> Vector {
    u + v
  }
  mapStrided(a, b, y, inner, outer, body)
}

/// a - b.
package func subtract(
  _ a: UnsafePointer<Float>, _ aInner: Int, _ aOuter: Int, _ b: UnsafePointer<Float>, _ bInner: Int, _ bOuter: Int,
  _ y: UnsafeMutablePointer<Float>, _ inner: Int, _ outer: Int
) {
  let a: Strided = (a, aInner, aOuter)
  let b: Strided = (b, bInner, bOuter)
  @inline(__always)
  func body(_ u: Vector, _ v: Vector) -> Vector {
    u - v
  }
  mapStrided(a, b, y, inner, outer, body)
}

/// a · b.
package func multiply(
  _ a: UnsafePointer<Float>, _ aInner: Int, _ aOuter: Int, _ b: UnsafePointer<Float>, _ bInner: Int, _ bOuter: Int,
  _ y: UnsafeMutablePointer<Float>, _ inner: Int, _ outer: Int
) {
  let a: Strided = (a, aInner, aOuter)
  let b: Strided = (b, bInner, bOuter)
  @inline(__always)
  func body(_ u: Vector, _ v: Vector) -> Vector {
    u * v
  }
  mapStrided(a, b, y, inner, outer, body)
}

/// a / b.
package func divide(
  _ a: UnsafePointer<Float>, _ aInner: Int, _ aOuter: Int, _ b: UnsafePointer<Float>, _ bInner: Int, _ bOuter: Int,
  _ y: UnsafeMutablePointer<Float>, _ inner: Int, _ outer: Int
) {
  let a: Strided = (a, aInner, aOuter)
  let b: Strided = (b, bInner, bOuter)
  @inline(__always)
  func body(_ u: Vector, _ v: Vector) -> Vector {
    u / v
  }
  mapStrided(a, b, y, inner, outer, body)
}

/// The larger of a and b; NaN if either is NaN.
package func maximum(
  _ a: UnsafePointer<Float>, _ aInner: Int, _ aOuter: Int, _ b: UnsafePointer<Float>, _ bInner: Int, _ bOuter: Int,
  _ y: UnsafeMutablePointer<Float>, _ inner: Int, _ outer: Int
) {
  let a: Strided = (a, aInner, aOuter)
  let b: Strided = (b, bInner, bOuter)
  @inline(__always)
  func body(_ u: Vector, _ v: Vector) -> Vector {
    v.replacing(with: u, where: (u .> v) .| (u .!= u))
  }
  mapStrided(a, b, y, inner, outer, body)
}

/// The smaller of a and b; NaN if either is NaN.
package func minimum(
  _ a: UnsafePointer<Float>, _ aInner: Int, _ aOuter: Int, _ b: UnsafePointer<Float>, _ bInner: Int, _ bOuter: Int,
  _ y: UnsafeMutablePointer<Float>, _ inner: Int, _ outer: Int
) {
  let a: Strided = (a, aInner, aOuter)
  let b: Strided = (b, bInner, bOuter)
  @inline(__always)
  func body(_ u: Vector, _ v: Vector) -> Vector {
    v.replacing(with: u, where: (u .< v) .| (u .!= u))
  }
  mapStrided(a, b, y, inner, outer, body)
}

/// aᵇ with the special cases of C's `pow`, within 0.51 ulp (computed in double precision).
package func power(
  _ a: UnsafePointer<Float>, _ aInner: Int, _ aOuter: Int, _ b: UnsafePointer<Float>, _ bInner: Int, _ bOuter: Int,
  _ y: UnsafeMutablePointer<Float>, _ inner: Int, _ outer: Int
) {
  let a: Strided = (a, aInner, aOuter)
  let b: Strided = (b, bInner, bOuter)
  @inline(__always)
  func body(_ u: Vector, _ v: Vector) -> Vector {
    power(u, v)
  }
  mapStrided(a, b, y, inner, outer, body)
}

/// 1 where a = b, 0 elsewhere; NaN equals nothing.
package func equal(
  _ a: UnsafePointer<Float>, _ aInner: Int, _ aOuter: Int, _ b: UnsafePointer<Float>, _ bInner: Int, _ bOuter: Int,
  _ y: UnsafeMutablePointer<Float>, _ inner: Int, _ outer: Int
) {
  let a: Strided = (a, aInner, aOuter)
  let b: Strided = (b, bInner, bOuter)
  @inline(__always)
  func body(_ u: Vector, _ v: Vector) -> Vector {
    indicator(u .== v)
  }
  mapStrided(a, b, y, inner, outer, body)
}

/// 1 where a ≠ b, 0 elsewhere; NaN differs from everything.
package func notEqual(
  _ a: UnsafePointer<Float>, _ aInner: Int, _ aOuter: Int, _ b: UnsafePointer<Float>, _ bInner: Int, _ bOuter: Int,
  _ y: UnsafeMutablePointer<Float>, _ inner: Int, _ outer: Int
) {
  let a: Strided = (a, aInner, aOuter)
  let b: Strided = (b, bInner, bOuter)
  @inline(__always)
  func body(_ u: Vector, _ v: Vector) -> Vector {
    indicator(u .!= v)
  }
  mapStrided(a, b, y, inner, outer, body)
}

/// 1 where a < b, 0 elsewhere.
package func less(
  _ a: UnsafePointer<Float>, _ aInner: Int, _ aOuter: Int, _ b: UnsafePointer<Float>, _ bInner: Int, _ bOuter: Int,
  _ y: UnsafeMutablePointer<Float>, _ inner: Int, _ outer: Int
) {
  let a: Strided = (a, aInner, aOuter)
  let b: Strided = (b, bInner, bOuter)
  @inline(__always)
  func body(_ u: Vector, _ v: Vector) -> Vector {
    indicator(u .< v)
  }
  mapStrided(a, b, y, inner, outer, body)
}

/// 1 where a ≤ b, 0 elsewhere.
package func lessOrEqual(
  _ a: UnsafePointer<Float>, _ aInner: Int, _ aOuter: Int, _ b: UnsafePointer<Float>, _ bInner: Int, _ bOuter: Int,
  _ y: UnsafeMutablePointer<Float>, _ inner: Int, _ outer: Int
) {
  let a: Strided = (a, aInner, aOuter)
  let b: Strided = (b, bInner, bOuter)
  @inline(__always)
  func body(_ u: Vector, _ v: Vector) -> Vector {
    indicator(u .<= v)
  }
  mapStrided(a, b, y, inner, outer, body)
}

/// 1 where a > b, 0 elsewhere.
package func greater(
  _ a: UnsafePointer<Float>, _ aInner: Int, _ aOuter: Int, _ b: UnsafePointer<Float>, _ bInner: Int, _ bOuter: Int,
  _ y: UnsafeMutablePointer<Float>, _ inner: Int, _ outer: Int
) {
  let a: Strided = (a, aInner, aOuter)
  let b: Strided = (b, bInner, bOuter)
  @inline(__always)
  func body(_ u: Vector, _ v: Vector) -> Vector {
    indicator(u .> v)
  }
  mapStrided(a, b, y, inner, outer, body)
}

/// 1 where a ≥ b, 0 elsewhere.
package func greaterOrEqual(
  _ a: UnsafePointer<Float>, _ aInner: Int, _ aOuter: Int, _ b: UnsafePointer<Float>, _ bInner: Int, _ bOuter: Int,
  _ y: UnsafeMutablePointer<Float>, _ inner: Int, _ outer: Int
) {
  let a: Strided = (a, aInner, aOuter)
  let b: Strided = (b, bInner, bOuter)
  @inline(__always)
  func body(_ u: Vector, _ v: Vector) -> Vector {
    indicator(u .>= v)
  }
  mapStrided(a, b, y, inner, outer, body)
}
