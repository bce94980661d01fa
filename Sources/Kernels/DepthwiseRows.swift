// Depthwise convolution: rows of channels, each channel with a factor or a sum of its own.

/// `y[r * yStep + c] += a[r * aStep + c] * factors[c]` for `rows` rows of `length` floats.
///
/// - Parameters:
///   - aStep: floats from one row of `a` to the next.
///   - yStep: floats from one row of `y` to the next, at least `length`.
///   - y: must overlap neither `a` nor `factors`.
package func addScaledRows(
  rows: Int, length: Int, a: UnsafePointer<Float>, aStep: Int, factors: UnsafePointer<Float>,
  y: UnsafeMutablePointer<Float>, yStep: Int
) {
  var c = 0
  // Two vectors of channels at a time, whose factors stay in registers.
  while c <= length &- 2 &* width {
    let (first, second) = (load(factors + c), load(factors + c + width))
    var from = a + c
    var to = y + c
    for _ in 0..<rows {
      store(multiplyAdd(load(from), first, load(to)), to)
      store(multiplyAdd(load(from + width), second, load(to + width)), to + width)
      from += aStep
      to += yStep
    }
    c &+= 2 &* width
  }
  while c <= length &- width {
    let factor = load(factors + c)
    var from = a + c
    var to = y + c
    for _ in 0..<rows {
      store(multiplyAdd(load(from), factor, load(to)), to)
      from += aStep
      to += yStep
    }
    c &+= width
  }
  while c < length {
    let factor = factors[c]
    var from = a + c
    var to = y + c
    for _ in 0..<rows {
      to[0] = multiplyAdd(from[0], factor, to[0])
      from += aStep
      to += yStep
    }
    c &+= 1
  }
}

/// `sums[c] += Σ a[r * aStep + c] * b[r * bStep + c]` over `rows` rows, in their order, for each of `length` columns.
///
/// - Parameters:
///   - aStep: floats from one row of `a` to the next.
///   - bStep: floats from one row of `b` to the next.
///   - sums: must overlap neither `a` nor `b`.
package func addRowProducts(
  rows: Int, length: Int, a: UnsafePointer<Float>, aStep: Int, b: UnsafePointer<Float>, bStep: Int,
  sums: UnsafeMutablePointer<Float>
) {
  var c = 0
  // Four vectors of columns at a time: as many sums that do not wait for each other.
  while c <= length &- 4 &* width {
    let to = sums + c
    var (s, t) = (load(to), load(to + width))
    var (u, v) = (load(to + 2 &* width), load(to + 3 &* width))
    var (p, q) = (a + c, b + c)
    for _ in 0..<rows {
      s = multiplyAdd(load(p), load(q), s)
      t = multiplyAdd(load(p + width), load(q + width), t)
      u = multiplyAdd(load(p + 2 &* width), load(q + 2 &* width), u)
      v = multiplyAdd(load(p + 3 &* width), load(q + 3 &* width), v)
      p += aStep
      q += bStep
    }
    store(s, to)
    store(t, to + width)
    store(u, to + 2 &* width)
    store(v, to + 3 &* width)
    c &+= 4 &* width
  }
  while c <= length &- width {
    var sum = load(sums + c)
    var (p, q) = (a + c, b + c)
    for _ in 0..<rows {
      sum = multiplyAdd(load(p), load(q), sum)
      p += aStep
      q += bStep
    }
    store(sum, sums + c)
    c &+= width
  }
  while c < length {
    var sum = sums[c]
    var (p, q) = (a + c, b + c)
    for _ in 0..<rows {
      sum = multiplyAdd(p[0], q[0], sum)
      p += aStep
      q += bStep
    }
    sums[c] = sum
    c &+= 1
  }
}

/// `a * b + c`, fused where the instruction set has it, as for vectors: so a channel's result does not depend on whether
/// it was part of one.
@inline(__always)
private func multiplyAdd(_ a: Float, _ b: Float, _ c: Float) -> Float {
  #if ((LATENT_AVX2 || LATENT_AVX512) && arch(x86_64)) || arch(arm64)
    c.addingProduct(a, b)
  #else
    a * b + c
  #endif
}
