extension ConvolutionProblem {
  /// `w[o, k] = Σ y[position, o] · patch(position)[k]`: a sum over all positions of all images.
  func filterGradient(_ x: UnsafePointer<Float>, _ y: UnsafePointer<Float>, _ w: UnsafeMutablePointer<Float>) {
    guard maps.wShape.scalarCount > 0 else { return }
    guard work > 0 else { return w.update(repeating: 0, count: maps.wShape.scalarCount) }
    if maps.geometry.stride == 1 && maps.outputChannels < min(maps.inputChannels, kernels.tileRows) {
      kernels.paths.count(.mirroredFilterGradient)
      // All taps of few channels fill the tiles that few channels alone do not.
      mirrored.correlate(y, x, w)
    } else {
      correlate(x, y, w)
    }
  }

  private func correlate(_ x: UnsafePointer<Float>, _ y: UnsafePointer<Float>, _ w: UnsafeMutablePointer<Float>) {
    let windows = windows(on: x)
    GEMMScratch.shared.withFloats(windows.paddedFloats) { memory in
      ConvolutionCorrelation(self, windows.padded(memory, parallel: isParallel), y).run(w)
    }
  }
}

/// The filter-gradient map: patchesᵀ · y, or its transpose.
///
/// The sum is made per slice, a fixed number of images, and the slices' sums are joined by a binary tree: first
/// neighbours, then pairs of neighbours, and so on. So the bits depend neither on threads nor on which thread sums what.
struct ConvolutionCorrelation {
  private let problem: ConvolutionProblem
  private let windows: ConvolutionWindows
  private let y: UnsafePointer<Float>
  /// Whether the rows of the product are the patches' floats, rather than its columns. Better for short patches: what is
  /// packed is little, and `y` is read where it is.
  private let patchesAreRows: Bool
  /// Positions in a slice.
  private let slice: Int
  /// Columns of a part of the product; each part is summed by itself.
  private let partColumns: Int
  /// Slices that one chunk sums, a power of two.
  private let slicesPerChunk: Int

  init(_ problem: ConvolutionProblem, _ windows: ConvolutionWindows, _ y: UnsafePointer<Float>) {
    self.problem = problem
    self.windows = windows
    self.y = y
    let (tile, sizes) = (problem.kernels.tileColumns, problem.kernels.sizes.filterGradient)
    let (outputs, patch) = (problem.maps.outputChannels, windows.patchFloats)
    patchesAreRows = patch <= sizes.shortPatch && outputs >= tile
    problem.kernels.paths.count(patchesAreRows ? .patchesAsRows : .outputsAsRows)
    let perImage = windows.rows * windows.columns
    var images = 1
    while images * perImage < sizes.leastDepth { images *= 2 }
    slice = images * perImage
    let columns = patchesAreRows ? outputs : patch
    // Each part packs the patches' rows again, so few large parts are better, if there are slices enough to go round.
    let slices = divideUp(windows.positions, slice)
    let wanted = divideUp(sizes.chunkCount, slices)
    partColumns = min(patchesAreRows ? columns : sizes.mostPartColumns, roundUp(divideUp(columns, wanted), tile))
    let parts = divideUp(columns, partColumns)
    var perChunk = 1
    while perChunk < slices && parts * divideUp(slices, 2 * perChunk) >= sizes.chunkCount { perChunk *= 2 }
    slicesPerChunk = perChunk
  }

  private var kernels: KernelSet { problem.kernels }
  private var outputs: Int { problem.maps.outputChannels }
  private var rows: Int { patchesAreRows ? windows.patchFloats : outputs }
  private var columns: Int { patchesAreRows ? outputs : windows.patchFloats }
  private var slices: Int { divideUp(windows.positions, slice) }

  private func part(_ index: Int) -> Range<Int> {
    index * partColumns..<min(columns, (index + 1) * partColumns)
  }

