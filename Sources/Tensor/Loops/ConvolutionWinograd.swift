/// A product of patches whose kernel is two taps high and wide, or becomes several such kernels where a stride splits
/// the image into phases: kernel 4 with stride 2, and each phase of its transpose.
///
/// Winograd's algorithm makes three neighbouring outputs of two taps with four multiplications instead of six, and so,
/// along both axes, nine outputs with 16 instead of 36. Transforms of the image and of the weight come before, one of
/// the result after the multiplications, which are matrix products over the channels. All coefficients are 1, 2 or ½:
/// the transforms lose next to nothing. A result depends on its image alone, as in the direct product. But an infinity or
/// a NaN in the image can spoil up to three by three outputs next to each other, not only those whose taps meet it.
///
/// Reference: Lavin and Gray, "Fast algorithms for convolutional neural networks", arXiv:1509.09308.
struct ConvolutionWinograd {
  private let product: ConvolutionPatchProduct
  private let plan: WinogradPlan

  /// Whether a product is of this form and large enough. This must not depend on how many images there are.
  static func isWorthwhile(_ product: ConvolutionPatchProduct) -> Bool {
    let windows = product.windows
    return windows.tapRows == 2 * windows.strideY && windows.tapColumns == 2 * windows.strideX && windows.stepY == 1
      && windows.stepX == 1 && min(windows.rows, windows.columns) >= 3
      && min(windows.channels, product.weight.columns.count) >= product.kernels.sizes.winograd.leastChannels
  }

  private var windows: ConvolutionWindows { product.windows }
  private var kernels: KernelSet { product.kernels }
  private var tile: Int { kernels.tileColumns }
  private var columns: Int { product.weight.columns.count }
  private var panels: Int { divideUp(columns, tile) }
  /// Depth of the matrix products: the channels of each phase of the image.
  private var depth: Int { windows.strideY * windows.strideX * windows.channels }
  /// Images in a chunk.
  private var images: Int { plan.images }
  /// Multiplications for one image and one pair of channels.
  private var slots: Int { plan.slots }
  /// Floats of one transformed weight.
  private var weightFloats: Int { panels * tile * depth }

  /// Does several products.
  static func run(_ products: [ConvolutionPatchProduct], parallel: Bool, keeper: WeightKeeper?) {
    guard !products.isEmpty else { return }
    let kept = keeper?.kept?.transformed
    let problems = products.indices.map {
      ConvolutionWinograd(product: products[$0], plan: kept?.plans[$0] ?? WinogradPlan(products[$0]))
    }
    let first = problems[0]
    for problem in problems { problem.kernels.paths.count(.winograd) }
    var starts = [0]
    for problem in problems { starts.append(starts[starts.count - 1] + WinogradAxis.kinds2D * problem.weightFloats) }
    let chunks = problems.map { divideUp($0.windows.count, $0.images) }
    let mostChunks = chunks.reduce(0, max)
    func transform(_ packedB: UnsafeMutablePointer<Float>) {
      forEachChunk(problems.count * first.panels, parallel: parallel) { chunk in
        let index = chunk / first.panels
        problems[index].transformWeight(panel: chunk % first.panels, packedB + starts[index])
      }
    }
    func compute(_ packedB: UnsafePointer<Float>) {
      forEachChunk(problems.count * mostChunks, parallel: parallel) { chunk in
        let index = chunk / mostChunks
        if chunk % mostChunks < chunks[index] { problems[index].compute(chunk % mostChunks, packedB + starts[index]) }
      }
    }
    let keeps = keeper.map { $0.keepsAll || first.windows.count <= first.kernels.sizes.winograd.keptImages } ?? false
    WeightKeeper.withWeight(
      kept?.weights, count: starts[problems.count], first.kernels, lay: transform,
      keep: keeps ? { keeper?.keep(transformed: $0, problems.map(\.plan)) } : nil, compute)
  }

  // MARK: The weight

  /// Cuts of the depth: the channels of some phases, or some channels of one.
  private var blocks: [Range<Int>] {
    let (channels, most) = (windows.channels, kernels.blockDepth)
    if channels <= most {
      let size = most / channels * channels
      return stride(from: 0, to: depth, by: size).map { $0..<min(depth, $0 + size) }
    }
    let size = divideUp(channels, divideUp(channels, most))
    return stride(from: 0, to: depth, by: channels).flatMap { start in
      stride(from: 0, to: channels, by: size).map { start + $0..<start + min(channels, $0 + size) }
    }
  }

