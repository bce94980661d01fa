// Elementwise kernels of two inputs with strides.
//
// In all of them y is contiguous, [outer, inner]; element (o, i) of a is `a[o * aOuter + i * aInner]`, and of b
// likewise. Inner strides are 0 or 1, outer strides are any. y may be exactly a or b if that input is contiguous too,
// and overlaps them in no other way. Both extents may be 0; no alignment is assumed.

/// a + b.
public func add(
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
public func subtract(
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
public func multiply(
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
public func divide(
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
public func maximum(
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
public func minimum(
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
public func power(
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
public func equal(
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
public func notEqual(
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
public func less(
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
public func lessOrEqual(
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
public func greater(
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
public func greaterOrEqual(
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
