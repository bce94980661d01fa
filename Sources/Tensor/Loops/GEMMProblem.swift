/// One multiplication and the way it is cut into blocks.
///
/// The operands are packed first, whole or, if they are large, a part at a time; then the tiles of C are computed. Where
/// A has far more rows than B has columns, each chunk packs the rows that it multiplies, which are in its core's cache
/// then. All steps are split into chunks that depend on nothing but the sizes, enough of them to keep two or more
/// threads busy until the end.
///
/// Unchecked `Sendable`: chunks read the operands and write disjoint parts of the packed memory and of C.
struct GEMMProblem: @unchecked Sendable {
  let m: Int
  let n: Int
  let k: Int
  let a: UnsafePointer<Float>
  let aRowStride: Int
  let aColumnStride: Int
  let b: UnsafePointer<Float>
  let bRowStride: Int
  let bColumnStride: Int
  let c: UnsafeMutablePointer<Float>
  let cRowStride: Int
  let accumulate: Bool
  /// Whether only elements (i, j) with j ≤ i are wanted: others may be left as they are, or be computed.
  var isLower = false
  let kernels: KernelSet
  /// What is done with the rows of C in the end; they have no gaps then.
  var finish: ChannelFinish?

  private var sizes: ProductSizes { kernels.sizes.products }

  /// A part that is packed and multiplied in one go: `rows` × `depth` of A with `depth` × `columns` of B.
  struct Part {
    var rows: Range<Int>
    var columns: Range<Int>
    var depth: Range<Int>
    /// Depth of one packed block; the last one may be shorter.
    var blockDepth: Int
    /// The part's first columns, whole tiles, are not packed but read where they are.
    var directColumns: Int

    /// The columns that are packed, relative to the part's first one.
    var packedColumns: Range<Int> { directColumns..<columns.count }
    var blocks: Int { (depth.count + blockDepth - 1) / blockDepth }
    /// The range of depth of a block, relative to the part's.
    func block(_ index: Int) -> Range<Int> { index * blockDepth..<min(depth.count, (index + 1) * blockDepth) }
  }

  /// Does the multiplication.
  ///
  /// - Parameter parallel: false keeps everything on the calling thread.
  func run(parallel: Bool) {
    guard m > 0, n > 0 else { return }
    guard k > 0 else {
      clear()
      finish?.run(c, rows: m, kernels)
      return
    }
    if n == 1, m > 1, cRowStride == 1 {
      kernels.paths.count(.transposedColumn)
      transposed.run(parallel: parallel)
      finish?.run(c, rows: m, kernels)
      return
    }
    if isRow {
      kernels.paths.count(.rowProduct)
      return runRow(parallel: parallel)
    }
    if isDirect && n >= kernels.tileColumns { kernels.paths.count(.directColumns) }
    if !isDirect || n % kernels.tileColumns != 0 { kernels.paths.count(.packedColumns) }
    if packsRowsInChunks { kernels.paths.count(readsRowsInPlace && !isDirect ? .rowsInPlace : .rowsInChunks) }
    let parallel = parallel && m * n * k >= sizes.smallWork
    let blockDepth = equalBlockDepth
    let depth = min(k, max(1, sizes.packedDepth / blockDepth) * blockDepth)
    let rows = packsRowsInChunks ? m : partSize(m, kernels.tileRows, depth)
    let columns = partSize(n, kernels.tileColumns, depth)
    let tile = kernels.tileColumns
    let bFloats = roundUp(columns, kernels.tileColumns) * depth
    let aFloats = packsRowsInChunks ? 0 : roundUp(rows, kernels.tileRows) * depth
    GEMMScratch.shared.withFloats(bFloats + aFloats) { packedB in
      let packedA = packedB + bFloats
      for p in stride(from: 0, to: k, by: depth) {
        for j in stride(from: 0, to: n, by: columns) {
          for i in stride(from: 0, to: m, by: rows) {
            let part = Part(
              rows: i..<min(m, i + rows), columns: j..<min(n, j + columns), depth: p..<min(k, p + depth),
              blockDepth: blockDepth, directColumns: isDirect ? min(n - j, columns) / tile * tile : 0)
            // With a single part of rows, A is the same for all columns.
            let packsA = !packsRowsInChunks && (i > 0 || j == 0 || rows < m)
            pack(part, a: packsA, b: i == 0, packedA, packedB, parallel)
            if packsRowsInChunks {
              multiplyRowsInChunks(part, packedB, parallel)
            } else {
              multiply(part, packedA, packedB, parallel)
            }
          }
        }
      }
    }
    if !finishesChunks(columns: columns) { finish?.run(c, rows: m, kernels) }
  }

