// Elementwise kernels that keep the digits which a sum with 1 would drop. The contracts are those of ElementwiseUnary.

/// eˣ - 1, within 1.5 ulp; -1 for very negative x.
package func expMinusOne(_ x: UnsafePointer<Float>, _ y: UnsafeMutablePointer<Float>, _ n: Int) {
  @inline(__always)
  func body(_ v: Vector) -> Vector {
    exponentialMinusOne(v)
  }
  map(x, y, n, body)
}

/// y = a / (1 + b): the gradient of log(1 + x) at b for the upstream gradient a.
package func logOnePlusGradient(
  _ a: UnsafePointer<Float>, _ b: UnsafePointer<Float>, _ y: UnsafeMutablePointer<Float>, _ n: Int
) {
  @inline(__always)
  func body(_ u: Vector, _ v: Vector) -> Vector { u / (v + 1) }
  map(a, b, y, n, body)
}

/// log(1 + x), within 1.5 ulp; -∞ at -1, NaN below.
package func logOnePlus(_ x: UnsafePointer<Float>, _ y: UnsafeMutablePointer<Float>, _ n: Int) {
  @inline(__always)
  func body(_ v: Vector) -> Vector {
    logarithmOfAnyPlusOne(v)
  }
  map(x, y, n, body)
}
