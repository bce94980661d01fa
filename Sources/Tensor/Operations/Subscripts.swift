import LatentSystem

extension Tensor {
  /// What `selections` take of the axes, in their order: `x[0]`, `x[0, 1..., .all]`, `x[.rest, -1]`. See ``Selection``.
  ///
  /// A new value broadcasts to the shape of what is selected. It is written in place if nobody shares the storage;
  /// where this tensor or the value is recorded, so is the assignment.
  ///
  /// ```swift
  /// var x = Tensor.zeros([2, 3])
  /// x[0] = [1, 2, 3]
  /// x[.all, 1] += 10        // [[1, 12, 3], [0, 10, 0]]
  /// ```
  ///
  /// - Precondition: no more selections than axes, each within its axis.
  public subscript(selections: any Selection...) -> Tensor {
    get { taken(Box(selections, of: shape)) }
    set { replace(Box(selections, of: shape), with: newValue) }
  }

  /// The scalar at `indices`, one for each axis; negative ones count from the end.
  ///
  /// Single scalars are for tests and small things: a loop over many is quicker with
  /// ``withMutableScalars(_:)``.
  /// - Precondition: one index an axis, each within its axis.
  public subscript(scalarAt indices: Int...) -> Float {
    get {
      let place = place(of: indices)
      return withScalars { $0[place] }
    }
    set {
      let place = place(of: indices)
      guard !isRecorded else { return replace(Box(indices, of: shape), with: Tensor(newValue)) }
      withMutableScalars { $0[place] = newValue }
    }
  }

  private func place(of indices: [Int]) -> Int {
    require(indices.count == rank, "subscript: \(indices.count) indices for shape \(shape) of rank \(rank)")
    return Box(indices, of: shape).offset
  }
}

/// Some positions of every axis: what a subscript selects.
private struct Box {
  /// The shape of the tensor they are selected from.
  let shape: Tensor.Shape
  /// How many positions of each axis.
  let counts: [Int]
  /// The distances in scalars between neighbouring positions.
  let strides: [Int]
  /// Where the first position lies.
  let offset: Int
  /// The axes of which one position was named.
  private let isIndex: [Bool]
  /// The shape of what is selected, without those axes.
  let selected: Tensor.Shape

  init(_ selections: [any Tensor.Selection], of shape: Tensor.Shape) {
    let chosen = Self.positions(selections, shape)
    for (axis, positions) in chosen.enumerated() {
      require(
        positions.isWithin(shape.sizes[axis]),
        "subscript: \(positions.text) along axis \(axis) lies outside of shape \(shape)")
    }
    self.shape = shape
    let own = shape.strides
    counts = chosen.map(\.count)
    strides = zip(chosen, own).map { $0.step * $1 }
    offset = zip(chosen, own).reduce(0) { $0 + $1.0.start * $1.1 }
    isIndex = chosen.map(\.isIndex)
    selected = Tensor.Shape(chosen.filter { !$0.isIndex }.map(\.count))
  }

  /// The strides along the axes of the box with which a tensor of `shape` is read as what is selected.
  func strides(of shape: Tensor.Shape) -> [Int] {
    var broadcast = shape.strides(broadcastTo: selected)[...]
    return isIndex.map { $0 ? 0 : broadcast.removeFirst() }
  }

  /// What is taken of each axis, those included that no selection names.
  private static func positions(
    _ selections: [any Tensor.Selection], _ shape: Tensor.Shape
  ) -> [Tensor.AxisPositions] {
    let rests = selections.indices.filter { selections[$0].axisPositions(of: 1) == nil }
    require(rests.count <= 1, "subscript: .rest stands \(rests.count) times; it can stand for the other axes once")
    let named = selections.count - rests.count
    require(named <= shape.rank, "subscript: \(named) selections for shape \(shape) of rank \(shape.rank)")
    let whole = [Tensor.WholeAxis](repeating: .all, count: shape.rank - named)
    var all: [any Tensor.Selection] = selections
    let gap = rests.first ?? selections.count
    all.replaceSubrange(gap..<min(gap + rests.count, selections.count), with: whole)
    return zip(all, shape.sizes).compactMap { $0.axisPositions(of: $1) }
  }
}

// Taking a box out, putting one into zeros and clearing one are linear, and each other's derivatives.

extension Tensor {
  /// The scalars in `box`.
  private func taken(_ box: Box) -> Tensor {
    let result = Tensor(box.selected) { output in
      StridedCopy(box.counts, from: box.strides, to: Shape(box.counts).strides).run(pointer + box.offset, output)
    }
    return recordUnary("subscript", result) { u, _ in u.placed(box) }
  }

  /// Zeros with this tensor in `box`.
  private func placed(_ box: Box) -> Tensor {
    var result = Tensor.zeros(box.shape)
    result.overwrite(box, with: self)
    return recordUnary("subscript's derivative", result) { u, _ in u.taken(box) }
  }

  /// This tensor with zeros in `box`.
  private func cleared(_ box: Box) -> Tensor {
    var result = detached()
    result.overwrite(box, with: Tensor(0))
    return recordUnary("assignment's derivative", result) { u, _ in u.cleared(box) }
  }

  private mutating func replace(_ box: Box, with value: Tensor) {
    require(
      Shape.broadcast(value.shape, box.selected) == box.selected,
      "subscript: a value of shape \(value.shape) does not broadcast to the selected \(box.selected) of shape \(shape)")
    guard isRecorded || value.isRecorded else { return overwrite(box, with: value) }
    let (original, value) = (self, value.broadcast(to: box.selected))
    overwrite(box, with: value)
    self = Tensor.record("assignment", self, from: original, value) {
      [$0.isWanted[0] ? $0.cotangent.cleared(box) : nil, $0.isWanted[1] ? $0.cotangent.taken(box) : nil]
    }
  }

  /// Writes `value` into `box`, unrecorded.
  private mutating func overwrite(_ box: Box, with value: Tensor) {
    withMutableScalars { scalars in
      guard let base = scalars.baseAddress else { return }
      StridedCopy(box.counts, from: box.strides(of: value.shape), to: box.strides).run(value.pointer, base + box.offset)
    }
  }
}
