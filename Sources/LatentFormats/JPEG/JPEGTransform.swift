/// The inverse discrete cosine transform of 8×8 coefficients, in whole numbers.
///
/// Reference: Loeffler, Ligtenberg and Moschytz, "Practical fast 1-D DCT algorithms with 11 multiplications", ICASSP 1989.
/// The numbers of bits are those of libjpeg's accurate transform, so that pixels come out the same. Sums are multiplied
/// term by term: all factors then have 16 bits, whose products are two instructions for eight of them.
struct JPEGTransform {
  private typealias Row = SIMD8<Int16>
  private typealias WideRow = SIMD8<Int32>

  /// Bits after the point in the factors.
  private static let factorBits: Int32 = 13
  /// Bits after the point between the two passes.
  private static let passBits: Int32 = 2

  /// A factor with its bits after the point.
  @inline(__always)
  private static func fixed(_ value: Double) -> Int16 { Int16((value * 8192).rounded()) }

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
    if isConstant(coefficients) { return fill(coefficients[0] &* Int16(truncatingIfNeeded: steps[0]), target, stride) }
    var block = Block(
      row(coefficients, steps, 0), row(coefficients, steps, 1), row(coefficients, steps, 2),
      row(coefficients, steps, 3), row(coefficients, steps, 4), row(coefficients, steps, 5),
      row(coefficients, steps, 6), row(coefficients, steps, 7))
    block = transposed(transformed(block, shift: factorBits - passBits))
    block = transposed(transformed(block, shift: factorBits + passBits + 3))
    store(block.0, target)
    store(block.1, target + stride)
    store(block.2, target + 2 * stride)
    store(block.3, target + 3 * stride)
    store(block.4, target + 4 * stride)
    store(block.5, target + 5 * stride)
    store(block.6, target + 6 * stride)
    store(block.7, target + 7 * stride)
  }

  private typealias Block = (Row, Row, Row, Row, Row, Row, Row, Row)

  /// Whether all coefficients but the first are zero.
  @inline(__always)
  private static func isConstant(_ coefficients: UnsafePointer<Int16>) -> Bool {
    var others = load(coefficients)
    others[0] = 0
    for row in 1..<8 { others |= load(coefficients + 8 * row) }
    return others == Row(repeating: 0)
  }

  /// A block whose only coefficient is its mean, times 8.
  private static func fill(_ mean: Int16, _ target: UnsafeMutablePointer<UInt8>, _ stride: Int) {
    let sample = UInt8(truncatingIfNeeded: min(max((Int(mean) + 4) >> 3 + 128, 0), 255))
    for row in 0..<8 { (target + row * stride).update(repeating: sample, count: 8) }
  }

  @inline(__always)
  private static func load(_ pointer: UnsafePointer<Int16>) -> Row {
    UnsafeRawPointer(pointer).loadUnaligned(as: Row.self)
  }

  @inline(__always)
  private static func row(_ coefficients: UnsafePointer<Int16>, _ steps: UnsafePointer<UInt16>, _ row: Int) -> Row {
    load(coefficients + 8 * row) &* UnsafeRawPointer(steps + 8 * row).loadUnaligned(as: Row.self)
  }

  /// The transform of all columns beside each other.
  /// - Parameter shift: the bits after the point that are rounded away.
  @inline(__always)
  private static func transformed(_ rows: Block, shift: Int32) -> Block {
    @inline(__always)
    func times(_ row: Row, _ factor: Int16) -> WideRow {
      WideRow(truncatingIfNeeded: row) &* WideRow(truncatingIfNeeded: Row(repeating: factor))
    }
    // Even rows.
    let (c0541, c0765, c1847) = (fixed(0.541196100), fixed(0.765366865), fixed(1.847759065))
    let low = times(rows.2, c0541) &+ times(rows.6, c0541 - c1847)
    let high = times(rows.2, c0541 + c0765) &+ times(rows.6, c0541)
    let half = WideRow(repeating: 1 << (shift - 1))
    let (first, middle) = (WideRow(truncatingIfNeeded: rows.0), WideRow(truncatingIfNeeded: rows.4))
    let sum = (first &+ middle) &<< WideRow(repeating: factorBits) &+ half
    let difference = (first &- middle) &<< WideRow(repeating: factorBits) &+ half
    let (even0, even3) = (sum &+ high, sum &- high)
    let (even1, even2) = (difference &+ low, difference &- low)
    // Odd rows.
    let (c0298, c0390, c0899, c1175) = (fixed(0.298631336), fixed(0.390180644), fixed(0.899976223), fixed(1.175875602))
    let (c1501, c1961, c2053) = (fixed(1.501321110), fixed(1.961570560), fixed(2.053119869))
    let (c2562, c3072) = (fixed(2.562915447), fixed(3.072711026))
    let odd0 =
      times(rows.7, c0298 - c0899 - c1961 + c1175) &+ times(rows.1, c1175 - c0899)
      &+ times(rows.3, c1175 - c1961) &+ times(rows.5, c1175)
    let odd1 =
      times(rows.5, c2053 - c2562 - c0390 + c1175) &+ times(rows.3, c1175 - c2562)
      &+ times(rows.1, c1175 - c0390) &+ times(rows.7, c1175)
    let odd2 =
      times(rows.3, c3072 - c2562 - c1961 + c1175) &+ times(rows.5, c1175 - c2562)
      &+ times(rows.7, c1175 - c1961) &+ times(rows.1, c1175)
    let odd3 =
      times(rows.1, c1501 - c0899 - c0390 + c1175) &+ times(rows.7, c1175 - c0899)
      &+ times(rows.5, c1175 - c0390) &+ times(rows.3, c1175)
    // What a coder makes of pixels has 16 bits after either pass; of other coefficients come other pixels.
    @inline(__always)
    func rounded(_ row: WideRow) -> Row { Row(truncatingIfNeeded: row &>> WideRow(repeating: shift)) }
    return (
      rounded(even0 &+ odd3), rounded(even1 &+ odd2), rounded(even2 &+ odd1), rounded(even3 &+ odd0),
      rounded(even3 &- odd0), rounded(even2 &- odd1), rounded(even1 &- odd2), rounded(even0 &- odd3)
    )
  }

  /// Rows as columns: three times each row's numbers come between those of the row four rows below.
  @inline(__always)
  private static func transposed(_ rows: Block) -> Block {
    @inline(__always)
    func mixed(_ a: Row, _ b: Row) -> (Row, Row) {
      var both = SIMD16<Int16>(repeating: 0)
      both.evenHalf = a
      both.oddHalf = b
      return (both.lowHalf, both.highHalf)
    }
    @inline(__always)
    func mixed(_ rows: Block) -> Block {
      let (a, b) = (mixed(rows.0, rows.4), mixed(rows.1, rows.5))
      let (c, d) = (mixed(rows.2, rows.6), mixed(rows.3, rows.7))
      return (a.0, a.1, b.0, b.1, c.0, c.1, d.0, d.1)
    }
    return mixed(mixed(mixed(rows)))
  }

  @inline(__always)
  private static func store(_ row: Row, _ target: UnsafeMutablePointer<UInt8>) {
    // No sum is too large: the last shift leaves 14 bits.
    let samples = (row &+ 128).clamped(lowerBound: Row(repeating: 0), upperBound: Row(repeating: 255))
    UnsafeMutableRawPointer(target).storeBytes(of: SIMD8<UInt8>(truncatingIfNeeded: samples), as: SIMD8<UInt8>.self)
  }
}
