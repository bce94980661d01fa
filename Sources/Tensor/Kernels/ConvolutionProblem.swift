/// The three maps of one convolution on memory. Each is a packed matrix product whose patches are read straight from the
/// image: no matrix of patches exists.
///
/// Everything is split by sizes alone, so that results do not depend on the number of threads.
struct ConvolutionProblem {
  let maps: ConvolutionMaps
  let kernels: ConvolutionKernels
  /// Whether the kernel is turned by half a turn: its last tap comes first.
  private let turnsKernel: Bool

  init(_ maps: ConvolutionMaps, kernels: ConvolutionKernels = .current, turnsKernel: Bool = false) {
    self.maps = maps
    self.kernels = kernels
    self.turnsKernel = turnsKernel
  }

  /// For a stride of 1, the convolution whose forward map is this one's input-gradient map and the other way round. Its
  /// padding may be negative.
  var mirrored: ConvolutionProblem {
    let geometry = maps.geometry
    let (height, width) = (
      geometry.dilation.height * (geometry.kernel.height - 1), geometry.dilation.width * (geometry.kernel.width - 1)
    )
    let padding = Tensor.Padding2D(
      top: height - geometry.padding.top, bottom: height - geometry.padding.bottom,
      left: width - geometry.padding.left, right: width - geometry.padding.right)
    let mirror = ConvolutionMaps(
      geometry: Tensor.ConvolutionGeometry(kernel: geometry.kernel, padding: padding, dilation: geometry.dilation),
      count: maps.count, inputSize: maps.outputSize, inputChannels: maps.outputChannels,
      outputSize: maps.inputSize, outputChannels: maps.inputChannels,
      weightOrder: maps.weightOrder == .outputFirst ? .inputFirst : .outputFirst)
    return ConvolutionProblem(mirror, kernels: kernels, turnsKernel: !turnsKernel)
  }

  /// Which of the weight's taps is tap `tap` of the kernel.
  func place(ofTap tap: Int) -> Int { turnsKernel ? taps - 1 - tap : tap }

  var taps: Int { maps.geometry.kernel.height * maps.geometry.kernel.width }
  /// Multiply-adds of each of the maps, roughly.
  var work: Int {
    maps.count * maps.outputSize.height * maps.outputSize.width * maps.outputChannels * taps * maps.inputChannels
  }
  /// Whether several threads are worth their while.
  var isParallel: Bool { work >= GEMMProblem.smallWork }

  /// The patches of `x` that the outputs are made of.
  func windows(on x: UnsafePointer<Float>) -> ConvolutionWindows {
    let geometry = maps.geometry
    return ConvolutionWindows(
      image: x, count: maps.count, height: maps.inputSize.height, width: maps.inputSize.width,
      channels: maps.inputChannels, rows: maps.outputSize.height, columns: maps.outputSize.width,
      strideY: geometry.stride.height, strideX: geometry.stride.width, originY: -geometry.padding.top,
      originX: -geometry.padding.left, tapRows: geometry.kernel.height, tapColumns: geometry.kernel.width,
      stepY: geometry.dilation.height, stepX: geometry.dilation.width)
  }

  /// `y[position, o] = Σ patch(position)[k] · w[o, k]`: a product with patches as rows.
  func forward(_ x: UnsafePointer<Float>, _ w: UnsafePointer<Float>, _ y: UnsafeMutablePointer<Float>) {
    guard maps.yShape.scalarCount > 0 else { return }
    guard work > 0 else { return y.update(repeating: 0, count: maps.yShape.scalarCount) }
    if maps.geometry.stride == 1 && maps.outputChannels < min(maps.inputChannels, kernels.gemm.tileColumns) {
      // All taps of few channels fill the tiles that few channels alone do not.
      ConvolutionSpread(mirrored).run(x, w, y)
    } else {
      gather(x, w, y)
    }
  }

  /// The forward map as a product of patches.
  func gather(_ x: UnsafePointer<Float>, _ w: UnsafePointer<Float>, _ y: UnsafeMutablePointer<Float>) {
    let windows = windows(on: x)
    let product = ConvolutionPatchProduct(
      windows: windows, columns: maps.outputChannels, kernels: kernels, isParallel: isParallel)
    product.run(y) { packWeight(w, $0, $1, $2) }
  }

