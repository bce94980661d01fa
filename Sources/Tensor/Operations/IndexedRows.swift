import Kernels
import LatentSystem

/// Which rows of a matrix each row of another one is made of.
///
/// Both matrices consist of equally many equal groups of rows, and no row is made of those of another group, so that
/// threads can share out the groups in either direction.
struct RowPattern: Sendable {
  /// The rows for each row of the result, `terms` one after the other.
  let indices: [Int]
  let terms: Int
  let groups: Int
  /// The rows of the source.
  let sourceRows: Int

  var rows: Int { indices.count / terms }

  /// Calls `body` with ranges of the result's rows, from several threads if there is enough to do.
  fileprivate func forEachChunk(_ size: Int, _ body: (Range<Int>, UnsafePointer<Int>) -> Void) {
    withIndices { indices in
      let most = Swift.max(1, Elementwise.chunk / Swift.max(1, size * terms))
      Elementwise.forEachChunk(rows, size: most) { body($0, indices + $0.lowerBound * terms) }
    }
  }

  /// Calls `body` with the result's rows of each group, from several threads.
  fileprivate func forEachGroup(_ body: (Range<Int>, UnsafePointer<Int>) -> Void) {
    let perGroup = rows / Swift.max(1, groups)
    withIndices { indices in
      Threads.parallelFor(groups) { group in
        body(group * perGroup..<(group + 1) * perGroup, indices + group * perGroup * terms)
      }
    }
  }

  private func withIndices(_ body: (UnsafePointer<Int>) -> Void) {
    indices.withUnsafeBufferPointer { buffer in
      if let base = buffer.baseAddress { body(base) }
    }
  }
}

// Three maps, each linear in both of its tensors, whose derivatives are one another.
extension Tensor {
  /// Row i is Σₖ weights[i, k] · row `indices[i, k]` of this tensor: `[sourceRows, size]` → `[rows, size]`.
  ///
  /// - Parameter weights: `[rows, terms]`.
  func combinedRows(_ pattern: RowPattern, weights: Tensor) -> Tensor {
    let size = shape[1]
    let result = Tensor([pattern.rows, size]) { output in
      pattern.forEachChunk(size) { rows, indices in
        kernels.movement.combineIndexedRows(
          pointer, indices, weights.pointer + rows.lowerBound * pattern.terms, output + rows.lowerBound * size,
          rows.count, pattern.terms, size)
      }
    }
    return Tensor.record("combinedRows", result, from: self, weights, saving: [.input(0), .input(1)]) {
      let (u, x, weights) = ($0.cotangent, $0.saved[0], $0.saved[1])
      return [
        $0.isWanted[0] ? u.scatteredRows(pattern, weights: weights) : nil,
        $0.isWanted[1] ? u.rowProducts(pattern, with: x) : nil,
      ]
    }
  }

  /// The transpose of ``combinedRows(_:weights:)``: `[rows, size]` → `[sourceRows, size]`.
  private func scatteredRows(_ pattern: RowPattern, weights: Tensor) -> Tensor {
    let size = shape[1]
    var result = Tensor.zeros([pattern.sourceRows, size])
    result.withMutableScalars { scalars in
      guard let target = scalars.baseAddress else { return }
      nonisolated(unsafe) let output = target
      pattern.forEachGroup { rows, indices in
        kernels.movement.scatterIndexedRows(
          pointer + rows.lowerBound * size, indices, weights.pointer + rows.lowerBound * pattern.terms, output,
          rows.count, pattern.terms, size)
      }
    }
    return Tensor.record("scatteredRows", result, from: self, weights, saving: [.input(0), .input(1)]) {
      let (v, u, weights) = ($0.cotangent, $0.saved[0], $0.saved[1])
      return [
        $0.isWanted[0] ? v.combinedRows(pattern, weights: weights) : nil,
        $0.isWanted[1] ? u.rowProducts(pattern, with: v) : nil,
      ]
    }
  }

  /// Element (i, k) is the product of row i of this tensor, `[rows, size]`, with row `indices[i, k]` of `other`,
  /// `[sourceRows, size]`.
  private func rowProducts(_ pattern: RowPattern, with other: Tensor) -> Tensor {
    let size = shape[1]
    let result = Tensor([pattern.rows, pattern.terms]) { output in
      pattern.forEachChunk(size) { rows, indices in
        kernels.movement.dotIndexedRows(
          pointer + rows.lowerBound * size, other.pointer, indices, output + rows.lowerBound * pattern.terms,
          rows.count, pattern.terms, size)
      }
    }
    return Tensor.record("rowProducts", result, from: self, other, saving: [.input(0), .input(1)]) {
      let (v, u, x) = ($0.cotangent, $0.saved[0], $0.saved[1])
      return [
        $0.isWanted[0] ? x.combinedRows(pattern, weights: v) : nil,
        $0.isWanted[1] ? u.scatteredRows(pattern, weights: v) : nil,
      ]
    }
  }
}
