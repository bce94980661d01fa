// Products of many scalars, as trees of ordinary multiplications: no division, so the derivatives hold where scalars
// are 0 too, to any order.

extension Tensor {
  /// The product over `axes`, or over all; of no scalars it is 1.
  ///
  /// Multiplied by a binary tree that depends on the shape alone.
  /// - Parameter keepingDimensions: whether the axes stay, with size 1.
  public func product(axes: [Int]? = nil, keepingDimensions: Bool = false) -> Tensor {
    let axes = resolved(axes, "product")
    var result = self
    for run in Reduction.runs(of: axes, in: shape) { result = result.multipliedTogether(run) }
    return result.reshaped(to: shape.reduced(axes, keepingDimensions: keepingDimensions))
  }

  /// The product over neighbouring axes, which become 1.
  private func multipliedTogether(_ run: Range<Int>) -> Tensor {
    let extent = Reduction.Extent(shape, run)
    var sizes = shape.sizes
    for axis in run { sizes[axis] = 1 }
    guard extent.reduced > 0 else { return .ones(Shape(sizes)) }
    var factors = reshaped(to: [extent.outer, extent.reduced, extent.inner])
    while factors.shape[1] > 1 {
      // The first half times the second; of an odd number, the one in the middle waits.
      let (count, half) = (factors.shape[1], factors.shape[1] / 2)
      let parts = factors.split(counts: count % 2 == 0 ? [half, half] : [half, 1, half], axis: 1)
      let products = parts[0] * parts[parts.count - 1]
      factors = parts.count == 2 ? products : .concatenated([products, parts[1]], axis: 1)
    }
    return factors.reshaped(to: Shape(sizes))
  }

  /// The running product along `axis`; from the end if `isReversed`.
  ///
  /// Made in `log₂ n` steps of whole tensors, each of which multiplies by what lies twice as far behind.
  public func cumulativeProduct(axis: Int = -1, isReversed: Bool = false) -> Tensor {
    let axis = shape.resolved(axis, "cumulativeProduct")
    let size = shape.sizes[axis]
    let none = Array(repeating: 0, count: rank)
    var (result, distance) = (self, 1)
    while distance < size {
      var (bounds, margin) = (shape.sizes.map { 0..<$0 }, none)
      bounds[axis] = isReversed ? distance..<size : 0..<size - distance
      margin[axis] = distance
      let behind = result.sliced(bounds)
      result =
        result
        * (isReversed
          ? behind.padded(before: none, after: margin, with: 1) : behind.padded(before: margin, after: none, with: 1))
      distance *= 2
    }
    return result
  }
}
