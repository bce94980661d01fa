// Elementwise kernels of one input. In all of them `x` and `y` hold `n` contiguous floats, `y` may be `x` itself and
// overlaps it in no other way, `n` may be 0, no alignment is assumed, and NaN gives NaN unless stated otherwise.
// The errors stated are the largest measured over every 257th bit pattern, where the result is a normal number.

/// eˣ, within 0.99 ulp; overflow gives ∞, results below the normal range are denormal numbers or 0.
package func exp(_ x: UnsafePointer<Float>, _ y: UnsafeMutablePointer<Float>, _ n: Int) {
  @inline(__always)
  func body(_ v: Vector) -> Vector {
    exponential(v)
  }
  map(x, y, n, body)
}

/// The natural logarithm, within 0.79 ulp, also of denormal numbers; log 0 = -∞, of negative numbers NaN.
package func log(_ x: UnsafePointer<Float>, _ y: UnsafeMutablePointer<Float>, _ n: Int) {
  @inline(__always)
  func body(_ v: Vector) -> Vector {
    logarithm(v)
  }
  map(x, y, n, body)
}

/// √x, correctly rounded.
package func squareRoot(_ x: UnsafePointer<Float>, _ y: UnsafeMutablePointer<Float>, _ n: Int) {
  @inline(__always)
  func body(_ v: Vector) -> Vector {
    v.squareRoot()
  }
  map(x, y, n, body)
}

/// 1 / √x with an exact root and an exact division, within 1.5 ulp.
package func reciprocalSquareRoot(_ x: UnsafePointer<Float>, _ y: UnsafeMutablePointer<Float>, _ n: Int) {
  @inline(__always)
  func body(_ v: Vector) -> Vector {
    1 / v.squareRoot()
  }
  map(x, y, n, body)
}

/// x².
package func square(_ x: UnsafePointer<Float>, _ y: UnsafeMutablePointer<Float>, _ n: Int) {
  @inline(__always)
  func body(_ v: Vector) -> Vector {
    v * v
  }
  map(x, y, n, body)
}

/// |x|.
package func absolute(_ x: UnsafePointer<Float>, _ y: UnsafeMutablePointer<Float>, _ n: Int) {
  @inline(__always)
  func body(_ v: Vector) -> Vector {
    magnitude(v)
  }
  map(x, y, n, body)
}

/// 1, -1 or, for zeros and NaN, x itself.
package func sign(_ x: UnsafePointer<Float>, _ y: UnsafeMutablePointer<Float>, _ n: Int) {
  @inline(__always)
  func body(_ v: Vector) -> Vector {
    v.replacing(with: splat(1), where: v .> 0).replacing(with: splat(-1), where: v .< 0)
  }
  map(x, y, n, body)
}

/// The largest integer not above x.
package func floor(_ x: UnsafePointer<Float>, _ y: UnsafeMutablePointer<Float>, _ n: Int) {
  @inline(__always)
  func body(_ v: Vector) -> Vector {
    roundedDown(v)
  }
  map(x, y, n, body)
}

/// The smallest integer not below x.
package func ceiling(_ x: UnsafePointer<Float>, _ y: UnsafeMutablePointer<Float>, _ n: Int) {
  @inline(__always)
  func body(_ v: Vector) -> Vector {
    -roundedDown(-v)
  }
  map(x, y, n, body)
}

/// The nearest integer, ties to even.
package func round(_ x: UnsafePointer<Float>, _ y: UnsafeMutablePointer<Float>, _ n: Int) {
  @inline(__always)
  func body(_ v: Vector) -> Vector {
    roundedToEven(v)
  }
  map(x, y, n, body)
}

/// max(x, 0).
package func relu(_ x: UnsafePointer<Float>, _ y: UnsafeMutablePointer<Float>, _ n: Int) {
  @inline(__always)
  func body(_ v: Vector) -> Vector {
    v.replacing(with: 0, where: v .<= 0)
  }
  map(x, y, n, body)
}

/// The hyperbolic tangent, within 1.31 ulp.
package func tanh(_ x: UnsafePointer<Float>, _ y: UnsafeMutablePointer<Float>, _ n: Int) {
  @inline(__always)
  func body(_ v: Vector) -> Vector {
    hyperbolicTangent(v)
  }
  map(x, y, n, body)
}

