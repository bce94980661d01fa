/// The inverse discrete cosine transform of 8×8 coefficients, in whole numbers.
///
/// Reference: Loeffler, Ligtenberg and Moschytz, "Practical fast 1-D DCT algorithms with 11 multiplications", ICASSP 1989.
/// The numbers of bits are those of libjpeg's accurate transform, so that pixels come out the same.
struct JPEGTransform {
  private typealias Row = SIMD8<Int32>

  /// Bits after the point in the factors.
  private static let factorBits: Int32 = 13
  /// Bits after the point between the two passes.
  private static let passBits: Int32 = 2

  /// A factor with its bits after the point.
  private static func fixed(_ value: Double) -> Int32 { Int32((value * 8192).rounded()) }

  private static let (c0298, c0390, c0541, c0765) = (
    fixed(0.298631336), fixed(0.390180644), fixed(0.541196100), fixed(0.765366865)
  )
  private static let (c0899, c1175, c1501, c1847) = (
    fixed(0.899976223), fixed(1.175875602), fixed(1.501321110), fixed(1.847759065)
  )
  private static let (c1961, c2053, c2562, c3072) = (
    fixed(1.961570560), fixed(2.053119869), fixed(2.562915447), fixed(3.072711026)
  )

  /// The samples of a block, 0…255.
  ///
  /// - Parameters:
  ///   - coefficients: 64, in rows.
  ///   - steps: what each is multiplied by, in rows.
  ///   - target: where the first sample goes.
  ///   - stride: from a row of samples to the next.
  static func samples(
    of coefficients: UnsafePointer<Int16>, steps: UnsafePointer<UInt16>, to target: UnsafeMutablePointer<UInt8>,
    stride: Int
  ) {
    withUnsafeTemporaryAllocation(of: Row.self, capacity: 8) { rows in
      for row in 0..<8 {
        rows[row] =
          Row(truncatingIfNeeded: load(coefficients + 8 * row)) &* Row(truncatingIfNeeded: load(steps + 8 * row))
      }
      pass(rows, shift: factorBits - passBits)
      transpose(rows)
      pass(rows, shift: factorBits + passBits + 3)
      transpose(rows)
      for row in 0..<8 {
        let samples = (rows[row] &+ 128).clamped(lowerBound: Row(repeating: 0), upperBound: Row(repeating: 255))
        for column in 0..<8 { target[row * stride + column] = UInt8(truncatingIfNeeded: samples[column]) }
      }
    }
  }

  private static func load<Value: FixedWidthInteger & SIMDScalar>(_ pointer: UnsafePointer<Value>) -> SIMD8<Value> {
    UnsafeRawPointer(pointer).loadUnaligned(as: SIMD8<Value>.self)
  }

  /// The transform of all columns beside each other.
  /// - Parameter shift: the bits after the point that are rounded away.
  @inline(__always)
  private static func pass(_ rows: UnsafeMutableBufferPointer<Row>, shift: Int32) {
    // Even rows.
    let rotated = (rows[2] &+ rows[6]) &* c0541
    let (low, high) = (rotated &- rows[6] &* c1847, rotated &+ rows[2] &* c0765)
    let (sum, difference) = ((rows[0] &+ rows[4]) &<< factorBits, (rows[0] &- rows[4]) &<< factorBits)
    let (even0, even3) = (sum &+ high, sum &- high)
    let (even1, even2) = (difference &+ low, difference &- low)
    // Odd rows.
    let (a, b) = ((rows[7] &+ rows[1]) &* (0 &- c0899), (rows[5] &+ rows[3]) &* (0 &- c2562))
    let (c, d) = (rows[7] &+ rows[3], rows[5] &+ rows[1])
    let common = (c &+ d) &* c1175
    let (e, f) = (common &- c &* c1961, common &- d &* c0390)
    let odd0 = rows[7] &* c0298 &+ a &+ e
    let odd1 = rows[5] &* c2053 &+ b &+ f
    let odd2 = rows[3] &* c3072 &+ b &+ e
    let odd3 = rows[1] &* c1501 &+ a &+ f
    let half = Row(repeating: 1 << (shift - 1))
    rows[0] = (even0 &+ odd3 &+ half) &>> shift
    rows[7] = (even0 &- odd3 &+ half) &>> shift
    rows[1] = (even1 &+ odd2 &+ half) &>> shift
    rows[6] = (even1 &- odd2 &+ half) &>> shift
    rows[2] = (even2 &+ odd1 &+ half) &>> shift
    rows[5] = (even2 &- odd1 &+ half) &>> shift
    rows[3] = (even3 &+ odd0 &+ half) &>> shift
    rows[4] = (even3 &- odd0 &+ half) &>> shift
  }

  private static func transpose(_ rows: UnsafeMutableBufferPointer<Row>) {
    for row in 0..<8 {
      for column in 0..<row {
        let value = rows[row][column]
        rows[row][column] = rows[column][row]
        rows[column][row] = value
      }
    }
  }
}
