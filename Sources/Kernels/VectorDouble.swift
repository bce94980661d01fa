// Vectors of doubles, for the few functions whose intermediate results need more than 24 bits.

#if LATENT_AVX512 && arch(x86_64)
  typealias DoubleVector = SIMD16<Double>
  typealias LongVector = SIMD16<Int64>
#elseif LATENT_AVX2 && arch(x86_64)
  typealias DoubleVector = SIMD8<Double>
  typealias LongVector = SIMD8<Int64>
#else
  typealias DoubleVector = SIMD4<Double>
  typealias LongVector = SIMD4<Int64>
#endif

// The conversions name every lane, which compiles to the conversion instructions of vectors. Those of the library are
// generic: a copy specialised for this instruction set would be left in the object file as a weak symbol, which the
// linker may put in the place of another module's.

/// Each lane as a double.
@inline(__always)
func double(_ v: SIMD4<Float>) -> SIMD4<Double> {
  SIMD4(Double(v[0]), Double(v[1]), Double(v[2]), Double(v[3]))
}

/// Each lane rounded to nearest.
@inline(__always)
func single(_ v: SIMD4<Double>) -> SIMD4<Float> {
  SIMD4(Float(v[0]), Float(v[1]), Float(v[2]), Float(v[3]))
}

#if LATENT_AVX512 && arch(x86_64)
  /// The exact value of each lane.
  @inline(__always)
  func double(_ v: Vector) -> DoubleVector {
    DoubleVector(lowHalf: double(v.lowHalf), highHalf: double(v.highHalf))
  }

  /// Each lane rounded to nearest.
  @inline(__always)
  func single(_ v: DoubleVector) -> Vector { Vector(lowHalf: single(v.lowHalf), highHalf: single(v.highHalf)) }
#endif

#if (LATENT_AVX2 || LATENT_AVX512) && arch(x86_64)
  /// The exact value of each lane.
  @inline(__always)
  func double(_ v: SIMD8<Float>) -> SIMD8<Double> {
    SIMD8(lowHalf: double(v.lowHalf), highHalf: double(v.highHalf))
  }

  /// Each lane rounded to nearest.
  @inline(__always)
  func single(_ v: SIMD8<Double>) -> SIMD8<Float> {
    SIMD8(lowHalf: single(v.lowHalf), highHalf: single(v.highHalf))
  }
#else
  /// The low 32 bits of each lane.
  @inline(__always)
  func truncated(_ v: LongVector) -> IntVector { unsafeBitCast(v, to: SIMD8<Int32>.self).evenHalf }
#endif

/// The bits of `v` as integers.
@inline(__always)
func bits(_ v: DoubleVector) -> LongVector { unsafeBitCast(v, to: LongVector.self) }

/// The doubles whose bits are `v`.
@inline(__always)
func double(bits v: LongVector) -> DoubleVector { unsafeBitCast(v, to: DoubleVector.self) }

/// `a * b + c`, fused where the instruction set has it.
@inline(__always)
func multiplyAdd(_ a: DoubleVector, _ b: DoubleVector, _ c: DoubleVector) -> DoubleVector {
  #if ((LATENT_AVX2 || LATENT_AVX512) && arch(x86_64)) || arch(arm64)
    c.addingProduct(a, b)
  #else
    a * b + c
  #endif
}

/// `p * x + c`: one step of Horner's rule.
@inline(__always)
func horner(_ p: DoubleVector, _ x: DoubleVector, _ c: Double) -> DoubleVector {
  multiplyAdd(p, x, DoubleVector(repeating: c))
}

/// 1.5 · 2⁵², which added and subtracted rounds to the nearest integer.
@inline(__always)
var doubleRoundingShift: Double { 6_755_399_441_055_744 }

