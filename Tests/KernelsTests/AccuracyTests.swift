import Foundation
import Testing

@testable import Tensor

/// A function, its reference in double precision, and how far they may be apart, in units of the last place.
struct AccuracyCase: Sendable, CustomTestStringConvertible {
  let name: String
  /// What `ElementwiseUnary.swift` states.
  let limit: Double
  /// The same for a set without fused multiply-add, where that is stated.
  let unfusedLimit: Double
  /// Where the exact result is not a normal number; nil where the statement holds there too.
  let denormalLimit: Double?
  let reference: @Sendable (Double) -> Double
  var testDescription: String { name }

  init(
    _ name: String, _ limit: Double, unfused: Double? = nil, denormal: Double? = nil,
    _ reference: @escaping @Sendable (Double) -> Double
  ) {
    self.name = name
    self.limit = limit
    unfusedLimit = unfused ?? limit
    denormalLimit = denormal
    self.reference = reference
  }

  static let all: [AccuracyCase] = [
    AccuracyCase("exp", 0.99) { Foundation.exp($0) },
    AccuracyCase("log", 0.79) { $0 < 0 ? .nan : Foundation.log($0) },
    AccuracyCase("tanh", 1.31) { Foundation.tanh($0) },
    AccuracyCase("sigmoid", 1.56, unfused: 1.74) { 1 / (1 + Foundation.exp(-$0)) },
    AccuracyCase("softplus", 1.54) { max($0, 0) + log1p(Foundation.exp(-abs($0))) + ($0.isNaN ? .nan : 0) },
    AccuracyCase("erf", 1.06, unfused: 1.21) { Foundation.erf($0) },
    AccuracyCase("sine", 1.57) { Foundation.sin($0) },
    AccuracyCase("cosine", 1.56) { Foundation.cos($0) },
    AccuracyCase("squareRoot", 0.5) { $0.squareRoot() },
    AccuracyCase("reciprocalSquareRoot", 1.5) { 1 / $0.squareRoot() },
    AccuracyCase("square", 0.5) { $0 * $0 },
    AccuracyCase("absolute", 0) { abs($0) },
    AccuracyCase("sign", 0) { $0 > 0 ? 1 : $0 < 0 ? -1 : $0 },
    AccuracyCase("floor", 0) { $0.rounded(.down) },
    AccuracyCase("round", 0) { $0.rounded(.toNearestOrEven) },
    AccuracyCase("relu", 0) { $0 <= 0 ? 0 : $0 },
    AccuracyCase("ceiling", 0) { $0.rounded(.up) },
    AccuracyCase("expMinusOne", 1.5) { Foundation.expm1($0) },
    AccuracyCase("logOnePlus", 1.5) { $0 < -1 ? .nan : Foundation.log1p($0) },
    AccuracyCase("tangent", 3.6) { Foundation.tan($0) },
    AccuracyCase("isFinite", 0) { $0.isFinite ? 1 : 0 },
  ]

  static let byName = Dictionary(uniqueKeysWithValues: all.map { ($0.name, $0) })

  /// How far a result may be from the exact one.
  func limit(on kernels: KernelSet, exact: Double) -> Double {
    if let denormalLimit, abs(exact) < Double(Float.leastNormalMagnitude) { return denormalLimit }
    #if arch(x86_64)
      return kernels.instructionSet == .baseline ? unfusedLimit : limit
    #else
      return limit
    #endif
  }
}

@Suite struct AccuracyTests {
  @Test("Every kernel of one input has a case here", arguments: KernelSet.all)
  func complete(_ kernels: KernelSet) {
    #expect(Set(kernels.unaryByName.keys) == Set(AccuracyCase.byName.keys))
  }

