/// The input-gradient map as a product of the positions of `y` with all taps as columns, after which each pixel is the
/// sum of the products that belong to it.
///
/// So few channels (one, for a gray image) still fill whole tiles. A pixel's sum is made in the order of its taps, and
/// the product's rows depend on nothing but their position: an image's result is the same in every batch.
struct ConvolutionSpread {
  private let problem: ConvolutionProblem
  private let rowPhases: [ConvolutionPhase]
  private let columnPhases: [ConvolutionPhase]

  init(_ problem: ConvolutionProblem) {
    self.problem = problem
    rowPhases = problem.rowPhases
    columnPhases = problem.columnPhases
  }

  private var maps: ConvolutionMaps { problem.maps }
  private var kernels: KernelSet { problem.kernels }
  private var sizes: SpreadSizes { kernels.sizes.spread }
  private var geometry: Tensor.ConvolutionGeometry { problem.maps.geometry }
  /// Columns of the product.
  private var columns: Int { problem.taps * maps.inputChannels }

  /// Whether this is less work than a product of patches: there are few channels, or most taps of the patches would lie
  /// outside of `y`.
  var isWorthwhile: Bool {
    let tile = kernels.tileColumns
    let meetings =
      rowPhases.reduce(0) { $0 + $1.count * $1.taps.count }
      * columnPhases.reduce(0) { $0 + $1.count * $1.taps.count }
    let (patches, products) = (
      meetings * roundUp(maps.inputChannels, tile / 2),
      maps.outputSize.height * maps.outputSize.width * roundUp(columns, tile / 2)
    )
    // Sums cost as much as a few multiply-adds.
    return patches * maps.outputChannels > 2 * products * (maps.outputChannels + 8)
  }

  /// Positions of `y`, some of them outside, whose taps meet a part of `x`.
  private struct Area {
    let rows: Range<Int>
    let columns: Range<Int>
    var count: Int { rows.count * columns.count }
  }

  /// The positions whose taps meet some rows of `x`.
  private func area(_ rows: Range<Int>) -> Area {
    func positions(_ range: Range<Int>, _ padding: Int, _ kernel: Int, _ dilation: Int, _ stride: Int) -> Range<Int> {
      let first = range.lowerBound + padding - (kernel - 1) * dilation
      let start = first >= 0 ? divideUp(first, stride) : -(-first / stride)
      return start..<max(start, (range.upperBound - 1 + padding + stride) / stride)
    }
    return Area(
      rows: positions(
        rows, geometry.padding.top, geometry.kernel.height, geometry.dilation.height, geometry.stride.height),
      columns: positions(
        0..<maps.inputSize.width, geometry.padding.left, geometry.kernel.width, geometry.dilation.width,
        geometry.stride.width))
  }

  func run(_ y: UnsafePointer<Float>, _ w: UnsafePointer<Float>, _ x: UnsafeMutablePointer<Float>) {
    kernels.paths.count(.spread)
    // A chunk is some rows of an image, or some images.
    let height = maps.inputSize.height
    let rowFloats = max(1, area(0..<height).columns.count * columns)
    let rows = min(height, max(1, sizes.productFloats / rowFloats) * geometry.stride.height)
    let bands = divideUp(height, rows)
    let imageFloats = area(0..<rows).rows.count * rowFloats
    let images = max(1, bands > 1 ? 1 : min(sizes.productFloats / imageFloats, maps.count / sizes.chunkCount))
    let weight = ConvolutionWeight(
      start: w, columns: sums(problem.places(ofTaps: Array(0..<problem.taps)), problem.inputPlaces),
      depth: problem.outputPlaces)
    let tile = kernels.tileColumns
    GEMMScratch.shared.withFloats(kernels.wholeColumns(columns) * maps.outputChannels) { packedB in
      forEachChunk(divideUp(columns, tile), parallel: problem.isParallel) { panel in
        let lanes = panel * tile..<min(columns, (panel + 1) * tile)
        weight.pack(0..<maps.outputChannels, lanes, packedB + lanes.lowerBound * maps.outputChannels, kernels)
      }
      forEachChunk(divideUp(maps.count, images) * bands, parallel: problem.isParallel) { chunk in
        let (first, row) = (chunk / bands * images, chunk % bands * rows)
        compute(
          first..<min(maps.count, first + images), row..<min(height, row + rows), y, packedB, x)
      }
    }
  }