  func run(_ w: UnsafeMutablePointer<Float>) {
    let parts = divideUp(columns, partColumns)
    let chunksPerPart = divideUp(slices, slicesPerChunk)
    let partFloats = rows * partColumns
    let packedFloats = patchesAreRows ? 0 : kernels.wholeRows(outputs) * windows.positions
    GEMMScratch.shared.withFloats(packedFloats + parts * chunksPerPart * partFloats) { memory in
      let sums = memory + packedFloats
      if !patchesAreRows { packOutputs(memory) }
      forEachChunk(parts * chunksPerPart, parallel: problem.isParallel) { chunk in
        let first = chunk % chunksPerPart * slicesPerChunk
        sum(
          first..<min(slices, first + slicesPerChunk), part(chunk / chunksPerPart), memory, sums + chunk * partFloats)
      }
      forEachChunk(parts, parallel: problem.isParallel) { index in
        let start = sums + index * chunksPerPart * partFloats
        join(start, chunksPerPart, partFloats, rows * part(index).count)
        write(start, part(index), w)
      }
    }
  }

  // MARK: Sums

  /// The sum of some slices, joined by the tree: its left side is the largest power of two that is not all.
  private func sum(
    _ slices: Range<Int>, _ part: Range<Int>, _ packedY: UnsafePointer<Float>, _ target: UnsafeMutablePointer<Float>
  ) {
    if slices.count == 1 {
      let start = slices.lowerBound * slice
      return sum(positions: start..<min(windows.positions, start + slice), part, packedY, target)
    }
    let half = 1 << (Int.bitWidth - 1 - (slices.count - 1).leadingZeroBitCount)
    let middle = slices.lowerBound + half
    sum(slices.lowerBound..<middle, part, packedY, target)
    GEMMScratch.shared.withFloats(rows * part.count) { right in
      sum(middle..<slices.upperBound, part, packedY, right)
      add(right, to: target, rows * part.count)
    }
  }

  /// Joins the sums of `count` chunks, `floats` each, `stride` apart, into the first: the upper part of the same tree.
  private func join(_ sums: UnsafeMutablePointer<Float>, _ count: Int, _ stride: Int, _ floats: Int) {
    forEachPair(of: count) { target, other, _ in add(sums + other * stride, to: sums + target * stride, floats) }
  }

  private func add(_ source: UnsafePointer<Float>, to target: UnsafeMutablePointer<Float>, _ count: Int) {
    withUnsafePointer(to: source) { source in
      withUnsafePointer(to: target) { target in kernels.convolution.addToRows(1, count, source, target) }
    }
  }

  // MARK: Products

  /// The depth of a block of `positions`, which are cut into equal ones.
  private func blockDepth(_ positions: Range<Int>) -> Int {
    // Where `y` is read in place, a column's rows may fall on few lines of the cache: then fewer rows stay there.
    let most = patchesAreRows ? kernels.sizes.filterGradient.directDepth : kernels.blockDepth
    return roundUp(divideUp(positions.count, divideUp(positions.count, most)), 4)
  }

  private func forEachBlock(_ positions: Range<Int>, _ body: (Range<Int>) -> Void) {
    let depth = blockDepth(positions)
    for first in stride(from: positions.lowerBound, to: positions.upperBound, by: depth) {
      body(first..<min(positions.upperBound, first + depth))
    }
  }

  /// Packs all of `y` as panels of A, block after block, as the sums will need it.
  private func packOutputs(_ target: UnsafeMutablePointer<Float>) {
    forEachChunk(slices, parallel: problem.isParallel) { index in
      forEachBlock(index * slice..<min(windows.positions, (index + 1) * slice)) { block in
        kernels.products.packA(
          outputs, block.count, y + block.lowerBound * outputs, 1, outputs,
          target + kernels.wholeRows(outputs) * block.lowerBound)
      }
    }
  }

