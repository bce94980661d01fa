extension ConvolutionProblem {
  /// `x[p, c] = Σ y[position, o] · w[o, k, c]` over the positions whose tap `k` meets `p`.
  ///
  /// With a stride, the rows and columns of the image fall into phases. The pixels of one phase meet the same taps, and
  /// for them the map is a convolution of `y` with those taps alone: nothing is ever multiplied with the zeros that a
  /// stride inserts, and each pixel is written once.
  func inputGradient(_ y: UnsafePointer<Float>, _ w: UnsafePointer<Float>, _ x: UnsafeMutablePointer<Float>) {
    let scalars = maps.xShape.scalarCount
    guard scalars > 0 else { return }
    guard work > 0 else {
      x.update(repeating: 0, count: scalars)
      finish?.run(x, count: scalars, kernels)
      return
    }
    let spread = ConvolutionSpread(self)
    if spread.isWorthwhile { return spread.run(y, w, x) }
    // Pixels of a phase lie apart: they are finished when all are there, as calls for each would cost more than a pass.
    let isPhased = maps.geometry.stride != 1
    var products: [ConvolutionPatchProduct] = []
    let (inputPlaces, outputPlaces) = (inputPlaces, outputPlaces)
    for rows in rowPhases {
      for columns in columnPhases {
        let target = grid(rows, columns, x)
        guard !rows.taps.isEmpty && !columns.taps.isEmpty else {
          clear(target, rows.count, columns.count)
          continue
        }
        let taps = rows.taps.flatMap { row in columns.taps.map { row * maps.geometry.kernel.width + $0 } }
        let weight = ConvolutionWeight(
          start: w, columns: inputPlaces, depth: sums(places(ofTaps: taps), outputPlaces))
        products.append(
          ConvolutionPatchProduct(
            windows: windows(on: y, rows, columns), weight: weight, target: target, kernels: kernels,
            finish: isPhased ? nil : finish))
      }
    }
    ConvolutionPatchProduct.run(products, parallel: isParallel, keeper: weightKeeper(isForward: false))
    if isPhased { finish?.run(x, rows: scalars / maps.inputChannels, kernels) }
  }

  /// The phases of the rows of `x`.
  var rowPhases: [ConvolutionPhase] {
    let geometry = maps.geometry
    return ConvolutionPhase.phases(
      size: maps.inputSize.height, kernel: geometry.kernel.height, stride: geometry.stride.height,
      padding: geometry.padding.top, dilation: geometry.dilation.height)
  }

  /// The phases of the columns of `x`.
  var columnPhases: [ConvolutionPhase] {
    let geometry = maps.geometry
    return ConvolutionPhase.phases(
      size: maps.inputSize.width, kernel: geometry.kernel.width, stride: geometry.stride.width,
      padding: geometry.padding.left, dilation: geometry.dilation.width)
  }

  /// The pixels of `x` in a phase of rows and one of columns.
  private func grid(
    _ rows: ConvolutionPhase, _ columns: ConvolutionPhase, _ x: UnsafeMutablePointer<Float>
  ) -> ConvolutionGrid {
    let (size, stride, channels) = (maps.inputSize, maps.geometry.stride, maps.inputChannels)
    return ConvolutionGrid(
      start: x + (rows.first * size.width + columns.first) * channels,
      imageStride: size.height * size.width * channels, rowStride: stride.height * size.width * channels,
      columnStride: stride.width * channels)
  }

  /// The patches of `y` that the pixels of a phase are made of.
  private func windows(
    on y: UnsafePointer<Float>, _ rows: ConvolutionPhase, _ columns: ConvolutionPhase
  ) -> ConvolutionWindows {
    ConvolutionWindows(
      image: y, count: maps.count, height: maps.outputSize.height, width: maps.outputSize.width,
      channels: maps.outputChannels, rows: rows.count, columns: columns.count, strideY: 1, strideX: 1,
      originY: rows.origin, originX: columns.origin, tapRows: rows.taps.count, tapColumns: columns.taps.count,
      stepY: rows.step, stepX: columns.step, manyChannels: kernels.sizes.patches.manyChannels)
  }

  /// Writes zeros to pixels that no tap meets.
  private func clear(_ grid: ConvolutionGrid, _ rows: Int, _ columns: Int) {
    for image in 0..<maps.count {
      for row in 0..<rows {
        for column in 0..<columns { grid.pixel(image, row, column).update(repeating: 0, count: maps.inputChannels) }
      }
    }
  }
}

/// Every few rows, or columns, of the input: those that the same taps of the kernel meet.
struct ConvolutionPhase {
  /// The first of them.
  let first: Int
  /// How many there are, a stride apart.
  let count: Int
  /// The taps, the last one first: in the order of the positions of the output that they belong to. May be empty.
  let taps: [Int]
  /// The position of the output whose tap `taps[0]` meets `first`; it may lie outside. The next row of the phase is met
  /// from the next position.
  let origin: Int
  /// How much further the position of the next tap is.
  let step: Int

  /// The phases of one axis.
  static func phases(size: Int, kernel: Int, stride: Int, padding: Int, dilation: Int) -> [ConvolutionPhase] {
    (0..<min(size, stride)).map { first in
      let taps = (0..<kernel).reversed().filter { (first + padding - $0 * dilation) % stride == 0 }
      return ConvolutionPhase(
        first: first, count: divideUp(size - first, stride), taps: taps,
        origin: taps.isEmpty ? 0 : (first + padding - taps[0] * dilation) / stride,
        step: taps.count < 2 ? 1 : (taps[0] - taps[1]) * dilation / stride)
    }
  }
}
