import LatentSystem

// Operations that put the positions of an axis into another order, or repeat them.

// MARK: - Order

extension Tensor {
  /// The positions along `axes`, or along all, in reverse order.
  /// - Precondition: no axis is named twice.
  public func flipped(axes: [Int]? = nil) -> Tensor {
    let axes = resolved(axes, "flipped")
    guard scalarCount > 1, !axes.isEmpty else { return self }
    let strides = shape.strides
    var source = strides
    for axis in axes { source[axis] = -strides[axis] }
    let last = axes.reduce(0) { $0 + (shape.sizes[$1] - 1) * strides[$1] }
    let result = Tensor(shape) { output in
      StridedCopy(shape.sizes, from: source, to: strides).run(pointer + last, output)
    }
    return recordUnary("flipped", result) { u, _ in u.flipped(axes: axes) }
  }

  /// The positions along `axis` in reverse order.
  public func flipped(axis: Int) -> Tensor { flipped(axes: [axis]) }

  /// Moved by `distance` along `axis`; what leaves at one end comes in at the other.
  ///
  /// The scalar at `i` gets to `(i + distance) mod size`: positive distances move towards higher indices.
  public func rolled(by distance: Int, axis: Int) -> Tensor {
    let axis = shape.resolved(axis, "rolled")
    let size = shape.sizes[axis]
    guard size > 0, distance % size != 0 else { return self }
    let start = (distance % size + size) % size
    let inner = shape.sizes[(axis + 1)...].reduce(1, *)
    let rows = shape.sizes[..<axis].reduce(1, *)
    let (length, moved) = (size * inner, start * inner)
    let result = Tensor(shape) { output in
      StridedCopy([rows, length - moved], from: [length, 1], to: [length, 1]).run(pointer, output + moved)
      StridedCopy([rows, moved], from: [length, 1], to: [length, 1]).run(pointer + (length - moved), output)
    }
    return recordUnary("rolled", result) { u, _ in u.rolled(by: -start, axis: axis) }
  }
}

// MARK: - Repetition

extension Tensor {
  /// Every position along `axis` `count` times in a row: `[1, 2]` becomes `[1, 1, 2, 2]`.
  /// - Precondition: `count >= 0`.
  public func repeated(count: Int, axis: Int) -> Tensor {
    let axis = shape.resolved(axis, "repeated")
    require(count >= 0, "repeated: \(count) times; the least is 0")
    var copies = shape.sizes
    copies.insert(count, at: axis + 1)
    return expanded(axis: axis + 1).broadcast(to: Shape(copies))
      .reshaped(to: shape.replacing(axis, with: shape.sizes[axis] * count))
  }

  /// Set side by side with copies of itself: `[1, 2]` becomes `[1, 2, 1, 2]`.
  /// - Parameter counts: how many times along each axis.
  /// - Precondition: one count an axis, none negative.
  public func tiled(counts: [Int]) -> Tensor {
    require(
      counts.count == rank && counts.allSatisfy { $0 >= 0 },
      "tiled: \(counts) are not one count of 0 or more for each axis of shape \(shape)")
    let apart = Shape(shape.sizes.flatMap { [1, $0] })
    let copies = Shape(zip(counts, shape.sizes).flatMap { [$0, $1] })
    return reshaped(to: apart).broadcast(to: copies).reshaped(to: Shape(zip(counts, shape.sizes).map { $0 * $1 }))
  }
}
