import LatentSystem

// The cross-entropy of Bernoulli distributions passes over more memory than anything else in a step of a variational
// autoencoder. Here a few rows at a time go through the kernels of its parts while they are in the cache, with the bits of
// the composite.

extension Tensor {
  /// `Σ softplus(x) - t · x` over each row of these logits, with the same bits and derivatives as
  /// `(logits.softplus() - targets * logits).sum(axes: [1])`.
  ///
  /// - Parameters:
  ///   - targets: `[N, columns]`, the same again for every N rows.
  /// - Returns: `[draws · N]` for logits `[draws · N, columns]`.
  /// - Precondition: `targets` is not recorded; the number of rows is a multiple of N.
  package func bernoulliCrossEntropyRows(targets: Tensor) -> Tensor {
    require(
      rank == 2 && targets.rank == 2 && shape[1] == targets.shape[1] && !targets.isRecorded
        && (shape[0] == 0 || targets.shape[0] > 0 && shape[0] % targets.shape[0] == 0),
      "bernoulliCrossEntropyRows: logits \(shape) and targets \(targets.shape); these must be constant rows of the same size"
    )
    guard shape[1] <= Elementwise.chunk else {
      // Longer rows are summed in slices.
      let tiled = Tensor.concatenated(Array(repeating: targets, count: shape[0] / Swift.max(1, targets.shape[0])))
      return (softplus() - tiled * self).sum(axes: [1])
    }
    let result = Tensor([shape[0]]) { output in
      BernoulliRows(self, targets).forEachBlock { block in
        let (logits, scratch, count) = (pointer + block.start, block.scratch, block.count)
        kernels.unary.softplus(logits, scratch, count)
        block.multiplyTargets(by: logits, into: block.other)
        kernels.binary.subtract(scratch, 1, 0, block.other, 1, 0, scratch, count, 1)
        kernels.reductions.sumMiddle(scratch, output + block.row, block.rows, shape[1], 1)
      }
    }
    return recordUnary("bernoulliCrossEntropyRows", result, saving: [.input(0)]) { u, saved in
      u.timesBernoulliSlope(saved[0], targets)
    }
  }

  /// `u · (sigmoid(x) - t)` for this tensor's u of each row, `[rows]` → `[rows, columns]`.
  private func timesBernoulliSlope(_ logits: Tensor, _ targets: Tensor) -> Tensor {
    let columns = logits.shape[1]
    let result = Tensor(logits.shape) { output in
      BernoulliRows(logits, targets).forEachBlock { block in
        let count = block.count
        for row in 0..<block.rows {
          (block.scratch + row * columns).update(repeating: pointer[block.row + row], count: columns)
        }
        kernels.fused.softplusGradient(block.scratch, logits.pointer + block.start, output + block.start, count)
        block.multiplyTargets(by: block.scratch, into: block.other)
        kernels.binary.subtract(output + block.start, 1, 0, block.other, 1, 0, output + block.start, count, 1)
      }
    }
    return Tensor.record(
      "bernoulliCrossEntropyRows' derivative", result, from: self, logits, saving: [.input(0), .input(1)]
    ) {
      let (v, u, x) = ($0.cotangent, $0.saved[0], $0.saved[1])
      let sigmoid = x.sigmoid()
      let tiled = Tensor.concatenated(Array(repeating: targets, count: x.shape[0] / targets.shape[0]))
      return [
        $0.isWanted[0] ? (v * (sigmoid - tiled)).sum(axes: [1]) : nil,
        $0.isWanted[1] ? v * u.expanded(axis: 1) * sigmoid * (1 - sigmoid) : nil,
      ]
    }
  }
}

/// Rows of logits in blocks that the first-level cache holds several times, from several threads.
private struct BernoulliRows {
  /// Some rows that follow each other.
  struct Block {
    /// The first row, and how many there are.
    let row: Int
    let rows: Int
    let columns: Int
    let targets: Tensor
    /// Room for as many floats as the block has, twice.
    let scratch: UnsafeMutablePointer<Float>
    let other: UnsafeMutablePointer<Float>

    var start: Int { row * columns }
    var count: Int { rows * columns }

    /// `output = targets · factors` for the block's rows, with targets that start again after their last row.
    func multiplyTargets(by factors: UnsafePointer<Float>, into output: UnsafeMutablePointer<Float>) {
      let total = targets.shape[0]
      var done = 0
      while done < rows {
        let place = (row + done) % total
        let few = min(rows - done, total - place)
        kernels.binary.multiply(
          targets.pointer + place * columns, 1, 0, factors + done * columns, 1, 0, output + done * columns,
          few * columns, 1)
        done += few
      }
    }
  }

  private let logits: Tensor
  private let targets: Tensor
  private static let scalarsInABlock = 4096

  init(_ logits: Tensor, _ targets: Tensor) { (self.logits, self.targets) = (logits, targets) }

  func forEachBlock(_ body: (Block) -> Void) {
    let (rows, columns) = (logits.shape[0], logits.shape[1])
    let most = max(1, Self.scalarsInABlock / max(1, columns))
    let size = max(1, Elementwise.chunk / max(1, most * columns)) * most
    Elementwise.forEachChunk(rows, size: size) { range in
      withUnsafeTemporaryAllocation(of: Float.self, capacity: max(1, 2 * most * columns)) { room in
        guard let scratch = room.baseAddress else { return }
        for row in stride(from: range.lowerBound, to: range.upperBound, by: most) {
          body(
            Block(
              row: row, rows: min(most, range.upperBound - row), columns: columns, targets: targets, scratch: scratch,
              other: scratch + most * columns))
        }
      }
    }
  }
}
