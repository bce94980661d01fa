import LatentSystem
import Synchronization

// MARK: - Sums

extension Tensor {
  /// The sum over `axes`, or over all.
  ///
  /// The order of summation depends on the shape alone, so the result is the same on any number of threads.
  /// - Parameter keepingDimensions: whether the summed axes stay, with size 1.
  public func sum(axes: [Int]? = nil, keepingDimensions: Bool = false) -> Tensor {
    let axes = resolved(axes, "sum")
    let shape = self.shape
    let kept = shape.reduced(axes, keepingDimensions: true)
    let result = summedConstant(axes).withShape(shape.reduced(axes, keepingDimensions: keepingDimensions))
    return recordUnary("sum", result) { u, _ in u.reshaped(to: kept).broadcast(to: shape) }
  }

  /// The mean over `axes`, or over all. The mean of no scalars is NaN.
  public func mean(axes: [Int]? = nil, keepingDimensions: Bool = false) -> Tensor {
    let count = resolved(axes, "mean").reduce(1) { $0 * shape.sizes[$1] }
    return sum(axes: axes, keepingDimensions: keepingDimensions) / Float(count)
  }

  /// The variance over `axes`, or over all: the mean squared distance from the mean.
  /// - Parameter isUnbiased: whether to divide by the number of scalars less one.
  public func variance(axes: [Int]? = nil, isUnbiased: Bool = false, keepingDimensions: Bool = false) -> Tensor {
    let count = resolved(axes, "variance").reduce(1) { $0 * shape.sizes[$1] }
    let squares = (self - mean(axes: axes, keepingDimensions: true)).square()
    return squares.sum(axes: axes, keepingDimensions: keepingDimensions) / Float(isUnbiased ? count - 1 : count)
  }

  /// The standard deviation over `axes`, or over all: `√(variance + epsilon)`.
  ///
  /// With `epsilon` 0 the derivative where all scalars are equal is NaN.
  /// - Parameter isUnbiased: whether the variance divides by the number of scalars less one.
  public func standardDeviation(
    axes: [Int]? = nil, isUnbiased: Bool = false, epsilon: Float = 0, keepingDimensions: Bool = false
  ) -> Tensor {
    let variance = variance(axes: axes, isUnbiased: isUnbiased, keepingDimensions: keepingDimensions)
    return (epsilon == 0 ? variance : variance + epsilon).squareRoot()
  }

  /// The Euclidean norm over `axes`, or over all: `√(Σ x² + epsilon)`.
  ///
  /// With `epsilon` 0 the derivative where all scalars are 0 is NaN.
  public func norm(axes: [Int]? = nil, epsilon: Float = 0, keepingDimensions: Bool = false) -> Tensor {
    let squares = square().sum(axes: axes, keepingDimensions: keepingDimensions)
    return (epsilon == 0 ? squares : squares + epsilon).squareRoot()
  }

  /// Sums over the axes along which `shape` was broadcast to this tensor's shape: the transpose of broadcasting.
  func summed(to shape: Shape) -> Tensor {
    let missing = rank - shape.rank
    let axes = self.shape.sizes.indices.filter { axis in
      axis < missing || (shape.sizes[axis - missing] == 1 && self.shape.sizes[axis] != 1)
    }
    return (axes.isEmpty ? self : sum(axes: axes)).reshaped(to: shape)
  }

  func resolved(_ axes: [Int]?, _ operation: StaticString) -> [Int] {
    axes.map { shape.resolved($0, operation) } ?? Array(0..<rank)
  }

  /// The sum over ascending `axes` with dimensions kept, as a constant: one pass for each run of neighbouring axes.
  private func summedConstant(_ axes: [Int]) -> Tensor {
    var result = detached()
    for run in Reduction.runs(of: axes, in: shape) {
      result = result.reducedConstant(over: run) { Reduction($0).sum(result.pointer, $1) }
    }
    return result
  }

