// Random numbers from Philox4x32-10: four words from a 128-bit counter and a 64-bit key, with no state between.
//
// Reference: Salmon, Moraes, Dror and Shaw, "Parallel random numbers: as easy as 1, 2, 3", SC 2011.

#if LATENT_AVX512 && arch(x86_64)
  /// An `IntVector` seen as 64-bit lanes.
  private typealias WordVector = SIMD8<UInt64>
#elseif LATENT_AVX2 && arch(x86_64)
  private typealias WordVector = SIMD4<UInt64>
#else
  private typealias WordVector = SIMD2<UInt64>
#endif

/// Writes the four words of one block to `out`.
package func philoxBlock(
  _ counter0: UInt32, _ counter1: UInt32, _ counter2: UInt32, _ counter3: UInt32, _ key0: UInt32, _ key1: UInt32,
  _ out: UnsafeMutablePointer<UInt32>
) {
  var (c0, c1, c2, c3, k0, k1) = (counter0, counter1, counter2, counter3, key0, key1)
  var round = 0
  while round < 10 {
    let p0 = UInt64(c0) &* 0xd251_1f53
    let p1 = UInt64(c2) &* 0xcd9e_8d57
    (c0, c2) = (UInt32(p1 >> 32) ^ c1 ^ k0, UInt32(p0 >> 32) ^ c3 ^ k1)
    (c1, c3) = (UInt32(truncatingIfNeeded: p1), UInt32(truncatingIfNeeded: p0))
    (k0, k1) = (k0 &+ 0x9e37_79b9, k1 &+ 0xbb67_ae85)
    round &+= 1
  }
  (out[0], out[1], out[2], out[3]) = (c0, c1, c2, c3)
}

/// Fills y with `n` uniform numbers in [0, 1), multiples of 2⁻²⁴.
///
/// Elements 4j ..< 4j + 4 come from the four words of the block with the counter (`position` + j, `stream`), low words
/// first. So a range may be split at any multiple of 4 elements. `n` may be 0 and need not be a multiple of 4.
package func philoxUniform(
  _ key0: UInt32, _ key1: UInt32, _ stream: UInt64, _ position: UInt64, _ y: UnsafeMutablePointer<Float>, _ n: Int
) {
  fillFromBlocks(key0, key1, stream, position, y, n) { w in
    (unitInterval(w.0), unitInterval(w.1), unitInterval(w.2), unitInterval(w.3))
  }
}

/// Fills y with `n` standard normal numbers; blocks and splitting as in `philoxUniform`.
///
/// Words 0 and 1 of a block give its first two elements by the method of Box and Muller, r cos φ and r sin φ with
/// r = √(-2 log u), u in (0, 1]; words 2 and 3 the other two. No result is larger than 5.77.
package func philoxNormal(
  _ key0: UInt32, _ key1: UInt32, _ stream: UInt64, _ position: UInt64, _ y: UnsafeMutablePointer<Float>, _ n: Int
) {
  fillFromBlocks(key0, key1, stream, position, y, n) { w in
    let (first, second) = normalPair(unitInterval(w.0), unitInterval(w.1))
    let (third, fourth) = normalPair(unitInterval(w.2), unitInterval(w.3))
    return (first, second, third, fourth)
  }
}

/// Four vectors of floats: the elements of as many blocks as there are lanes.
private typealias Elements = (Vector, Vector, Vector, Vector)

/// Four vectors of words, likewise.
private typealias Words = (IntVector, IntVector, IntVector, IntVector)

/// The upper 24 bits of each word as a fraction.
@inline(__always)
private func unitInterval(_ word: IntVector) -> Vector {
  // Two halves of 12 bits, each exact as the fraction of a float in [1, 2).
  let high = float(bits: ((word &>> 9) & 0x007f_f800) | 0x3f80_0000) - 1
  let low = float(bits: ((word &<< 3) & 0x007f_f800) | 0x3f80_0000) - 1
  return multiplyAdd(low, splat(1 / 4096), high)
}

/// Two independent normal numbers from two uniform ones in [0, 1).
@inline(__always)
private func normalPair(_ u: Vector, _ turns: Vector) -> (Vector, Vector) {
  let radius = (logarithm(1 - u) * -2).squareRoot()
  let (s, c) = sineAndCosineOfTurns(turns)
  return (radius * c, radius * s)
}

