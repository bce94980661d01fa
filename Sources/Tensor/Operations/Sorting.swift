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
    var indices = [Int](repeating: 0, count: outer * count * inner)
    withScalars { scalars in
      for row in 0..<outer * inner {
        let (block, column) = (row / inner, row % inner)
        let first = block * size * inner + column
        let order = (0..<size).sorted { a, b in
          let (left, right) = (scalars[first + a * inner], scalars[first + b * inner])
          if isDescending ? left > right : left < right { return true }
          if isDescending ? left < right : left > right { return false }
          // Equal, or one is NaN, which is the largest.
          return left.isNaN == right.isNaN ? a < b : left.isNaN == isDescending
        }
        for place in 0..<count { indices[(block * count + place) * inner + column] = order[place] }
      }
    }
    return (gathered(alongAxis: axis, indices: indices), indices)
  }
}
