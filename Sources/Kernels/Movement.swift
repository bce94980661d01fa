// Data movement: gathering, scattering, running sums, conversion, strided copies. Inputs and outputs do not overlap
// unless stated otherwise; every extent may be 0; no alignment is assumed.

/// Copies `n` floats; here the two ranges may overlap in any way.
package func copy(_ x: UnsafePointer<Float>, _ y: UnsafeMutablePointer<Float>, _ n: Int) {
  y.update(from: x, count: n)
}

/// Running sums over the middle of a contiguous [outer, axis, inner] array, from the first element of the axis or,
/// if `reversed`, from the last. y has the shape of x and may be x.
package func cumulativeSumMiddle(
  _ x: UnsafePointer<Float>, _ y: UnsafeMutablePointer<Float>, _ outer: Int, _ axis: Int, _ inner: Int,
  _ reversed: Bool
) {
  if axis <= 0 || inner <= 0 { return }
  if inner == 1 { return cumulativeSumRows(x, y, outer, axis, reversed) }
  let step = reversed ? 0 &- inner : inner
  var o = 0
  while o < outer {
    let first = o &* axis &* inner &+ (reversed ? (axis &- 1) &* inner : 0)
    var (source, target) = (x + first, y + first)
    copy(source, target, inner)
    var k = 1
    while k < axis {
      let previous = UnsafePointer(target)
      source += step
      target += step
      map(previous, source, target, inner, plus)
      k &+= 1
    }
    o &+= 1
  }
}

/// `cumulativeSumMiddle` for rows. Each sum waits for the one before it, so four rows are summed side by side.
private func cumulativeSumRows(
  _ x: UnsafePointer<Float>, _ y: UnsafeMutablePointer<Float>, _ rows: Int, _ columns: Int, _ reversed: Bool
) {
  let (first, step) = reversed ? (columns &- 1, -1) : (0, 1)
  var r = 0
  while r <= rows &- 4 {
    var sums = Quad()
    var (i, k) = (r &* columns &+ first, 0)
    while k < columns {
      sums += Quad(x[i], x[i &+ columns], x[i &+ 2 &* columns], x[i &+ 3 &* columns])
      y[i] = sums[0]
      y[i &+ columns] = sums[1]
      y[i &+ 2 &* columns] = sums[2]
      y[i &+ 3 &* columns] = sums[3]
      i &+= step
      k &+= 1
    }
    r &+= 4
  }
  while r < rows {
    var sum: Float = 0
    var (i, k) = (r &* columns &+ first, 0)
    while k < columns {
      sum += x[i]
      y[i] = sum
      i &+= step
      k &+= 1
    }
    r &+= 1
  }
}

/// Row i of y = row `indices[i]` of x, for i < `count`. Rows hold `rowSize` contiguous floats.
///
/// Indices are not checked.
package func gatherRows(
  _ x: UnsafePointer<Float>, _ indices: UnsafePointer<Int>, _ count: Int, _ rowSize: Int,
  _ y: UnsafeMutablePointer<Float>
) {
  var i = 0
  if rowSize == 1 {
    while i < count {
      y[i] = x[indices[i]]
      i &+= 1
    }
    return
  }
  while i < count {
    copyRow(x + indices[i] &* rowSize, y + i &* rowSize, rowSize)
    i &+= 1
  }
}

/// Adds row i of x to row `indices[i]` of y, for i < `count` in this order; indices may repeat.
///
/// Rows hold `rowSize` contiguous floats. Indices are not checked.
package func scatterAddRows(
  _ x: UnsafePointer<Float>, _ indices: UnsafePointer<Int>, _ count: Int, _ rowSize: Int,
  _ y: UnsafeMutablePointer<Float>
) {
  var i = 0
  if rowSize == 1 {
    while i < count {
      y[indices[i]] += x[i]
      i &+= 1
    }
    return
  }
  while i < count {
    let row = y + indices[i] &* rowSize
    map(row, x + i &* rowSize, row, rowSize, plus)
    i &+= 1
  }
}

