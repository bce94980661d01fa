/// A product of patches, one row a position, with a matrix whose columns are channels of the result. The patches are
/// read where they lie in the image, and each row of the product is written where it belongs.
///
/// A row's sums depend on nothing but its patch: an image's result is the same in every batch.
struct ConvolutionPatchProduct {
  var windows: ConvolutionWindows
  let weight: ConvolutionWeight
  let target: ConvolutionGrid
  let kernels: KernelSet
  /// What is done with the pixels of the result, which follow each other without gaps, in the end.
  let finish: ChannelFinish?

  private var tileRows: Int { kernels.tileRows }
  private var columns: Int { weight.columns.count }
  private var panelFloats: Int { windows.patchFloats * kernels.tileColumns }
  private var panels: Int { divideUp(columns, kernels.tileColumns) }
  private var blocks: [ConvolutionDepthBlock] {
    ConvolutionDepthBlock.blocks(of: windows, size: kernels.blockDepth)
  }

  /// Does several products with the same number of columns.
  static func run(_ products: [ConvolutionPatchProduct], parallel: Bool, keeper: WeightKeeper?) {
    ConvolutionWinograd.run(products.filter(ConvolutionWinograd.isWorthwhile), parallel: parallel, keeper: keeper)
    var products = products.filter { !ConvolutionWinograd.isWorthwhile($0) }
    GEMMScratch.shared.withFloats(products.reduce(0) { $0 + $1.windows.paddedFloats }) { memory in
      var memory = memory
      for index in products.indices {
        let floats = products[index].windows.paddedFloats
        products[index].windows = products[index].windows.padded(memory, parallel: parallel)
        memory += floats
        products[index].countPaths(isPadded: floats > 0)
      }
      multiply(products, parallel, keeper)
    }
  }

  private func countPaths(isPadded: Bool) {
    kernels.paths.count(.patchProduct)
    if isPadded { kernels.paths.count(.paddedWindows) }
    if windows.runs < windows.tapRows * windows.tapColumns { kernels.paths.count(.rowsOfTaps) }
  }

  private static func multiply(_ products: [ConvolutionPatchProduct], _ parallel: Bool, _ keeper: WeightKeeper?) {
    guard let first = products.first else { return }
    let (panels, tile) = (first.panels, first.kernels.tileColumns)
    let blocks = products.map(\.blocks)
    let chunkCount = first.kernels.sizes.patches.chunkCount
    let positions = products.reduce(0) { max($0, $1.windows.positions) }
    let rows = min(
      first.kernels.blockRows, roundUp(divideUp(positions * products.count, chunkCount), first.tileRows))
    let rowBlocks = divideUp(positions, rows)
    // Where there are few rows, columns are cut too.
    let columnBlocks = min(panels, divideUp(chunkCount, 2 * rowBlocks * products.count))
    let panelsAtOnce = divideUp(panels, columnBlocks)
    func columns(_ block: Int) -> Range<Int> {
      min(first.columns, block * panelsAtOnce * tile)..<min(first.columns, (block + 1) * panelsAtOnce * tile)
    }
    var starts = [0]
    for product in products { starts.append(starts[starts.count - 1] + panels * product.panelFloats) }
    func pack(_ packedB: UnsafeMutablePointer<Float>) {
      forEachChunk(products.count * panels, parallel: parallel) { chunk in
        let index = chunk / panels
        products[index].pack(chunk % panels, blocks[index], packedB + starts[index])
      }
    }
    func compute(_ packedB: UnsafePointer<Float>) {
      forEachChunk(products.count * rowBlocks * columnBlocks, parallel: parallel) { chunk in
        // The rows of one product follow each other: they share the packed columns.
        let (index, block) = (chunk / columnBlocks / rowBlocks, chunk / columnBlocks % rowBlocks)
        let product = products[index]
        let last = product.windows.positions
        product.multiply(
          min(last, block * rows)..<min(last, (block + 1) * rows), columns(chunk % columnBlocks), blocks[index],
          packedB + starts[index])
      }
      if columnBlocks > 1 { for product in products { product.finishAll() } }
    }
    let keeper = keeper.flatMap { $0.keepsAll ? $0 : nil }
    WeightKeeper.withWeight(
      keeper?.kept?.packed, count: starts[products.count], first.kernels, lay: pack,
      keep: keeper.map { keeper in { keeper.keep(packed: $0) } }, compute)
  }

  /// Packs a panel of columns, for all blocks of depth.
  private func pack(_ panel: Int, _ blocks: [ConvolutionDepthBlock], _ packedB: UnsafeMutablePointer<Float>) {
    let tile = kernels.tileColumns
    let lanes = panel * tile..<min(columns, (panel + 1) * tile)
    for block in blocks {
      let depth = block.start..<block.start + block.depth
      weight.pack(depth, lanes, packedB + (block.start * panels + panel * block.depth) * tile, kernels)
    }
  }

