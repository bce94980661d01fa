// Loads, stores, bit casts and the loops every elementwise kernel shares.
//
// The closures passed to the loops never escape and inline away: no context is allocated and no generic library
// function survives. A last group of fewer elements than a vector has lanes goes through zero-padded vectors, so
// an element's result does not depend on where in the array it stands.

/// The number of floats in a `Vector`.
@inline(__always)
var width: Int { Vector.scalarCount }

/// A vector with `value` in every lane.
@inline(__always)
func splat(_ value: Float) -> Vector { Vector(repeating: value) }

/// The bits of `v` as integers.
@inline(__always)
func bits(_ v: Vector) -> IntVector { unsafeBitCast(v, to: IntVector.self) }

/// The floats whose bits are `v`.
@inline(__always)
func float(bits v: IntVector) -> Vector { unsafeBitCast(v, to: Vector.self) }

/// `p * x + c`: one step of Horner's rule.
@inline(__always)
func horner(_ p: Vector, _ x: Vector, _ c: Float) -> Vector { multiplyAdd(p, x, splat(c)) }

/// `v` without its sign.
@inline(__always)
func magnitude(_ v: Vector) -> Vector { float(bits: bits(v) & 0x7fff_ffff) }

/// The sign bit of `v`, all other bits zero.
@inline(__always)
func signBit(_ v: Vector) -> IntVector { bits(v) & Int32.min }

/// `v`, which is not negative, with the sign of `source`.
@inline(__always)
func withSign(_ v: Vector, of source: Vector) -> Vector { float(bits: bits(v) | signBit(source)) }

/// Whether any lane of `mask` is not zero.
@inline(__always)
func anyLane(_ mask: SIMDMask<IntVector>) -> Bool { any(mask) }

/// The vector at `p`, which needs no alignment.
@inline(__always)
func load(_ p: UnsafePointer<Float>) -> Vector {
  UnsafeRawPointer(p).loadUnaligned(as: Vector.self)
}

/// Writes `v` to `p`, which needs no alignment.
@inline(__always)
func store(_ v: Vector, _ p: UnsafeMutablePointer<Float>) {
  UnsafeMutableRawPointer(p).storeBytes(of: v, as: Vector.self)
}

/// The first `count` floats at `p`, fewer than `width`, and `padding` behind them.
@inline(never)
func loadPartial(_ p: UnsafePointer<Float>, _ count: Int, _ padding: Float = 0) -> Vector {
  var v = splat(padding)
  withUnsafeMutablePointer(to: &v) {
    let lanes = UnsafeMutableRawPointer($0).assumingMemoryBound(to: Float.self)
    var i = 0
    while i < count {
      lanes[i] = p[i]
      i &+= 1
    }
  }
  return v
}

/// Writes the first `count` lanes of `v`, fewer than `width`, to `p`.
@inline(never)
func storePartial(_ v: Vector, _ p: UnsafeMutablePointer<Float>, _ count: Int) {
  var v = v
  withUnsafeMutablePointer(to: &v) {
    let lanes = UnsafeMutableRawPointer($0).assumingMemoryBound(to: Float.self)
    var i = 0
    while i < count {
      p[i] = lanes[i]
      i &+= 1
    }
  }
}

/// `y[i] = body(x[i])` for `n` elements; `y` may be `x`.
@inline(__always)
func map(_ x: UnsafePointer<Float>, _ y: UnsafeMutablePointer<Float>, _ n: Int, _ body: (Vector) -> Vector) {
  var i = 0
  while i <= n &- width {
    store(body(load(x + i)), y + i)
    i &+= width
  }
  if i < n {
    storePartial(body(loadPartial(x + i, n &- i)), y + i, n &- i)
  }
}

/// `y[i] = body(a[i], b[i])` for `n` elements; `y` may be `a` or `b`.
@inline(__always)
func map(
  _ a: UnsafePointer<Float>, _ b: UnsafePointer<Float>, _ y: UnsafeMutablePointer<Float>, _ n: Int,
  _ body: (Vector, Vector) -> Vector
) {
  var i = 0
  while i <= n &- width {
    store(body(load(a + i), load(b + i)), y + i)
    i &+= width
  }
  if i < n {
    let rest = n &- i
    storePartial(body(loadPartial(a + i, rest), loadPartial(b + i, rest)), y + i, rest)
  }
}
