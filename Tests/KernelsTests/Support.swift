import Testing

/// The sizes at which loops change: none, around the widths of all instruction sets, and large.
let edgeSizes = [0, 1, 3, 4, 5, 7, 8, 9, 11, 15, 16, 17, 19, 31, 33, 35, 63, 65, 100, 1000]

/// A fixed pseudo-random sequence.
struct Noise {
  var state: UInt64

  mutating func bits() -> UInt64 {
    state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
    return (state ^ state >> 29) &* 0xbf58_476d_1ce4_e5b9
  }

  /// Uniform in [-bound, bound).
  mutating func float(_ bound: Float = 4) -> Float {
    (Float(bits() >> 40) / 8_388_608 - 1) * bound
  }

  mutating func floats(_ n: Int, _ bound: Float = 4) -> [Float] { (0..<n).map { _ in float(bound) } }
}

/// Whether two results are the same number or both NaN.
func same(_ a: Float, _ b: Float) -> Bool { a == b || (a.isNaN && b.isNaN) }

/// The distance of `value` from `exact` in units of the last place of the latter.
func ulps(_ value: Float, _ exact: Double) -> Double {
  let rounded = Float(exact)
  if same(value, rounded) { return value.isFinite ? abs(Double(value) - exact) / Double(rounded.ulp) : 0 }
  guard value.isFinite, rounded.isFinite else {
    // At the edge of overflow the number next to infinity is one unit away.
    let greatest = Float.greatestFiniteMagnitude
    return abs(value) == .infinity && abs(rounded) == greatest || abs(value) == greatest && abs(rounded) == .infinity
      ? 1 : .infinity
  }
  return abs(Double(value) - exact) / Double(rounded.ulp)
}

/// Checks each element against its reference.
func expectClose(_ values: [Float], _ exact: [Double], ulps limit: Double, _ what: String) {
  #expect(values.count == exact.count)
  for (i, (v, e)) in zip(values, exact).enumerated() where ulps(v, e) > limit {
    Issue.record("\(what)[\(i)] is \(v), expected \(e), \(ulps(v, e)) ulp")
    return
  }
}

/// Checks each element against its reference with a tolerance relative to `scale`.
func expectNear(_ values: [Float], _ exact: [Double], tolerance: Double, _ what: String) {
  #expect(values.count == exact.count)
  for (i, (v, e)) in zip(values, exact).enumerated() where !(abs(Double(v) - e) <= tolerance * max(1, abs(e))) {
    Issue.record("\(what)[\(i)] is \(v), expected \(e)")
    return
  }
}
