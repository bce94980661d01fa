import LatentSystem

/// Normalization of each row of a matrix by itself, with a scale and an offset for each column.
///
/// Gradients at scale and offset are summed per slice of a fixed number of rows, and joined by a fixed binary tree.
struct RowNormalization: OwnNormalization {
  private let rows: Int
  private let columns: Int
  /// Whether the mean is taken away.
  private let isCentred: Bool

  /// - Precondition: `columns >= 1`.
  init(rows: Int, columns: Int, isCentred: Bool) {
    (self.rows, self.columns, self.isCentred) = (rows, columns, isCentred)
  }

  func output(_ x: Tensor, _ scale: Tensor, _ offset: Tensor, _ epsilon: Float) -> Output {
    let (mean, inverse) = (Storage(count: rows), Storage(count: rows))
    let output = Tensor(x.shape) { output in
      forEachSlice { _, start, count in
        kernels.normalization.normalizeRows(
          x.pointer + start * columns, scale.pointer, offset.pointer, epsilon, isCentred, output + start * columns,
          mean.pointer + start, inverse.pointer + start, count, columns)
      }
    }
    return (output, Tensor(storage: mean, shape: [rows]), Tensor(storage: inverse, shape: [rows]))
  }

  func gradients(
    _ u: Tensor, _ x: Tensor, _ scale: Tensor, mean: Tensor, inverse: Tensor, withInput: Bool
  ) -> [Tensor] {
    let partial = Storage(count: max(1, slices) * 2 * columns)
    kernels.movement.fill(0, partial.pointer, max(1, slices) * 2 * columns)
    let input = Storage(count: withInput ? rows * columns : 0)
    forEachSlice { slice, start, count in
      let sums = partial.pointer + slice * 2 * columns
      kernels.normalization.normalizeRowsGradient(
        u.pointer + start * columns, x.pointer + start * columns, scale.pointer, mean.pointer + start,
        inverse.pointer + start, isCentred, withInput, input.pointer + (withInput ? start * columns : 0), sums,
        sums + columns, count, columns)
    }
    forEachPair(of: slices) { target, other, _ in
      let (target, other) = (partial.pointer + target * 2 * columns, partial.pointer + other * 2 * columns)
      kernels.binary.add(target, 1, 0, other, 1, 0, target, 2 * columns, 1)
    }
    func sums(from start: Int) -> Tensor {
      Tensor(scale.shape) { kernels.movement.copy(partial.pointer + start, $0, columns) }
    }
    let results = [sums(from: 0), sums(from: columns)]
    return withInput ? results + [Tensor(storage: input, shape: x.shape)] : results
  }

  // MARK: Slices

  /// How many rows a slice has: enough to be worth a task, and few enough slices for their sums to be few.
  private var sliceSize: Int { max(1, Elementwise.chunk / columns, (rows + 31) / 32) }
  private var slices: Int { (rows + sliceSize - 1) / sliceSize }

  private func forEachSlice(_ body: (_ slice: Int, _ start: Int, _ count: Int) -> Void) {
    Threads.parallelFor(slices) { body($0, $0 * sliceSize, min(sliceSize, rows - $0 * sliceSize)) }
  }
}