/// 1 / (1 + e⁻ˣ), within 1.56 (1.74 without fused multiply-add) ulp; 0 for x below -104.
package func sigmoid(_ x: UnsafePointer<Float>, _ y: UnsafeMutablePointer<Float>, _ n: Int) {
  @inline(__always)
  func body(_ v: Vector) -> Vector {
    logistic(v)
  }
  map(x, y, n, body)
}

/// log(1 + eˣ), within 1.54 ulp; x for large x, 0 for very negative x.
package func softplus(_ x: UnsafePointer<Float>, _ y: UnsafeMutablePointer<Float>, _ n: Int) {
  @inline(__always)
  func body(_ v: Vector) -> Vector {
    logarithmOfOnePlusExponential(v)
  }
  map(x, y, n, body)
}

/// sin x, within 1.57 ulp for every finite x; NaN for infinities. Beyond 10⁵ a slow scalar reduction is used.
package func sine(_ x: UnsafePointer<Float>, _ y: UnsafeMutablePointer<Float>, _ n: Int) {
  @inline(__always)
  func body(_ v: Vector) -> Vector {
    sineOf(v)
  }
  map(x, y, n, body)
}

/// cos x, within 1.56 ulp for every finite x; NaN for infinities. Beyond 10⁵ a slow scalar reduction is used.
package func cosine(_ x: UnsafePointer<Float>, _ y: UnsafeMutablePointer<Float>, _ n: Int) {
  @inline(__always)
  func body(_ v: Vector) -> Vector {
    cosineOf(v)
  }
  map(x, y, n, body)
}

/// The Gauss error function 2/√π ∫₀ˣ exp(-t²) dt, within 1.06 (1.21 without fused multiply-add) ulp.
package func erf(_ x: UnsafePointer<Float>, _ y: UnsafeMutablePointer<Float>, _ n: Int) {
  @inline(__always)
  func body(_ v: Vector) -> Vector {
    errorFunction(v)
  }
  map(x, y, n, body)
}

/// 1 where x is neither infinite nor NaN, 0 elsewhere.
package func isFinite(_ x: UnsafePointer<Float>, _ y: UnsafeMutablePointer<Float>, _ n: Int) {
  @inline(__always)
  func body(_ v: Vector) -> Vector {
    Vector().replacing(with: splat(1), where: magnitude(v) .< Float.infinity)
  }
  map(x, y, n, body)
}

/// The largest integer not above each lane; keeps infinities, NaN and the sign of zeros.
@inline(__always)
private func roundedDown(_ v: Vector) -> Vector {
  let nearest = roundedToEven(v)
  return nearest.replacing(with: nearest - 1, where: nearest .> v)
}

/// x where x > 0, `slope` · x elsewhere.
package func leakyRelu(_ x: UnsafePointer<Float>, _ slope: Float, _ y: UnsafeMutablePointer<Float>, _ n: Int) {
  let slope = splat(slope)
  @inline(__always)
  func body(_ v: Vector) -> Vector {
    (v * slope).replacing(with: v, where: v .> 0)
  }
  map(x, y, n, body)
}

/// x moved into [`lower`, `upper`]. NaN stays NaN. Where `lower > upper`, the result is `upper`.
package func clamp(
  _ x: UnsafePointer<Float>, _ lower: Float, _ upper: Float, _ y: UnsafeMutablePointer<Float>, _ n: Int
) {
  let lower = splat(lower)
  let upper = splat(upper)
  @inline(__always)
  func body(_ v: Vector) -> Vector {
    let above = v.replacing(with: lower, where: v .< lower)
    return above.replacing(with: upper, where: above .> upper)
  }
  map(x, y, n, body)
}

/// y = x · `scale` + `offset`, in one rounding where the processor can.
package func scaleAdd(
  _ x: UnsafePointer<Float>, _ scale: Float, _ offset: Float, _ y: UnsafeMutablePointer<Float>, _ n: Int
) {
  let scale = splat(scale)
  let offset = splat(offset)
  @inline(__always)
  func body(_ v: Vector) -> Vector {
    multiplyAdd(v, scale, offset)
  }
  map(x, y, n, body)
}

/// Sets `n` floats to `value`.
package func fill(_ value: Float, _ y: UnsafeMutablePointer<Float>, _ n: Int) {
  let v = splat(value)
  var i = 0
  while i <= n &- width {
    store(v, y + i)
    i &+= width
  }
  while i < n {
    y[i] = value
    i &+= 1
  }
}
