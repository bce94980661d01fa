// Linear combinations of rows of floats that lie anywhere: the transforms of Winograd's convolution.

/// `target[targets[i] + j] = Σ coefficients[t] * source[sources[t] + j]` over the terms `t` in
/// `starts[i]..<starts[i + 1]`, in their order. A row without terms becomes zero.
///
/// - Parameters:
///   - rows: how many rows; `starts` has one more element.
///   - length: floats of a row.
///   - target: rows are overwritten; none may overlap the source.
public func combineRows(
  rows: Int, length: Int, starts: UnsafePointer<Int>, sources: UnsafePointer<Int>,
  coefficients: UnsafePointer<Float>, targets: UnsafePointer<Int>, source: UnsafePointer<Float>,
  target: UnsafeMutablePointer<Float>
) {
  for row in 0..<rows {
    let first = starts[row]
    let count = starts[row &+ 1] &- first
    if count == 4 {
      combineFour(length, sources + first, coefficients + first, source, target + targets[row])
    } else {
      combine(count, length, sources + first, coefficients + first, source, target + targets[row])
    }
  }
}

/// Four terms: their places and coefficients stay in registers.
@inline(__always)
private func combineFour(
  _ length: Int, _ sources: UnsafePointer<Int>, _ coefficients: UnsafePointer<Float>, _ source: UnsafePointer<Float>,
  _ target: UnsafeMutablePointer<Float>
) {
  let (a, b) = (source + sources[0], source + sources[1])
  let (c, d) = (source + sources[2], source + sources[3])
  let (p, q, r, s) = (coefficients[0], coefficients[1], coefficients[2], coefficients[3])
  let (pp, qq, rr, ss) = (splat(p), splat(q), splat(r), splat(s))
  var i = 0
  while i <= length &- width {
    let sum = multiplyAdd(load(b + i), qq, load(a + i) * pp)
    store(multiplyAdd(load(d + i), ss, multiplyAdd(load(c + i), rr, sum)), target + i)
    i &+= width
  }
  while i < length {
    target[i] = a[i] * p + b[i] * q + c[i] * r + d[i] * s
    i &+= 1
  }
}

@inline(__always)
private func combine(
  _ terms: Int, _ length: Int, _ sources: UnsafePointer<Int>, _ coefficients: UnsafePointer<Float>,
  _ source: UnsafePointer<Float>, _ target: UnsafeMutablePointer<Float>
) {
  var i = 0
  while i <= length &- width {
    var sum = Vector.zero
    for t in 0..<terms { sum = multiplyAdd(load(source + (sources[t] &+ i)), splat(coefficients[t]), sum) }
    store(sum, target + i)
    i &+= width
  }
  while i < length {
    var sum: Float = 0
    for t in 0..<terms { sum += coefficients[t] * source[sources[t] &+ i] }
    target[i] = sum
    i &+= 1
  }
}
