import Kernels

// The maximum is taken off before anything is summed, so no size of the scalars costs digits or overflows.

extension Tensor {
  /// `log Σ e^x` over `axes`, or over all, without overflow.
  ///
  /// Of no scalars, and of scalars that are all -∞, it is -∞; one +∞ among them makes it +∞, NaN makes it NaN. Where it
  /// is infinite, its derivative at the infinite scalars is NaN.
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
    guard columns > 0 else { return Tensor(repeating: -.infinity, shape: kept) }
    if axes == Array(rank - axes.count..<rank), columns <= 4096 {
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
    let shift = Tensor.where(largest.isFinite(), largest, else: Tensor(0))
    return (values - shift).exp().sum(axes: axes, keepingDimensions: true).log() + shift
  }

  /// `e^x / Σ e^x` along `axis`, without overflow.
  ///
  /// A row along the axis that contains NaN or +∞, or only -∞, becomes NaN, as in PyTorch.
  /// - Returns: a tensor of the same shape, empty where the axis is.
  public func softmax(axis: Int = -1) -> Tensor {
    let axis = shape.resolved(axis, "softmax")
    return recordUnary("softmax", mappedRows(axis, kernels.reductions.softmaxRows), saving: [.output(0)]) { u, saved in
      u.timesSoftmaxSlope(saved[0], axis)
    }
  }

  /// `y · (u - Σ u · y)` with this tensor as u, sums along `axis`: the product with the derivative of the softmax where
  /// that is y. As a matrix the derivative is symmetric.
  private func timesSoftmaxSlope(_ y: Tensor, _ axis: Int) -> Tensor {
    guard axis == rank - 1, scalarCount > 0 else {
      let product = self * y
      return product - y * product.sum(axes: [axis], keepingDimensions: true)
    }
    return Tensor.record(
      "softmax's derivative", rowGradient(y, kernels.reductions.softmaxRowsGradient), from: self, y,
      saving: [.input(0), .input(1)]
    ) {
      let (v, u, y) = ($0.cotangent, $0.saved[0], $0.saved[1])
      func total(_ a: Tensor, _ b: Tensor) -> Tensor { (a * b).sum(axes: [axis], keepingDimensions: true) }
      return [
        $0.isWanted[0] ? v.timesSoftmaxSlope(y, axis) : nil,
        $0.isWanted[1] ? v * (u - total(u, y)) - u * total(v, y) : nil,
      ]
    }
  }

  /// The logarithm of ``softmax(axis:)``, within a few units in the last place of itself or of the distance to the
  /// largest scalar of its row, whichever is larger: neither the size of the scalars nor one that dominates costs digits.
  ///
  /// A row along the axis that contains NaN or +∞, or only -∞, becomes NaN, as in PyTorch.
  /// - Returns: a tensor of the same shape, empty where the axis is.
  public func logSoftmax(axis: Int = -1) -> Tensor {
    let axis = shape.resolved(axis, "logSoftmax")
    let result = mappedRows(axis, kernels.reductions.logSoftmaxRows)
    return recordUnary("logSoftmax", result, saving: [.output(0)]) { u, saved in
      u.timesLogSoftmaxSlope(saved[0], axis)
    }
  }

  /// `u - exp y · Σ u` with this tensor as u, sums along `axis`: the gradient of the logarithm of the softmax where that is
  /// y.
  private func timesLogSoftmaxSlope(_ y: Tensor, _ axis: Int) -> Tensor {
    guard axis == rank - 1, scalarCount > 0 else {
      return self - y.exp() * sum(axes: [axis], keepingDimensions: true)
    }
    return Tensor.record(
      "logSoftmax's derivative", rowGradient(y, kernels.reductions.logSoftmaxRowsGradient), from: self, y,
      saving: [.input(0), .input(1)]
    ) {
      let product = $0.cotangent * $0.saved[1].exp()
      return [
        $0.isWanted[0] ? $0.cotangent - product.sum(axes: [axis], keepingDimensions: true) : nil,
        $0.isWanted[1] ? -product * $0.saved[0].sum(axes: [axis], keepingDimensions: true) : nil,
      ]
    }
  }

  /// What `kernel` makes of the rows along the last axis of this tensor and `y`, as a constant.
  private func rowGradient(_ y: Tensor, _ kernel: Kernels.RowsGradientKernel) -> Tensor {
    let columns = shape[-1]
    let sums = Storage(count: scalarCount / columns)
    return Tensor(shape) { output in
      forEachChunk(ofRows: columns) { rows in
        let start = rows.lowerBound * columns
        kernel(
          pointer + start, y.pointer + start, output + start, sums.pointer + rows.lowerBound, rows.count, columns)
      }
    }
  }

  /// The result of `kernel` on the rows along `axis`, as a constant.
  private func mappedRows(_ axis: Int, _ kernel: Kernels.RowsKernel) -> Tensor {
    guard scalarCount > 0 else { return detached() }
    guard axis == rank - 1 else {
      let order = Array(0..<axis) + Array(axis + 1..<rank) + [axis]
      let back = Array(0..<axis) + [rank - 1] + Array(axis..<rank - 1)
      return detached().permuted(order).mappedRows(rank - 1, kernel).permuted(back)
    }
    let columns = shape.sizes[axis]
    return Tensor(shape) { output in
      forEachChunk(ofRows: columns) { rows in
        let start = rows.lowerBound * columns
        kernel(pointer + start, output + start, rows.count, columns)
      }
    }
  }

  /// Calls `body` with ranges of rows of so many scalars, from several threads if there is enough to do.
  private func forEachChunk(ofRows columns: Int, _ body: (Range<Int>) -> Void) {
    Elementwise.forEachChunk(scalarCount / columns, size: Swift.max(1, Elementwise.chunk / columns), body)
  }
}
