// Elementwise kernels of two and three inputs.

/// One input of a strided kernel: element (o, i) lies at `start[o * outer + i * inner]`, `inner` is 0 or 1.
///
/// A tuple, because a structure would bring weak symbols for its metadata.
typealias Strided = (start: UnsafePointer<Float>, inner: Int, outer: Int)

/// Whether all elements have the same distance to the one before, over the ends of the rows too.
@inline(__always)
private func isUniform(_ a: Strided, _ count: Int) -> Bool { a.outer == a.inner &* count }

/// The elements from `i` on of the row at `a.start`: `count` of them, fewer than a vector's.
@inline(__always)
private func rest(_ a: Strided, _ i: Int, _ count: Int) -> Vector {
  a.inner == 0 ? splat(a.start[0]) : loadPartial(a.start + i, count)
}

/// y[o, i] = body(a(o, i), b(o, i)); y is contiguous.
///
/// Rows that follow each other evenly are treated as one, and a single column as a row. Each of the four cases of
/// inner strides has its own loop.
@inline(__always)
func mapStrided(
  _ a: Strided, _ b: Strided, _ y: UnsafeMutablePointer<Float>, _ inner: Int, _ outer: Int,
  _ body: (Vector, Vector) -> Vector
) {
  var (a, b, y, inner, outer) = (a, b, y, inner, outer)
  if inner <= 0 || outer <= 0 { return }
  if inner == 1, a.outer | b.outer == (a.outer | b.outer) & 1 {
    (inner, outer, a.inner, b.inner) = (outer, 1, a.outer, b.outer)
  } else if isUniform(a, inner), isUniform(b, inner) {
    (inner, outer) = (inner &* outer, 1)
  }
  var o = 0
  while o < outer {
    mapRow(a, b, y, inner, body)
    a.start += a.outer
    b.start += b.outer
    y += inner
    o &+= 1
  }
}

/// One row of `mapStrided`.
@inline(__always)
private func mapRow(
  _ a: Strided, _ b: Strided, _ y: UnsafeMutablePointer<Float>, _ n: Int, _ body: (Vector, Vector) -> Vector
) {
  let p = a.start
  let q = b.start
  let full = n &- n % width
  switch (a.inner == 0, b.inner == 0) {
  case (false, false): fillVectors(y, full) { i in body(load(p + i), load(q + i)) }
  case (false, true):
    let second = splat(q[0])
    fillVectors(y, full) { i in body(load(p + i), second) }
  case (true, false):
    let first = splat(p[0])
    fillVectors(y, full) { i in body(first, load(q + i)) }
  case (true, true):
    let result = body(splat(p[0]), splat(q[0]))
    fillVectors(y, full) { _ in result }
  }
  if full < n {
    let count = n &- full
    storePartial(body(rest(a, full, count), rest(b, full, count)), y + full, count)
  }
}

/// Stores `body(i)` at `y + i` for every multiple i of the width below `n`.
@inline(__always)
private func fillVectors(_ y: UnsafeMutablePointer<Float>, _ n: Int, _ body: (Int) -> Vector) {
  var i = 0
  while i < n {
    store(body(i), y + i)
    i &+= width
  }
}

/// 1 where `mask` holds, 0 elsewhere.
@inline(__always)
func indicator(_ mask: SIMDMask<IntVector>) -> Vector {
  Vector().replacing(with: splat(1), where: mask)
}
