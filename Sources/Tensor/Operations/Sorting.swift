import LatentSystem

// Order by value. Values are gathered at the indices, so gradients flow back to where each came from; the indices are
// plain numbers and have no derivative.

extension Tensor {
  /// The scalars along `axis` in ascending order, and where they were.
  ///
  /// Equal scalars keep their order. NaN counts as larger than everything.
  /// - Parameter isDescending: whether the largest come first; equal scalars keep their order then too.
  /// - Returns: the values in this shape, and the index along `axis` of each, in row-major order: what
  ///   ``gathered(alongAxis:indices:)`` takes.
  public func sorted(axis: Int = -1, isDescending: Bool = false) -> (values: Tensor, indices: [Int]) {
    let axis = shape.resolved(axis, "sorted")
    return ordered(axis, count: shape.sizes[axis], isDescending)
  }

  /// The `count` largest scalars along `axis`, the largest first, and where they were; of equal ones the first.
  ///
  /// NaN counts as larger than everything.
  /// - Returns: the values, with `count` scalars along `axis`, and the index along `axis` of each, in row-major order:
  ///   what ``gathered(alongAxis:indices:)`` takes.
  /// - Precondition: `count` lies in `0...` the size of the axis.
  public func topK(_ count: Int, axis: Int = -1) -> (values: Tensor, indices: [Int]) {
    let axis = shape.resolved(axis, "topK")
    require(
      count >= 0 && count <= shape.sizes[axis],
      "topK: \(count) scalars of the \(shape.sizes[axis]) along axis \(axis) of shape \(shape)")
    return ordered(axis, count: count, true)
  }

  private func ordered(_ axis: Int, count: Int, _ isDescending: Bool) -> (values: Tensor, indices: [Int]) {
    let size = shape.sizes[axis]
    let inner = shape.sizes[(axis + 1)...].reduce(1, *)
    let outer = shape.sizes[..<axis].reduce(1, *)
    guard outer * inner * count > 0 else { return (.zeros(shape.replacing(axis, with: count)), []) }
    let order = RowOrder(isDescending: isDescending, count: count)
    var indices = [Int](repeating: 0, count: outer * count * inner)
    indices.withUnsafeMutableBufferPointer { buffer in
      guard let indices = buffer.baseAddress else { return }
      Elementwise.forEachChunk(outer * inner, size: Swift.max(1, Elementwise.chunk / 8 / size)) { rows in
        withUnsafeTemporaryAllocation(of: UInt64.self, capacity: order.keyCount(size)) { keys in
          for row in rows {
            let (block, column) = (row / inner, row % inner)
            let target = indices + (block * count * inner + column)
            order.run(pointer + (block * size * inner + column), stride: inner, size: size, keys) {
              target[$0 * inner] = $1
            }
          }
        }
      }
    }
    return (gathered(alongAxis: axis, indices: indices), indices)
  }
}
