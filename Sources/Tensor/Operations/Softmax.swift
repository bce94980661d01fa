extension Tensor {
  /// `log Σ e^x` over `axes`, or over all, without overflow.
  public func logSumExp(axes: [Int]? = nil, keepingDimensions: Bool = false) -> Tensor {
    let axes = axes.map { shape.resolved($0, "logSumExp") } ?? Array(0..<rank)
    let kept = shape.reduced(axes, keepingDimensions: true)
    let result = logSumExpConstant(axes, kept).withShape(shape.reduced(axes, keepingDimensions: keepingDimensions))
    return recordUnary("logSumExp", result, saving: [.input(0), .output(0)]) { u, saved in
      u.reshaped(to: kept) * (saved[0] - saved[1].reshaped(to: kept)).exp()
    }
  }

  /// The values of ``logSumExp(axes:keepingDimensions:)`` with dimensions kept: by the kernel if `axes` are the last ones
  /// and few enough scalars for its plain sum, composed of other operations otherwise.
  private func logSumExpConstant(_ axes: [Int], _ kept: Shape) -> Tensor {
    let columns = axes.reduce(1) { $0 * shape.sizes[$1] }
    if axes == Array(rank - axes.count..<rank), (1...4096).contains(columns) {
      return Tensor(kept) { output in
        forEachChunk(ofRows: columns) { rows in
          kernels.reductions.logSumExpRows(
            pointer + rows.lowerBound * columns, output + rows.lowerBound, rows.count, columns)
        }
      }
    }
    let values = detached()
    let largest = values.max(axes: axes, keepingDimensions: true)
    // An infinite maximum would give ∞ - ∞.
    let shift = Tensor.where(largest.isFinite(), largest, Tensor(0))
    return (values - shift).exp().sum(axes: axes, keepingDimensions: true).log() + shift
  }

  /// `e^x / Σ e^x` along `axis`, without overflow.
  public func softmax(axis: Int = -1) -> Tensor {
    let axis = shape.resolved(axis, "softmax")
    let columns = shape.sizes[axis]
    guard axis == rank - 1, columns > 0 else { return logSoftmax(axis: axis).exp() }
    let result = Tensor(shape) { output in
      forEachChunk(ofRows: columns) { rows in
        let start = rows.lowerBound * columns
        kernels.reductions.softmaxRows(pointer + start, output + start, rows.count, columns)
      }
    }
    return recordUnary("softmax", result, saving: [.output(0)]) { u, saved in
      let product = u * saved[0]
      return product - saved[0] * product.sum(axes: [axis], keepingDimensions: true)
    }
  }

  /// The logarithm of ``softmax(axis:)``, without underflow.
  public func logSoftmax(axis: Int = -1) -> Tensor { self - logSumExp(axes: [axis], keepingDimensions: true) }

  /// Calls `body` with ranges of rows of so many scalars, from several threads if there is enough to do.
  private func forEachChunk(ofRows columns: Int, _ body: (Range<Int>) -> Void) {
    Elementwise.forEachChunk(scalarCount / columns, size: Swift.max(1, Elementwise.chunk / columns), body)
  }
}
