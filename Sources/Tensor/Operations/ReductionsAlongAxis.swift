// Reductions along one axis, spelled as softmax and the index of the largest are: `x.sum(axis: -1)`.

extension Tensor {
  /// The sum along `axis`. See ``sum(axes:keepingDimensions:)``.
  public func sum(axis: Int, keepingDimensions: Bool = false) -> Tensor {
    sum(axes: [axis], keepingDimensions: keepingDimensions)
  }

  /// The mean along `axis`. See ``mean(axes:keepingDimensions:)``.
  public func mean(axis: Int, keepingDimensions: Bool = false) -> Tensor {
    mean(axes: [axis], keepingDimensions: keepingDimensions)
  }

  /// The variance along `axis`. See ``variance(axes:isUnbiased:keepingDimensions:)``.
  public func variance(axis: Int, isUnbiased: Bool = false, keepingDimensions: Bool = false) -> Tensor {
    variance(axes: [axis], isUnbiased: isUnbiased, keepingDimensions: keepingDimensions)
  }

  /// The standard deviation along `axis`. See ``standardDeviation(axes:isUnbiased:epsilon:keepingDimensions:)``.
  public func standardDeviation(
    axis: Int, isUnbiased: Bool = false, epsilon: Float = 0, keepingDimensions: Bool = false
  ) -> Tensor {
    standardDeviation(axes: [axis], isUnbiased: isUnbiased, epsilon: epsilon, keepingDimensions: keepingDimensions)
  }

  /// The Euclidean norm along `axis`. See ``norm(axes:epsilon:keepingDimensions:)``.
  public func norm(axis: Int, epsilon: Float = 0, keepingDimensions: Bool = false) -> Tensor {
    norm(axes: [axis], epsilon: epsilon, keepingDimensions: keepingDimensions)
  }

  /// The largest scalar along `axis`. See ``max(axes:keepingDimensions:)``.
  public func max(axis: Int, keepingDimensions: Bool = false) -> Tensor {
    max(axes: [axis], keepingDimensions: keepingDimensions)
  }

  /// The smallest scalar along `axis`. See ``min(axes:keepingDimensions:)``.
  public func min(axis: Int, keepingDimensions: Bool = false) -> Tensor {
    min(axes: [axis], keepingDimensions: keepingDimensions)
  }

  /// `log Σ e^x` along `axis`. See ``logSumExp(axes:keepingDimensions:)``.
  public func logSumExp(axis: Int, keepingDimensions: Bool = false) -> Tensor {
    logSumExp(axes: [axis], keepingDimensions: keepingDimensions)
  }

  /// The product along `axis`. See ``product(axes:keepingDimensions:)``.
  public func product(axis: Int, keepingDimensions: Bool = false) -> Tensor {
    product(axes: [axis], keepingDimensions: keepingDimensions)
  }

  /// 1 where a scalar along `axis` is not 0. See ``any(axes:keepingDimensions:)``.
  public func any(axis: Int, keepingDimensions: Bool = false) -> Tensor {
    any(axes: [axis], keepingDimensions: keepingDimensions)
  }

  /// 1 where no scalar along `axis` is 0. See ``all(axes:keepingDimensions:)``.
  public func all(axis: Int, keepingDimensions: Bool = false) -> Tensor {
    all(axes: [axis], keepingDimensions: keepingDimensions)
  }
}
