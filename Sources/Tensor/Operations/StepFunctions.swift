// Functions that are constant between steps. Their derivative is 0 wherever it exists, so their rule is written here once:
// the result is a constant, through which nothing flows back. Comparisons (Comparison.swift) and what is made of them
// (Masks.swift) are step functions too; indices, as of the largest scalars, are plain numbers.

extension Tensor {
  /// `result` as that of a step function of this tensor: with derivative 0, also where the step itself has none.
  static func step(_ result: Tensor) -> Tensor { result.detached() }

  /// -1, 0 or 1; NaN stays NaN. Its derivative is 0 everywhere: the result is a constant.
  public func sign() -> Tensor { .step(mapped(kernels.unary.sign)) }

  /// The largest whole number not above. Its derivative is 0 everywhere: the result is a constant.
  public func floor() -> Tensor { .step(mapped(kernels.unary.floor)) }

  /// The smallest whole number not below. Its derivative is 0 everywhere: the result is a constant.
  public func ceil() -> Tensor { .step(mapped(kernels.unary.ceiling)) }

  /// The nearest whole number, the even one of two. Its derivative is 0 everywhere: the result is a constant.
  public func rounded() -> Tensor { .step(mapped(kernels.unary.round)) }

  /// 1 where the scalar is neither infinite nor NaN, 0 elsewhere. Its derivative is 0: the result is a constant.
  public func isFinite() -> Tensor { .step(mapped(kernels.unary.isFinite)) }
}
