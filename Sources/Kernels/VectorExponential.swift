// Exponential, logarithm and the functions built on them, a vector at a time.
//
// Polynomials are minimax in relative error (Remez exchange in 40-digit arithmetic); the reductions are Cody and
// Waite's. The constant 1.5 · 2²³, added and subtracted, rounds to the nearest integer and leaves that integer in
// the low bits of the sum.

/// 1.5 · 2²³.
@inline(__always)
var roundingShift: Float { 12_582_912 }

/// `v`, integers of magnitude below 2²², as floats.
@inline(__always)
func smallIntegerToFloat(_ v: IntVector) -> Vector {
  float(bits: v &+ 0x4b40_0000) - roundingShift
}

/// 2ᵏ for -127 < k < 128.
@inline(__always)
func powerOfTwo(_ k: IntVector) -> Vector { float(bits: (k &+ 127) &<< 23) }

/// q of eˣ = (1 + q) · 2ⁿ, where n is the integer nearest to x / log 2.
@inline(__always)
private func exponentialRemainder(_ x: Vector, _ n: Vector) -> Vector {
  var r = multiplyAdd(n, splat(-0.693_359_375), x)
  r = multiplyAdd(n, splat(2.121_944_4e-4), r)
  var p = horner(splat(0.001_381_316_045), r, 0.008_369_418_717)
  p = horner(p, r, 0.041_668_456_47)
  p = horner(p, r, 0.166_665_147_9)
  p = horner(p, r, 0.499_999_930_5)
  return multiplyAdd(p, r * r, r)
}

/// eˣ · 2^(bias - 127), where that and the power of two in it are normal numbers.
@inline(__always)
private func scaledExponential(_ x: Vector, _ bias: Float) -> Vector {
  // The rounding constant brings the bias along: the low bits of the sum are the exponent of the power of two.
  let shifted = multiplyAdd(x, splat(1.442_695_04), splat(roundingShift + bias))
  let q = exponentialRemainder(x, shifted - (roundingShift + bias))
  let power = float(bits: bits(shifted) &<< 23)
  return multiplyAdd(q, power, power)
}

/// eˣ for |x| < 87.
@inline(__always)
func moderateExponential(_ x: Vector) -> Vector { scaledExponential(x, 127) }

/// e^-|x|; results below the normal range are rounded to denormal numbers.
@inline(__always)
func exponentialOfNegativeMagnitude(_ x: Vector) -> Vector {
  let v = float(bits: bits(x) | Int32.min)
  let bounded = v.replacing(with: splat(-104), where: v .< -104)
  return scaledExponential(bounded, 127 + 64) * 5.421_010_862e-20
}

/// eˣ for every x; results below the normal range are rounded to denormal numbers.
@inline(__always)
func exponential(_ x: Vector) -> Vector {
  var v = x.replacing(with: splat(89), where: x .> 89)
  v = v.replacing(with: splat(-104), where: v .< -104)
  let shifted = multiplyAdd(v, splat(1.442_695_04), splat(roundingShift))
  let q = exponentialRemainder(v, shifted - roundingShift)
  let k = bits(shifted) &- 0x4b40_0000
  // In two steps, because 2¹²⁸ and the powers below 2⁻¹²⁶ are no normal numbers.
  let half = k &>> 1
  return (q + 1) * powerOfTwo(half) * powerOfTwo(k &- half)
}

/// eˣ - 1 for every x.
@inline(__always)
func exponentialMinusOne(_ x: Vector) -> Vector {
  // Above 88 the power of two is no float, and the 1 is nothing.
  exponentialMinusOneUpTo88(x.replacing(with: splat(88), where: x .> 88))
    .replacing(with: exponential(x), where: x .> 88)
}

/// eˣ - 1 for x up to 88.
@inline(__always)
func exponentialMinusOneUpTo88(_ x: Vector) -> Vector {
  // Below -30 the result rounds to -1.
  let v = x.replacing(with: splat(-30), where: x .< -30)
  let shifted = multiplyAdd(v, splat(1.442_695_04), splat(roundingShift))
  let q = exponentialRemainder(v, shifted - roundingShift)
  let power = powerOfTwo(bits(shifted) &- 0x4b40_0000)
  return multiplyAdd(q, power, power - 1)
}

/// log(1 + f) - f for -0.293 ≤ f ≤ 0.5.
@inline(__always)
func logarithmTail(_ f: Vector, _ lowPart: Vector) -> Vector {
  let z = f * f
  var p = horner(splat(0.067_466_255_44), f, -0.116_756_315_9)
  p = horner(p, f, 0.118_881_531_7)
  p = horner(p, f, -0.124_055_898_4)
  p = horner(p, f, 0.142_195_540_2)
  p = horner(p, f, -0.166_679_960_5)
  p = horner(p, f, 0.200_021_185_9)
  p = horner(p, f, -0.250_000_095_9)
  p = horner(p, f, 0.333_333_126_0)
  let cubic = multiplyAdd(p, f * z, lowPart)
  return multiplyAdd(z, splat(-0.5), cubic)
}

