// The vector types every kernel is written in. Each copy of this module is compiled for one instruction set, and
// its vectors are as wide as that set's registers.

#if LATENT_AVX512 && arch(x86_64)
  /// One register of floats.
  package typealias Vector = SIMD16<Float>
  /// One register of 32-bit integers.
  package typealias IntVector = SIMD16<Int32>
#elseif LATENT_AVX2 && arch(x86_64)
  package typealias Vector = SIMD8<Float>
  package typealias IntVector = SIMD8<Int32>
#else
  package typealias Vector = SIMD4<Float>
  package typealias IntVector = SIMD4<Int32>
#endif

/// `a * b + c`, fused where the instruction set has it: without, `addingProduct` would call `fmaf` lane by lane.
@inline(__always)
func multiplyAdd(_ a: Vector, _ b: Vector, _ c: Vector) -> Vector {
  #if ((LATENT_AVX2 || LATENT_AVX512) && arch(x86_64)) || arch(arm64)
    c.addingProduct(a, b)
  #else
    a * b + c
  #endif
}