  /// Computes some columns of some rows.
  private func multiply(
    _ positions: Range<Int>, _ columns: Range<Int>, _ blocks: [ConvolutionDepthBlock], _ packedB: UnsafePointer<Float>
  ) {
    guard !positions.isEmpty && !columns.isEmpty else { return }
    let rows = roundUp(positions.count, tileRows)
    let longest = blocks.reduce(0) { max($0, $1.floats.count) }
    let runs = blocks.reduce(0) { max($0, $1.runs.count) }
    // A run of zeros, and a row of the result for the rows that only fill up a tile.
    GEMMScratch.shared.withFloats(longest + self.columns) { zeros in
      zeros.update(repeating: 0, count: longest)
      let dump = zeros + longest
      withRoom(for: rows, of: UnsafeMutablePointer<Float>.self) { targets in
        windows.forEachLine(positions) { first, count, image, row, column in
          let start = target.pixel(image, row, column)
          for i in 0..<count { targets[first + i] = start + i * target.columnStride }
        }
        for i in positions.count..<rows { targets[i] = dump }
        withRoom(for: rows * runs, of: UnsafePointer<Float>.self) { sources in
          for block in blocks {
            for (index, run) in block.runs.enumerated() {
              let pointers = sources + index * rows
              windows.find(positions, run: run, first: block.floats.lowerBound, zeros: zeros, sources: pointers)
              for i in positions.count..<rows { pointers[i] = UnsafePointer(zeros) }
            }
            let panel = block.start * panels * kernels.tileColumns + columns.lowerBound * block.depth
            kernels.convolution.multiplyRows(
              positions.count, columns.count, block.runs.count, block.floats.count, sources, rows,
              packedB + panel, targets, columns.lowerBound, block.start > 0)
          }
        }
        // The pixels follow each other.
        if columns.count == self.columns {
          finish?.run(targets[0], count: positions.count * columns.count, kernels)
        }
      }
    }
  }

  /// Finishes all pixels, when all of their columns are there: calls for parts of a pixel would cost more than a pass.
  private func finishAll() { finish?.run(target.start, rows: windows.positions, kernels) }
}

/// Where the pixels of a batch of images are, or those of every few rows and columns.
struct ConvolutionGrid {
  /// The first pixel.
  let start: UnsafeMutablePointer<Float>
  let imageStride: Int
  let rowStride: Int
  let columnStride: Int

  func pixel(_ image: Int, _ row: Int, _ column: Int) -> UnsafeMutablePointer<Float> {
    start + (image * imageStride + row * rowStride + column * columnStride)
  }

  /// Finishes the pixels of an image, whose rows have no gaps.
  func finish(_ image: Int, _ rows: Int, _ columns: Int, _ finish: ChannelFinish, _ kernels: KernelSet) {
    for row in 0..<rows { finish.run(pixel(image, row, 0), count: columns * columnStride, kernels) }
  }
}

/// The matrix that patches are multiplied with, as it lies in a weight: element (k, j) is at
/// `start[depth[k] + columns[j]]`.
struct ConvolutionWeight {
  let start: UnsafePointer<Float>
  let columns: [Int]
  let depth: [Int]

  /// Packs some columns of some rows into panels of B.
  func pack(
    _ rows: Range<Int>, _ lanes: Range<Int>, _ target: UnsafeMutablePointer<Float>, _ kernels: KernelSet
  ) {
    let tile = kernels.tileColumns
    let panelStride = rows.count * tile
    kernels.clearLastPanel(lanes.count, rows.count, target)
    withRoom(for: max(rows.count, lanes.count), of: UnsafePointer<Float>.self) { sources in
      if depth.count > 1 && depth[1] == depth[0] + 1 {
        forEachRun(of: depth, in: rows) { run in
          for (i, lane) in lanes.enumerated() { sources[i] = start + (columns[lane] + depth[run.lowerBound]) }
          kernels.convolution.packLanesB(
            lanes.count, run.count, sources, panelStride, target + (run.lowerBound - rows.lowerBound) * tile)
        }
      } else {
        forEachRun(of: columns, in: lanes) { run in
          for (i, row) in rows.enumerated() { sources[i] = start + (depth[row] + columns[run.lowerBound]) }
          kernels.convolution.packDepthB(
            rows.count, run.count, sources, run.lowerBound - lanes.lowerBound, panelStride, target)
        }
      }
    }
  }

  /// Cuts a range of `offsets` into those that follow each other without gaps.
  private func forEachRun(of offsets: [Int], in range: Range<Int>, _ body: (Range<Int>) -> Void) {
    var first = range.lowerBound
    while first < range.upperBound {
      var end = first + 1
      while end < range.upperBound && offsets[end] == offsets[end - 1] + 1 { end += 1 }
      body(first..<end)
      first = end
    }
  }
}
