import Foundation
import Testing

/// A function, its reference in double precision, and how far they may be apart.
struct AccuracyCase: Sendable, CustomTestStringConvertible {
  var name: String
  var limit: Double
  var reference: @Sendable (Double) -> Double
  var testDescription: String { name }

  static let all: [AccuracyCase] = [
    .init(name: "exp", limit: 1.5) { Foundation.exp($0) },
    .init(name: "log", limit: 1.5) { $0 < 0 ? .nan : Foundation.log($0) },
    .init(name: "tanh", limit: 1.5) { Foundation.tanh($0) },
    .init(name: "sigmoid", limit: 1.75) { 1 / (1 + Foundation.exp(-$0)) },
    .init(name: "softplus", limit: 1.75) { max($0, 0) + log1p(Foundation.exp(-abs($0))) + ($0.isNaN ? .nan : 0) },
    .init(name: "erf", limit: 1.5) { Foundation.erf($0) },
    .init(name: "sine", limit: 1.6) { Foundation.sin($0) },
    .init(name: "cosine", limit: 1.6) { Foundation.cos($0) },
    .init(name: "squareRoot", limit: 0.5) { $0.squareRoot() },
    .init(name: "reciprocalSquareRoot", limit: 1.5) { 1 / $0.squareRoot() },
    .init(name: "square", limit: 0.5) { $0 * $0 },
    .init(name: "absolute", limit: 0) { abs($0) },
    .init(name: "sign", limit: 0) { $0 > 0 ? 1 : $0 < 0 ? -1 : $0 },
    .init(name: "floor", limit: 0) { $0.rounded(.down) },
    .init(name: "round", limit: 0) { $0.rounded(.toNearestOrEven) },
    .init(name: "relu", limit: 0) { $0 <= 0 ? 0 : $0 },
    .init(name: "isFinite", limit: 0) { $0.isFinite ? 1 : 0 },
  ]
}

@Suite struct AccuracyTests {
  /// Every 4,093rd bit pattern: all signs, exponents, infinities and NaN. More densely where it matters most.
  static let samples: [Float] = {
    var x: [Float] = []
    var pattern: UInt32 = 0
    let step: UInt32 = 4093
    while pattern <= UInt32.max - step {
      x.append(Float(bitPattern: pattern))
      pattern += step
    }
    x += [.infinity, -.infinity, .nan, 0, -0.0, 1, -1, .leastNonzeroMagnitude, .leastNormalMagnitude, 1000, -1000]
    for i in 0..<200_000 { x.append((Float(i) / 100_000 - 1) * 20) }
    return x
  }()

  @Test(arguments: KernelSet.all, AccuracyCase.all)
  func unary(_ kernels: KernelSet, _ testCase: AccuracyCase) throws {
    let kernel = try #require(kernels.unary[testCase.name])
    let x = Self.samples
    var y = [Float](repeating: 0, count: x.count)
    kernel(x, &y, x.count)
    var (worst, place) = (0.0, Float(0))
    for (x, y) in zip(x, y) {
      let error = ulps(y, testCase.reference(Double(x)))
      if error > worst { (worst, place) = (error, x) }
    }
    #expect(worst <= testCase.limit, "\(testCase.name)(\(place))")
  }
}
