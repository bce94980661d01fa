import LatentSystem

// How elementwise kernels are run: over whole tensors, broadcast, split into chunks for the threads.

enum Elementwise {
  /// The fewest scalars that are worth waking a thread for.
  static let chunk = 1 << 15

  /// Calls `body` with ranges that cover `count` scalars, from several threads if there is enough to do.
  static func forEachChunk(_ count: Int, _ body: (Range<Int>) -> Void) {
    if count <= chunk { return count > 0 ? body(0..<count) : () }
    // Long ranges are quicker, as the processor reads ahead; short ones keep more threads busy until the end.
    forEachChunk(count, size: min(2 * chunk, roundUp(max(chunk, count / 16), 16)), unit: 16, body)
  }

  /// Calls `body` with ranges that cover `0..<count`, from several threads if there is more than one. They are about
  /// equally long, so that no thread waits for the other's longer one.
  ///
  /// - Parameters:
  ///   - size: the most in a range, a multiple of `unit`.
  ///   - unit: where a range may begin: at multiples of it.
  static func forEachChunk(_ count: Int, size: Int, unit: Int = 1, _ body: (Range<Int>) -> Void) {
    let chunks = divideUp(count, size)
    if chunks <= 1 { return count > 0 ? body(0..<count) : () }
    let equal = roundUp(divideUp(count, chunks), unit)
    Threads.parallelFor(divideUp(count, equal)) { index in body(index * equal..<min(count, (index + 1) * equal)) }
  }
}

extension Tensor {
  /// The result of `kernel` on every scalar, as a constant.
  func mapped(for operation: StaticString = #function, _ kernel: UnaryKernel) -> Tensor {
    Tensor(shape, for: operation) { output in
      Elementwise.forEachChunk(scalarCount) { range in
        kernel(pointer + range.lowerBound, output + range.lowerBound, range.count)
      }
    }
  }

  /// The result of `kernel` on every pair of scalars of tensors with one shape, as a constant.
  static func zipped(
    _ a: Tensor, _ b: Tensor,
    _ kernel: (UnsafePointer<Float>, UnsafePointer<Float>, UnsafeMutablePointer<Float>, Int) -> Void
  ) -> Tensor {
    Tensor(a.shape) { output in
      Elementwise.forEachChunk(a.scalarCount) { range in
        let start = range.lowerBound
        kernel(a.pointer + start, b.pointer + start, output + start, range.count)
      }
    }
  }

  /// The result of `kernel` on every pair of scalars of `a` and `b`, broadcast, as a constant.
  static func broadcast(_ operation: StaticString, _ a: Tensor, _ b: Tensor, _ kernel: BinaryKernel) -> Tensor {
    if a.shape == b.shape {
      return Tensor(a.shape, for: operation) { output in
        Elementwise.forEachChunk(a.scalarCount) { range in
          let start = range.lowerBound
          kernel(a.pointer + start, 1, 0, b.pointer + start, 1, 0, output + start, range.count, 1)
        }
      }
    }
    let shape = broadcastShape(operation, a, b)
    return Tensor(shape, for: operation) { output in
      if broadcastShortRow(a, b, output, kernel) { return }
      BroadcastLoop([a.shape, b.shape], to: shape).forEachBlock { block in
        let (a0, b0) = (block.operands[0], block.operands[1])
        kernel(
          a.pointer + a0.offset, a0.inner, a0.outer, b.pointer + b0.offset, b0.inner, b0.outer,
          output + block.outputOffset, block.inner, block.outer)
      }
    }
  }

  /// Where one operand is a row of a few scalars for each row of the other, as a bias of three channels is: rows are
  /// taken 64 at a time, because the ends of rows cost more than scalars.
  ///
  /// - Returns: false if the operands are not of that kind or have few rows: then nothing has been done.
  private static func broadcastShortRow(
    _ a: Tensor, _ b: Tensor, _ output: UnsafeMutablePointer<Float>, _ kernel: BinaryKernel
  ) -> Bool {
    let (row, matrix) = a.scalarCount < b.scalarCount ? (a, b) : (b, a)
    let (columns, group) = (row.scalarCount, 64)
    guard columns > 1, columns < 64, matrix.rank >= 1, matrix.shape[-1] == columns, row.rank <= matrix.rank,
      row.rank >= 1, row.shape[-1] == columns, matrix.scalarCount >= group * columns
    else { return false }
    let repeated = row.detached().reshaped(to: [columns]).broadcast(to: [group, columns])
    let (left, right) = a.scalarCount < b.scalarCount ? (repeated, b) : (a, repeated)
    // Rows of the repeated operand, at stride 0.
    let strides = a.scalarCount < b.scalarCount ? (0, 1) : (1, 0)
    let size = Swift.max(1, Elementwise.chunk / (group * columns)) * group * columns
    Elementwise.forEachChunk(matrix.scalarCount, size: size, unit: group * columns) { range in
      let start = range.lowerBound
      let rows = range.count / (group * columns)
      kernel(
        left.pointer + start * strides.0, 1, group * columns * strides.0, right.pointer + start * strides.1, 1,
        group * columns * strides.1, output + start, group * columns, rows)
      let (rest, done) = (range.count % (group * columns), range.count - range.count % (group * columns))
      kernel(
        left.pointer + (start + done) * strides.0, 1, 0, right.pointer + (start + done) * strides.1, 1, 0,
        output + start + done, rest, 1)
    }
    withExtendedLifetime(repeated) {}
    return true
  }

  static func broadcastShape(_ operation: StaticString, _ a: Tensor, _ b: Tensor) -> Shape {
    requireSome(
      Shape.broadcast(a.shape, b.shape),
      "\(operation): shapes \(a.shape) and \(b.shape) do not broadcast: aligned at the end, sizes must be equal or 1")
  }
}
