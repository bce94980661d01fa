/// Some columns of the right sides `[…, n, width]` of equations: they are solved by themselves, a block that stays in the
/// cache at a time.
struct SystemColumns {
  private let rows: Int
  private let width: Int
  /// How many matrices there are.
  private let count: Int
  private var columns: Range<Int>
  /// How many columns are in a block.
  private static let blockWidth = 64

  /// All columns of right sides of the given shape.
  init(_ shape: Tensor.Shape) {
    rows = shape[-2]
    width = shape[-1]
    columns = 0..<shape[-1]
    count = shape.sizes.dropLast(2).reduce(1, *)
  }

  /// Calls `body` with each block of columns of each matrix, from several threads if there is enough to do.
  func forEachBlock(_ body: (_ index: Int, _ columns: SystemColumns) -> Void) {
    let blocks = divideUp(width, Self.blockWidth)
    guard rows > 0, blocks > 0 else { return }
    let work = rows * rows * min(width, Self.blockWidth)
    Elementwise.forEachChunk(count * blocks, size: max(1, Elementwise.chunk / work)) { tasks in
      for task in tasks {
        var part = self
        let start = task % blocks * Self.blockWidth
        part.columns = start..<min(width, start + Self.blockWidth)
        body(task / blocks, part)
      }
    }
  }

  /// The columns of the matrix `index`.
  func read(_ source: UnsafePointer<Float>, _ index: Int) -> Matrix {
    Matrix(
      source + index * rows * width + columns.lowerBound, rows: rows, columns: columns.count, rowStride: width)
  }

  /// Writes the columns of the matrix `index`.
  func write(_ block: Matrix, _ target: UnsafeMutablePointer<Float>, _ index: Int) {
    block.write(to: target + index * rows * width + columns.lowerBound, rowStride: width)
  }
}
