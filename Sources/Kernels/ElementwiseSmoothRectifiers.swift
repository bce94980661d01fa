// Smooth rectifiers, exponential ones and their derivatives. All arrays hold `n` contiguous floats; y may be exactly one of the inputs and
// overlaps them in no other way.

/// y = x · sigmoid(x).
package func silu(_ x: UnsafePointer<Float>, _ y: UnsafeMutablePointer<Float>, _ n: Int) {
  @inline(__always)
  func body(_ v: Vector) -> Vector { v * logistic(v) }
  map(x, y, n, body)
}

/// y = a · (s + b · s · (1 - s)) with s = sigmoid(b): the gradient of `silu` at b for the upstream gradient a.
package func siluGradient(
  _ a: UnsafePointer<Float>, _ b: UnsafePointer<Float>, _ y: UnsafeMutablePointer<Float>, _ n: Int
) {
  @inline(__always)
  func body(_ u: Vector, _ v: Vector) -> Vector {
    let s = logistic(v)
    return u * multiplyAdd(v, s * (1 - s), s)
  }
  map(a, b, y, n, body)
}

/// y = x · Φ(x) with the normal distribution function Φ.
package func gelu(_ x: UnsafePointer<Float>, _ y: UnsafeMutablePointer<Float>, _ n: Int) {
  @inline(__always)
  func body(_ v: Vector) -> Vector { v * normalDistribution(v) }
  map(x, y, n, body)
}

/// y = a · (Φ(b) + b · φ(b)) with the normal density φ: the gradient of `gelu` at b for the upstream gradient a.
package func geluGradient(
  _ a: UnsafePointer<Float>, _ b: UnsafePointer<Float>, _ y: UnsafeMutablePointer<Float>, _ n: Int
) {
  @inline(__always)
  func body(_ u: Vector, _ v: Vector) -> Vector {
    let density = exponential(v * v * -0.5) * 0.398_942_280_4
    return u * multiplyAdd(v, density, normalDistribution(v))
  }
  map(a, b, y, n, body)
}

/// y = `slope` · x where x > 0, `alpha` · (eˣ - 1) elsewhere.
package func elu(
  _ x: UnsafePointer<Float>, _ slope: Float, _ alpha: Float, _ y: UnsafeMutablePointer<Float>, _ n: Int
) {
  let (slope, alpha) = (splat(slope), splat(alpha))
  @inline(__always)
  func body(_ v: Vector) -> Vector {
    let below = exponentialMinusOneUpTo88(v.replacing(with: 0, where: v .> 0)) * alpha
    return below.replacing(with: v * slope, where: v .> 0)
  }
  map(x, y, n, body)
}

/// y = a · `slope` where b > 0, a · `alpha` · eᵇ elsewhere: the gradient of `elu` at b for the upstream gradient a.
package func eluGradient(
  _ a: UnsafePointer<Float>, _ b: UnsafePointer<Float>, _ slope: Float, _ alpha: Float,
  _ y: UnsafeMutablePointer<Float>, _ n: Int
) {
  let (slope, alpha) = (splat(slope), splat(alpha))
  @inline(__always)
  func body(_ u: Vector, _ v: Vector) -> Vector {
    (u * alpha * exponential(v)).replacing(with: u * slope, where: v .> 0)
  }
  map(a, b, y, n, body)
}

/// The probability that a standard normal number is at most x.
@inline(__always)
func normalDistribution(_ x: Vector) -> Vector {
  multiplyAdd(errorFunction(x * 0.707_106_781_2), splat(0.5), splat(0.5))
}