  /// One pass of a reduction over the axes `run`, which become 1.
  fileprivate func reducedConstant(
    over run: Range<Int>, _ reduce: (Reduction.Extent, UnsafeMutablePointer<Float>) -> Void
  ) -> Tensor {
    var sizes = shape.sizes
    for axis in run { sizes[axis] = 1 }
    return Tensor(Shape(sizes)) { reduce(Reduction.Extent(shape, run), $0) }
  }
}

// MARK: - Extremes

extension Tensor {
  /// The largest scalar along `axes`, or of all; NaN if there is one, with a derivative of NaN. Ties share the gradient
  /// equally.
  /// - Precondition: the reduced axes are not empty.
  public func max(axes: [Int]? = nil, keepingDimensions: Bool = false) -> Tensor {
    largest(axes, keepingDimensions, "max")
  }

  /// The smallest scalar along `axes`, or of all; NaN if there is one, with a derivative of NaN. Ties share the gradient
  /// equally.
  /// - Precondition: the reduced axes are not empty.
  public func min(axes: [Int]? = nil, keepingDimensions: Bool = false) -> Tensor {
    -(-self).largest(axes, keepingDimensions, "min")
  }

  private func largest(_ axes: [Int]?, _ keepingDimensions: Bool, _ operation: StaticString) -> Tensor {
    let axes = resolved(axes, operation)
    let kept = shape.reduced(axes, keepingDimensions: true)
    var extremes = detached()
    for run in Reduction.runs(of: axes, in: shape) {
      extremes = extremes.reducedConstant(over: run) { extent, output in
        require(extent.reduced > 0, "\(operation): nothing to choose from along axes \(axes) of shape \(shape)")
        Reduction(extent).max(extremes.pointer, output)
      }
    }
    let result = extremes.withShape(shape.reduced(axes, keepingDimensions: keepingDimensions))
    return recordUnary(operation, result, saving: [.input(0), .output(0)]) { u, saved in
      let isMaximum = saved[0] .== saved[1].reshaped(to: kept)
      return u.reshaped(to: kept) * (isMaximum / isMaximum.sum(axes: axes, keepingDimensions: true))
    }
  }

  /// The indices of the largest scalars along `axis`, in row-major order of the other axes; the first of a tie. NaN
  /// counts as the largest of all. Indices are plain numbers: they have no derivative.
  /// - Precondition: the axis is not empty.
  public func argmax(axis: Int = -1) -> [Int] { indicesOfLargest(axis, "argmax") }

  /// The indices of the smallest scalars along `axis`, in row-major order of the other axes; the first of a tie. NaN
  /// counts as the smallest of all. Indices are plain numbers: they have no derivative.
  /// - Precondition: the axis is not empty.
  public func argmin(axis: Int = -1) -> [Int] { (-detached()).indicesOfLargest(axis, "argmin") }

  private func indicesOfLargest(_ axis: Int, _ operation: StaticString) -> [Int] {
    let axis = shape.resolved(axis, operation)
    let extent = Reduction.Extent(shape, axis..<axis + 1)
    require(extent.reduced > 0, "\(operation): nothing to choose from along axis \(axis) of shape \(shape)")
    return Array(unsafeUninitializedCapacity: extent.outer * extent.inner) { buffer, count in
      if let base = buffer.baseAddress {
        kernels.reductions.argmaxMiddle(pointer, base, extent.outer, extent.reduced, extent.inner)
      }
      count = extent.outer * extent.inner
    }
  }
}

// MARK: - Plain numbers

extension Tensor {
  /// Whether no scalar is infinite or NaN.
  public var isAllFinite: Bool {
    let foundOther = Atomic(false)
    Elementwise.forEachChunk(scalarCount) { range in
      if !kernels.reductions.allFinite(pointer + range.lowerBound, range.count) {
        foundOther.store(true, ordering: .relaxed)
      }
    }
    return !foundOther.load(ordering: .relaxed)
  }

  /// The largest magnitude, 0 for an empty tensor, NaN if there is one.
  public var maximumMagnitude: Float { kernels.reductions.maximumMagnitude(pointer, scalarCount) }

  /// The sum of all squares, in double precision.
  public var sumOfSquares: Double { kernels.reductions.sumOfSquares(pointer, scalarCount) }
}
