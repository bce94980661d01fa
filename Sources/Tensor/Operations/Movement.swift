import LatentSystem

// Operations that move scalars without computing anything. Each one's derivative is another of them, or a sum.

// MARK: - Shape

extension Tensor {
  /// The same storage seen in another shape, as a constant.
  func withShape(_ shape: Shape) -> Tensor { Tensor(storage: storage, shape: shape) }

  /// The same scalars in row-major order, in another shape. Nothing is copied.
  /// - Precondition: the number of scalars stays the same.
  public func reshaped(to shape: Shape) -> Tensor {
    if shape == self.shape { return self }
    require(
      shape.scalarCount == scalarCount,
      "reshaped: shape \(self.shape) has \(scalarCount) scalars, shape \(shape) has \(shape.scalarCount)")
    let original = self.shape
    return recordUnary("reshaped", withShape(shape)) { u, _ in u.reshaped(to: original) }
  }

  /// The same scalars in row-major order, in another shape, one size of which is -1 and worked out from the others:
  /// `x.reshaped(inferring: [-1, 28, 28, 1])`. Nothing is copied.
  /// - Precondition: one size at most is -1; the other sizes divide the number of scalars.
  public func reshaped(inferring sizes: [Int]) -> Tensor {
    guard let unknown = sizes.firstIndex(of: -1) else { return reshaped(to: Shape(sizes)) }
    var known = sizes
    known[unknown] = 1
    let count = Shape(known).scalarCount
    require(
      count > 0 && scalarCount % count == 0,
      "reshaped: \(scalarCount) scalars of shape \(shape) cannot be arranged as \(sizes)")
    known[unknown] = scalarCount / count
    return reshaped(to: Shape(known))
  }

  /// All axes but the first joined into one: `[N, …]` becomes `[N, M]`.
  /// - Precondition: `rank >= 1`.
  public func flattened() -> Tensor {
    require(rank >= 1, "flattened: a scalar has no first axis")
    return reshaped(to: [shape.sizes[0], shape.sizes.dropFirst().reduce(1, *)])
  }

  /// An additional axis of size 1 before `axis`; -1 adds it at the end.
  public func expanded(axis: Int) -> Tensor {
    require(axis >= -rank - 1 && axis <= rank, "expanded: axis \(axis) is out of range for shape \(shape)")
    var sizes = shape.sizes
    sizes.insert(1, at: axis < 0 ? axis + rank + 1 : axis)
    return reshaped(to: Shape(sizes))
  }

  /// Without `axis`.
  /// - Precondition: its size is 1.
  public func squeezed(axis: Int) -> Tensor {
    let axis = shape.resolved(axis, "squeezed")
    require(shape.sizes[axis] == 1, "squeezed: axis \(axis) of shape \(shape) has size \(shape.sizes[axis]), not 1")
    var sizes = shape.sizes
    sizes.remove(at: axis)
    return reshaped(to: Shape(sizes))
  }

  /// Repeated along the axes where this tensor has size 1 or no axis.
  /// - Precondition: aligned at the end, every size is 1 or that of `shape`.
  public func broadcast(to shape: Shape) -> Tensor {
    if shape == self.shape { return self }
    require(
      Shape.broadcast(self.shape, shape) == shape, "broadcast: shape \(self.shape) does not broadcast to \(shape)")
    let result = Tensor(shape) { output in
      StridedCopy(shape.sizes, from: self.shape.strides(broadcastTo: shape), to: shape.strides).run(pointer, output)
    }
    return recordUnary("broadcast", result) { u, _ in u }  // the engine sums it back
  }
}

// MARK: - Order

extension Tensor {
  /// The axes in another order: axis `i` of the result is axis `permutation[i]` of this tensor.
  /// - Precondition: `permutation` names every axis once.
  public func permuted(_ permutation: [Int]) -> Tensor {
    let axes = permutation.map { shape.resolved($0, "permuted") }
    require(
      axes.sorted() == Array(0..<rank),
      "permuted: \(permutation) does not name each of the \(rank) axes of shape \(shape) once")
    let strides = shape.strides
    let resultShape = Shape(axes.map { shape.sizes[$0] })
    let result = Tensor(resultShape) { output in
      StridedCopy(resultShape.sizes, from: axes.map { strides[$0] }, to: resultShape.strides).run(pointer, output)
    }
    var inverse = axes
    for (position, axis) in axes.enumerated() { inverse[axis] = position }
    return recordUnary("permuted", result) { [inverse] u, _ in u.permuted(inverse) }
  }

  /// The last two axes exchanged.
  /// - Precondition: `rank >= 2`.
  public func transposed() -> Tensor {
    require(rank >= 2, "transposed: shape \(shape) has no two axes to exchange")
    return permuted(Array(0..<rank - 2) + [rank - 1, rank - 2])
  }
}

// MARK: - Boxes

