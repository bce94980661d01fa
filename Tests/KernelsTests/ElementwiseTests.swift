import Foundation
import Testing

@testable import Tensor

@Suite struct ElementwiseTests {
  /// Values at kinks and extremes.
  static let special: [Float] = [
    0, -0.0, 1, -1, 2, -2, 3, -3, 0.5, -0.5, 1.5, -1.5, 2.5, .infinity, -.infinity, .nan,
    Float.leastNormalMagnitude / 1000, 3e38, -3e38, 1e5,
    16_777_215, -16_777_216,
  ]

  @Test(arguments: KernelSet.all)
  func unaryAtEdgeSizesInPlaceAndElsewhere(_ kernels: KernelSet) throws {
    var noise = Noise(state: 1)
    for testCase in AccuracyCase.all {
      let kernel = try #require(kernels.unaryByName[testCase.name])
      for n in edgeSizes {
        let x = noise.floats(n)
        let y = guarded(n, x) { kernel($1[0], $0, n) }
        let exact = x.map { testCase.reference(Double($0)) }
        for (y, e) in zip(y, exact) {
          #expect(ulps(y, e) <= testCase.limit(on: kernels, exact: e), "\(testCase.name) of \(n)")
        }
        let inPlace = guarded(n, initial: x) { y, _ in kernel(y, y, n) }
        #expect(zip(y, inPlace).allSatisfy { same($0, $1) }, "\(testCase.name) in place")
      }
    }
  }

  @Test(arguments: KernelSet.all)
  func resultsDoNotDependOnThePlace(_ kernels: KernelSet) {
    let values = Self.special + [0.3, -7.7, 88.9, -90, 1e6, 12345.678]
    for (name, kernel) in kernels.unaryByName {
      for value in values {
        let n = 45
        let x = [Float](repeating: value, count: n)
        let y = guarded(n, x) { kernel($1[0], $0, n) }
        let one = guarded(1, [value]) { kernel($1[0], $0, 1) }
        #expect(y.allSatisfy { $0.bitPattern == one[0].bitPattern || $0.isNaN && one[0].isNaN }, "\(name)(\(value))")
      }
    }
  }