/// The natural logarithm; -∞ at 0, NaN below.
@inline(__always)
func logarithm(_ x: Vector) -> Vector {
  let tiny = x .< Float.leastNormalMagnitude
  let scaled = x.replacing(with: x * 8_388_608, where: tiny)
  // m in [√½, √2), scaled = m · 2ᵉ
  let offset = bits(scaled) &- 0x3f35_04f3
  let m = float(bits: (offset & 0x007f_ffff) &+ 0x3f35_04f3)
  let shift = Vector().replacing(with: splat(23), where: tiny)
  let e = smallIntegerToFloat(offset &>> 23) - shift
  let f = m - 1
  let tail = logarithmTail(f, e * splat(-2.121_944_4e-4))
  var y = multiplyAdd(e, splat(0.693_359_375), f + tail)
  // Infinity and NaN come out as themselves.
  y = y.replacing(with: x, where: .!(x .< Float.infinity))
  y = y.replacing(with: splat(-Float.infinity), where: x .== 0)
  return y.replacing(with: splat(Float.nan), where: x .< 0)
}

/// log(1 + t) for 0 ≤ t ≤ 1.
@inline(__always)
func logarithmOfOnePlus(_ t: Vector) -> Vector {
  // Above ½: log 2 + log(1 + (t - 1)/2), where t - 1 is exact.
  let upper = t .> 0.5
  let f = t.replacing(with: (t - 1) * 0.5, where: upper)
  let base = Vector().replacing(with: splat(0.693_359_375), where: upper)
  let low = Vector().replacing(with: splat(-2.121_944_4e-4), where: upper)
  let z = f * f
  var p = horner(splat(0.037_672_542_1), f, -0.091_161_424_34)
  p = horner(p, f, 0.117_006_496_8)
  p = horner(p, f, -0.127_277_857_3)
  p = horner(p, f, 0.142_762_415_9)
  p = horner(p, f, -0.166_552_963_5)
  p = horner(p, f, 0.199_996_047)
  p = horner(p, f, -0.250_001_652_7)
  p = horner(p, f, 0.333_333_398_6)
  let tail = multiplyAdd(z, splat(-0.5), multiplyAdd(p, f * z, low))
  return base + (f + tail)
}

/// log(1 + x) for every x; -∞ at -1, NaN below.
@inline(__always)
func logarithmOfAnyPlusOne(_ x: Vector) -> Vector {
  // Near 0, where rounding the sum would cost digits, the sum is not made; elsewhere what it lost is made good.
  let isNear = (x .> -0.292) .& (x .< 0.414)
  let sum = x + 1
  let lost = (x - (sum - 1)) / sum
  let far = logarithm(sum) + lost.replacing(with: 0, where: .!(magnitude(lost) .< 1))
  return far.replacing(with: x + logarithmTail(x, Vector()), where: isNear)
}

/// log(1 + eˣ).
@inline(__always)
func logarithmOfOnePlusExponential(_ x: Vector) -> Vector {
  let positive = x.replacing(with: 0, where: x .<= 0)
  return positive + logarithmOfOnePlus(exponentialOfNegativeMagnitude(x))
}

/// 1 / (1 + e⁻ˣ).
@inline(__always)
func logistic(_ x: Vector) -> Vector {
  let e = exponentialOfNegativeMagnitude(x)
  let numerator = splat(1).replacing(with: e, where: x .< 0)
  // numerator / (1 + e), but the quotient only corrects the numerator, so that its rounding weighs less.
  return multiplyAdd(-numerator, e / (e + 1), numerator)
}

/// The hyperbolic tangent.
@inline(__always)
func hyperbolicTangent(_ x: Vector) -> Vector {
  let a = magnitude(x)
  let z = a * a
  var p = horner(splat(-0.005_704_992_269), z, 0.020_639_093_46)
  p = horner(p, z, -0.053_739_717_65)
  p = horner(p, z, 0.133_314_422_4)
  p = horner(p, z, -0.333_332_819_4)
  let small = multiplyAdd(p, z * a, a)
  let bounded = a.replacing(with: splat(10), where: a .> 10)
  let large = 1 - 2 / (moderateExponential(bounded + bounded) + 1)
  return withSign(large.replacing(with: small, where: a .< 0.625), of: x)
}

/// The Gauss error function.
@inline(__always)
func errorFunction(_ x: Vector) -> Vector {
  let a = magnitude(x)
  let z = a * a
  var p = horner(splat(8.513_108_466e-5), z, -8.175_640_312e-4)
  p = horner(p, z, 0.005_203_859_254)
  p = horner(p, z, -0.026_860_508_51)
  p = horner(p, z, 0.112_837_150_3)
  p = horner(p, z, -0.376_126_349_8)
  p = horner(p, z, 0.128_379_166_8)
  let small = multiplyAdd(p, a, a)
  // 1 - erf(t) = exp(-g(t)), and beyond 4 the result rounds to 1.
  let t = a.replacing(with: splat(4), where: a .> 4)
  var g = horner(splat(2.090_956_704e-5), t, -4.323_031_103e-4)
  g = horner(g, t, 0.004_160_527_395)
  g = horner(g, t, -0.025_091_497_6)
  g = horner(g, t, 0.108_236_620_3)
  g = horner(g, t, 0.633_386_646)
  g = horner(g, t, 1.129_495_159)
  g = horner(g, t, -1.705_520_178e-4)
  let large = 1 - moderateExponential(-g)
  return withSign(large.replacing(with: small, where: a .< 0.9), of: x)
}
