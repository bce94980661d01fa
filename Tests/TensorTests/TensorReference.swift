import Testing

@testable import Tensor

/// A fixed pseudo-random sequence, independent of the library's own generator.
struct TestNoise {
  private var state: UInt64

  init(_ seed: UInt64) { state = seed &* 0x9E37_79B9_7F4A_7C15 | 1 }

  mutating func bits() -> UInt64 {
    state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
    return ((state ^ state >> 29) &* 0xBF58_476D_1CE4_E5B9) >> 16
  }

  /// Uniform in `range`.
  mutating func float(_ range: ClosedRange<Float> = -2...2) -> Float {
    range.lowerBound + Float(bits() >> 24) / 16_777_216 * (range.upperBound - range.lowerBound)
  }

  /// Uniform in `0..<bound`.
  mutating func int(_ bound: Int) -> Int { Int(bits() % UInt64(bound)) }

  mutating func tensor(_ shape: Tensor.Shape, in range: ClosedRange<Float> = -2...2) -> Tensor {
    Tensor((0..<shape.scalarCount).map { _ in float(range) }, shape: shape)
  }

  /// Whole numbers from -bound to bound: sums and products of a few of them are exact.
  mutating func integers(_ shape: Tensor.Shape, bound: Int = 3) -> Tensor {
    Tensor((0..<shape.scalarCount).map { _ in Float(int(2 * bound + 1) - bound) }, shape: shape)
  }
}

/// An array of doubles with a shape, slow and obvious: what the tensor operations are compared with.
struct Reference {
  let sizes: [Int]
  private(set) var values: [Double]

  init(_ tensor: Tensor) {
    sizes = tensor.shape.sizes
    values = tensor.scalars.map(Double.init)
  }

  /// The values that `value` gives for each multi-index.
  init(_ sizes: [Int], _ value: ([Int]) -> Double) {
    self.sizes = sizes
    values = Self.indices(sizes).map(value)
  }

  /// All multi-indices in row-major order.
  static func indices(_ sizes: [Int]) -> [[Int]] {
    sizes.reduce([[]]) { prefixes, size in prefixes.flatMap { prefix in (0..<size).map { prefix + [$0] } } }
  }

  private func place(_ index: [Int]) -> Int { zip(index, sizes).reduce(0) { $0 * $1.1 + $1.0 } }

  subscript(index: [Int]) -> Double {
    get { values[place(index)] }
    set { values[place(index)] = newValue }
  }

  /// The value at an index of a shape that this one broadcasts to.
  func broadcastValue(at index: [Int]) -> Double {
    self[zip(index.suffix(sizes.count), sizes).map { $1 == 1 ? 0 : $0 }]
  }
}

/// Expects the same shape, and values that differ by at most `tolerance` times the reference's magnitude (at least 1).
/// NaN equals NaN.
func expectSame(
  _ tensor: Tensor, _ reference: Reference, tolerance: Double = 0, _ what: @autoclosure () -> String = "",
  sourceLocation: SourceLocation = #_sourceLocation
) {
  guard tensor.shape.sizes == reference.sizes else {
    Issue.record("\(what()): shape \(tensor.shape), expected \(reference.sizes)", sourceLocation: sourceLocation)
    return
  }
  for (place, (value, expected)) in zip(tensor.scalars, reference.values).enumerated() {
    let isSame =
      Double(value) == expected || (value.isNaN && expected.isNaN)
      || abs(Double(value) - expected) <= tolerance * max(1, abs(expected))
    if !isSame {
      Issue.record("\(what()): scalar \(place) is \(value), expected \(expected)", sourceLocation: sourceLocation)
      return
    }
  }
}

/// The bits of all scalars: what must not depend on threads or time.
func bitPatterns(_ tensor: Tensor) -> [UInt32] { tensor.scalars.map(\.bitPattern) }

/// A function with its name, for tables of test arguments.
struct NamedFunction: Sendable, CustomTestStringConvertible {
  let testDescription: String
  let function: @Sendable (Tensor) -> Tensor

  init(_ name: String, _ function: @escaping @Sendable (Tensor) -> Tensor) {
    testDescription = name
    self.function = function
  }

  func callAsFunction(_ x: Tensor) -> Tensor { function(x) }
}