  /// The sum over some positions, written to `target`, `[rows][part.count]`.
  private func sum(
    positions: Range<Int>, _ part: Range<Int>, _ packedY: UnsafePointer<Float>, _ target: UnsafeMutablePointer<Float>
  ) {
    let tile = kernels.tileColumns
    let depth = blockDepth(positions)
    let lanes = patchesAreRows ? kernels.wholeRows(rows) : kernels.wholeColumns(part.count)
    let patchFloats = lanes * depth
    let copiesY = patchesAreRows && part.count % tile != 0
    GEMMScratch.shared.withFloats(
      patchFloats + windows.runFloats + (copiesY ? kernels.wholeColumns(part.count) * depth : 0)
    ) { packed in
      let zeros = packed + patchFloats
      let copy = zeros + windows.runFloats
      zeros.update(repeating: 0, count: windows.runFloats)
      forEachBlock(positions) { block in
        let accumulates = block.lowerBound > positions.lowerBound
        packPatches(block, patchesAreRows ? 0..<rows : part, packed, zeros)
        guard patchesAreRows else {
          return kernels.products.multiply(
            rows, part.count, block.count, packedY + kernels.wholeRows(outputs) * block.lowerBound, packed,
            tile * block.count, tile, target, part.count, accumulates)
        }
        let source = y + (block.lowerBound * outputs + part.lowerBound)
        if copiesY { kernels.products.packB(part.count, block.count, source, outputs, 1, copy) }
        kernels.products.multiply(
          rows, part.count, block.count, packed, copiesY ? UnsafePointer(copy) : source,
          copiesY ? tile * block.count : tile, copiesY ? tile : outputs, target, part.count, accumulates)
      }
    }
  }

  /// Packs some floats of the patches as lanes, positions as depth.
  private func packPatches(
    _ positions: Range<Int>, _ floats: Range<Int>, _ target: UnsafeMutablePointer<Float>,
    _ zeros: UnsafePointer<Float>
  ) {
    let width = patchesAreRows ? kernels.tileRows : kernels.tileColumns
    kernels.clearLastPanel(floats.count, positions.count, width, target)
    let runFloats = windows.runFloats
    withRoom(for: positions.count, of: UnsafePointer<Float>.self) { sources in
      for run in floats.lowerBound / runFloats..<divideUp(floats.upperBound, runFloats) {
        let start = run * runFloats
        let part = max(floats.lowerBound, start) - start..<min(floats.upperBound, start + runFloats) - start
        windows.find(positions, run: run, first: part.lowerBound, zeros: zeros, sources: sources)
        let lane = start + part.lowerBound - floats.lowerBound
        if patchesAreRows {
          kernels.convolution.packDepthA(positions.count, part.count, sources, lane, positions.count * width, target)
        } else {
          kernels.convolution.packDepthB(positions.count, part.count, sources, lane, positions.count * width, target)
        }
      }
    }
  }

  // MARK: Result

  /// Writes a part of the product, `[rows][part.count]`, to where the weight's axes have it.
  private func write(_ sums: UnsafePointer<Float>, _ part: Range<Int>, _ w: UnsafeMutablePointer<Float>) {
    let (taps, channels, outputFirst) = (problem.taps, windows.channels, problem.maps.weightOrder == .outputFirst)
    let firstOutput = patchesAreRows ? part.lowerBound : 0
    let floats = patchesAreRows ? 0..<rows : part
    var k = floats.lowerBound
    while k < floats.upperBound {
      // The channels of one tap.
      let (tap, channel) = (problem.place(ofTap: k / channels), k % channels)
      let count = min(channels - channel, floats.upperBound - k)
      let source = sums + (k - floats.lowerBound) * (patchesAreRows ? part.count : 1)
      let target =
        w
        + (outputFirst
          ? (firstOutput * taps + tap) * channels + channel : (channel * taps + tap) * outputs + firstOutput)
      let stride = taps * (outputFirst ? channels : outputs)
      let (height, width) = patchesAreRows ? (count, part.count) : (rows, count)
      if patchesAreRows == outputFirst {
        kernels.movement.transpose2D(source, part.count, target, stride, height, width)
      } else {
        for row in 0..<height { (target + row * stride).update(from: source + row * part.count, count: width) }
      }
      k += count
    }
  }
}
