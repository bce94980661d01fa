import LatentSystem

extension Tensor {
  /// The rows of `bytes` at `indices`, with 0...255 mapped to 0...1.
  ///
  /// - Parameters:
  ///   - bytes: rows of equal length one after the other.
  ///   - indices: which rows to take, in this order.
  ///   - rowShape: the shape of one row.
  /// - Returns: `[indices.count, …rowShape]`.
  /// - Precondition: every row lies within `bytes`.
  package init(bytes: [UInt8], rowsAt indices: [Int], rowShape: Shape) {
    let size = rowShape.scalarCount
    for index in indices {
      require(
        index >= 0 && (index + 1) * size <= bytes.count,
        "Tensor: row \(index) of \(size) bytes lies outside of \(bytes.count) bytes")
    }
    self.init(rowShape.prepending(indices.count)) { output in
      bytes.withUnsafeBufferPointer { source in
        guard let base = source.baseAddress, size > 0 else { return }
        Elementwise.forEachChunk(indices.count, size: Swift.max(1, Elementwise.chunk / size)) { range in
          for row in range {
            kernels.movement.bytesToFloats(base + indices[row] * size, 1 / 255, 0, output + row * size, size)
          }
        }
      }
    }
  }

  /// The scalars as bytes: 0...1 is mapped to 0...255, rounded, and clamped; NaN becomes 0.
  package var bytes: [UInt8] {
    withScalars { scalars in scalars.map { UInt8(Swift.max(0, Swift.min(255, ($0.isNaN ? 0 : $0 * 255).rounded()))) } }
  }
}
