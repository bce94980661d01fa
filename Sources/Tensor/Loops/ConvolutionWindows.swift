/// Windows on a batch of images: at each of a grid of positions, a grid of taps.
///
/// The patch at a position is a row of `tapRows` × `tapColumns` × `channels` floats, in this order. It exists nowhere;
/// its *runs*, single taps or whole rows of taps, are found where they lie in the image.
struct ConvolutionWindows {
  let image: UnsafePointer<Float>
  let count: Int
  let height: Int
  let width: Int
  let channels: Int
  /// Positions in an image.
  let rows: Int
  let columns: Int
  /// Distance between positions.
  let strideY: Int
  let strideX: Int
  /// Where the first tap of the first position is; it may lie outside of the image, where all is zero.
  let originY: Int
  let originX: Int
  let tapRows: Int
  let tapColumns: Int
  /// Distance between taps.
  let stepY: Int
  let stepX: Int
  /// From so many channels on, a tap is long enough to be found alone.
  let manyChannels: Int

  /// All positions, in the order image, row, column.
  var positions: Int { count * rows * columns }
  /// Floats in a patch.
  var patchFloats: Int { tapRows * tapColumns * channels }

  // MARK: Padding

  /// The rows and columns of the image, or around it, that the windows look at.
  private var extent: (height: Int, width: Int) {
    ((rows - 1) * strideY + (tapRows - 1) * stepY + 1, (columns - 1) * strideX + (tapColumns - 1) * stepX + 1)
  }

  /// Whether no window looks beyond the image.
  private var isInside: Bool {
    originY >= 0 && originX >= 0 && originY + extent.height <= height && originX + extent.width <= width
  }

  /// Floats of the padded images that ``padded(_:parallel:)`` makes: none if it is better to do without them.
  var paddedFloats: Int {
    channels >= manyChannels || isInside ? 0 : count * extent.height * extent.width * channels
  }

  /// The same windows on a copy of the images with zeros around them, in `memory`: then whole rows of taps can be found
  /// even if they are partly outside.
  func padded(_ memory: UnsafeMutablePointer<Float>, parallel: Bool) -> ConvolutionWindows {
    guard paddedFloats > 0 else { return self }
    let extent = extent
    forEachChunk(count, parallel: parallel) { index in
      for row in 0..<extent.height {
        let target = memory + (index * extent.height + row) * extent.width * channels
        let line = image + (index * height + originY + row) * width * channels
        let left = min(extent.width, max(0, -originX))
        let end = (0..<height).contains(originY + row) ? max(left, min(extent.width, width - originX)) : left
        target.update(repeating: 0, count: left * channels)
        if end > left {
          (target + left * channels).update(from: line + (originX + left) * channels, count: (end - left) * channels)
        }
        (target + end * channels).update(repeating: 0, count: (extent.width - end) * channels)
      }
    }
    return ConvolutionWindows(
      image: memory, count: count, height: extent.height, width: extent.width, channels: channels, rows: rows,
      columns: columns, strideY: strideY, strideX: strideX, originY: 0, originX: 0, tapRows: tapRows,
      tapColumns: tapColumns, stepY: stepY, stepX: stepX, manyChannels: manyChannels)
  }

  // MARK: Runs

  /// Taps in a run: a whole row of them if they lie in the image as in a patch, at all positions; else one.
  private var runTaps: Int { stepX == 1 && isInside ? tapColumns : 1 }
  /// Floats in a run.
  var runFloats: Int { runTaps * channels }
  /// Runs in a patch.
  var runs: Int { tapRows * tapColumns / runTaps }

  /// Finds a part of one run for some positions.
  ///
  /// - Parameters:
  ///   - positions: which ones.
  ///   - run: which run of the patch.
  ///   - first: the first float of the run that is wanted.
  ///   - zeros: as many zeros as there are floats wanted.
  ///   - sources: for each position, where its floats are.
  func find(
    _ positions: Range<Int>, run: Int, first: Int, zeros: UnsafePointer<Float>,
    sources: UnsafeMutablePointer<UnsafePointer<Float>>
  ) {
    let runTaps = runTaps
    let (tapRow, tap) = (run * runTaps / tapColumns, run * runTaps % tapColumns)
    let (startY, startX) = (originY + tapRow * stepY, originX + tap * stepX)
    let inside = columnsInside(startX, runTaps)
    forEachLine(positions) { start, count, index, row, column in
      let y = startY + row * strideY
      let targets = sources + (start - column)
      let line = column..<column + count
      let whole = y >= 0 && y < height ? inside.clamped(to: line) : column..<column
      for i in column..<whole.lowerBound { targets[i] = zeros }
      var source = image + (((index * height + y) * width + startX + whole.lowerBound * strideX) * channels + first)
      for i in whole {
        targets[i] = source
        source += strideX * channels
      }
      for i in whole.upperBound..<line.upperBound { targets[i] = zeros }
    }
  }

  /// The columns of positions at which `taps` taps, the first of which is at `startX` for column 0, lie in the image.
  private func columnsInside(_ startX: Int, _ taps: Int) -> Range<Int> {
    let first = min(columns, startX >= 0 ? 0 : divideUp(-startX, strideX))
    let room = width - taps - startX
    let end = room < 0 ? 0 : min(columns, room / strideX + 1)
    return first..<max(first, end)
  }

  /// Calls `body` for each row of positions, or the part of it that is in `positions`: all of it looks at the same rows
  /// of one image.
  @inline(__always)
  func forEachLine(
    _ positions: Range<Int>, _ body: (_ first: Int, _ count: Int, _ image: Int, _ row: Int, _ column: Int) -> Void
  ) {
    var column = positions.lowerBound % columns
    var row = positions.lowerBound / columns % rows
    var index = positions.lowerBound / columns / rows
    var done = 0
    while done < positions.count {
      let count = min(columns - column, positions.count - done)
      body(done, count, index, row, column)
      done += count
      column = 0
      row += 1
      if row == rows { (row, index) = (0, index + 1) }
    }
  }
}

/// A part of the depth of a product with patches: whole runs, or a part of one.
struct ConvolutionDepthBlock {
  let runs: Range<Int>
  /// Which part of each run; all of it if there are several.
  let floats: Range<Int>
  /// Where the block begins in the depth of the product.
  let start: Int

  var depth: Int { runs.count * floats.count }

  /// The depth of `windows`' patches cut into blocks of about `size`.
  static func blocks(of windows: ConvolutionWindows, size: Int) -> [ConvolutionDepthBlock] {
    let (runs, runFloats) = (windows.runs, windows.runFloats)
    if runFloats > size {
      let length = roundUp(divideUp(runFloats, divideUp(runFloats, size)), 4)
      return (0..<runs).flatMap { run in
        stride(from: 0, to: runFloats, by: length).map {
          ConvolutionDepthBlock(
            runs: run..<run + 1, floats: $0..<min(runFloats, $0 + length), start: run * runFloats + $0)
        }
      }
    }
    let runsAtOnce = divideUp(runs, divideUp(runs, size / max(1, runFloats)))
    return stride(from: 0, to: runs, by: runsAtOnce).map {
      ConvolutionDepthBlock(
        runs: $0..<min(runs, $0 + runsAtOnce), floats: 0..<runFloats, start: $0 * runFloats)
    }
  }
}