  /// Whether each chunk finishes its rows of C, which have no gaps. Parts of rows are finished when all are there, as calls
  /// for each would cost more than a pass.
  private func finishesChunks(columns: Int) -> Bool { packsRowsInChunks && columns == n }

  /// The depth of the blocks whose sums are joined: equal blocks rather than a short last one; a multiple of 4 suits
  /// packing.
  var equalBlockDepth: Int { roundUp(divideUp(k, divideUp(k, kernels.blockDepth)), 4) }

  /// Whether a chunk is of all columns, and packs its rows of A itself.
  private var packsRowsInChunks: Bool { m >= sizes.tallRows && m >= 2 * n && !isLower }

  /// Whether rows of A can be read where they are: each is contiguous, and those of a tile fall on different lines of a
  /// cache.
  private var readsRowsInPlace: Bool { aColumnStride == 1 && aRowStride % sizes.conflictingStride != 0 }

  /// Whether B's whole tiles are read where they are. A single row of tiles reads B only once, wherever it lies.
  private var isDirect: Bool {
    guard bColumnStride == 1 else { return false }
    return m <= kernels.tileRows || m <= sizes.directRows && bRowStride % sizes.conflictingStride != 0
  }

  /// The same product as Cᵀ = Bᵀ · Aᵀ, for a C that is one contiguous column: as one row it fills whole tiles.
  private var transposed: GEMMProblem {
    GEMMProblem(
      m: n, n: m, k: k, a: b, aRowStride: bColumnStride, aColumnStride: bRowStride, b: a, bRowStride: aColumnStride,
      bColumnStride: aRowStride, c: c, cRowStride: m, accumulate: accumulate, kernels: kernels)
  }

  /// How many rows or columns to pack at a time: equal parts, whole tiles.
  private func partSize(_ size: Int, _ tile: Int, _ depth: Int) -> Int {
    let most = max(tile, sizes.packedFloats / depth / tile * tile)
    return min(size, roundUp(divideUp(size, divideUp(size, most)), tile))
  }

  private func clear() {
    if accumulate { return }
    for row in 0..<m { (c + row * cRowStride).update(repeating: 0, count: n) }
  }

  // MARK: Packing

  /// Packs the part's rows of A and columns of B: blocks of depth one after the other, in each the panels.
  private func pack(
    _ part: Part, a packsA: Bool, b packsB: Bool, _ packedA: UnsafeMutablePointer<Float>,
    _ packedB: UnsafeMutablePointer<Float>, _ parallel: Bool
  ) {
    let aRows = roundUp(max(1, sizes.packedChunk / part.blockDepth), kernels.tileRows)
    let bColumns = roundUp(max(1, sizes.packedChunk / part.blockDepth), kernels.tileColumns)
    let aChunks = packsA ? divideUp(part.rows.count, aRows) * part.blocks : 0
    let bChunks = packsB ? divideUp(part.packedColumns.count, bColumns) * part.blocks : 0
    let all = aChunks + bChunks
    forEachChunk(all, parallel: parallel) { index in
      // The chunks of B lie between those of A at equal distances: a thread then packs mostly the columns that it will
      // multiply.
      let chunk = index * bChunks / all
      if (index + 1) * bChunks / all > chunk {
        let block = part.block(chunk % part.blocks)
        let first = part.directColumns + chunk / part.blocks * bColumns
        kernels.products.packB(
          min(bColumns, part.columns.count - first), block.count,
          b + (part.depth.lowerBound + block.lowerBound) * bRowStride
            + (part.columns.lowerBound + first) * bColumnStride,
          bRowStride, bColumnStride, packedB + bOffset(part, block, first))
      } else {
        let block = part.block((index - chunk) % part.blocks)
        let first = (index - chunk) / part.blocks * aRows
        kernels.products.packA(
          min(aRows, part.rows.count - first), block.count,
          a + (part.rows.lowerBound + first) * aRowStride
            + (part.depth.lowerBound + block.lowerBound) * aColumnStride,
          aRowStride, aColumnStride, packedA + aOffset(part, block, first))
      }
    }
  }