  /// Every 4,093rd bit pattern: all signs, exponents, infinities and NaN. More densely where it matters most.
  static let samples: [Float] =
    patterns(step: 4093) + [
      .infinity, -.infinity, .nan, 0, -0.0, 1, -1, .leastNonzeroMagnitude, .leastNormalMagnitude, 1000, -1000,
    ] + (0..<200_000).map { (Float($0) / 100_000 - 1) * 20 }

  static func patterns(step: UInt32, _ range: ClosedRange<UInt32> = 0...UInt32.max) -> [Float] {
    stride(from: UInt64(range.lowerBound), through: UInt64(range.upperBound), by: Int(step))
      .map { Float(bitPattern: UInt32($0)) }
  }

  @Test("What the comments state, on a million numbers", arguments: KernelSet.all, AccuracyCase.all)
  func unary(_ kernels: KernelSet, _ testCase: AccuracyCase) throws {
    try check(kernels, testCase, Self.samples)
  }

  /// The numbers on which the statements were measured.
  @Test(
    "What the comments state, on every 257th bit pattern",
    .enabled(if: ProcessInfo.processInfo.environment["LATENT_SLOW_TESTS"] != nil),
    arguments: KernelSet.all, AccuracyCase.all)
  func everyPattern(_ kernels: KernelSet, _ testCase: AccuracyCase) throws {
    // In parts: so many numbers at a time fit in a cache.
    let part: UInt32 = 257 << 16
    for start in stride(from: UInt32(0), to: UInt32.max - part, by: Int(part)) {
      try check(kernels, testCase, Self.patterns(step: 257, start...start + part - 1))
    }
  }

  private func check(_ kernels: KernelSet, _ testCase: AccuracyCase, _ x: [Float]) throws {
    let kernel = try #require(kernels.unaryByName[testCase.name])
    let y = guarded(x.count, x) { kernel($1[0], $0, x.count) }
    var (worst, place, excess) = (0.0, Float(0), 0.0)
    for (x, y) in zip(x, y) {
      let exact = testCase.reference(Double(x))
      let error = ulps(y, exact)
      let over = error - testCase.limit(on: kernels, exact: exact)
      if over > excess { (worst, place, excess) = (error, x, over) }
    }
    #expect(excess <= 0, "\(testCase.name)(\(place)) is wrong by \(worst) ulp")
  }

  @Test("The angle of points in all directions and at all distances, and C's special cases", arguments: KernelSet.all)
  func arcTangent(_ kernels: KernelSet) {
    let special: [Float] = [
      0, -0.0, 1, -1, .infinity, -.infinity, .nan, .leastNonzeroMagnitude, .greatestFiniteMagnitude, -1e-30, 1e30,
    ]
    var noise = Noise(state: 12)
    var a = special.flatMap { Array(repeating: $0, count: special.count) }
    var b = special.flatMap { _ in special }
    for _ in 0..<200_000 {
      a.append(noise.float(1))
      b.append(noise.float(1))
      a.append(Foundation.exp(noise.float(80)) * (noise.bits() >> 40 & 1 == 0 ? 1 : -1))
      b.append(Foundation.exp(noise.float(80)) * (noise.bits() >> 40 & 1 == 0 ? 1 : -1))
    }
    let count = a.count
    let y = guarded(count, a, b) { kernels.binary.arcTangent($1[0], 1, 0, $1[1], 1, 0, $0, count, 1) }
    // Angles below the smallest normal number are left to the denormal numbers' own precision.
    var (worst, place) = (0.0, 0)
    for i in a.indices {
      let exact = atan2(Double(a[i]), Double(b[i]))
      #expect(y[i].isNaN || y[i].sign == (exact.sign), "\(a[i]), \(b[i])")
      let error =
        abs(exact) < Double(Float.leastNormalMagnitude)
        ? abs(Double(y[i]) - exact) / Double(Float.leastNonzeroMagnitude) : ulps(y[i], exact)
      if error > worst { (worst, place) = (error, i) }
    }
    #expect(worst <= 2, "atan2(\(a[place]), \(b[place]))")
  }
}
