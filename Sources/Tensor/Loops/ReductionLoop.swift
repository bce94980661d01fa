import LatentSystem

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
    overOuter(x, y) { kernels.reductions.maxMiddle($0, $1, $2, extent.reduced, extent.inner) }
  }

  /// Long sums are made per slice of a fixed size, and the slices joined by a fixed binary tree: a sum depends on its
  /// own scalars only, not on how many other sums there are.
  func sum(_ x: UnsafePointer<Float>, _ y: UnsafeMutablePointer<Float>) {
    let (reduced, inner) = (extent.reduced, extent.inner)
    let slice = Swift.max(1, Elementwise.chunk / Swift.max(1, inner))
    guard reduced > slice else { return overOuter(x, y) { kernels.reductions.sumMiddle($0, $1, $2, reduced, inner) } }
    let slices = (reduced + slice - 1) / slice
    let partial = Storage(count: extent.outer * slices * inner)
    Threads.parallelFor(extent.outer * slices) { index in
      let start = index % slices * slice
      kernels.reductions.sumMiddle(
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
        kernels.binary.add(target + start, 1, 0, other + start, 1, 0, target + start, range.count, 1)
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
