import Kernels
import KernelsAVX2
import KernelsAVX512
import Synchronization

private let addKernel = select(Kernels.add, KernelsAVX2.add, KernelsAVX512.add)
private let sumMiddleKernel = select(Kernels.sumMiddle, KernelsAVX2.sumMiddle, KernelsAVX512.sumMiddle)
private let maxMiddleKernel = select(Kernels.maxMiddle, KernelsAVX2.maxMiddle, KernelsAVX512.maxMiddle)
private let argmaxMiddleKernel = select(Kernels.argmaxMiddle, KernelsAVX2.argmaxMiddle, KernelsAVX512.argmaxMiddle)
private let allFiniteKernel = select(Kernels.allFinite, KernelsAVX2.allFinite, KernelsAVX512.allFinite)
private let maximumMagnitudeKernel = select(
  Kernels.maximumMagnitude, KernelsAVX2.maximumMagnitude, KernelsAVX512.maximumMagnitude)
private let sumOfSquaresKernel = select(
  Kernels.sumOfSquares, KernelsAVX2.sumOfSquares, KernelsAVX512.sumOfSquares)

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

  private func resolved(_ axes: [Int]?, _ operation: StaticString) -> [Int] {
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
  /// The largest scalar along `axes`, or of all; NaN if there is one. Ties share the gradient equally.
  /// - Precondition: the reduced axes are not empty.
  public func max(axes: [Int]? = nil, keepingDimensions: Bool = false) -> Tensor {
    let axes = resolved(axes, "max")
    let kept = shape.reduced(axes, keepingDimensions: true)
    var extremes = detached()
    for run in Reduction.runs(of: axes, in: shape) {
      extremes = extremes.reducedConstant(over: run) { extent, output in
        require(extent.reduced > 0, "max: nothing to choose from along axes \(axes) of shape \(shape)")
        Reduction(extent).max(extremes.pointer, output)
      }
    }
    let result = extremes.withShape(shape.reduced(axes, keepingDimensions: keepingDimensions))
    return recordUnary("max", result, saving: [.input(0), .output(0)]) { u, saved in
      let isMaximum = saved[0] .== saved[1].reshaped(to: kept)
      return u.reshaped(to: kept) * (isMaximum / isMaximum.sum(axes: axes, keepingDimensions: true))
    }
  }

  /// The smallest scalar along `axes`, or of all; NaN if there is one. Ties share the gradient equally.
  /// - Precondition: the reduced axes are not empty.
  public func min(axes: [Int]? = nil, keepingDimensions: Bool = false) -> Tensor {
    -(-self).max(axes: axes, keepingDimensions: keepingDimensions)
  }

  /// The indices of the largest scalars along `axis`, in row-major order of the other axes; the first of a tie.
  /// - Precondition: the axis is not empty.
  public func argmax(axis: Int = -1) -> [Int] {
    let axis = shape.resolved(axis, "argmax")
    let extent = Reduction.Extent(shape, axis..<axis + 1)
    require(extent.reduced > 0, "argmax: nothing to choose from along axis \(axis) of shape \(shape)")
    return Array(unsafeUninitializedCapacity: extent.outer * extent.inner) { buffer, count in
      if let base = buffer.baseAddress { argmaxMiddleKernel(pointer, base, extent.outer, extent.reduced, extent.inner) }
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
      if !allFiniteKernel(pointer + range.lowerBound, range.count) { foundOther.store(true, ordering: .relaxed) }
    }
    return !foundOther.load(ordering: .relaxed)
  }

  /// The largest magnitude, 0 for an empty tensor, NaN if there is one.
  public var maximumMagnitude: Float { maximumMagnitudeKernel(pointer, scalarCount) }

  /// The sum of all squares, in double precision.
  public var sumOfSquares: Double { sumOfSquaresKernel(pointer, scalarCount) }
}

/// How a reduction over neighbouring axes is split into slices for the threads.
struct Reduction {
  /// A tensor seen as `[outer, reduced, inner]`.
  struct Extent {
    let outer: Int
    let reduced: Int
    let inner: Int

    init(_ shape: Tensor.Shape, _ run: Range<Int>) {
      outer = shape.sizes[..<run.lowerBound].reduce(1, *)
      reduced = shape.sizes[run].reduce(1, *)
      inner = shape.sizes[run.upperBound...].reduce(1, *)
    }
  }

  private let extent: Extent

  init(_ extent: Extent) { self.extent = extent }

  /// Runs of neighbouring axes among ascending `axes`, the last first, so that the data shrink before the slower passes.
  static func runs(of axes: [Int], in shape: Tensor.Shape) -> [Range<Int>] {
    var runs: [Range<Int>] = []
    for axis in axes.reversed() {
      if let last = runs.last, last.lowerBound == axis + 1 {
        runs[runs.count - 1] = axis..<last.upperBound
      } else {
        runs.append(axis..<axis + 1)
      }
    }
    return runs
  }

  func max(_ x: UnsafePointer<Float>, _ y: UnsafeMutablePointer<Float>) {
    overOuter(x, y) { maxMiddleKernel($0, $1, $2, extent.reduced, extent.inner) }
  }

  /// Long sums are made per slice of a fixed size, and the slices joined by a fixed binary tree: a sum depends on its
  /// own scalars only, not on how many other sums there are.
  func sum(_ x: UnsafePointer<Float>, _ y: UnsafeMutablePointer<Float>) {
    let (reduced, inner) = (extent.reduced, extent.inner)
    let slice = Swift.max(1, Elementwise.chunk / Swift.max(1, inner))
    guard reduced > slice else { return overOuter(x, y) { sumMiddleKernel($0, $1, $2, reduced, inner) } }
    let slices = (reduced + slice - 1) / slice
    let partial = Storage(count: extent.outer * slices * inner)
    Threads.parallelFor(extent.outer * slices) { index in
      let start = index % slices * slice
      sumMiddleKernel(
        x + (index / slices * reduced + start) * inner, partial.pointer + index * inner, 1,
        Swift.min(slice, reduced - start), inner)
    }
    for outer in 0..<extent.outer {
      let sums = partial.pointer + outer * slices * inner
      Self.join(sums, count: slices, length: inner)
      (y + outer * inner).update(from: sums, count: inner)
    }
    withExtendedLifetime(partial) {}
  }

  /// Adds up `count` rows of `length` floats by a binary tree, into the first.
  private static func join(_ rows: UnsafeMutablePointer<Float>, count: Int, length: Int) {
    forEachPair(of: count) { target, other, _ in
      // Most sums are of one float, which is not worth a kernel.
      if length == 1 {
        rows[target] += rows[other]
        return
      }
      let (target, other) = (rows + target * length, rows + other * length)
      Elementwise.forEachChunk(length) { range in
        let start = range.lowerBound
        addKernel(target + start, 1, 0, other + start, 1, 0, target + start, range.count, 1)
      }
    }
  }

  private func overOuter(
    _ x: UnsafePointer<Float>, _ y: UnsafeMutablePointer<Float>,
    _ kernel: (UnsafePointer<Float>, UnsafeMutablePointer<Float>, _ outer: Int) -> Void
  ) {
    let rows = Swift.max(1, Elementwise.chunk / Swift.max(1, extent.reduced * extent.inner))
    Elementwise.forEachChunk(extent.outer, size: rows) { range in
      let start = range.lowerBound
      kernel(x + start * extent.reduced * extent.inner, y + start * extent.inner, range.count)
    }
  }
}
