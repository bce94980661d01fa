import LatentSystem

/// Loops over rows of doubles. What is added up is added up in an order that depends on the sizes alone.
package enum RowArithmetic {
  /// Rows that one thread takes at a time.
  package static let chunkRows = 64

  /// Runs `body` for chunks of the rows in `range`, on several threads if `columns` make that worth it.
  ///
  /// - Parameter body: is given the number of the chunk and its rows.
  package static func forEachChunk(
    of range: Range<Int>, columns: Int, _ body: (_ chunk: Int, _ rows: Range<Int>) -> Void
  ) {
    let chunks = chunkCount(range)
    func run(_ chunk: Int) {
      let first = range.lowerBound + chunk * chunkRows
      body(chunk, first..<min(range.upperBound, first + chunkRows))
    }
    if range.count * columns >= 1 << 14 {
      Threads.parallelFor(chunks, run)
    } else {
      for chunk in 0..<chunks { run(chunk) }
    }
  }

  /// How many chunks `range` is cut into.
  static func chunkCount(_ range: Range<Int>) -> Int { divideUp(range.count, chunkRows) }

  /// The scalar product of two rows, in eight partial sums.
  static func dot(_ a: UnsafePointer<Double>, _ b: UnsafePointer<Double>, _ count: Int) -> Double {
    var (low, high) = (SIMD4<Double>.zero, SIMD4<Double>.zero)
    var index = 0
    while index + 8 <= count {
      low += load(a + index) * load(b + index)
      high += load(a + index + 4) * load(b + index + 4)
      index += 8
    }
    var sum = (low + high).sum()
    while index < count {
      sum += a[index] * b[index]
      index += 1
    }
    return sum
  }

  /// `y[i] += factor * x[i]`.
  static func add(_ x: UnsafePointer<Double>, times factor: Double, to y: UnsafeMutablePointer<Double>, _ count: Int) {
    let factors = SIMD4(repeating: factor)
    var index = 0
    while index + 4 <= count {
      store(load(y + index) + factors * load(x + index), y + index)
      index += 4
    }
    while index < count {
      y[index] += factor * x[index]
      index += 1
    }
  }

  /// Turns two rows in their plane: `a ← cosine · a + sine · b`, `b ← cosine · b - sine · a`.
  static func rotate(
    _ a: UnsafeMutablePointer<Double>, _ b: UnsafeMutablePointer<Double>, _ count: Int, cosine: Double, sine: Double
  ) {
    let (cosines, sines) = (SIMD4(repeating: cosine), SIMD4(repeating: sine))
    var index = 0
    while index + 4 <= count {
      let (x, y) = (load(a + index), load(b + index))
      store(cosines * x + sines * y, a + index)
      store(cosines * y - sines * x, b + index)
      index += 4
    }
    while index < count {
      let (x, y) = (a[index], b[index])
      a[index] = cosine * x + sine * y
      b[index] = cosine * y - sine * x
      index += 1
    }
  }

  /// Reflects a matrix, of which `rows` rows of `count` doubles begin at `a`, from the left: `a -= factor · v (vᵀ a)`.
  /// - Parameter product: room for `count` doubles.
  static func reflectRows(
    _ a: UnsafeMutablePointer<Double>, rowStride: Int, rows: Int, count: Int, _ v: UnsafePointer<Double>,
    _ factor: Double, _ product: UnsafeMutablePointer<Double>
  ) {
    product.update(repeating: 0, count: count)
    for row in 0..<rows { add(a + row * rowStride, times: v[row], to: product, count) }
    for row in 0..<rows { add(product, times: -factor * v[row], to: a + row * rowStride, count) }
  }

  /// `row[i] -= p * a[i] + q * b[i]`, and then the scalar product of the row with `other`.
  static func subtract(
    _ a: UnsafePointer<Double>, times p: Double, _ b: UnsafePointer<Double>, times q: Double,
    from row: UnsafeMutablePointer<Double>, dot other: UnsafePointer<Double>, _ count: Int
  ) -> Double {
    let (ps, qs) = (SIMD4(repeating: p), SIMD4(repeating: q))
    var (low, high) = (SIMD4<Double>.zero, SIMD4<Double>.zero)
    var index = 0
    while index + 8 <= count {
      let first = load(row + index) - (ps * load(a + index) + qs * load(b + index))
      let second = load(row + index + 4) - (ps * load(a + index + 4) + qs * load(b + index + 4))
      store(first, row + index)
      store(second, row + index + 4)
      low += first * load(other + index)
      high += second * load(other + index + 4)
      index += 8
    }
    var sum = (low + high).sum()
    while index < count {
      row[index] -= p * a[index] + q * b[index]
      sum += row[index] * other[index]
      index += 1
    }
    return sum
  }

  /// Turns `x` into the vector `v`, with a first element of 1, of the reflection `I - factor · v vᵀ` that maps `x` to a
  /// multiple, `image`, of the first unit vector. The factor is 0 if `x` is such a multiple already.
  ///
  /// Reference: Householder, "Unitary triangularization of a nonsymmetric matrix", J. ACM 5(4), 1958.
  static func makeReflector(_ x: UnsafeMutablePointer<Double>, _ count: Int) -> (factor: Double, image: Double) {
    let first = x[0]
    x[0] = 1
    let rest = dot(x + 1, x + 1, count - 1)
    guard rest > 0 else { return (0, first) }
    let norm = (first * first + rest).squareRoot()
    // Of the sign that lets nothing cancel.
    let image = first > 0 ? -norm : norm
    let scale = 1 / (first - image)
    for index in 1..<count { x[index] *= scale }
    return ((image - first) / image, image)
  }

  @inline(__always)
  private static func load(_ p: UnsafePointer<Double>) -> SIMD4<Double> {
    UnsafeRawPointer(p).loadUnaligned(as: SIMD4<Double>.self)
  }

  @inline(__always)
  private static func store(_ v: SIMD4<Double>, _ p: UnsafeMutablePointer<Double>) {
    UnsafeMutableRawPointer(p).storeBytes(of: v, as: SIMD4<Double>.self)
  }
}
