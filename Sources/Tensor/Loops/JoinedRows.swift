import LatentSystem

/// Rows made of a piece of each of several tensors, as joining along an axis and splitting have them.
///
/// Some rows at a time get all their pieces, while they are in the cache.
struct JoinedRows {
  private let rows: Int
  private let length: Int
  private let pieces: [(start: Int, length: Int)]

  /// - Parameters:
  ///   - shape: of the tensor that is joined.
  ///   - counts: the sizes of the pieces along `axis`, which add up to that of the shape.
  init(_ shape: Tensor.Shape, axis: Int, counts: [Int]) {
    let inner = shape.sizes[(axis + 1)...].reduce(1, *)
    rows = shape.sizes[..<axis].reduce(1, *)
    length = shape.sizes[axis] * inner
    var start = 0
    pieces = counts.map { count in
      defer { start += count * inner }
      return (start, count * inner)
    }
  }

  /// Joins the pieces.
  func join(_ sources: [UnsafePointer<Float>], _ target: UnsafeMutablePointer<Float>) {
    forEachBlock { piece, rows, columns in
      let (start, length) = (pieces[piece].start, pieces[piece].length)
      kernels.movement.copyStrided2D(
        sources[piece] + rows.lowerBound * length + columns.lowerBound, 1, length,
        target + rows.lowerBound * self.length + start + columns.lowerBound, 1, self.length, columns.count, rows.count)
    }
  }

  /// Takes the pieces apart.
  func split(_ source: UnsafePointer<Float>, _ targets: [UnsafeMutablePointer<Float>]) {
    forEachBlock { piece, rows, columns in
      let (start, length) = (pieces[piece].start, pieces[piece].length)
      kernels.movement.copyStrided2D(
        source + rows.lowerBound * self.length + start + columns.lowerBound, 1, self.length,
        targets[piece] + rows.lowerBound * length + columns.lowerBound, 1, length, columns.count, rows.count)
    }
  }

  /// Calls `body` for each piece of each block of rows, with the columns of the piece, from several threads if there is
  /// enough to do.
  private func forEachBlock(_ body: (_ piece: Int, _ rows: Range<Int>, _ columns: Range<Int>) -> Void) {
    guard length > 0 else { return }
    if length <= Elementwise.chunk || rows >= 16 {
      return Elementwise.forEachChunk(rows, size: max(1, Elementwise.chunk / length)) { rows in
        for piece in pieces.indices { body(piece, rows, 0..<pieces[piece].length) }
      }
    }
    // Few long rows.
    for row in 0..<rows {
      for piece in pieces.indices {
        Elementwise.forEachChunk(pieces[piece].length) { body(piece, row..<row + 1, $0) }
      }
    }
  }
}