  /// Computes some rows of some images.
  private func compute(
    _ images: Range<Int>, _ rows: Range<Int>, _ y: UnsafePointer<Float>, _ packedB: UnsafePointer<Float>,
    _ x: UnsafeMutablePointer<Float>
  ) {
    let area = area(rows)
    let floats = area.count * columns
    GEMMScratch.shared.withFloats(images.count * floats + columns) { products in
      multiply(images, area, y, packedB, products, dump: products + images.count * floats)
      for phase in rowPhases {
        // The phase's rows that are in `rows`.
        let first = divideUp(max(0, rows.lowerBound - phase.first), geometry.stride.height)
        let last = divideUp(max(0, rows.upperBound - phase.first), geometry.stride.height)
        for columnPhase in columnPhases {
          sum(phase, first..<last, columnPhase, images, area, products, to: x)
        }
      }
      guard let finish = problem.finish else { return }
      let line = maps.inputSize.width * maps.inputChannels
      for image in images {
        finish.run(x + (image * maps.inputSize.height + rows.lowerBound) * line, count: rows.count * line, kernels)
      }
    }
  }

  /// The product's rows for an area of some images, `[images][area][columns]`; zeros for positions outside of `y`.
  private func multiply(
    _ images: Range<Int>, _ area: Area, _ y: UnsafePointer<Float>, _ packedB: UnsafePointer<Float>,
    _ products: UnsafeMutablePointer<Float>, dump: UnsafeMutablePointer<Float>
  ) {
    let (size, outputs) = (maps.outputSize, maps.outputChannels)
    let inside = Area(
      rows: area.rows.clamped(to: 0..<size.height), columns: area.columns.clamped(to: 0..<size.width))
    if inside.count < area.count { products.update(repeating: 0, count: images.count * area.count * columns) }
    let count = images.count * inside.count
    let rows = roundUp(count, kernels.tileRows)
    guard count > 0 else { return }
    withRoom(for: rows, of: UnsafePointer<Float>.self) { sources in
      withRoom(for: rows, of: UnsafeMutablePointer<Float>.self) { targets in
        var filled = 0
        let (columns, width) = (columns, inside.columns.count)
        for image in images {
          for row in inside.rows {
            let source = y + ((image * size.height + row) * size.width + inside.columns.lowerBound) * outputs
            let line = (image - images.lowerBound) * area.rows.count + row - area.rows.lowerBound
            let place = line * area.columns.count + inside.columns.lowerBound - area.columns.lowerBound
            for i in 0..<width {
              sources[filled + i] = source + i * outputs
              targets[filled + i] = products + (place + i) * columns
            }
            filled += width
          }
        }
        for i in filled..<rows { (sources[i], targets[i]) = (sources[0], dump) }
        for first in stride(from: 0, to: count, by: kernels.blockRows) {
          kernels.convolution.multiplyRows(
            min(kernels.blockRows, count - first), columns, 1, outputs, sources + first, 0, packedB,
            targets + first, 0, false)
        }
      }
    }
  }

  /// Sums the products of the pixels in a phase of columns and some rows of a phase.
  private func sum(
    _ rowPhase: ConvolutionPhase, _ rows: Range<Int>, _ phase: ConvolutionPhase, _ images: Range<Int>, _ area: Area,
    _ products: UnsafePointer<Float>, to x: UnsafeMutablePointer<Float>
  ) {
    let (channels, size, strides, kernels) = (maps.inputChannels, maps.inputSize, geometry.stride, kernels)
    let (columns, lineFloats) = (columns, area.columns.count * columns)
    let taps = rowPhase.taps.count * phase.taps.count
    withRoom(for: taps, of: Int.self) { offsets in
      var count = 0
      for (i, row) in rowPhase.taps.enumerated() {
        for (j, column) in phase.taps.enumerated() {
          offsets[count] =
            i * rowPhase.step * lineFloats + j * phase.step * columns
            + (row * geometry.kernel.width + column) * channels
          count += 1
        }
      }
      for image in images {
        let start = products + (image - images.lowerBound) * area.rows.count * lineFloats
        for row in rows {
          let line = start + (rowPhase.origin + row - area.rows.lowerBound) * lineFloats
          let target =
            x + ((image * size.height + rowPhase.first + row * strides.height) * size.width + phase.first) * channels
          if taps > 0 {
            kernels.convolution.sumTaps(
              phase.count, channels, taps, offsets, line + (phase.origin - area.columns.lowerBound) * columns, columns,
              target, strides.width * channels)
          } else {
            for i in 0..<phase.count { (target + i * strides.width * channels).update(repeating: 0, count: channels) }
          }
        }
      }
    }
  }
}
