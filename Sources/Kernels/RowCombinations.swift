// Linear combinations of rows of floats that lie anywhere: the transforms of Winograd's convolution.

/// `target[targets[i] + j] = Σ coefficients[t] * source[sources[t] + j]` over the terms `t` in
/// `starts[i]..<starts[i + 1]`, in their order. A row without terms becomes zero.
///
/// - Parameters:
///   - rows: how many rows; `starts` has one more element.
///   - length: floats of a row.
///   - target: rows are overwritten; none may overlap the source.
package func combineRows(
  rows: Int, length: Int, starts: UnsafePointer<Int>, sources: UnsafePointer<Int>,
  coefficients: UnsafePointer<Float>, targets: UnsafePointer<Int>, source: UnsafePointer<Float>,
  target: UnsafeMutablePointer<Float>
) {
  for row in 0..<rows {
    let first = starts[row]
    let end = starts[row &+ 1]
    let to = target + targets[row]
    var i = 0
    // Four vectors at a time, for which a term is looked up once.
    while i <= length &- 4 &* width {
      var (a, b, c, d) = (Vector.zero, Vector.zero, Vector.zero, Vector.zero)
      for t in first..<end {
        let from = source + (sources[t] &+ i)
        let coefficient = splat(coefficients[t])
        a = multiplyAdd(load(from), coefficient, a)
        b = multiplyAdd(load(from + width), coefficient, b)
        c = multiplyAdd(load(from + 2 &* width), coefficient, c)
        d = multiplyAdd(load(from + 3 &* width), coefficient, d)
      }
      store(a, to + i)
      store(b, to + (i &+ width))
      store(c, to + (i &+ 2 &* width))
      store(d, to + (i &+ 3 &* width))
      i &+= 4 &* width
    }
    while i <= length &- width {
      var sum = Vector.zero
      for t in first..<end { sum = multiplyAdd(load(source + (sources[t] &+ i)), splat(coefficients[t]), sum) }
      store(sum, to + i)
      i &+= width
    }
    while i < length {
      var sum: Float = 0
      for t in first..<end { sum += coefficients[t] * source[sources[t] &+ i] }
      to[i] = sum
      i &+= 1
    }
  }
}