  @Test(arguments: KernelSet.all)
  func specialValues(_ kernels: KernelSet) throws {
    func value(_ name: String, _ x: Float) throws -> Float {
      let kernel = try #require(kernels.unaryByName[name])
      return guarded(1, [x]) { kernel($1[0], $0, 1) }[0]
    }
    #expect(try value("exp", .infinity) == .infinity)
    #expect(try value("exp", -.infinity) == 0)
    #expect(try value("exp", 1000) == .infinity)
    #expect(try value("exp", -100) == Float(Foundation.exp(-100.0)), "a denormal number")
    #expect(try value("log", 0) == -.infinity)
    #expect(try value("log", -1).isNaN)
    #expect(try value("log", .infinity) == .infinity)
    let tiny = Float.leastNonzeroMagnitude * 700
    #expect(try ulps(value("log", tiny), Foundation.log(Double(tiny))) <= 1)
    #expect(try value("log", 1) == 0)
    #expect(try value("tanh", 1000) == 1 && value("tanh", -1000) == -1)
    #expect(try value("tanh", -0.0).sign == .minus)
    #expect(try value("sigmoid", -1000) == 0 && value("sigmoid", 1000) == 1 && value("sigmoid", 0) == 0.5)
    #expect(try value("softplus", 1000) == 1000 && value("softplus", -1000) == 0)
    #expect(try value("erf", 10) == 1 && value("erf", -10) == -1 && value("erf", 0) == 0)
    #expect(try value("sine", .infinity).isNaN && value("cosine", -.infinity).isNaN && value("cosine", 0) == 1)
    #expect(try value("floor", -0.5) == -1 && value("round", 2.5) == 2 && value("round", -0.25).sign == .minus)
    for name in kernels.unaryByName.keys where name != "isFinite" { #expect(try value(name, .nan).isNaN, "\(name)") }
  }

  /// The exponential linear unit with 1.5 and a slope of 1.25 above 0, and its derivative.
  private func elu(_ x: Double) -> (value: Double, slope: Double) {
    x > 0 ? (1.25 * x, 1.25) : (1.5 * Foundation.expm1(x), 1.5 * Foundation.exp(x))
  }

  @Test(arguments: KernelSet.all)
  func parameterised(_ kernels: KernelSet) {
    var noise = Noise(state: 2)
    for n in edgeSizes {
      let a = noise.floats(n)
      let b = Array((noise.floats(n / 2) + Self.special + noise.floats(n)).prefix(n))
      let leaky = guarded(n, a) { kernels.fused.leakyRelu($1[0], 0.2, $0, n) }
      #expect(leaky == a.map { $0 > 0 ? $0 : $0 * 0.2 })
      #expect(guarded(n, a) { kernels.fused.clamp($1[0], -1, 2, $0, n) } == a.map { min(max($0, -1), 2) })
      #expect(guarded(n) { y, _ in kernels.movement.fill(3, y, n) } == [Float](repeating: 3, count: n))
      #expect(guarded(n, a) { kernels.movement.copy($1[0], $0, n) } == a)
      let scaled = guarded(n, a) { kernels.fused.scaleAdd($1[0], 3, 0.1, $0, n) }
      expectNear(scaled, a.map { Double($0) * 3 + Double(Float(0.1)) }, tolerance: 1e-6, "scaleAdd")
      let slope = guarded(n, a, b) { kernels.fused.reluGradient($1[0], $1[1], $0, n) }
      #expect(slope == zip(a, b).map { $1 > 0 ? $0 : 0 })
      let gradient = guarded(n, a, b) { kernels.fused.leakyReluGradient($1[0], $1[1], 0.2, $0, n) }
      #expect(gradient == zip(a, b).map { $1 > 0 ? $0 : 0.2 * $0 })
      for (gradient, slope) in [
        (kernels.fused.tanhGradient, { 1 - $0 * $0 }), (kernels.fused.sigmoidGradient, { $0 * (1 - $0) }),
        (kernels.fused.softplusGradient, { 1 / (1 + Foundation.exp(-$0)) }),
      ] as [(Pair, (Double) -> Double)] {
        let y = noise.floats(n, 1)
        expectNear(
          guarded(n, a, y) { gradient($1[0], $1[1], $0, n) }, zip(a, y).map { Double($0) * slope(Double($1)) },
          tolerance: 1e-6,
          "gradient of an activation")
      }
      let d = noise.floats(n)
      let rectified = guarded(n, d) { kernels.fused.elu($1[0], 1.25, 1.5, $0, n) }
      expectNear(rectified, d.map { elu(Double($0)).value }, tolerance: 1e-6, "elu")
      let eluGradient = guarded(n, a, d) { kernels.fused.eluGradient($1[0], $1[1], 1.25, 1.5, $0, n) }
      let eluSlopes = zip(a, d).map { Double($0) * elu(Double($1)).slope }
      expectNear(eluGradient, eluSlopes, tolerance: 1e-6, "gradient of elu")
      let c = noise.floats(n)
      let added = guarded(n, a, c) { kernels.fused.addScaled($1[0], $1[1], -0.7, $0, n) }
      expectNear(
        added, zip(a, c).map { Double($0) + Double(Float(-0.7)) * Double($1) }, tolerance: 1e-6, "addScaled")
    }
    #expect(guarded(1, [.nan]) { kernels.fused.clamp($1[0], -1, 1, $0, 1) }[0].isNaN)
    #expect(guarded(1, [.nan]) { kernels.fused.leakyRelu($1[0], 0.2, $0, 1) }[0].isNaN)
  }

  @Test(arguments: KernelSet.all)
  func gates(_ kernels: KernelSet) {
    var noise = Noise(state: 4)
    for columns in edgeSizes where columns < 100 {
      for rows in [0, 1, 3] {
        let (x, u) = (noise.floats(2 * rows * columns), noise.floats(rows * columns))
        func halves(_ place: Int) -> (tanh: Double, sigmoid: Double) {
          let start = place / columns * 2 * columns + place % columns
          return (Foundation.tanh(Double(x[start])), 1 / (1 + Foundation.exp(-Double(x[start + columns]))))
        }
        let y = guarded(rows * columns, x) { kernels.fused.gateRows($1[0], $0, rows, columns) }
        expectClose(
          y, u.indices.map { halves($0).tanh * halves($0).sigmoid }, ulps: 5, "a gate of \(rows) × \(columns)")
        let gradient = guarded(2 * rows * columns, u, x) {
          kernels.fused.gateRowsGradient($1[0], $1[1], $0, rows, columns)
        }
        let expected = x.indices.map { place in
          let (row, column) = (place / (2 * columns), place % (2 * columns))
          let own = row * columns + column % columns
          let (t, s) = halves(own)
          return Double(u[own]) * (column < columns ? s * (1 - t * t) : t * s * (1 - s))
        }
        expectNear(gradient, expected, tolerance: 1e-6, "the gradient of a gate")
        let inPlace = guarded(2 * rows * columns, u, initial: x) { y, inputs in
          kernels.fused.gateRowsGradient(inputs[0], y, y, rows, columns)
        }
        #expect(inPlace == gradient)
      }
    }
    #expect(guarded(2, [3, .nan, 1, 1]) { kernels.fused.gateRows($1[0], $0, 1, 2) }[1].isNaN)
  }

  @Test(arguments: KernelSet.all)
  func longShortTermMemory(_ kernels: KernelSet) {
    var noise = Noise(state: 5)
    func sigmoid(_ x: Float) -> Double { 1 / (1 + Foundation.exp(-Double(x))) }
    for columns in edgeSizes where columns < 70 {
      for rows in [0, 1, 3] {
        let n = rows * columns
        let (x, c, u, v) = (noise.floats(4 * n), noise.floats(n), noise.floats(n), noise.floats(n))
        func gate(_ index: Int, _ place: Int) -> Float {
          x[place / columns * 4 * columns + index * columns + place % columns]
        }
        var next = [Float](repeating: 0, count: n)
        let h = guarded(n, x, c) { h, inputs in
          next = guarded(n) { d, _ in kernels.fused.lstmRows(inputs[0], inputs[1], h, d, rows, columns) }
        }
        let states = (0..<n).map {
          sigmoid(gate(1, $0)) * Double(c[$0]) + sigmoid(gate(0, $0)) * Foundation.tanh(Double(gate(2, $0)))
        }
        expectNear(next, states, tolerance: 1e-6, "states of \(rows) × \(columns)")
        expectNear(
          h, (0..<n).map { sigmoid(gate(3, $0)) * Foundation.tanh(states[$0]) }, tolerance: 1e-6, "outputs")
        var atState = [Float](repeating: 0, count: n)
        let atGates = guarded(4 * n, u, v, x, c) { y, inputs in
          atState = guarded(n) { w, _ in
            kernels.fused.lstmRowsGradient(inputs[0], inputs[1], inputs[2], inputs[3], y, w, rows, columns)
          }
        }
        var expected = [Double](repeating: 0, count: 4 * n)
        let slopes = (0..<n).map { place in
          let (i, f, g, o) = (
            sigmoid(gate(0, place)), sigmoid(gate(1, place)), Foundation.tanh(Double(gate(2, place))),
            sigmoid(gate(3, place))
          )
          let t = Foundation.tanh(states[place])
          let slope = Double(v[place]) + Double(u[place]) * o * (1 - t * t)
          let start = place / columns * 4 * columns + place % columns
          expected[start] = slope * g * i * (1 - i)
          expected[start + columns] = slope * Double(c[place]) * f * (1 - f)
          expected[start + 2 * columns] = slope * i * (1 - g * g)
          expected[start + 3 * columns] = Double(u[place]) * t * o * (1 - o)
          return slope * f
        }
        expectNear(atGates, expected, tolerance: 2e-6, "gradients at gates")
        expectNear(atState, slopes, tolerance: 2e-6, "gradients at states")
      }
    }
  }

  /// The part of `x` that a kernel may read with these strides and extents, up to the last element.
  private func used(_ x: [Float], _ innerStride: Int, _ outerStride: Int, _ inner: Int, _ outer: Int) -> [Float] {
    inner == 0 || outer == 0 ? [] : Array(x[...((outer - 1) * outerStride + (inner - 1) * innerStride)])
  }

  static let binaryReferences: [String: @Sendable (Float, Float) -> Double] = [
    "add": { Double($0 + $1) }, "subtract": { Double($0 - $1) }, "multiply": { Double($0 * $1) },
    "divide": { Double($0 / $1) }, "maximum": { $0.isNaN || $1.isNaN ? .nan : Double(max($0, $1)) },
    "minimum": { $0.isNaN || $1.isNaN ? .nan : Double(min($0, $1)) },
    "power": { Foundation.pow(Double($0), Double($1)) }, "equal": { $0 == $1 ? 1 : 0 },
    "notEqual": { $0 != $1 ? 1 : 0 }, "less": { $0 < $1 ? 1 : 0 }, "lessOrEqual": { $0 <= $1 ? 1 : 0 },
    "greater": { $0 > $1 ? 1 : 0 }, "greaterOrEqual": { $0 >= $1 ? 1 : 0 },
    "arcTangent": { Foundation.atan2(Double($0), Double($1)) },
  ]

  /// How far a kernel of two inputs may be from its reference, in units of the last place.
  private static func limit(_ name: String) -> Double { name == "arcTangent" ? 2 : 0.51 }

  @Test(arguments: KernelSet.all)
  func binaryWithAllStrides(_ kernels: KernelSet) throws {
    var noise = Noise(state: 3)
    let a = noise.floats(9000).map { ($0 * 2).rounded() / 2 }
    let b = noise.floats(9000).map { ($0 * 2).rounded() / 2 }
    #expect(Set(kernels.binaryByName.keys) == Set(Self.binaryReferences.keys))
    for (name, reference) in Self.binaryReferences {
      let kernel = try #require(kernels.binaryByName[name])
      for (outer, inner) in [(1, 0), (0, 3), (3, 1), (1, 8), (3, 17), (2, 35), (20, 1), (4, 100)] {
        for (aInner, aOuter, bInner, bOuter) in [
          (1, inner, 1, inner), (1, inner + 3, 1, 0), (1, inner, 0, 1), (0, 1, 1, inner), (0, 5, 0, 0),
          (0, 0, 1, inner),
          (1, 0, 0, 0), (0, 1, 0, 1), (1, 1, 0, 1),
        ] {
          let (u, v) = (used(a, aInner, aOuter, inner, outer), used(b, bInner, bOuter, inner, outer))
          let y = guarded(outer * inner, u, v) {
            kernel($1[0], aInner, aOuter, $1[1], bInner, bOuter, $0, inner, outer)
          }
          let exact = (0..<outer * inner).map { k in
            let (o, i) = (k / max(inner, 1), k % max(inner, 1))
            return reference(a[o * aOuter + i * aInner], b[o * bOuter + i * bInner])
          }
          expectClose(
            y, exact, ulps: Self.limit(name), "\(name) \(outer)×\(inner) \(aInner),\(aOuter),\(bInner),\(bOuter)")
        }
      }
    }
  }

  @Test(arguments: KernelSet.all)
  func binarySpecialValues(_ kernels: KernelSet) throws {
    let count = Self.special.count
    let a = Self.special.flatMap { [Float](repeating: $0, count: count) }
    let b = [[Float]](repeating: Self.special, count: count).flatMap { $0 }
    for (name, reference) in Self.binaryReferences {
      let kernel = try #require(kernels.binaryByName[name])
      let y = guarded(a.count, a, b) { kernel($1[0], 1, a.count, $1[1], 1, a.count, $0, a.count, 1) }
      for k in a.indices {
        let exact = reference(a[k], b[k])
        #expect(ulps(y[k], exact) <= Self.limit(name), "\(name)(\(a[k]), \(b[k])) = \(y[k]), expected \(exact)")
        if name == "power", y[k] == 0 {
          #expect(y[k].sign == Float(exact).sign, "pow(\(a[k]), \(b[k]))")
        }
      }
    }
  }

  @Test(arguments: KernelSet.all)
  func powerIsAccurate(_ kernels: KernelSet) throws {
    let kernel = try #require(kernels.binaryByName["power"])
    var noise = Noise(state: 4)
    let n = 200_000
    let a = (0..<n).map { _ in abs(Float(Foundation.exp(Double(noise.float(20))))) }
    let b = noise.floats(n, 6)
    let y = guarded(n, a, b) { kernel($1[0], 1, n, $1[1], 1, n, $0, n, 1) }
    expectClose(y, zip(a, b).map { Foundation.pow(Double($0), Double($1)) }, ulps: 0.51, "power")
  }

  @Test(arguments: KernelSet.all)
  func selection(_ kernels: KernelSet) {
    var noise = Noise(state: 5)
    let (m, a, b) = (noise.floats(4000).map { $0 > 0 ? $0 : 0 }, noise.floats(4000), noise.floats(4000))
    for (outer, inner) in [(1, 0), (2, 5), (3, 17), (1, 100)] {
      for (mInner, aInner, bInner) in [(1, 1, 1), (0, 1, 1), (1, 0, 1), (1, 1, 0), (0, 0, 0)] {
        let y = guarded(
          outer * inner, used(m, mInner, 3, inner, outer), used(a, aInner, inner, inner, outer),
          used(b, bInner, 2, inner, outer)
        ) {
          kernels.fused.select($1[0], mInner, 3, $1[1], aInner, inner, $1[2], bInner, 2, $0, inner, outer)
        }
        let exact = (0..<outer * inner).map { k in
          let (o, i) = (k / max(inner, 1), k % max(inner, 1))
          return m[o * 3 + i * mInner] != 0 ? a[o * inner + i * aInner] : b[o * 2 + i * bInner]
        }
        #expect(y == exact)
      }
    }
  }
}