extension Tensor {
  /// The box that lies within `bounds`, one range for each of the first axes; the other axes are taken whole.
  /// - Precondition: no more ranges than axes, each within its axis.
  public func sliced(_ bounds: [Range<Int>]) -> Tensor {
    require(bounds.count <= rank, "sliced: \(bounds.count) ranges for shape \(shape) of rank \(rank)")
    var sizes = shape.sizes
    for (axis, range) in bounds.enumerated() {
      require(
        range.lowerBound >= 0 && range.upperBound <= sizes[axis],
        "sliced: \(range) along axis \(axis) lies outside of shape \(shape)")
      sizes[axis] = range.count
    }
    let before = bounds.map(\.lowerBound) + Array(repeating: 0, count: rank - bounds.count)
    let after = zip(zip(shape.sizes, before), sizes).map { $0.0 - $0.1 - $1 }
    let (strides, resultShape) = (shape.strides, Shape(sizes))
    let offset = zip(before, strides).reduce(0) { $0 + $1.0 * $1.1 }
    let result = Tensor(resultShape) { output in
      StridedCopy(sizes, from: strides, to: resultShape.strides).run(pointer + offset, output)
    }
    return recordUnary("sliced", result) { u, _ in u.padded(before: before, after: after) }
  }

  /// Surrounded by `value`.
  /// - Parameters:
  ///   - before: how many positions to add before the first, for each axis.
  ///   - after: how many positions to add after the last, for each axis.
  /// - Precondition: one count an axis, none negative.
  public func padded(before: [Int], after: [Int], with value: Float = 0) -> Tensor {
    require(
      before.count == rank && after.count == rank && before.allSatisfy { $0 >= 0 } && after.allSatisfy { $0 >= 0 },
      "padded: \(before) and \(after) are not one count of 0 or more for each axis of shape \(shape)")
    let bounds = zip(before, shape.sizes).map { $0..<$0 + $1 }
    let resultShape = Shape(zip(bounds, after).map { $0.upperBound + $1 })
    var result = Tensor(repeating: value, shape: resultShape)
    let offset = zip(before, resultShape.strides).reduce(0) { $0 + $1.0 * $1.1 }
    result.withMutableScalars { scalars in
      guard let base = scalars.baseAddress else { return }
      StridedCopy(shape.sizes, from: shape.strides, to: resultShape.strides).run(pointer, base + offset)
    }
    return recordUnary("padded", result) { u, _ in u.sliced(bounds) }
  }
}

// MARK: - Joining and splitting

extension Tensor {
  /// The tensors one after the other along `axis`.
  /// - Precondition: at least one tensor; apart from `axis` all shapes are the same.
  public static func concatenated(_ tensors: [Tensor], axis: Int = 0) -> Tensor {
    require(!tensors.isEmpty, "concatenated: no tensors")
    let axis = tensors[0].shape.resolved(axis, "concatenated")
    for tensor in tensors {
      require(
        tensor.rank == tensors[0].rank
          && tensor.shape.replacing(axis, with: 0) == tensors[0].shape.replacing(axis, with: 0),
        "concatenated: shapes \(tensors[0].shape) and \(tensor.shape) differ apart from axis \(axis)")
    }
    let counts = tensors.map { $0.shape.sizes[axis] }
    let shape = tensors[0].shape.replacing(axis, with: counts.reduce(0, +))
    let result = Tensor(shape) { output in
      JoinedRows(shape, axis: axis, counts: counts).join(tensors.map(\.pointer), output)
    }
    return record("concatenated", result, from: tensors) { $0.cotangent.split(counts: counts, axis: axis) }
  }

  /// The tensors side by side along a new axis.
  /// - Precondition: at least one tensor; all shapes are the same.
  public static func stacked(_ tensors: [Tensor], axis: Int = 0) -> Tensor {
    concatenated(tensors.map { $0.expanded(axis: axis) }, axis: axis)
  }

  /// Pieces along `axis` with the given sizes. Gradients of the pieces are joined once, however many there are.
  /// - Precondition: the counts add up to the axis.
  public func split(counts: [Int], axis: Int = 0) -> [Tensor] {
    let axis = shape.resolved(axis, "split")
    require(
      counts.allSatisfy { $0 >= 0 } && counts.reduce(0, +) == shape.sizes[axis],
      "split: \(counts) do not add up to axis \(axis) of shape \(shape)")
    let pieceShapes = counts.map { shape.replacing(axis, with: $0) }
    let pieces = pieceShapes.map { Tensor(uninitialized: $0) }
    withExtendedLifetime(pieces) {
      JoinedRows(shape, axis: axis, counts: counts).split(pointer, pieces.map(\.storage.pointer))
    }
    return Tensor.record("split", pieces, from: [self]) { arguments in
      let cotangents = zip(arguments.cotangents, pieceShapes).map { $0 ?? Tensor.zeros($1) }
      return [Tensor.concatenated(cotangents, axis: axis)]
    }
  }

  /// `count` pieces of equal size along `axis`.
  /// - Precondition: `count` divides the axis.
  public func split(into count: Int, axis: Int = 0) -> [Tensor] {
    let size = shape[axis]
    require(
      count > 0 && size % count == 0, "split: axis \(axis) of shape \(shape) does not divide into \(count) pieces")
    return split(counts: Array(repeating: size / count, count: count), axis: axis)
  }
}