  /// Packs one panel of columns of the transformed weights, block after block.
  private func transformWeight(panel: Int, _ packedB: UnsafeMutablePointer<Float>) {
    let (channels, weightRows) = (windows.channels, kernels.sizes.winograd.weightRows)
    let lanes = panel * tile..<min(columns, (panel + 1) * tile)
    GEMMScratch.shared.withFloats(4 * channels * tile) { taps in
      for block in blocks {
        let target = packedB + (block.lowerBound * panels + panel * block.count) * tile
        for phase in block.lowerBound / channels..<divideUp(block.upperBound, channels) {
          let part = block.clamped(to: phase * channels..<(phase + 1) * channels)
          let floats = part.count * tile
          let (phaseY, phaseX) = (phase / windows.strideX, phase % windows.strideX)
          for tap in 0..<4 {
            let (row, column) = (phaseY + tap / 2 * windows.strideY, phaseX + tap % 2 * windows.strideX)
            let start = (row * windows.tapColumns + column - phase) * channels + part.lowerBound
            product.weight.pack(start..<start + part.count, lanes, taps + tap * floats, kernels)
          }
          let transform = Self.weightTransform(tapStride: floats, kindStride: weightFloats)
          // A few rows at a time, so that they stay in the first-level cache.
          for row in stride(from: 0, to: part.count, by: weightRows) {
            transform.run(
              length: min(weightRows, part.count - row) * tile, from: taps + row * tile,
              to: target + (part.lowerBound - block.lowerBound + row) * tile, kernels)
          }
        }
      }
    }
  }

  /// From the four taps to what images are multiplied with.
  private static func weightTransform(tapStride: Int, kindStride: Int) -> RowCombinations {
    var result = RowCombinations()
    for (i, rowTaps) in WinogradAxis.taps.enumerated() {
      for (j, columnTaps) in WinogradAxis.taps.enumerated() {
        for (row, a) in rowTaps {
          for (column, b) in columnTaps { result.addTerm(a * b, (2 * row + column) * tapStride) }
        }
        result.endRow((i * WinogradAxis.kinds + j) * kindStride)
      }
    }
    return result
  }

  // MARK: Images

  /// Computes a chunk of images.
  private func compute(_ chunk: Int, _ packedB: UnsafePointer<Float>) {
    let (windows, kernels, depth, columns) = (windows, kernels, depth, columns)
    let first = chunk * images
    let count = min(images, windows.count - first)
    GEMMScratch.shared.withFloats(slots * images * (depth + columns) + columns) { values in
      let products = values + slots * images * depth
      let imageFloats = windows.height * windows.width * windows.channels
      for i in 0..<count {
        plan.imageTransform.run(
          length: windows.channels, from: windows.image + (first + i) * imageFloats, to: values + i * depth, kernels)
      }
      multiply(count, values, products, packedB)
      for i in 0..<count {
        plan.resultTransform.run(
          length: columns, from: products + i * columns, to: product.target.pixel(first + i, 0, 0), kernels)
        if let finish = product.finish {
          product.target.finish(first + i, windows.rows, windows.columns, finish, kernels)
        }
      }
    }
  }

  /// A matrix product for each of the transformed weights. There is room for a row behind the products.
  private func multiply(
    _ count: Int, _ values: UnsafePointer<Float>, _ products: UnsafeMutablePointer<Float>,
    _ packedB: UnsafePointer<Float>
  ) {
    let (blocks, depth, columns, kernels) = (blocks, depth, columns, kernels)
    let most = roundUp(slots * count, kernels.tileRows)
    withRoom(for: most, of: UnsafePointer<Float>.self) { sources in
      withRoom(for: most, of: UnsafeMutablePointer<Float>.self) { targets in
        for kind in 0..<WinogradAxis.kinds2D {
          var filled = 0
          for slot in plan.slotsOfKinds[kind] {
            let first = slot * images
            for i in 0..<count {
              sources[filled + i] = values + (first + i) * depth
              targets[filled + i] = products + (first + i) * columns
            }
            filled += count
          }
          let rows = roundUp(filled, kernels.tileRows)
          for i in filled..<rows { (sources[i], targets[i]) = (sources[0], products + slots * images * columns) }
          for block in blocks {
            kernels.convolution.multiplyRows(
              filled, columns, 1, block.count, sources, 0,
              packedB + kind * weightFloats + block.lowerBound * panels * tile, targets, 0, block.lowerBound > 0)
            for i in 0..<rows { sources[i] += block.count }
          }
        }
      }
    }
  }
}
