import LatentSystem

// Comparisons give 1 where they hold and 0 elsewhere; with NaN only `.!=` holds. They are step functions
// (StepFunctions.swift): their derivative is 0, results are constants.

extension Tensor {
  /// 1 where the scalars are equal, 0 elsewhere; shapes broadcast.
  public static func .== (a: Tensor, b: Tensor) -> Tensor { step(broadcast(".==", a, b, kernels.binary.equal)) }
  /// 1 where the scalars differ, 0 elsewhere; shapes broadcast.
  public static func .!= (a: Tensor, b: Tensor) -> Tensor { step(broadcast(".!=", a, b, kernels.binary.notEqual)) }
  /// 1 where `a` is less, 0 elsewhere; shapes broadcast.
  public static func .< (a: Tensor, b: Tensor) -> Tensor { step(broadcast(".<", a, b, kernels.binary.less)) }
  /// 1 where `a` is less or equal, 0 elsewhere; shapes broadcast.
  public static func .<= (a: Tensor, b: Tensor) -> Tensor { step(broadcast(".<=", a, b, kernels.binary.lessOrEqual)) }
  /// 1 where `a` is greater, 0 elsewhere; shapes broadcast.
  public static func .> (a: Tensor, b: Tensor) -> Tensor { step(broadcast(".>", a, b, kernels.binary.greater)) }
  /// 1 where `a` is greater or equal, 0 elsewhere; shapes broadcast.
  public static func .>= (a: Tensor, b: Tensor) -> Tensor {
    step(broadcast(".>=", a, b, kernels.binary.greaterOrEqual))
  }

  /// 1 where the scalar equals `b`, 0 elsewhere.
  public static func .== (a: Tensor, b: Float) -> Tensor { a .== Tensor(b) }
  /// 1 where the scalar differs from `b`, 0 elsewhere.
  public static func .!= (a: Tensor, b: Float) -> Tensor { a .!= Tensor(b) }
  /// 1 where the scalar is less than `b`, 0 elsewhere.
  public static func .< (a: Tensor, b: Float) -> Tensor { a .< Tensor(b) }
  /// 1 where the scalar is at most `b`, 0 elsewhere.
  public static func .<= (a: Tensor, b: Float) -> Tensor { a .<= Tensor(b) }
  /// 1 where the scalar is greater than `b`, 0 elsewhere.
  public static func .> (a: Tensor, b: Float) -> Tensor { a .> Tensor(b) }
  /// 1 where the scalar is at least `b`, 0 elsewhere.
  public static func .>= (a: Tensor, b: Float) -> Tensor { a .>= Tensor(b) }

  /// 1 where the scalar equals `a`, 0 elsewhere.
  public static func .== (a: Float, b: Tensor) -> Tensor { Tensor(a) .== b }
  /// 1 where the scalar differs from `a`, 0 elsewhere.
  public static func .!= (a: Float, b: Tensor) -> Tensor { Tensor(a) .!= b }
  /// 1 where `a` is less than the scalar, 0 elsewhere.
  public static func .< (a: Float, b: Tensor) -> Tensor { Tensor(a) .< b }
  /// 1 where `a` is at most the scalar, 0 elsewhere.
  public static func .<= (a: Float, b: Tensor) -> Tensor { Tensor(a) .<= b }
  /// 1 where `a` is greater than the scalar, 0 elsewhere.
  public static func .> (a: Float, b: Tensor) -> Tensor { Tensor(a) .> b }
  /// 1 where `a` is at least the scalar, 0 elsewhere.
  public static func .>= (a: Float, b: Tensor) -> Tensor { Tensor(a) .>= b }
}

// MARK: - Choosing

extension Tensor {
  /// The scalars of `a` where `condition` holds, `b` elsewhere. See ``where(_:_:else:)-(_,Tensor,Tensor)``.
  public static func `where`(_ condition: Tensor, _ a: Tensor, else b: Float) -> Tensor {
    .where(condition, a, else: Tensor(b))
  }

  /// `a` where `condition` holds, the scalars of `b` elsewhere. See ``where(_:_:else:)-(_,Tensor,Tensor)``.
  public static func `where`(_ condition: Tensor, _ a: Float, else b: Tensor) -> Tensor {
    .where(condition, Tensor(a), else: b)
  }

  /// The scalars of `a` where `condition` is not 0 (NaN is not), those of `b` elsewhere; all three shapes broadcast.
  ///
  /// The condition has no derivative: it acts as a constant.
  /// The scalars that were not chosen get a gradient of exactly 0, also if they are infinite or NaN.
  public static func `where`(_ condition: Tensor, _ a: Tensor, else b: Tensor) -> Tensor {
    let shape = requireSome(
      Shape.broadcast(a.shape, b.shape).flatMap { Shape.broadcast(condition.shape, $0) },
      "where: shapes \(condition.shape), \(a.shape) and \(b.shape) do not broadcast")
    let result = Tensor(shape) { output in
      BroadcastLoop([condition.shape, a.shape, b.shape], to: shape).forEachBlock { block in
        let (c0, a0, b0) = (block.operands[0], block.operands[1], block.operands[2])
        kernels.fused.select(
          condition.pointer + c0.offset, c0.inner, c0.outer, a.pointer + a0.offset, a0.inner, a0.outer,
          b.pointer + b0.offset, b0.inner, b0.outer, output + block.outputOffset, block.inner, block.outer)
      }
    }
    return record("where", result, from: a, b, saving: [.constant(condition)]) {
      let zero = Tensor(0)
      return [
        $0.isWanted[0] ? .where($0.saved[0], $0.cotangent, else: zero) : nil,
        $0.isWanted[1] ? .where($0.saved[0], zero, else: $0.cotangent) : nil,
      ]
    }
  }
}