/// Stores what `body` makes of the blocks' words, block after block.
@inline(__always)
private func fillFromBlocks(
  _ key0: UInt32, _ key1: UInt32, _ stream: UInt64, _ position: UInt64, _ y: UnsafeMutablePointer<Float>, _ n: Int,
  _ body: (Words) -> Elements
) {
  var i = 0
  var block = position
  while i < n {
    let (a, b, c, d) = body(words(key0, key1, stream, block))
    if i <= n &- 4 &* width {
      storeInterleaved(a, b, c, d, y + i)
    } else {
      var last = (a, b, c, d)
      withUnsafeMutablePointer(to: &last) {
        let scratch = UnsafeMutableRawPointer($0).assumingMemoryBound(to: Float.self)
        storeInterleaved(a, b, c, d, scratch)
        var k = 0
        while k < n &- i {
          y[i &+ k] = scratch[k]
          k &+= 1
        }
      }
    }
    i &+= 4 &* width
    block = block &+ UInt64(truncatingIfNeeded: width)
  }
}

/// The words of the blocks `block`, `block` + 1, … , one per lane.
@inline(__always)
private func words(_ key0: UInt32, _ key1: UInt32, _ stream: UInt64, _ block: UInt64) -> Words {
  let half = UInt64(truncatingIfNeeded: width / 2)
  let a = halfWords(key0, key1, stream, block)
  let b = halfWords(key0, key1, stream, block &+ half)
  return (packed(a.0, b.0), packed(a.1, b.1), packed(a.2, b.2), packed(a.3, b.3))
}

/// The even lanes of `a`, then of `b`.
@inline(__always)
private func packed(_ a: IntVector, _ b: IntVector) -> IntVector {
  IntVector(lowHalf: a.evenHalf, highHalf: b.evenHalf)
}

/// The odd lanes in the places of the even ones.
@inline(__always)
private func oddLanes(_ v: IntVector) -> IntVector {
  var result = v
  result.evenHalf = v.oddHalf
  return result
}

/// The products of the even lanes with `factor`, 64 bits each.
@inline(__always)
private func products(_ v: IntVector, _ factor: UInt64) -> IntVector {
  // With the upper halves masked away this is one 32 × 32 → 64 bit multiplication.
  let even = unsafeBitCast(v, to: WordVector.self) & WordVector(repeating: 0xffff_ffff)
  return unsafeBitCast(even &* WordVector(repeating: factor), to: IntVector.self)
}

/// The words of half as many blocks, in the even lanes; what the odd lanes hold is never looked at.
///
/// Shifts of 64-bit lanes would be compiled lane by lane, so everything but the product is done in 32-bit lanes.
@inline(__always)
private func halfWords(
  _ key0: UInt32, _ key1: UInt32, _ stream: UInt64, _ block: UInt64
) -> (IntVector, IntVector, IntVector, IntVector) {
  let counter = unsafeBitCast(laneNumbers &+ WordVector(repeating: block), to: IntVector.self)
  var (c0, c1) = (counter, oddLanes(counter))
  var c2 = IntVector(repeating: Int32(truncatingIfNeeded: stream))
  var c3 = IntVector(repeating: Int32(truncatingIfNeeded: stream >> 32))
  var (k0, k1) = (IntVector(repeating: Int32(bitPattern: key0)), IntVector(repeating: Int32(bitPattern: key1)))
  var round = 0
  while round < 10 {
    let p0 = products(c0, 0xd251_1f53)
    let p1 = products(c2, 0xcd9e_8d57)
    c0 = exclusiveOr(oddLanes(p1), exclusiveOr(c1, k0))
    c2 = exclusiveOr(oddLanes(p0), exclusiveOr(c3, k1))
    (c1, c3) = (p1, p0)
    k0 = k0 &+ IntVector(repeating: Int32(bitPattern: 0x9e37_79b9))
    k1 = k1 &+ IntVector(repeating: Int32(bitPattern: 0xbb67_ae85))
    round &+= 1
  }
  return (c0, c1, c2, c3)
}

#if LATENT_AVX512 && arch(x86_64)
  @inline(__always)
  private var laneNumbers: WordVector { WordVector(0, 1, 2, 3, 4, 5, 6, 7) }
#elseif LATENT_AVX2 && arch(x86_64)
  @inline(__always)
  private var laneNumbers: WordVector { WordVector(0, 1, 2, 3) }
#else
  @inline(__always)
  private var laneNumbers: WordVector { WordVector(0, 1) }
#endif