/// The binary logarithm of positive normal doubles and 0 (whose logarithm is about -1023), relative error below 2⁻⁴⁴.
@inline(__always)
func binaryLogarithm(_ x: DoubleVector) -> DoubleVector {
  // m in [√½, √2), x = m · 2ᵉ; 2048 keeps the shifted exponent positive, so that a logical shift will do.
  let rootHalf: Int64 = 0x3fe6_a09e_667f_3bcd
  let offset = bits(x) &- rootHalf
  let m = double(bits: (offset & 0x000f_ffff_ffff_ffff) &+ rootHalf)
  let biased = unsafeBitCast(offset, to: UnsignedLongVector.self) &+ (2048 << 52)
  let exponent = unsafeBitCast((biased &>> 52) & 0xfff, to: LongVector.self)
  let e = double(bits: exponent &+ 0x4338_0000_0000_0000) - (doubleRoundingShift + 2048)
  let s = (m - 1) / (m + 1)
  let z = s * s
  var p = horner(DoubleVector(repeating: 0.282_942_552_972_402_771), z, 0.319_902_885_942_395_339)
  p = horner(p, z, 0.412_209_316_809_262_013)
  p = horner(p, z, 0.577_077_941_771_562_085)
  p = horner(p, z, 0.961_796_694_115_213_834)
  p = horner(p, z, 2.885_390_081_777_849_08)
  return multiplyAdd(p, s, e)
}

/// 2ˣ for |x| < 1000, relative error below 2⁻³⁴.
@inline(__always)
func binaryExponential(_ x: DoubleVector) -> DoubleVector {
  let shifted = x + doubleRoundingShift
  let t = x - (shifted - doubleRoundingShift)
  var p = horner(DoubleVector(repeating: 0.000_015_201_727_687_215), t, 0.000_154_695_542_782_350_857)
  p = horner(p, t, 0.001_333_392_544_842_141_65)
  p = horner(p, t, 0.009_618_026_438_726_404_05)
  p = horner(p, t, 0.055_504_103_473_137_660_1)
  p = horner(p, t, 0.240_226_512_041_716_391)
  p = horner(p, t, 0.693_147_180_731_130_237)
  p = horner(p, t, 0.999_999_999_961_079_113)
  let k = bits(shifted) &- 0x4338_0000_0000_0000
  return p * double(bits: (k &+ 1023) &<< 52)
}

#if LATENT_AVX512 && arch(x86_64)
  typealias UnsignedLongVector = SIMD16<UInt64>
#elseif LATENT_AVX2 && arch(x86_64)
  typealias UnsignedLongVector = SIMD8<UInt64>
#else
  typealias UnsignedLongVector = SIMD4<UInt64>
#endif

/// aᵇ as C's `pow` defines it, computed in double precision: correctly rounded but for rare ties.
@inline(never)
func power(_ a: Vector, _ b: Vector) -> Vector {
  let base = magnitude(a)
  var logarithm = binaryLogarithm(double(base))
  let wideBase = double(base)
  logarithm = logarithm.replacing(with: DoubleVector(repeating: -Double.infinity), where: wideBase .== 0)
  logarithm = logarithm.replacing(with: wideBase, where: .!(wideBase .< Double.infinity))
  var exponent = logarithm * double(b)
  exponent = exponent.replacing(with: DoubleVector(repeating: 200), where: exponent .> 200)
  exponent = exponent.replacing(with: DoubleVector(repeating: -200), where: exponent .< -200)
  var y = single(binaryExponential(exponent))
  y = y.replacing(with: splat(1), where: base .== 1)
  let isInteger = roundedToEven(b) .== b
  let half = b * 0.5
  let isOdd = isInteger .& (roundedToEven(half) .!= half) .& (magnitude(b) .< 16_777_216)
  let negated = flipSign(y, signBit(a))
  y = y.replacing(with: negated, where: isOdd)
  let undefined = (a .< 0) .& (base .< Float.infinity) .& .!isInteger
  y = y.replacing(with: splat(Float.nan), where: undefined)
  y = y.replacing(with: b, where: b .!= b)
  return y.replacing(with: splat(1), where: (b .== 0) .| (a .== 1))
}

/// Each lane rounded to the nearest integer, ties to even; keeps the sign of zeros.
@inline(__always)
func roundedToEven(_ x: Vector) -> Vector {
  #if ((LATENT_AVX2 || LATENT_AVX512) && arch(x86_64)) || arch(arm64)
    x.rounded(.toNearestOrEven)
  #else
    // Below 2²³ the sum with 2²³ has no fraction bits; above there is nothing to round.
    let a = magnitude(x)
    let rounded = withSign((a + 8_388_608) - 8_388_608, of: x)
    return rounded.replacing(with: x, where: .!(a .< 8_388_608))
  #endif
}
