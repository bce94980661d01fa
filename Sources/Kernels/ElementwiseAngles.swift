// Elementwise kernels of angles in radians. The contracts are those of ElementwiseUnary and ElementwiseBinary.

/// tan x, within 3.6 ulp for every finite x; NaN for infinities. Beyond 10⁵ a slow scalar reduction is used.
package func tangent(_ x: UnsafePointer<Float>, _ y: UnsafeMutablePointer<Float>, _ n: Int) {
  @inline(__always)
  func body(_ v: Vector) -> Vector {
    sineOf(v) / cosineOf(v)
  }
  map(x, y, n, body)
}

/// The angle in -π...π of the point whose ordinate is a and whose abscissa is b, within 2.0 ulp.
///
/// The special cases are C's: signs of zeros count, two infinities stand for a diagonal, NaN gives NaN.
package func arcTangent(
  _ a: UnsafePointer<Float>, _ aInner: Int, _ aOuter: Int, _ b: UnsafePointer<Float>, _ bInner: Int, _ bOuter: Int,
  _ y: UnsafeMutablePointer<Float>, _ inner: Int, _ outer: Int
) {
  let a: Strided = (a, aInner, aOuter)
  let b: Strided = (b, bInner, bOuter)
  @inline(__always)
  func body(_ u: Vector, _ v: Vector) -> Vector {
    arcTangentOfQuotient(u, v)
  }
  mapStrided(a, b, y, inner, outer, body)
}

/// The angle of the point (x, y).
func arcTangentOfQuotient(_ y: Vector, _ x: Vector) -> Vector {
  let (ordinate, abscissa) = (magnitude(y), magnitude(x))
  let isSteep = ordinate .> abscissa
  let smaller = ordinate.replacing(with: abscissa, where: isSteep)
  let larger = abscissa.replacing(with: ordinate, where: isSteep)
  var t = smaller / larger
  t = t.replacing(with: 0, where: larger .== 0)
  t = t.replacing(with: splat(1), where: smaller .== Float.infinity)
  let z = t * t
  // Minimax in relative error (Remez exchange in 40-digit arithmetic).
  var p = horner(splat(0.002_920_691_057), z, -0.016_367_922_90)
  p = horner(p, z, 0.043_211_851_66)
  p = horner(p, z, -0.075_522_134_19)
  p = horner(p, z, 0.106_660_041_8)
  p = horner(p, z, -0.142_110_551_7)
  p = horner(p, z, 0.199_937_728_1)
  p = horner(p, z, -0.333_331_527_3)
  var angle = multiplyAdd(p, z * t, t)
  // π/2 and π in two parts, so that their rounding costs nothing.
  angle = angle.replacing(with: (1.570_796_371 - angle) - 4.371_139e-8, where: isSteep)
  let isLeft = signBit(x) .!= 0
  angle = angle.replacing(with: (3.141_592_741 - angle) - 8.742_278e-8, where: isLeft)
  angle = angle.replacing(with: ordinate + abscissa, where: (y .!= y) .| (x .!= x))
  return withSign(angle, of: y)
}
