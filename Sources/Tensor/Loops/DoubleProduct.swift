import LatentSystem

/// C += factor · A · B in double precision, for statistics: their differences need the digits that floats do not have.
///
/// A is `[m, k]` and B is `[k, n]` with any strides; C is `[m, n]` with contiguous rows. Both operands are packed a
/// block of depth at a time, then the tiles of C are computed. The order in which an element is summed depends on the
/// shape only, not on the number of threads.
///
/// Unchecked `Sendable`: chunks read the operands and write disjoint parts of the packed memory and of C.
///
/// Reference: Goto and van de Geijn, "Anatomy of High-Performance Matrix Multiplication", ACM TOMS 34(3), 2008.
package struct DoubleProduct: @unchecked Sendable {
  /// A matrix of doubles where it lies: element (i, j) is `start[i * rowStride + j * columnStride]`.
  package struct Operand {
    let start: UnsafePointer<Double>
    let rowStride: Int
    let columnStride: Int

    /// The matrix at `start`.
    package init(_ start: UnsafePointer<Double>, rowStride: Int, columnStride: Int = 1) {
      self.start = start
      self.rowStride = rowStride
      self.columnStride = columnStride
    }

    /// The same numbers with rows for columns.
    package var transposed: Operand { Operand(start, rowStride: columnStride, columnStride: rowStride) }
  }

  private let m: Int
  private let n: Int
  private let k: Int
  private let a: Operand
  private let b: Operand
  private let factor: Double
  private let c: UnsafeMutablePointer<Double>
  private let cRowStride: Int
  private let isLower: Bool
  private let kernels: KernelSet

  /// Rows of A in a chunk: half as many as of floats, so that their packed block stays in the second-level cache too.
  private var blockRows: Int { kernels.blockRows / 2 }
  /// Columns of a chunk.
  private var blockColumns: Int { 256 }
  private var tileRows: Int { kernels.tileRows }
  private var tileColumns: Int { kernels.sizes.products.doubleTileColumns }
  private var rowPanels: Int { divideUp(m, tileRows) }
  private var columnPanels: Int { divideUp(n, tileColumns) }

  /// Adds the product to C.
  ///
  /// - Parameters:
  ///   - c: must not overlap A or B.
  ///   - isLower: whether only elements (i, j) with j ≤ i are wanted, as of a symmetric product: others may be left as
  ///     they are, or be computed.
  /// - Precondition: sizes are not negative; `cRowStride >= n`.
  package static func add(
    _ a: Operand, _ b: Operand, m: Int, n: Int, k: Int, factor: Double = 1, to c: UnsafeMutablePointer<Double>,
    cRowStride: Int, isLower: Bool = false
  ) {
    add(a, b, m: m, n: n, k: k, factor: factor, to: c, cRowStride: cRowStride, isLower: isLower, kernels: .current)
  }

  /// The same with a given copy of the kernels.
  static func add(
    _ a: Operand, _ b: Operand, m: Int, n: Int, k: Int, factor: Double = 1, to c: UnsafeMutablePointer<Double>,
    cRowStride: Int, isLower: Bool = false, kernels: KernelSet
  ) {
    guard m > 0, n > 0, k > 0 else { return }
    DoubleProduct(
      m: m, n: n, k: k, a: a, b: b, factor: factor, c: c, cRowStride: cRowStride, isLower: isLower, kernels: kernels
    ).run()
  }

  private func run() {
    let depth = min(k, kernels.blockDepth)
    let aSize = rowPanels * tileRows * depth
    let size = aSize + columnPanels * tileColumns * depth
    let isParallel = m * n * k >= kernels.sizes.products.smallWork / 2
    GEMMScratch.shared.withFloats(2 * size) { memory in
      UnsafeMutableRawPointer(memory).withMemoryRebound(to: Double.self, capacity: size) { memory in
        for first in stride(from: 0, to: k, by: depth) {
          let block = first..<min(k, first + depth)
          pack(block, memory, memory + aSize, isParallel)
          multiply(block.count, memory, memory + aSize, isParallel)
        }
      }
    }
  }

  /// Packs a block of depth of A, times the factor, and of B; what sticks out at the edges is 0.
  private func pack(
    _ block: Range<Int>, _ packedA: UnsafeMutablePointer<Double>, _ packedB: UnsafeMutablePointer<Double>,
    _ isParallel: Bool
  ) {
    // So many panels at a time are some hundred microseconds of work.
    let group = 8
    let chunksOfA = divideUp(rowPanels, group)
    forEachChunk(chunksOfA + divideUp(columnPanels, group), parallel: isParallel) { chunk in
      if chunk < chunksOfA {
        for panel in chunk * group..<min(rowPanels, (chunk + 1) * group) {
          pack(
            a, lanes: panel * tileRows..<min(m, (panel + 1) * tileRows), width: tileRows, block, factor,
            packedA + panel * tileRows * block.count)
        }
      } else {
        let start = (chunk - chunksOfA) * group
        for panel in start..<min(columnPanels, start + group) {
          pack(
            b.transposed, lanes: panel * tileColumns..<min(n, (panel + 1) * tileColumns), width: tileColumns, block, 1,
            packedB + panel * tileColumns * block.count)
        }
      }
    }
  }

  /// Packs one panel: for each depth of the block the elements of some rows, side by side.
  private func pack(
    _ source: Operand, lanes: Range<Int>, width: Int, _ block: Range<Int>, _ factor: Double,
    _ target: UnsafeMutablePointer<Double>
  ) {
    if lanes.count < width { target.update(repeating: 0, count: width * block.count) }
    // Along whichever direction the source is contiguous.
    if source.rowStride == 1 {
      for p in 0..<block.count {
        let from = source.start + lanes.lowerBound + (block.lowerBound + p) * source.columnStride
        for lane in 0..<lanes.count { target[p * width + lane] = factor * from[lane] }
      }
    } else {
      for lane in 0..<lanes.count {
        let from = source.start + (lanes.lowerBound + lane) * source.rowStride + block.lowerBound * source.columnStride
        for p in 0..<block.count { target[p * width + lane] = factor * from[p * source.columnStride] }
      }
    }
  }

  /// Adds one block of depth to all tiles that are wanted.
  private func multiply(
    _ depth: Int, _ packedA: UnsafePointer<Double>, _ packedB: UnsafePointer<Double>, _ isParallel: Bool
  ) {
    let (rowGroup, columnGroup) = (max(1, blockRows / tileRows), max(1, blockColumns / tileColumns))
    let rowGroups = divideUp(rowPanels, rowGroup)
    forEachChunk(rowGroups * divideUp(columnPanels, columnGroup), parallel: isParallel) { chunk in
      let rows = chunk % rowGroups * rowGroup..<min(rowPanels, (chunk % rowGroups + 1) * rowGroup)
      let columns = chunk / rowGroups * columnGroup..<min(columnPanels, (chunk / rowGroups + 1) * columnGroup)
      withRoom(for: tileRows * tileColumns, of: Double.self) { edge in
        for column in columns {
          for row in rows where !isLower || column * tileColumns < (row + 1) * tileRows {
            addTile(
              row, column, depth, packedA + row * tileRows * depth, packedB + column * tileColumns * depth, edge)
          }
        }
      }
    }
  }

  /// Adds to one tile; to one that sticks out at an edge of C by way of `edge`, room for a tile.
  private func addTile(
    _ row: Int, _ column: Int, _ depth: Int, _ a: UnsafePointer<Double>, _ b: UnsafePointer<Double>,
    _ edge: UnsafeMutablePointer<Double>
  ) {
    let (i, j) = (row * tileRows, column * tileColumns)
    let (rows, columns) = (min(tileRows, m - i), min(tileColumns, n - j))
    let target = c + i * cRowStride + j
    if rows == tileRows && columns == tileColumns {
      kernels.products.addDoubleTile(depth, a, b, target, cRowStride)
      return
    }
    edge.update(repeating: 0, count: tileRows * tileColumns)
    kernels.products.addDoubleTile(depth, a, b, edge, tileColumns)
    for r in 0..<rows {
      for s in 0..<columns { target[r * cRowStride + s] += edge[r * tileColumns + s] }
    }
  }
}
