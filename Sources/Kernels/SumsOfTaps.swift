// The second half of a transposed convolution of few channels: each pixel is a sum of products that lie apart.

/// Each pixel as the sum of `taps` groups of `length` floats, in the order of the taps.
///
/// `target[i * targetStep + c] = Σ source[i * sourceStep + offsets[t] + c]`.
///
/// - Parameters:
///   - pixels: how many pixels.
///   - length: floats of a pixel.
///   - taps: how many terms, at least 1.
///   - target: overwritten; must not overlap the source.
package func sumTaps(
  pixels: Int, length: Int, taps: Int, offsets: UnsafePointer<Int>, source: UnsafePointer<Float>, sourceStep: Int,
  target: UnsafeMutablePointer<Float>, targetStep: Int
) {
  // Four taps at a time, so that their places stay in registers.
  var tap = 0
  while tap <= taps &- 4 {
    let (a, b) = (source + offsets[tap], source + offsets[tap &+ 1])
    let (c, d) = (source + offsets[tap &+ 2], source + offsets[tap &+ 3])
    if length == 1 {
      sumFourTaps(pixels, a, b, c, d, sourceStep, target, targetStep, accumulate: tap > 0)
    } else {
      sumFourTaps(pixels, length, a, b, c, d, sourceStep, target, targetStep, accumulate: tap > 0)
    }
    tap &+= 4
  }
  while tap < taps {
    addTap(pixels, length, source + offsets[tap], sourceStep, target, targetStep, accumulate: tap > 0)
    tap &+= 1
  }
}

@inline(__always)
private func sumFourTaps(
  _ pixels: Int, _ a: UnsafePointer<Float>, _ b: UnsafePointer<Float>, _ c: UnsafePointer<Float>,
  _ d: UnsafePointer<Float>, _ sourceStep: Int, _ target: UnsafeMutablePointer<Float>, _ targetStep: Int,
  accumulate: Bool
) {
  var from = 0
  var to = target
  for _ in 0..<pixels {
    let sum = accumulate ? to[0] + a[from] : a[from]
    to[0] = sum + b[from] + c[from] + d[from]
    from &+= sourceStep
    to += targetStep
  }
}

@inline(__always)
private func sumFourTaps(
  _ pixels: Int, _ length: Int, _ a: UnsafePointer<Float>, _ b: UnsafePointer<Float>, _ c: UnsafePointer<Float>,
  _ d: UnsafePointer<Float>, _ sourceStep: Int, _ target: UnsafeMutablePointer<Float>, _ targetStep: Int,
  accumulate: Bool
) {
  var from = 0
  var to = target
  for _ in 0..<pixels {
    var i = 0
    while i <= length &- Vector.scalarCount {
      let k = from &+ i
      let sum = accumulate ? load(to + i) + load(a + k) : load(a + k)
      store(sum + load(b + k) + load(c + k) + load(d + k), to + i)
      i &+= Vector.scalarCount
    }
    while i < length {
      let k = from &+ i
      let sum = accumulate ? to[i] + a[k] : a[k]
      to[i] = sum + b[k] + c[k] + d[k]
      i &+= 1
    }
    from &+= sourceStep
    to += targetStep
  }
}

@inline(__always)
private func addTap(
  _ pixels: Int, _ length: Int, _ source: UnsafePointer<Float>, _ sourceStep: Int,
  _ target: UnsafeMutablePointer<Float>, _ targetStep: Int, accumulate: Bool
) {
  var from = source
  var to = target
  for _ in 0..<pixels {
    for i in 0..<length { to[i] = accumulate ? to[i] + from[i] : from[i] }
    from += sourceStep
    to += targetStep
  }
}
