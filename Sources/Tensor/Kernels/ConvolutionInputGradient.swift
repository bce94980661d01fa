extension ConvolutionProblem {
  /// `x[p, c] = Σ y[position, o] · w[o, k, c]` over the positions whose tap `k` meets `p`.
  ///
  /// In general a product of the positions of `y` with all taps as columns, each of whose rows is then added to the image where the
  /// taps lie. So nothing is ever multiplied with the zeros a stride inserts, and few output channels (one, for a gray
  /// image) still fill whole tiles.
  func inputGradient(_ y: UnsafePointer<Float>, _ w: UnsafePointer<Float>, _ x: UnsafeMutablePointer<Float>) {
    guard maps.xShape.scalarCount > 0 else { return }
    guard work > 0 else { return x.update(repeating: 0, count: maps.xShape.scalarCount) }
    if maps.geometry.stride == 1 && maps.outputChannels < maps.inputChannels {
      // Small patches and many columns rather than large sums of short products.
      mirrored.gather(y, w, x)
    } else {
      ConvolutionSpread(self).run(y, w, x)
    }
  }
}

/// The input-gradient map as a product whose rows are added to the image.
///
/// A chunk is some whole images, or some channels of them: what it adds to belongs to it alone, and the order of the
/// sums is fixed.
struct ConvolutionSpread {
  let problem: ConvolutionProblem
  private let windows: (count: Int, rows: Int, columns: Int)
  /// Images in a chunk.
  private let images: Int
  /// Channels in a chunk.
  private let channels: Int
  /// Rows of taps multiplied at a time.
  private let tapRows: Int

  /// The most channels in a chunk, and columns to multiply at a time.
  private static let mostChannels = 128
  private static let mostColumns = 512
  private static let chunkCount = 16
  /// Up to this many columns, packing rows of `y` would cost too much.
  private static let fewColumns = 64

  init(_ problem: ConvolutionProblem) {
    self.problem = problem
    let maps = problem.maps
    windows = (maps.count, maps.outputSize.height, maps.outputSize.width)
    let positions = windows.rows * windows.columns
    // Enough images for whole tiles, if there remain enough chunks.
    images = max(1, min(divideUp(problem.kernels.gemm.blockRows, positions), windows.count / Self.chunkCount))
    let chunks = divideUp(windows.count, images)
    let wanted = max(divideUp(maps.inputChannels, Self.mostChannels), divideUp(Self.chunkCount, chunks))
    let groups = min(wanted, divideUp(maps.inputChannels, problem.kernels.gemm.tileColumns))
    channels = divideUp(maps.inputChannels, groups)
    tapRows = min(
      maps.geometry.kernel.height, max(1, Self.mostColumns / (maps.geometry.kernel.width * channels)))
  }

  private var maps: ConvolutionMaps { problem.maps }
  private var kernels: ConvolutionKernels { problem.kernels }
  private var groups: Int { divideUp(maps.inputChannels, channels) }
  private var tapColumns: Int { maps.geometry.kernel.width }

  /// Columns of one product: a block of rows of taps of a group of channels.
  private func columns(_ block: Range<Int>, _ group: Range<Int>) -> Int { block.count * tapColumns * group.count }

  private var blocks: [Range<Int>] {
    stride(from: 0, to: maps.geometry.kernel.height, by: tapRows).map {
      $0..<min(maps.geometry.kernel.height, $0 + tapRows)
    }
  }

  private func group(_ index: Int) -> Range<Int> {
    index * channels..<min(maps.inputChannels, (index + 1) * channels)
  }

  func run(_ y: UnsafePointer<Float>, _ w: UnsafePointer<Float>, _ x: UnsafeMutablePointer<Float>) {
    let blocks = blocks
    let depth = maps.outputChannels
    let panelFloats = kernels.wholeColumns(tapRows * tapColumns * channels) * depth
    GEMMScratch.shared.withFloats(groups * blocks.count * panelFloats) { packedB in
      forEachChunk(groups * blocks.count, parallel: problem.isParallel) { chunk in
        pack(w, blocks[chunk % blocks.count], group(chunk / blocks.count), packedB + chunk * panelFloats)
      }
      let imageChunks = divideUp(windows.count, images)
      forEachChunk(imageChunks * groups, parallel: problem.isParallel) { chunk in
        let group = chunk % groups
        let first = chunk / groups * images
        spread(
          first..<min(windows.count, first + images), self.group(group), blocks, y,
          packedB + group * blocks.count * panelFloats, panelFloats, x)
      }
    }
  }