/// y[i] = bytes[i] · `scale` + `offset` for `n` elements, in one rounding where the processor can.
package func bytesToFloats(
  _ bytes: UnsafePointer<UInt8>, _ scale: Float, _ offset: Float, _ y: UnsafeMutablePointer<Float>, _ n: Int
) {
  let factor = splat(scale)
  let summand = splat(offset)
  var i = 0
  while i <= n &- width {
    store(multiplyAdd(smallIntegerToFloat(loadBytes(bytes + i)), factor, summand), y + i)
    i &+= width
  }
  while i < n {
    // The same vector operation, so that an element does not depend on its place.
    y[i] = multiplyAdd(splat(Float(bytes[i])), factor, summand)[0]
    i &+= 1
  }
}

/// As many bytes at `p` as a vector has lanes.
@inline(__always)
private func loadBytes(_ p: UnsafePointer<UInt8>) -> IntVector {
  #if LATENT_AVX512 && arch(x86_64)
    IntVector(lowHalf: loadEightBytes(p), highHalf: loadEightBytes(p + 8))
  #elseif LATENT_AVX2 && arch(x86_64)
    loadEightBytes(p)
  #else
    loadFourBytes(p)
  #endif
}

/// Eight bytes at `p`.
@inline(__always)
private func loadEightBytes(_ p: UnsafePointer<UInt8>) -> SIMD8<Int32> {
  SIMD8(lowHalf: loadFourBytes(p), highHalf: loadFourBytes(p + 4))
}

/// Four bytes at `p`.
@inline(__always)
private func loadFourBytes(_ p: UnsafePointer<UInt8>) -> SIMD4<Int32> {
  SIMD4(Int32(p[0]), Int32(p[1]), Int32(p[2]), Int32(p[3]))
}

/// y[o * yOuter + i * yInner] = x[o * xOuter + i * xInner] for every o < `outer` and i < `inner`; any strides, also 0
/// and negative ones.
///
/// Fast where both inner strides are 1, where x is repeated (inner stride 0) and where the copy is a transpose.
package func copyStrided2D(
  _ x: UnsafePointer<Float>, _ xInner: Int, _ xOuter: Int, _ y: UnsafeMutablePointer<Float>, _ yInner: Int,
  _ yOuter: Int, _ inner: Int, _ outer: Int
) {
  if xOuter == 1, yInner == 1, xInner > 1, outer > 3 {
    return transpose2D(x, xInner, y, yOuter, inner, outer)
  }
  if xInner == 1, yOuter == 1, yInner > 1, outer > 3 {
    return transpose2D(x, xOuter, y, yInner, outer, inner)
  }
  if inner < 4, outer >= 4 {
    // Rows of one pixel's colours: columns are longer.
    var i = 0
    while i < inner {
      copyStrided(x + i &* xInner, xOuter, y + i &* yInner, yOuter, outer)
      i &+= 1
    }
    return
  }
  var o = 0
  while o < outer {
    let (source, target) = (x + o &* xOuter, y + o &* yOuter)
    switch (xInner, yInner) {
    case (1, 1): copyRow(source, target, inner)
    case (0, 1): fill(source[0], target, inner)
    default: copyStrided(source, xInner, target, yInner, inner)
    }
    o &+= 1
  }
}

/// Copies `n` floats. Rows of a few vectors are copied here: a call of the system's function takes as long as those.
@inline(__always)
private func copyRow(_ x: UnsafePointer<Float>, _ y: UnsafeMutablePointer<Float>, _ n: Int) {
  if n < width || n > 512 { return copy(x, y, n) }
  var i = 0
  while i <= n &- 4 &* width {
    let (a, b) = (load(x + i), load(x + (i &+ width)))
    let (c, d) = (load(x + (i &+ 2 &* width)), load(x + (i &+ 3 &* width)))
    store(a, y + i)
    store(b, y + (i &+ width))
    store(c, y + (i &+ 2 &* width))
    store(d, y + (i &+ 3 &* width))
    i &+= 4 &* width
  }
  while i <= n &- width {
    store(load(x + i), y + i)
    i &+= width
  }
  // The last vector once more, with what is left at its end.
  if i < n { store(load(x + (n &- width)), y + (n &- width)) }
}

/// Copies `n` floats with strides.
@inline(__always)
private func copyStrided(
  _ x: UnsafePointer<Float>, _ xStride: Int, _ y: UnsafeMutablePointer<Float>, _ yStride: Int, _ n: Int
) {
  var i = 0
  while i < n {
    y[i &* yStride] = x[i &* xStride]
    i &+= 1
  }
}
