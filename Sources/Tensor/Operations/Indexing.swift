import LatentSystem

// MARK: - Gathering

extension Tensor {
  /// The slices at `indices` along `axis`, in that order; an index may come up several times.
  /// - Returns: this shape with the size along `axis` replaced by `indices.count`.
  /// - Precondition: every index lies within the axis.
  public func gathered(at indices: [Int], axis: Int = 0) -> Tensor {
    let axis = shape.resolved(axis, "gathered")
    let size = shape.sizes[axis]
    checkIndices(indices, size, "gathered")
    let outer = shape.sizes[..<axis].reduce(1, *)
    let inner = shape.sizes[(axis + 1)...].reduce(1, *)
    let rows = outer == 1 ? indices : (0..<outer).flatMap { o in indices.map { o * size + $0 } }
    return reshaped(to: [outer * size, inner]).gatheredRows(rows)
      .reshaped(to: shape.replacing(axis, with: indices.count))
  }

  /// For each position the scalar whose index along `axis` is given.
  /// - Parameter indices: in row-major order of the result, whose shape is this one with another size along `axis`.
  /// - Precondition: `indices.count` is a multiple of the number of scalars at one place of the axis; every index lies
  ///   within the axis.
  public func gathered(alongAxis axis: Int, indices: [Int]) -> Tensor {
    let axis = shape.resolved(axis, "gathered")
    let (rows, resultShape) = flatIndices(indices, axis: axis, size: shape.sizes[axis], "gathered")
    return reshaped(to: [scalarCount, 1]).gatheredRows(rows).reshaped(to: resultShape)
  }

  /// The transpose of ``gathered(alongAxis:indices:)``: each scalar is added at its index along `axis`, which gets size
  /// `count`. Indices that come up several times add up, in order.
  /// - Precondition: one index a scalar, each within `0..<count`.
  public func scatterAdded(alongAxis axis: Int, indices: [Int], count: Int) -> Tensor {
    let axis = shape.resolved(axis, "scatterAdded")
    require(
      indices.count == scalarCount,
      "scatterAdded: \(indices.count) indices for shape \(shape), which has \(scalarCount)")
    let target = shape.replacing(axis, with: count)
    let (rows, _) = Tensor.zeros(target).flatIndices(indices, axis: axis, size: count, "scatterAdded")
    return reshaped(to: [scalarCount, 1]).scatteredRows(rows, count: target.scalarCount).reshaped(to: target)
  }

  /// The transpose of ``gathered(at:axis:)`` along the first axis: the slices of this tensor are added to `count` slices of zeros,
  /// each at its index.
  /// - Precondition: one index for each slice, each within `0..<count`.
  public func scatterAdded(at indices: [Int], count: Int) -> Tensor {
    require(
      rank >= 1 && indices.count == shape.sizes[0],
      "scatterAdded: \(indices.count) indices for the first axis of shape \(shape)")
    checkIndices(indices, count, "scatterAdded")
    return flattened().scatteredRows(indices, count: count).reshaped(to: shape.replacing(0, with: count))
  }

  private func checkIndices(_ indices: [Int], _ size: Int, _ operation: StaticString) {
    for index in indices {
      require(index >= 0 && index < size, "\(operation): index \(index) lies outside of 0..<\(size) for shape \(shape)")
    }
  }

  /// Places among all scalars of this shape for indices along `axis`.
  private func flatIndices(
    _ indices: [Int], axis: Int, size: Int, _ operation: StaticString
  ) -> (places: [Int], shape: Shape) {
    let perPlace = shape.replacing(axis, with: 1).scalarCount
    require(
      perPlace > 0 ? indices.count % perPlace == 0 : indices.isEmpty,
      "\(operation): \(indices.count) indices are no multiple of the \(perPlace) that axis \(axis) of shape \(shape) needs"
    )
    checkIndices(indices, size, operation)
    let result = shape.replacing(axis, with: perPlace > 0 ? indices.count / perPlace : 1)
    let inner = shape.sizes[(axis + 1)...].reduce(1, *)
    let resultSize = result.sizes[axis]
    let places = indices.enumerated().map { position, index in
      let outer = position / (inner * resultSize)
      return (outer * size + index) * inner + position % inner
    }
    return (places, result)
  }

  /// `[rows, size]` → `[indices.count, size]`.
  private func gatheredRows(_ indices: [Int]) -> Tensor {
    let (count, size) = (shape.sizes[0], shape.sizes[1])
    let result = Tensor([indices.count, size]) { output in
      indices.withUnsafeBufferPointer { buffer in
        guard let base = buffer.baseAddress else { return }
        Elementwise.forEachChunk(buffer.count, size: Swift.max(1, Elementwise.chunk / Swift.max(1, size))) { range in
          let start = range.lowerBound
          kernels.movement.gatherRows(pointer, base + start, range.count, size, output + start * size)
        }
      }
    }
    return recordUnary("gathered", result) { u, _ in u.scatteredRows(indices, count: count) }
  }

  /// `[indices.count, size]` → `[count, size]`.
  private func scatteredRows(_ indices: [Int], count: Int) -> Tensor {
    var result = Tensor.zeros([count, shape.sizes[1]])
    result.withMutableScalars { scalars in
      indices.withUnsafeBufferPointer { buffer in
        guard let base = buffer.baseAddress, let target = scalars.baseAddress else { return }
        kernels.movement.scatterAddRows(pointer, base, buffer.count, shape.sizes[1], target)
      }
    }
    return recordUnary("scatterAdded", result) { u, _ in u.gatheredRows(indices) }
  }
}

// MARK: - Along an axis

extension Tensor {
  /// The running sum along `axis`; from the end if `isReversed`.
  public func cumulativeSum(axis: Int = -1, isReversed: Bool = false) -> Tensor {
    let axis = shape.resolved(axis, "cumulativeSum")
    let outer = shape.sizes[..<axis].reduce(1, *)
    let inner = shape.sizes[(axis + 1)...].reduce(1, *)
    let size = shape.sizes[axis] * inner
    let result = Tensor(shape) { output in
      Elementwise.forEachChunk(outer, size: Swift.max(8, Elementwise.chunk / Swift.max(1, size)), unit: 8) { range in
        let start = range.lowerBound * size
        kernels.movement.cumulativeSumMiddle(
          pointer + start, output + start, range.count, shape.sizes[axis], inner, isReversed)
      }
    }
    return recordUnary("cumulativeSum", result) { u, _ in u.cumulativeSum(axis: axis, isReversed: !isReversed) }
  }
}
