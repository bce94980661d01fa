extension Tensor {
  /// `log Σ e^x` over `axes`, or over all, without overflow.
  public func logSumExp(axes: [Int]? = nil, keepingDimensions: Bool = false) -> Tensor {
    let axes = axes.map { shape.resolved($0, "logSumExp") } ?? Array(0..<rank)
    let kept = shape.reduced(axes, keepingDimensions: true)
    let values = detached()
    let largest = values.max(axes: axes, keepingDimensions: true)
    // An infinite maximum would give ∞ - ∞.
    let shift = Tensor.where(largest.isFinite(), largest, Tensor(0))
    let sums = (values - shift).exp().sum(axes: axes, keepingDimensions: true)
    let result = (sums.log() + shift).withShape(shape.reduced(axes, keepingDimensions: keepingDimensions))
    return recordUnary("logSumExp", result, saving: [.input(0), .output(0)]) { u, saved in
      u.reshaped(to: kept) * (saved[0] - saved[1].reshaped(to: kept)).exp()
    }
  }

  /// `e^x / Σ e^x` along `axis`, without overflow.
  public func softmax(axis: Int = -1) -> Tensor { logSoftmax(axis: axis).exp() }

  /// The logarithm of ``softmax(axis:)``, without underflow.
  public func logSoftmax(axis: Int = -1) -> Tensor { self - logSumExp(axes: [axis], keepingDimensions: true) }
}
