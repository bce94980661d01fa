/// Windows on a batch of images: at each of a grid of positions, a grid of taps.
///
/// The patch at a position is a row of `tapRows` × `tapColumns` × `channels` floats, in this order. It exists nowhere;
/// its *tap rows* (`tapColumns` × `channels` floats) are found where they lie in the image.
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

  /// All positions, in the order image, row, column.
  var positions: Int { count * rows * columns }
  /// Floats in a tap row.
  var rowFloats: Int { tapColumns * channels }
  /// Floats in a patch.
  var patchFloats: Int { tapRows * rowFloats }

  /// Finds a part of one tap row for some positions.
  ///
  /// - Parameters:
  ///   - positions: which ones.
  ///   - tapRow: which row of taps.
  ///   - floats: which part of the row.
  ///   - zeros: `floats.count` zeros.
  ///   - spare: room for `positions.count * floats.count` floats: rows that lie partly outside are put together there.
  ///   - sources: for each position, where its floats are.
  func find(
    _ positions: Range<Int>, tapRow: Int, floats: Range<Int>, zeros: UnsafePointer<Float>,
    spare: UnsafeMutablePointer<Float>, sources: UnsafeMutablePointer<UnsafePointer<Float>>
  ) {
    var spare = spare
    let inside = columnsInside
    forEachLine(positions) { first, count, index, row, column in
      let y = originY + row * strideY + tapRow * stepY
      let targets = sources + (first - column)
      guard y >= 0 && y < height else {
        for i in column..<column + count { targets[i] = zeros }
        return
      }
      let line = image + (index * height + y) * width * channels
      let whole = inside.clamped(to: column..<column + count)
      for i in column..<whole.lowerBound { targets[i] = gather(line, i, floats, &spare) }
      var source = line + ((originX + whole.lowerBound * strideX) * channels + floats.lowerBound)
      for i in whole {
        targets[i] = source
        source += strideX * channels
      }
      for i in whole.upperBound..<column + count { targets[i] = gather(line, i, floats, &spare) }
    }
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

  /// The columns of positions whose rows of taps lie in the image as in a patch, without gaps and without padding.
  private var columnsInside: Range<Int> {
    guard stepX == 1 || tapColumns == 1 else { return 0..<0 }
    let first = min(columns, originX >= 0 ? 0 : divideUp(-originX, strideX))
    let room = width - tapColumns - originX
    let end = room < 0 ? 0 : min(columns, room / strideX + 1)
    return first..<max(first, end)
  }

  /// Copies a part of the tap row of a position in `line` to `spare`, with zeros where it lies outside.
  private func gather(
    _ line: UnsafePointer<Float>, _ column: Int, _ floats: Range<Int>, _ spare: inout UnsafeMutablePointer<Float>
  ) -> UnsafePointer<Float> {
    let result = spare
    let tap = channels == 1 ? floats.lowerBound : floats.lowerBound / channels
    var channel = floats.lowerBound - tap * channels
    var x = originX + column * strideX + tap * stepX
    while spare < result + floats.count {
      let length = min(channels - channel, floats.count - (spare - result))
      if x >= 0 && x < width {
        let source = line + (x * channels + channel)
        if length == 1 {
          spare.pointee = source.pointee
        } else {
          spare.update(from: source, count: length)
        }
      } else if length == 1 {
        spare.pointee = 0
      } else {
        spare.update(repeating: 0, count: length)
      }
      spare += length
      channel = 0
      x += stepX
    }
    return UnsafePointer(result)
  }
}

/// A part of the depth of a product with patches: whole rows of taps, or a part of one.
struct ConvolutionDepthBlock {
  let tapRows: Range<Int>
  /// Which part of each tap row; all of it if there are several.
  let floats: Range<Int>
  /// Where the block begins in the depth of the product.
  let start: Int

  var depth: Int { tapRows.count * floats.count }

  /// The depth of `windows`' patches cut into blocks of about `size`.
  static func blocks(of windows: ConvolutionWindows, size: Int) -> [ConvolutionDepthBlock] {
    let rowFloats = windows.rowFloats
    var blocks: [ConvolutionDepthBlock] = []
    if rowFloats >= size {
      let length = roundUp(divideUp(rowFloats, divideUp(rowFloats, size)), 4)
      for row in 0..<windows.tapRows {
        for first in stride(from: 0, to: rowFloats, by: length) {
          blocks.append(
            ConvolutionDepthBlock(
              tapRows: row..<row + 1, floats: first..<min(rowFloats, first + length), start: row * rowFloats + first))
        }
      }
    } else {
      let groups = divideUp(windows.tapRows, max(1, size / max(1, rowFloats)))
      let rows = divideUp(windows.tapRows, groups)
      for first in stride(from: 0, to: windows.tapRows, by: rows) {
        blocks.append(
          ConvolutionDepthBlock(
            tapRows: first..<min(windows.tapRows, first + rows), floats: 0..<rowFloats, start: first * rowFloats))
      }
    }
    return blocks
  }
}
