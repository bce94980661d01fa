// Fused kernels of two contiguous inputs, and the selection between two by a third.

/// y = a where b > 0, else 0: the gradient of `relu` at b for the upstream gradient a.
///
/// All arrays hold `n` contiguous floats; y may be exactly a or b and overlaps them in no other way.
package func reluGradient(
  _ a: UnsafePointer<Float>, _ b: UnsafePointer<Float>, _ y: UnsafeMutablePointer<Float>, _ n: Int
) {
  @inline(__always)
  func body(_ u: Vector, _ v: Vector) -> Vector {
    Vector().replacing(with: u, where: v .> 0)
  }
  map(a, b, y, n, body)
}

/// y = a where b > 0, else `slope` · a: the gradient of `leakyRelu` at b for the upstream gradient a.
///
/// All arrays hold `n` contiguous floats; y may be exactly a or b and overlaps them in no other way.
package func leakyReluGradient(
  _ a: UnsafePointer<Float>, _ b: UnsafePointer<Float>, _ slope: Float, _ y: UnsafeMutablePointer<Float>, _ n: Int
) {
  let slope = splat(slope)
  @inline(__always)
  func body(_ u: Vector, _ v: Vector) -> Vector {
    (u * slope).replacing(with: u, where: v .> 0)
  }
  map(a, b, y, n, body)
}

/// y = a · (1 - b²): the gradient of `tanh` where its result is b, for the upstream gradient a.
///
/// All arrays hold `n` contiguous floats; y may be exactly a or b and overlaps them in no other way.
package func tanhGradient(
  _ a: UnsafePointer<Float>, _ b: UnsafePointer<Float>, _ y: UnsafeMutablePointer<Float>, _ n: Int
) {
  @inline(__always)
  func body(_ u: Vector, _ v: Vector) -> Vector {
    u * multiplyAdd(-v, v, splat(1))
  }
  map(a, b, y, n, body)
}

/// y = a · b · (1 - b): the gradient of `sigmoid` where its result is b, for the upstream gradient a.
///
/// All arrays hold `n` contiguous floats; y may be exactly a or b and overlaps them in no other way.
package func sigmoidGradient(
  _ a: UnsafePointer<Float>, _ b: UnsafePointer<Float>, _ y: UnsafeMutablePointer<Float>, _ n: Int
) {
  @inline(__always)
  func body(_ u: Vector, _ v: Vector) -> Vector {
    u * (v * (1 - v))
  }
  map(a, b, y, n, body)
}

/// y = a · sigmoid(b): the gradient of `softplus` at b for the upstream gradient a.
///
/// All arrays hold `n` contiguous floats; y may be exactly a or b and overlaps them in no other way.
package func softplusGradient(
  _ a: UnsafePointer<Float>, _ b: UnsafePointer<Float>, _ y: UnsafeMutablePointer<Float>, _ n: Int
) {
  @inline(__always)
  func body(_ u: Vector, _ v: Vector) -> Vector {
    u * logistic(v)
  }
  map(a, b, y, n, body)
}

/// y = a + `scale` · b, in one rounding where the processor can.
///
/// All arrays hold `n` contiguous floats; y may be exactly a or b and overlaps them in no other way.
package func addScaled(
  _ a: UnsafePointer<Float>, _ b: UnsafePointer<Float>, _ scale: Float, _ y: UnsafeMutablePointer<Float>, _ n: Int
) {
  let scale = splat(scale)
  @inline(__always)
  func body(_ u: Vector, _ v: Vector) -> Vector {
    multiplyAdd(v, scale, u)
  }
  map(a, b, y, n, body)
}

/// y = a where mask ≠ 0, else b.
///
/// y is contiguous, [outer, inner]; element (o, i) of each input is `input[o * outerStride + i * innerStride]`. Inner
/// strides are 0 or 1, outer strides are any. y may be exactly one of the inputs if that is contiguous too, and
/// overlaps them in no other way. Both extents may be 0.
package func select(
  _ mask: UnsafePointer<Float>, _ mInner: Int, _ mOuter: Int,
  _ a: UnsafePointer<Float>, _ aInner: Int, _ aOuter: Int, _ b: UnsafePointer<Float>, _ bInner: Int, _ bOuter: Int,
  _ y: UnsafeMutablePointer<Float>, _ inner: Int, _ outer: Int
) {
  let contiguousRows = mInner == 1 && aInner == 1 && bInner == 1
  var o = 0
  while o < outer {
    let (m, p, q, row) = (mask + o &* mOuter, a + o &* aOuter, b + o &* bOuter, y + o &* inner)
    var i = 0
    if contiguousRows {
      while i <= inner &- width {
        store(load(q + i).replacing(with: load(p + i), where: load(m + i) .!= 0), row + i)
        i &+= width
      }
    } else {
      while i <= inner &- width {
        let (u, v) = (loadOrSplat(p, i, aInner), loadOrSplat(q, i, bInner))
        store(v.replacing(with: u, where: loadOrSplat(m, i, mInner) .!= 0), row + i)
        i &+= width
      }
    }
    while i < inner {
      row[i] = m[i &* mInner] != 0 ? p[i &* aInner] : q[i &* bInner]
      i &+= 1
    }
    o &+= 1
  }
}

/// The vector at `p + i`, or `p[0]` in every lane where the stride is 0.
@inline(__always)
private func loadOrSplat(_ p: UnsafePointer<Float>, _ i: Int, _ stride: Int) -> Vector {
  stride == 0 ? splat(p[0]) : load(p + i)
}
