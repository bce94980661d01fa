/// As much of a tensor as the reader of checkpoints needs, so that the fuzzers do without the kernels.
public struct Tensor {
  let shape: Shape
  private(set) var scalars: [Float]

  static func zeros(_ shape: Shape) -> Tensor {
    Tensor(shape: shape, scalars: [Float](repeating: 0, count: shape.scalarCount))
  }

  func withScalars<R>(_ body: (UnsafeBufferPointer<Float>) throws -> R) rethrows -> R {
    try scalars.withUnsafeBufferPointer(body)
  }

  mutating func withMutableScalars<R>(_ body: (UnsafeMutableBufferPointer<Float>) throws -> R) rethrows -> R {
    try scalars.withUnsafeMutableBufferPointer { try body($0) }
  }
}
