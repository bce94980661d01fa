// The loops for reductions over an axis that is not the last one.

/// 256 floats on the stack.
private typealias Scratch = (SIMD64<Float>, SIMD64<Float>, SIMD64<Float>, SIMD64<Float>)

/// y[o, i] = combination of x[o, r, i] over r; `combine(identity, v)` is v.
@inline(__always)
func reduceMiddle(
  _ x: UnsafePointer<Float>, _ y: UnsafeMutablePointer<Float>, _ outer: Int, _ reduced: Int, _ inner: Int,
  _ identity: Float, _ combine: (Vector, Vector) -> Vector
) {
  if inner <= 0 { return }
  var o = 0
  while o < outer {
    let (source, target) = (x + o &* reduced &* inner, y + o &* inner)
    if inner <= 16 {
      reduceNarrow(source, target, reduced, inner, identity, combine)
    } else {
      // Columns are taken in groups whose results stay in the cache.
      var c = 0
      while c < inner {
        // The last group may be wider, so that none is narrower than a vector.
        let count = inner &- c < 2 &* 2048 ? inner &- c : 2048
        reduceColumns(source + c, inner, target + c, reduced, count, identity, combine)
        c &+= count
      }
    }
    o &+= 1
  }
}

/// At most 16 columns: 16 rows at a time are treated as one long row, whose result is then folded.
@inline(__always)
private func reduceNarrow(
  _ x: UnsafePointer<Float>, _ y: UnsafeMutablePointer<Float>, _ reduced: Int, _ inner: Int, _ identity: Float,
  _ combine: (Vector, Vector) -> Vector
) {
  let groups = reduced / 16
  let wide = 16 &* inner
  var scratch: Scratch = (SIMD64<Float>(), SIMD64<Float>(), SIMD64<Float>(), SIMD64<Float>())
  withUnsafeMutablePointer(to: &scratch) {
    let partial = UnsafeMutableRawPointer($0).assumingMemoryBound(to: Float.self)
    reduceColumns(x, wide, partial, groups, wide, identity, combine)
    var c = 0
    while c < inner {
      var result = splat(identity)
      if groups > 0 {
        var r = 0
        while r < 16 {
          result = combine(result, splat(partial[r &* inner &+ c]))
          r &+= 1
        }
      }
      var r = 16 &* groups
      while r < reduced {
        result = combine(result, splat(x[r &* inner &+ c]))
        r &+= 1
      }
      y[c] = result[0]
      c &+= 1
    }
  }
}

/// `columns`, at least a vector's, of `rows` rows `stride` apart: eight rows are joined by a tree, then added to y.
@inline(__always)
private func reduceColumns(
  _ x: UnsafePointer<Float>, _ stride: Int, _ y: UnsafeMutablePointer<Float>, _ rows: Int, _ columns: Int,
  _ identity: Float, _ combine: (Vector, Vector) -> Vector
) {
  let neutral = splat(identity)
  let full = columns &- columns % width
  var c = 0
  while c < full {
    store(neutral, y + c)
    c &+= width
  }
  var r = 0
  while r < rows {
    let eight = r <= rows &- 8
    let source = x + r &* stride
    c = 0
    if eight {
      while c < full {
        store(combine(load(y + c), joinEight(source + c, stride, combine)), y + c)
        c &+= width
      }
    } else {
      while c < full {
        store(combine(load(y + c), load(source + c)), y + c)
        c &+= width
      }
    }
    r &+= eight ? 8 : 1
  }
  if full == columns { return }
  // The last columns once more as a whole vector: what overlaps gets the same value again.
  let last = columns &- width
  var result = neutral
  r = 0
  while r <= rows &- 8 {
    result = combine(result, joinEight(x + (r &* stride &+ last), stride, combine))
    r &+= 8
  }
  while r < rows {
    result = combine(result, load(x + (r &* stride &+ last)))
    r &+= 1
  }
  store(result, y + last)
}

/// Eight vectors `stride` floats apart, joined by a binary tree.
@inline(__always)
private func joinEight(_ p: UnsafePointer<Float>, _ stride: Int, _ combine: (Vector, Vector) -> Vector) -> Vector {
  let q = p + 4 &* stride
  let a = combine(load(p), load(p + stride))
  let b = combine(load(p + 2 &* stride), load(p + 3 &* stride))
  let c = combine(load(q), load(q + stride))
  let d = combine(load(q + 2 &* stride), load(q + 3 &* stride))
  return combine(combine(a, b), combine(c, d))
}

/// indices[o, i] = the first r with the largest x[o, r, i]; NaN counts as largest of all.
///
/// x is contiguous, [outer, reduced, inner], `reduced` at least 1 and below 2³¹; `indices` is contiguous,
/// [outer, inner].
package func argmaxMiddle(
  _ x: UnsafePointer<Float>, _ indices: UnsafeMutablePointer<Int>, _ outer: Int, _ reduced: Int, _ inner: Int
) {
  var o = 0
  while o < outer {
    let (source, target) = (x + o &* reduced &* inner, indices + o &* inner)
    var c = 0
    if inner == 1 {
      target[0] = firstIndex(of: rowMaximum(source, reduced), source, reduced)
      c = 1
    }
    while c <= inner &- width {
      argmaxColumns(source + c, target + c, reduced, inner)
      c &+= width
    }
    while c < inner {
      target[c] = argmaxColumn(source + c, reduced, inner)
      c &+= 1
    }
    o &+= 1
  }
}

/// The first index among `n` contiguous floats that holds `value`, or NaN if `value` is NaN.
@inline(__always)
private func firstIndex(of value: Float, _ x: UnsafePointer<Float>, _ n: Int) -> Int {
  var i = 0
  let wanted = splat(value)
  while i <= n &- width {
    let v = load(x + i)
    if anyLane((v .== wanted) .| (v .!= v)) { break }
    i &+= width
  }
  while i < n {
    if x[i] == value || x[i] != x[i] { return i }
    i &+= 1
  }
  return 0
}

/// `argmaxMiddle` for as many columns as a vector has lanes.
@inline(__always)
private func argmaxColumns(
  _ x: UnsafePointer<Float>, _ indices: UnsafeMutablePointer<Int>, _ rows: Int, _ stride: Int
) {
  var best = load(x)
  var index = IntVector()
  var r = 1
  while r < rows {
    let v = load(x + r &* stride)
    let better = (v .> best) .| ((v .!= v) .& (best .== best))
    best = best.replacing(with: v, where: better)
    index = index.replacing(with: IntVector(repeating: Int32(truncatingIfNeeded: r)), where: better)
    r &+= 1
  }
  var lane = 0
  while lane < width {
    indices[lane] = Int(index[lane])
    lane &+= 1
  }
}

/// `argmaxMiddle` for one column.
@inline(__always)
private func argmaxColumn(_ x: UnsafePointer<Float>, _ rows: Int, _ stride: Int) -> Int {
  var best = x[0]
  var index = 0
  var r = 1
  while r < rows {
    let v = x[r &* stride]
    if v > best || (v != v && best == best) { (best, index) = (v, r) }
    r &+= 1
  }
  return index
}