  /// Packs a block of taps of a group of channels as columns of B, all output channels deep, in blocks of depth.
  private func pack(
    _ w: UnsafePointer<Float>, _ block: Range<Int>, _ group: Range<Int>, _ target: UnsafeMutablePointer<Float>
  ) {
    let (inputs, outputs, taps) = (maps.inputChannels, maps.outputChannels, problem.taps)
    let columns = columns(block, group)
    let tile = kernels.gemm.tileColumns
    withRoom(for: max(columns, outputs), of: UnsafePointer<Float>.self) { sources in
      forEachDepth { depth in
        let target = target + kernels.wholeColumns(columns) * depth.lowerBound
        switch maps.weightOrder {
        case .outputFirst:
          kernels.clearLastPanel(columns, depth.count, target)
          for tap in 0..<block.count * tapColumns {
            let place = problem.place(ofTap: block.lowerBound * tapColumns + tap) * inputs + group.lowerBound
            for o in 0..<depth.count { sources[o] = w + ((depth.lowerBound + o) * taps * inputs + place) }
            kernels.packDepthB(depth.count, group.count, sources, tap * group.count, depth.count * tile, target)
          }
        case .inputFirst:
          for column in 0..<columns {
            let tap = problem.place(ofTap: block.lowerBound * tapColumns + column / group.count)
            let channel = group.lowerBound + column % group.count
            sources[column] = w + ((channel * taps + tap) * outputs + depth.lowerBound)
          }
          kernels.packLanesB(columns, depth.count, sources, depth.count * tile, target)
        }
      }
    }
  }

  /// Cuts the output channels into blocks of depth.
  private func forEachDepth(_ body: (Range<Int>) -> Void) {
    let outputs = maps.outputChannels
    let size = roundUp(divideUp(outputs, divideUp(outputs, kernels.gemm.blockDepth)), 4)
    for first in stride(from: 0, to: outputs, by: size) { body(first..<min(outputs, first + size)) }
  }

  /// Computes some channels of some images.
  private func spread(
    _ images: Range<Int>, _ group: Range<Int>, _ blocks: [Range<Int>], _ y: UnsafePointer<Float>,
    _ packedB: UnsafePointer<Float>, _ panelFloats: Int, _ x: UnsafeMutablePointer<Float>
  ) {
    clear(images, group, x)
    let outputs = maps.outputChannels
    let perImage = windows.rows * windows.columns
    let (start, end) = (images.lowerBound * perImage, images.upperBound * perImage)
    let rows = min(kernels.gemm.blockRows, kernels.wholeRows(end - start))
    // The products' rows are as long as whole panels.
    let widest = kernels.wholeColumns(tapRows * tapColumns * group.count)
    let packedFloats = kernels.wholeRows(rows) * outputs
    let adder = ConvolutionAdder(maps, group, kernels)
    GEMMScratch.shared.withFloats(packedFloats + rows * widest) { packedA in
      let products = packedA + packedFloats
      for first in stride(from: start, to: end, by: rows) {
        let count = min(rows, end - first)
        let isPacked = !isDirect(columns: blocks.count * widest, rows: count)
        if isPacked { packRows(count, y + first * outputs, packedA) }
        for (index, block) in blocks.enumerated() {
          let columns = columns(block, group)
          let panels = packedB + index * panelFloats
          if isPacked {
            multiply(count, columns, packedA, panels, products)
          } else {
            kernels.multiplyUnpacked(
              count, divideUp(columns, kernels.gemm.tileColumns), outputs, y + first * outputs, outputs, panels,
              products)
          }
          adder.add(products, kernels.wholeColumns(columns), first..<first + count, block, x)
        }
      }
    }
  }

  /// Whether rows of `y` are multiplied where they are: there are few columns, and one block of depth.
  private func isDirect(columns: Int, rows: Int) -> Bool {
    columns <= Self.fewColumns && rows >= kernels.gemm.tileRows && maps.outputChannels <= kernels.gemm.blockDepth
  }

  /// Packs rows of `y` as panels of A, in blocks of depth.
  private func packRows(_ rows: Int, _ y: UnsafePointer<Float>, _ packedA: UnsafeMutablePointer<Float>) {
    forEachDepth { depth in
      kernels.gemm.packA(
        rows, depth.count, y + depth.lowerBound, maps.outputChannels, 1,
        packedA + kernels.wholeRows(rows) * depth.lowerBound)
    }
  }

  /// Multiplies packed rows with the columns of a block of taps.
  private func multiply(
    _ rows: Int, _ columns: Int, _ packedA: UnsafePointer<Float>, _ panels: UnsafePointer<Float>,
    _ products: UnsafeMutablePointer<Float>
  ) {
    let tile = kernels.gemm.tileColumns
    let wholeColumns = kernels.wholeColumns(columns)
    forEachDepth { depth in
      kernels.gemm.multiply(
        rows, columns, depth.count, packedA + kernels.wholeRows(rows) * depth.lowerBound,
        panels + wholeColumns * depth.lowerBound, tile * depth.count, tile, products, wholeColumns,
        depth.lowerBound > 0)
    }
  }

