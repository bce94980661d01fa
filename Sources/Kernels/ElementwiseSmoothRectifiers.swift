// Smooth rectifiers and their derivatives. All arrays hold `n` contiguous floats; y may be exactly one of the inputs and
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

/// The probability that a standard normal number is at most x.
@inline(__always)
func normalDistribution(_ x: Vector) -> Vector {
  multiplyAdd(errorFunction(x * 0.707_106_781_2), splat(0.5), splat(0.5))
}