  /// Packs some output channels of a weight as columns, and a block of the patches' depth as rows, into panels of B.
  private func packWeight(
    _ w: UnsafePointer<Float>, _ block: ConvolutionDepthBlock, _ columns: Range<Int>,
    _ target: UnsafeMutablePointer<Float>
  ) {
    let (inputs, outputs, tile) = (maps.inputChannels, maps.outputChannels, kernels.gemm.tileColumns)
    if maps.weightOrder == .outputFirst && !turnsKernel {
      // A column is contiguous, whatever taps the block has.
      let depth = taps * inputs
      return kernels.gemm.packB(
        columns.count, block.depth, w + columns.lowerBound * depth + block.start, 1, depth, target)
    }
    kernels.clearLastPanel(columns.count, block.depth, target)
    withRoom(for: max(block.depth, columns.count), of: UnsafePointer<Float>.self) { sources in
      if maps.weightOrder == .inputFirst {
        for k in 0..<block.depth {
          let (tap, channel) = (place(ofTap: (block.start + k) / inputs), (block.start + k) % inputs)
          sources[k] = w + ((channel * taps + tap) * outputs + columns.lowerBound)
        }
        return kernels.packDepthB(block.depth, columns.count, sources, 0, block.depth * tile, target)
      }
      var k = 0
      while k < block.depth {
        let (tap, channel) = (place(ofTap: (block.start + k) / inputs), (block.start + k) % inputs)
        let length = min(inputs - channel, block.depth - k)
        for (lane, column) in columns.enumerated() { sources[lane] = w + ((column * taps + tap) * inputs + channel) }
        kernels.packLanesB(columns.count, length, sources, block.depth * tile, target + k * tile)
        k += length
      }
    }
  }
}

/// A product of patches, one row a position, with a matrix whose columns are channels of the result.
struct ConvolutionPatchProduct {
  let windows: ConvolutionWindows
  let columns: Int
  let kernels: ConvolutionKernels
  let isParallel: Bool

  /// Packs a block of depth of some columns of the matrix into panels of B.
  typealias PackColumns = (ConvolutionDepthBlock, _ columns: Range<Int>, UnsafeMutablePointer<Float>) -> Void

  /// Fewer chunks than this are cut further.
  private static let chunkCount = 16

  /// Writes the product to `output`, `[positions][columns]`.
  func run(_ output: UnsafeMutablePointer<Float>, packColumns: PackColumns) {
    let blocks = ConvolutionDepthBlock.blocks(of: windows, size: kernels.gemm.blockDepth)
    let wholeColumns = kernels.wholeColumns(columns)
    // Row blocks of equal size; where they are few, columns are cut too.
    let rows = min(
      kernels.gemm.blockRows, roundUp(divideUp(windows.positions, 2 * Self.chunkCount), kernels.gemm.tileRows))
    let rowBlocks = divideUp(windows.positions, rows)
    let panels = wholeColumns / kernels.gemm.tileColumns
    let columnBlocks = min(panels, divideUp(Self.chunkCount, rowBlocks))
    let columnsAtOnce = divideUp(panels, columnBlocks) * kernels.gemm.tileColumns
    let deepest = blocks.map(\.depth).max() ?? 0
    GEMMScratch.shared.withFloats(wholeColumns * windows.patchFloats) { packedB in
      forEachChunk(blocks.count * columnBlocks, parallel: isParallel) { chunk in
        let block = blocks[chunk / columnBlocks]
        let first = chunk % columnBlocks * columnsAtOnce
        guard first < columns else { return }
        packColumns(
          block, first..<min(columns, first + columnsAtOnce),
          packedB + wholeColumns * block.start + first * block.depth)
      }
      forEachChunk(rowBlocks * columnBlocks, parallel: isParallel) { chunk in
        let positions = chunk % rowBlocks * rows..<min(windows.positions, (chunk % rowBlocks + 1) * rows)
        let first = chunk / rowBlocks * columnsAtOnce
        let last = min(columns, first + columnsAtOnce)
        guard first < last else { return }
        withPackedPatches(positions, blocks, deepest) { block, packedA in
          kernels.gemm.multiply(
            positions.count, last - first, block.depth, packedA,
            packedB + wholeColumns * block.start + first * block.depth, kernels.gemm.tileColumns * block.depth,
            kernels.gemm.tileColumns, output + positions.lowerBound * columns + first, columns, block.start > 0)
        }
      }
    }
  }

  /// Packs the patches of some positions, one block of depth after the other, and hands each to `body`.
  private func withPackedPatches(
    _ positions: Range<Int>, _ blocks: [ConvolutionDepthBlock], _ deepest: Int,
    _ body: (ConvolutionDepthBlock, UnsafePointer<Float>) -> Void
  ) {
    let width = kernels.gemm.tileRows
    let packedFloats = kernels.wholeRows(positions.count) * deepest
    let longest = blocks.map(\.floats.count).max() ?? 0
    GEMMScratch.shared.withFloats(packedFloats + longest * (1 + positions.count)) { packed in
      let zeros = packed + packedFloats
      let spare = zeros + longest
      zeros.update(repeating: 0, count: longest)
      withRoom(for: positions.count, of: UnsafePointer<Float>.self) { sources in
        for block in blocks {
          for row in block.tapRows {
            windows.find(
              positions, tapRow: row, floats: block.floats, zeros: zeros, spare: spare, sources: sources)
            kernels.packLanesA(
              positions.count, block.floats.count, sources, block.depth * width,
              packed + (row - block.tapRows.lowerBound) * block.floats.count * width)
          }
          body(block, packed)
        }
      }
    }
  }
}