  /// Where the panel of the part's row `first`, a multiple of `tileRows`, is in a packed block.
  @inline(__always)
  private func aOffset(_ part: Part, _ block: Range<Int>, _ first: Int) -> Int {
    roundUp(part.rows.count, kernels.tileRows) * block.lowerBound + first * block.count
  }

  /// Where the panel of the part's column `first`, a multiple of `tileColumns`, is in a packed block.
  @inline(__always)
  private func bOffset(_ part: Part, _ block: Range<Int>, _ first: Int) -> Int {
    let packed = part.packedColumns
    return roundUp(packed.count, kernels.tileColumns) * block.lowerBound + (first - packed.lowerBound) * block.count
  }

  // MARK: Multiplying

  /// Computes the part's tiles of C, or adds to them.
  private func multiply(
    _ part: Part, _ packedA: UnsafePointer<Float>, _ packedB: UnsafePointer<Float>, _ parallel: Bool
  ) {
    let rowTiles = divideUp(part.rows.count, kernels.tileRows)
    let columnTiles = divideUp(part.columns.count, kernels.tileColumns)
    let work = part.rows.count * part.columns.count * part.depth.count
    let chunks = divideUp(work, max(sizes.smallWork / 2, min(sizes.chunkWork, work / sizes.chunkCount)))
    // Few rows are cut into columns first: a block of A is then used as often as possible.
    var rowBlocks = divideUp(part.rows.count, kernels.blockRows)
    let columnBlocks = min(columnTiles, divideUp(chunks, rowBlocks))
    rowBlocks = min(rowTiles, max(rowBlocks, divideUp(chunks, columnBlocks)))
    forEachChunk(rowBlocks * columnBlocks, parallel: parallel) { chunk in
      let rows = slice(chunk % rowBlocks, rowBlocks, rowTiles, kernels.tileRows, part.rows.count)
      let columns = wanted(
        slice(chunk / rowBlocks, columnBlocks, columnTiles, kernels.tileColumns, part.columns.count), rows, of: part)
      for index in 0..<part.blocks {
        let block = part.block(index)
        multiply(part, rows, columns, block, packedA + aOffset(part, block, rows.lowerBound), packedB)
      }
    }
  }

  /// The same for all columns of some rows at a time, which are packed a block of depth after the other.
  private func multiplyRowsInChunks(_ part: Part, _ packedB: UnsafePointer<Float>, _ parallel: Bool) {
    let all = part.rows.count
    let size = min(kernels.blockRows, roundUp(divideUp(all, sizes.chunkCount), kernels.tileRows))
    forEachChunk(divideUp(all, size), parallel: parallel) { chunk in
      let rows = chunk * size..<min(all, (chunk + 1) * size)
      if readsRowsInPlace && part.directColumns == 0 {
        multiplyRowsInPlace(part, rows, packedB)
        return finish(part, rows)
      }
      let source = a + (part.rows.lowerBound + rows.lowerBound) * aRowStride
      GEMMScratch.shared.withFloats(roundUp(rows.count, kernels.tileRows) * part.blockDepth) { packedA in
        for index in 0..<part.blocks {
          let block = part.block(index)
          kernels.products.packA(
            rows.count, block.count, source + (part.depth.lowerBound + block.lowerBound) * aColumnStride, aRowStride,
            aColumnStride, packedA)
          multiply(part, rows, 0..<part.columns.count, block, packedA, packedB)
        }
      }
      finish(part, rows)
    }
  }

