/// Loops over rows of doubles, of which factorizations are made.
enum DoubleVector {
  private typealias Lanes = SIMD8<Double>

  /// The scalar product of two rows, in eight partial sums.
  static func dot(_ a: UnsafePointer<Double>, _ b: UnsafePointer<Double>, _ count: Int) -> Double {
    var sums = Lanes.zero
    var index = 0
    while index + 8 <= count {
      sums += load(a + index) * load(b + index)
      index += 8
    }
    var sum = sums.sum()
    while index < count {
      sum += a[index] * b[index]
      index += 1
    }
    return sum
  }

  /// Adds `factor` times the row `a` to `target`.
  static func add(
    _ a: UnsafePointer<Double>, scaledBy factor: Double, to target: UnsafeMutablePointer<Double>, _ count: Int
  ) {
    var index = 0
    while index + 8 <= count {
      store(load(target + index) + load(a + index) * factor, target + index)
      index += 8
    }
    while index < count {
      target[index] += a[index] * factor
      index += 1
    }
  }

  /// Turns two rows in their plane: `a ← cosine · a + sine · b`, `b ← cosine · b - sine · a`.
  static func rotate(
    _ a: UnsafeMutablePointer<Double>, _ b: UnsafeMutablePointer<Double>, _ count: Int, cosine: Double, sine: Double
  ) {
    var index = 0
    while index + 8 <= count {
      let (x, y) = (load(a + index), load(b + index))
      store(x * cosine + y * sine, a + index)
      store(y * cosine - x * sine, b + index)
      index += 8
    }
    while index < count {
      let (x, y) = (a[index], b[index])
      a[index] = cosine * x + sine * y
      b[index] = cosine * y - sine * x
      index += 1
    }
  }

  /// Multiplies a row by `factor`.
  static func scale(_ a: UnsafeMutablePointer<Double>, by factor: Double, _ count: Int) {
    for index in 0..<count { a[index] *= factor }
  }

  @inline(__always)
  private static func load(_ pointer: UnsafePointer<Double>) -> Lanes {
    UnsafeRawPointer(pointer).loadUnaligned(as: Lanes.self)
  }

  @inline(__always)
  private static func store(_ lanes: Lanes, _ pointer: UnsafeMutablePointer<Double>) {
    UnsafeMutableRawPointer(pointer).storeBytes(of: lanes, as: Lanes.self)
  }
}
