import LatentSystem

// MARK: - Between tensors

extension Tensor {
  /// The sum, scalar by scalar; shapes broadcast.
  /// - Precondition: aligned at the end, the sizes of both shapes are equal or 1 along every axis.
  public static func + (a: Tensor, b: Tensor) -> Tensor {
    record("add", broadcast("add", a, b, kernels.binary.add), from: a, b) { [$0.cotangent, $0.cotangent] }
  }

  /// The difference, scalar by scalar; shapes broadcast as for `+`.
  public static func - (a: Tensor, b: Tensor) -> Tensor {
    record("subtract", broadcast("subtract", a, b, kernels.binary.subtract), from: a, b) {
      [$0.cotangent, $0.isWanted[1] ? -$0.cotangent : nil]
    }
  }

  /// The product, scalar by scalar; shapes broadcast as for `+`. See ``matmul(_:transposingSelf:transposingOther:)``.
  public static func * (a: Tensor, b: Tensor) -> Tensor {
    record(
      "multiply", broadcast("multiply", a, b, kernels.binary.multiply), from: a, b, saving: [.input(0), .input(1)]
    ) {
      let (a, b) = ($0.saved[0], $0.saved[1])
      return [$0.isWanted[0] ? $0.cotangent * b : nil, $0.isWanted[1] ? $0.cotangent * a : nil]
    }
  }

  /// The quotient, scalar by scalar; shapes broadcast as for `+`. Division by 0 gives infinities or NaN.
  public static func / (a: Tensor, b: Tensor) -> Tensor {
    record("divide", broadcast("divide", a, b, kernels.binary.divide), from: a, b, saving: [.input(1), .output(0)]) {
      let (b, y) = ($0.saved[0], $0.saved[1])
      let quotient = $0.cotangent / b
      return [quotient, $0.isWanted[1] ? -quotient * y : nil]
    }
  }

  /// Every scalar with its sign changed.
  public static prefix func - (a: Tensor) -> Tensor { a.scaled(by: -1) }
}

// MARK: - With numbers

extension Tensor {
  /// Every scalar times `scale` plus `offset`. Adding -0, unlike 0, leaves every number as it is, -0 too.
  public func scaled(by scale: Float, adding offset: Float = -0.0) -> Tensor {
    recordUnary("scaled", mapped { kernels.fused.scaleAdd($0, scale, offset, $1, $2) }) { cotangent, _ in
      cotangent.scaled(by: scale)
    }
  }

  /// Every scalar plus `b`.
  public static func + (a: Tensor, b: Float) -> Tensor { a.scaled(by: 1, adding: b) }
  /// `a` plus every scalar.
  public static func + (a: Float, b: Tensor) -> Tensor { b.scaled(by: 1, adding: a) }
  /// Every scalar minus `b`.
  public static func - (a: Tensor, b: Float) -> Tensor { a.scaled(by: 1, adding: -b) }
  /// `a` minus every scalar.
  public static func - (a: Float, b: Tensor) -> Tensor { b.scaled(by: -1, adding: a) }
  /// Every scalar times `b`.
  public static func * (a: Tensor, b: Float) -> Tensor { a.scaled(by: b) }
  /// `a` times every scalar.
  public static func * (a: Float, b: Tensor) -> Tensor { b.scaled(by: a) }
  /// Every scalar divided by `b`.
  public static func / (a: Tensor, b: Float) -> Tensor { a / Tensor(b) }
  /// `a` divided by every scalar.
  public static func / (a: Float, b: Tensor) -> Tensor { Tensor(a) / b }
}

// MARK: - In place

extension Tensor {
  /// Adds `b`, which broadcasts to this tensor's shape; in place if nobody shares the storage and nothing is recorded.
  public static func += (a: inout Tensor, b: Tensor) { a.add(b, scaledBy: 1) }
  /// Subtracts `b`. See ``+=(_:_:)-(_,Tensor)``.
  public static func -= (a: inout Tensor, b: Tensor) { a.add(b, scaledBy: -1) }
  /// Multiplies by `b`, which broadcasts to this tensor's shape.
  public static func *= (a: inout Tensor, b: Tensor) { a.replace(with: a * b, "*=") }
  /// Divides by `b`, which broadcasts to this tensor's shape.
  public static func /= (a: inout Tensor, b: Tensor) { a.replace(with: a / b, "/=") }
  /// Adds a number to every scalar.
  public static func += (a: inout Tensor, b: Float) { a.scale(by: 1, adding: b) }
  /// Subtracts a number from every scalar.
  public static func -= (a: inout Tensor, b: Float) { a.scale(by: 1, adding: -b) }
  /// Multiplies every scalar by a number.
  public static func *= (a: inout Tensor, b: Float) { a.scale(by: b, adding: -0.0) }
  /// Divides every scalar by a number.
  public static func /= (a: inout Tensor, b: Float) { a.replace(with: a / b, "/=") }

  /// Adds `other` times `scale`; in place if nobody shares the storage and nothing is recorded.
  /// - Precondition: `other` broadcasts to this tensor's shape.
  public mutating func add(_ other: Tensor, scaledBy scale: Float) {
    guard shape == other.shape, !isRecorded, !other.isRecorded else {
      return replace(with: self + (scale == 1 ? other : other.scaled(by: scale)), "+=")
    }
    guard isKnownUniquelyReferenced(&storage) else {
      self = Tensor.zipped(self, other) { kernels.fused.addScaled($0, $1, scale, $2, $3) }
      return
    }
    withMutableScalars { scalars in
      guard let target = scalars.baseAddress else { return }
      Elementwise.forEachChunk(scalars.count) { range in
        let start = range.lowerBound
        kernels.fused.addScaled(target + start, other.pointer + start, scale, target + start, range.count)
      }
    }
  }

  /// Multiplies every scalar by `scale` and adds `offset`; in place if nobody shares the storage.
  mutating func scale(by scale: Float, adding offset: Float) {
    guard !isRecorded, isKnownUniquelyReferenced(&storage) else {
      self = scaled(by: scale, adding: offset)
      return
    }
    withMutableScalars { scalars in
      guard let target = scalars.baseAddress else { return }
      Elementwise.forEachChunk(scalars.count) { range in
        kernels.fused.scaleAdd(target + range.lowerBound, scale, offset, target + range.lowerBound, range.count)
      }
    }
  }

  private mutating func replace(with result: Tensor, _ operation: StaticString) {
    require(result.shape == shape, "\(operation): the result has shape \(result.shape), the tensor \(shape)")
    self = result
  }
}