  /// The same for some rows that are read where they are, without packing them.
  private func multiplyRowsInPlace(_ part: Part, _ rows: Range<Int>, _ packedB: UnsafePointer<Float>) {
    let (first, count) = (part.rows.lowerBound + rows.lowerBound, rows.count)
    let whole = kernels.wholeRows(count)
    GEMMScratch.shared.withFloats(part.columns.count) { dump in
      withRoom(for: whole, of: UnsafePointer<Float>.self) { sources in
        withRoom(for: whole, of: UnsafeMutablePointer<Float>.self) { targets in
          for index in 0..<part.blocks {
            let block = part.block(index)
            let start = part.depth.lowerBound + block.lowerBound
            // What is computed for rows after the last, up to a whole tile, is thrown away.
            for i in 0..<whole {
              sources[i] = a + (first + min(i, count - 1)) * aRowStride + start
              targets[i] = i < count ? c + (first + i) * cRowStride + part.columns.lowerBound : dump
            }
            kernels.convolution.multiplyRows(
              count, part.columns.count, 1, block.count, sources, 0, packedB + bOffset(part, block, 0), targets, 0,
              accumulate || start > 0)
          }
        }
      }
    }
  }

  /// Adds one block of depth to some rows and columns of the part, or begins their sums.
  ///
  /// - Parameter packedA: the panels of these rows.
  @inline(__always)
  private func multiply(
    _ part: Part, _ rows: Range<Int>, _ columns: Range<Int>, _ block: Range<Int>, _ packedA: UnsafePointer<Float>,
    _ packedB: UnsafePointer<Float>
  ) {
    let packed = columns.clamped(to: part.packedColumns)
    let direct = columns.clamped(to: 0..<part.directColumns)
    if !direct.isEmpty {
      let p = part.depth.lowerBound + block.lowerBound
      let start = b + p * bRowStride + part.columns.lowerBound + direct.lowerBound
      multiply(part, rows, direct, block, packedA, start, kernels.tileColumns, bRowStride)
    }
    if !packed.isEmpty {
      let start = packedB + bOffset(part, block, packed.lowerBound)
      multiply(part, rows, packed, block, packedA, start, kernels.tileColumns * block.count, kernels.tileColumns)
    }
  }

  /// Finishes some rows of the part, if they are whole and their sums complete.
  private func finish(_ part: Part, _ rows: Range<Int>) {
    guard let finish, part.depth.upperBound == k, finishesChunks(columns: part.columns.count) else { return }
    finish.run(c + (part.rows.lowerBound + rows.lowerBound) * n, count: rows.count * n, kernels)
  }

  /// The columns, whole tiles, that are wanted of some rows of the part.
  @inline(__always)
  private func wanted(_ columns: Range<Int>, _ rows: Range<Int>, of part: Part) -> Range<Int> {
    guard isLower else { return columns }
    let end = part.rows.lowerBound + rows.upperBound - part.columns.lowerBound
    return columns.clamped(to: 0..<roundUp(max(0, end), kernels.tileColumns))
  }

  /// The same with panels of B from `bStart` on.
  @inline(__always)
  private func multiply(
    _ part: Part, _ rows: Range<Int>, _ columns: Range<Int>, _ block: Range<Int>, _ packedA: UnsafePointer<Float>,
    _ bStart: UnsafePointer<Float>, _ bPanelStride: Int, _ bRowStride: Int
  ) {
    let i = part.rows.lowerBound + rows.lowerBound
    let j = part.columns.lowerBound + columns.lowerBound
    kernels.products.multiply(
      rows.count, columns.count, block.count, packedA, bStart, bPanelStride, bRowStride, c + i * cRowStride + j,
      cRowStride,
      accumulate || part.depth.lowerBound + block.lowerBound > 0)
  }

  /// The rows or columns of one of `blocks` nearly equal groups of tiles.
  @inline(__always)
  private func slice(_ index: Int, _ blocks: Int, _ tiles: Int, _ tile: Int, _ size: Int) -> Range<Int> {
    index * tiles / blocks * tile..<min(size, (index + 1) * tiles / blocks * tile)
  }
}
