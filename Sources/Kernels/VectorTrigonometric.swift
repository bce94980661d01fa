// Sine and cosine, a vector at a time.

/// sin r for |r| ≤ π/4 + a little.
@inline(__always)
func sinePolynomial(_ r: Vector) -> Vector {
  let z = r * r
  var p = horner(splat(-1.950_874_09e-4), z, 0.008_332_113_039)
  p = horner(p, z, -0.166_666_538_6)
  return multiplyAdd(p, z * r, r)
}

/// cos r for |r| ≤ π/4 + a little.
@inline(__always)
func cosinePolynomial(_ r: Vector) -> Vector {
  let z = r * r
  var p = horner(splat(2.442_568_244e-5), z, -0.001_388_725_149)
  p = horner(p, z, 0.041_666_644_37)
  return multiplyAdd(p, z * z, multiplyAdd(z, splat(-0.5), splat(1)))
}

/// For 0 ≤ x ≤ 10⁵: r with x = quadrant · π/2 + r, |r| ≤ π/4 + a little, accurate also where r is tiny.
@inline(__always)
func reduceModerate(_ x: Vector) -> (r: Vector, quadrant: IntVector) {
  #if ((LATENT_AVX2 || LATENT_AVX512) && arch(x86_64)) || arch(arm64)
    let shifted = multiplyAdd(x, splat(0.636_619_772), splat(roundingShift))
    let n = shifted - roundingShift
    // π/2 in three parts of 24 bits; the first fused step is exact.
    var r = multiplyAdd(n, splat(-1.570_796_370_506_286_6), x)
    r = multiplyAdd(n, splat(4.371_138_828_673_792_9e-8), r)
    r = multiplyAdd(n, splat(1.715_124_510_005_881_9e-15), r)
    return (r, bits(shifted) &- 0x4b40_0000)
  #else
    // Unfused float steps would lose the low bits of the products. π/2 in 33 and 53 bits: the first step is exact.
    let wide = double(x)
    let shifted = wide * 0.636_619_772_367_581_343 + doubleRoundingShift
    let n = shifted - doubleRoundingShift
    let r = (wide - n * 1.570_796_326_734_125_614_166_26) - n * 6.077_100_506_506_192_249_32e-11
    return (single(r), truncated(bits(shifted)))
  #endif
}

/// r and quadrant of |x| with |x| = quadrant · π/2 + r; NaN for infinities and NaN.
@inline(__always)
func reduce(_ x: Vector) -> (r: Vector, quadrant: IntVector) {
  let a = magnitude(x)
  var (r, quadrant) = reduceModerate(a)
  if anyLane(.!(a .<= 100_000)) { reduceHuge(a, &r, &quadrant) }
  return (r, quadrant)
}

/// All bits set in the lanes where k is odd. (Comparisons of integer vectors would be made lane by lane.)
@inline(__always)
private func odd(_ k: IntVector) -> IntVector { (k &<< 31) &>> 31 }

/// Bit by bit, `a` where `mask` is set, else `b`.
@inline(__always)
private func choose(_ mask: IntVector, _ a: Vector, _ b: Vector) -> Vector {
  float(bits: (bits(a) & mask) | (bits(b) & ~mask))
}

/// sin x.
@inline(__always)
func sineOf(_ x: Vector) -> Vector {
  let (r, quadrant) = reduce(x)
  let y = choose(odd(quadrant), cosinePolynomial(r), sinePolynomial(r))
  return flipSign(flipSign(y, (quadrant & 2) &<< 30), signBit(x))
}

/// cos x.
@inline(__always)
func cosineOf(_ x: Vector) -> Vector {
  let (r, quadrant) = reduce(x)
  let y = choose(odd(quadrant), sinePolynomial(r), cosinePolynomial(r))
  return flipSign(y, ((quadrant &+ 1) & 2) &<< 30)
}

/// sin 2πu and cos 2πu for 0 ≤ u ≤ 1.
@inline(__always)
func sineAndCosineOfTurns(_ u: Vector) -> (sine: Vector, cosine: Vector) {
  let shifted = multiplyAdd(u, splat(4), splat(roundingShift))
  let quarters = bits(shifted) &- 0x4b40_0000
  // Exact: both are multiples of the last place of u.
  let r = (u - (shifted - roundingShift) * 0.25) * 6.283_185_307
  let s = sinePolynomial(r)
  let c = cosinePolynomial(r)
  let swapped = odd(quarters)
  let sine = flipSign(choose(swapped, c, s), (quarters & 2) &<< 30)
  let cosine = flipSign(choose(swapped, s, c), ((quarters &+ 1) & 2) &<< 30)
  return (sine, cosine)
}

/// Replaces r and quadrant of the lanes of `a` above 10⁵, one by one.
@inline(never)
func reduceHuge(_ a: Vector, _ r: inout Vector, _ quadrant: inout IntVector) {
  var lane = 0
  while lane < width {
    if !(a[lane] <= 100_000) {
      let reduced = reduceHuge(a[lane])
      r[lane] = reduced.r
      quadrant[lane] = reduced.quadrant
    }
    lane &+= 1
  }
}

/// The reduction of Payne and Hanek: multiplies by those bits of 2/π that matter, exactly.
///
/// Reference: Payne and Hanek, "Radian reduction for trigonometric functions", SIGNUM Newsletter 18, 1983.
@inline(never)
func reduceHuge(_ x: Float) -> (r: Float, quadrant: Int32) {
  guard x < Float.infinity else { return (Float.nan, 0) }
  let mantissa = UInt64(x.bitPattern & 0x007f_ffff | 0x0080_0000)
  // x = mantissa · 2ᵉ. The window of 2/π starts at its bit of weight 2^(1 - e): all above are multiples of 4.
  let start = Int(x.bitPattern >> 23) &- 150 &+ 30
  let word = start >> 5
  let shift = UInt64(truncatingIfNeeded: start & 31)
  let upper = twoOverPi(word) << 32 | twoOverPi(word &+ 1)
  let lower = twoOverPi(word &+ 2) << 32 | twoOverPi(word &+ 3)
  let high = shift == 0 ? upper : upper << shift | lower >> (64 &- shift)
  let low = (lower << shift) >> 32
  // Two integer bits, 62 fraction bits.
  let product = mantissa &* high &+ (mantissa &* low) >> 32
  let quadrant = (product &+ 1 << 61) >> 62
  let remainder = Int64(bitPattern: product &- quadrant << 62)
  let r = Double(remainder) * (1.570_796_326_794_896_619 / 4_611_686_018_427_387_904)
  return (Float(r), Int32(truncatingIfNeeded: quadrant))
}

/// Bits 32 · index - 32 and following of the fraction 2/π (a zero word before it).
@inline(__always)
func twoOverPi(_ index: Int) -> UInt64 {
  switch index {
  case 1: 0xa2f9_836e
  case 2: 0x4e44_1529
  case 3: 0xfc27_57d1
  case 4: 0xf534_ddc0
  case 5: 0xdb62_9599
  case 6: 0x3c43_9041
  case 7: 0xfe51_63ab
  case 8: 0xdebb_c561
  default: 0
  }
}
