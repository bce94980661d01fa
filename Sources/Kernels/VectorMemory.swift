// Loads, stores, bit casts and the loops every elementwise kernel shares.
//
// The functions passed to the loops never escape and inline away: no context is allocated and no generic library
// function survives. They are local functions marked `@inline(__always)`, because the optimizer leaves some closures
// as weak symbols and calls them. A last group of fewer elements than a vector has lanes goes through zero-padded
// vectors, so an element's result does not depend on where in the array it stands.

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

/// The bits in which `a` and `b` differ. (The operator `^` is at times compiled lane by lane, that of masks never.)
@inline(__always)
func exclusiveOr(_ a: IntVector, _ b: IntVector) -> IntVector {
  typealias Mask = SIMDMask<IntVector>
  return unsafeBitCast(unsafeBitCast(a, to: Mask.self) .^ unsafeBitCast(b, to: Mask.self), to: IntVector.self)
}

/// `v` with its sign changed where the sign bit of `signs` is set; the other bits of `signs` must be zero.
@inline(__always)
func flipSign(_ v: Vector, _ signs: IntVector) -> Vector { float(bits: exclusiveOr(bits(v), signs)) }

/// The sum of each lane.
@inline(__always)
func plus(_ a: Vector, _ b: Vector) -> Vector { a + b }

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

/// Whether `mask` holds in any lane. (The library's `any` would leave a weak symbol.)
@inline(__always)
func anyLane(_ mask: SIMDMask<IntVector>) -> Bool {
  #if LATENT_AVX512 && arch(x86_64)
    let v = unsafeBitCast(mask, to: SIMD8<UInt64>.self)
    return (v[0] | v[1] | v[2] | v[3] | v[4] | v[5] | v[6] | v[7]) != 0
  #elseif LATENT_AVX2 && arch(x86_64)
    let v = unsafeBitCast(mask, to: SIMD4<UInt64>.self)
    return (v[0] | v[1] | v[2] | v[3]) != 0
  #else
    let v = unsafeBitCast(mask, to: SIMD2<UInt64>.self)
    return (v[0] | v[1]) != 0
  #endif
}

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
    copyFew(p, UnsafeMutableRawPointer($0).assumingMemoryBound(to: Float.self), count)
  }
  return v
}

/// Writes the first `count` lanes of `v`, fewer than `width`, to `p`.
@inline(never)
func storePartial(_ v: Vector, _ p: UnsafeMutablePointer<Float>, _ count: Int) {
  var v = v
  withUnsafeMutablePointer(to: &v) {
    copyFew(UnsafeMutableRawPointer($0).assumingMemoryBound(to: Float.self), p, count)
  }
}

/// Copies fewer than 16 floats in pieces of 8, 4, 2 and 1: a plain loop would become a call of `memcpy`.
@inline(__always)
private func copyFew(_ x: UnsafePointer<Float>, _ y: UnsafeMutablePointer<Float>, _ count: Int) {
  var i = 0
  if width > 8, count & 8 != 0 {
    copyPiece(x, y, as: SIMD8<Float>.self)
    i = 8
  }
  if count & 4 != 0, width > 4 {
    copyPiece(x + i, y + i, as: SIMD4<Float>.self)
    i &+= 4
  }
  if count & 2 != 0 {
    copyPiece(x + i, y + i, as: SIMD2<Float>.self)
    i &+= 2
  }
  if count & 1 != 0 { y[i] = x[i] }
}

/// Copies as many floats as `Piece` has.
@inline(__always)
private func copyPiece<Piece: BitwiseCopyable>(
  _ x: UnsafePointer<Float>, _ y: UnsafeMutablePointer<Float>, as type: Piece.Type
) {
  UnsafeMutableRawPointer(y).storeBytes(of: UnsafeRawPointer(x).loadUnaligned(as: type), as: type)
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

/// Calls `body` for `n` elements, as many at a time as a vector has lanes: with the first, and how many. The last ones have
/// a call of their own: a vector that comes either from memory or from `loadPartial` would be compiled in pieces.
@inline(__always)
func forEachVector(_ n: Int, _ body: (_ first: Int, _ count: Int) -> Void) {
  var i = 0
  while i <= n &- width {
    body(i, width)
    i &+= width
  }
  if i < n { body(i, n &- i) }
}

/// A vector, or the first `count` floats of one.
@inline(__always)
func loadUpTo(_ count: Int, _ p: UnsafePointer<Float>) -> Vector {
  count == width ? load(p) : loadPartial(p, count)
}

/// Stores a vector, or its first `count` floats.
@inline(__always)
func storeUpTo(_ count: Int, _ v: Vector, _ p: UnsafeMutablePointer<Float>) {
  if count == width { store(v, p) } else { storePartial(v, p, count) }
}