  /// Sets some channels of some images to zero.
  private func clear(_ images: Range<Int>, _ group: Range<Int>, _ x: UnsafeMutablePointer<Float>) {
    let pixels = maps.inputSize.height * maps.inputSize.width
    let first = x + images.lowerBound * pixels * maps.inputChannels
    if group.count == maps.inputChannels {
      first.update(repeating: 0, count: images.count * pixels * maps.inputChannels)
    } else {
      for pixel in 0..<images.count * pixels {
        (first + pixel * maps.inputChannels + group.lowerBound).update(repeating: 0, count: group.count)
      }
    }
  }
}

/// Adds products to the image: `[positions][rows of taps][taps][channels]`, each where its tap lies.
private struct ConvolutionAdder {
  private let maps: ConvolutionMaps
  private let group: Range<Int>
  private let kernels: ConvolutionKernels
  /// Whether a row of taps lies in the image as in the products.
  private let isConnected: Bool
  /// Fewer floats than these in a row of taps are few.
  private static let shortRow = 32

  init(_ maps: ConvolutionMaps, _ group: Range<Int>, _ kernels: ConvolutionKernels) {
    self.maps = maps
    self.group = group
    self.kernels = kernels
    isConnected =
      maps.geometry.kernel.width == 1 || group.count == maps.inputChannels && maps.geometry.dilation.width == 1
  }

  /// Adds the products of a block of rows of taps.
  /// - Parameter stride: floats from one position's products to the next one's.
  func add(
    _ products: UnsafePointer<Float>, _ stride: Int, _ positions: Range<Int>, _ block: Range<Int>,
    _ x: UnsafeMutablePointer<Float>
  ) {
    let taps = maps.geometry.kernel.width
    let rowFloats = taps * group.count
    let room = positions.count * taps
    // Adding to floats that were just written in other groups stalls: neighbours whose few floats overlap are apart.
    let passes = rowFloats < Self.shortRow ? min(taps, divideUp(taps, maps.geometry.stride.width)) : 1
    withRoom(for: room, of: UnsafePointer<Float>.self) { sources in
      withRoom(for: room, of: UnsafeMutablePointer<Float>.self) { targets in
        for row in block {
          let from = products + (row - block.lowerBound) * rowFloats
          // Whole rows of taps are collected at the beginning of the lists, single taps at the end.
          var (whole, single) = (0, room)
          forEachPosition(positions, row, passes) { index, line, column in
            let source = from + index * stride
            if isConnected && column >= 0 && column + taps <= maps.inputSize.width {
              sources[whole] = source
              targets[whole] = x + line + column * maps.inputChannels
              whole += 1
              return
            }
            for tap in 0..<taps {
              let place = column + tap * maps.geometry.dilation.width
              guard place >= 0 && place < maps.inputSize.width else { continue }
              single -= 1
              sources[single] = source + tap * group.count
              targets[single] = x + line + place * maps.inputChannels
            }
          }
          kernels.addToRows(whole, rowFloats, sources, targets)
          kernels.addToRows(room - single, group.count, sources + single, targets + single)
        }
      }
    }
  }

  /// Calls `body` for each position whose row of taps meets the image, with the place of that line of the image and the
  /// column of the first tap.
  @inline(__always)
  private func forEachPosition(
    _ positions: Range<Int>, _ tapRow: Int, _ passes: Int, _ body: (Int, _ line: Int, _ column: Int) -> Void
  ) {
    for pass in 0..<passes { forEachPosition(positions, tapRow, pass, passes, body) }
  }

  /// The same for every `step`th position of each line.
  @inline(__always)
  private func forEachPosition(
    _ positions: Range<Int>, _ tapRow: Int, _ first: Int, _ step: Int,
    _ body: (Int, _ line: Int, _ column: Int) -> Void
  ) {
    let (geometry, size) = (maps.geometry, maps.inputSize)
    let (rows, columns) = (maps.outputSize.height, maps.outputSize.width)
    var column = positions.lowerBound % columns
    var row = positions.lowerBound / columns % rows
    var image = positions.lowerBound / columns / rows
    var done = 0
    while done < positions.count {
      let lineCount = min(columns - column, positions.count - done)
      let y = row * geometry.stride.height - geometry.padding.top + tapRow * geometry.dilation.height
      if y >= 0 && y < size.height {
        let line = (image * size.height + y) * size.width * maps.inputChannels + group.lowerBound
        let origin = column * geometry.stride.width - geometry.padding.left
        var i = first
        while i < lineCount {
          body(done + i, line, origin + i * geometry.stride.width)
          i += step
        }
      }
      done += lineCount
      column = 0
      row += 1
      if row == rows { (row, image) = (0, image + 1) }
    }
  }
}
