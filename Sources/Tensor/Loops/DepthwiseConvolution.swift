import LatentSystem

/// The three maps of a convolution in which each channel stays by itself: sums of rows of pixels times a tap.
///
/// A matrix product would have a single column for each channel. Here all channels of a pixel are one row of floats, and
/// a tap has a factor for each of them. Everything is split by sizes alone, and what the forward map and the input
/// gradient give for an image does not depend on the other images.
struct DepthwiseConvolution {
  private let maps: ConvolutionMaps
  private let kernels: KernelSet
  /// Pixels that the kernels take as one row: several where channels are few and pixels lie side by side.
  private let group: Int

  init(_ maps: ConvolutionMaps, kernels: KernelSet = .current) {
    self.maps = maps
    self.kernels = kernels
    let channels = maps.inputChannels
    let divisor = channels == 0 ? Self.widestVector : min(Self.widestVector, channels & -channels)
    group = maps.geometry.stride.width == 1 && channels < 2 * Self.widestVector ? Self.widestVector / divisor : 1
  }

  /// Floats in a vector of the widest instruction set.
  private static let widestVector = 16

  private var channels: Int { maps.inputChannels }
  private var kernel: Tensor.Size2D { maps.geometry.kernel }
  private var taps: Int { kernel.height * kernel.width }
  private var inputRow: Int { maps.inputSize.width * channels }
  private var outputRow: Int { maps.outputSize.width * channels }

  // MARK: Maps

  /// `y[i, j, c] = Σ x[i * stride - top + a * dilation, …, c] * w[c, a, b]`.
  func forward(_ x: UnsafePointer<Float>, _ w: UnsafePointer<Float>, _ y: UnsafeMutablePointer<Float>) {
    kernels.paths.count(.depthwise)
    withFactors(w) { factors in
      forEachRow(of: maps.outputSize.height, outputRow) { image, row in
        let target = y + (image * maps.outputSize.height + row) * outputRow
        target.update(repeating: 0, count: outputRow)
        for a in 0..<kernel.height {
          let source = row * maps.geometry.stride.height - maps.geometry.padding.top + a * maps.geometry.dilation.height
          guard (0..<maps.inputSize.height).contains(source) else { continue }
          let line = x + (image * maps.inputSize.height + source) * inputRow
          for b in 0..<kernel.width {
            let place = columns(ofTap: b)
            add(
              place.count, line + place.input * channels, inputStep, factors + factorsStart(a, b),
              target + place.output * channels, channels)
          }
        }
      }
    }
  }

  /// The transpose in `x` of the forward map.
  func inputGradient(_ y: UnsafePointer<Float>, _ w: UnsafePointer<Float>, _ x: UnsafeMutablePointer<Float>) {
    kernels.paths.count(.depthwise)
    let (stride, top, dilation) = (
      maps.geometry.stride.height, maps.geometry.padding.top, maps.geometry.dilation.height
    )
    withFactors(w) { factors in
      forEachRow(of: maps.inputSize.height, inputRow) { image, row in
        let target = x + (image * maps.inputSize.height + row) * inputRow
        target.update(repeating: 0, count: inputRow)
        for a in 0..<kernel.height {
          let place = row + top - a * dilation
          guard place >= 0, place % stride == 0, place / stride < maps.outputSize.height else { continue }
          let line = y + (image * maps.outputSize.height + place / stride) * outputRow
          for b in 0..<kernel.width {
            let place = columns(ofTap: b)
            add(
              place.count, line + place.output * channels, channels, factors + factorsStart(a, b),
              target + place.input * channels, inputStep)
          }
        }
      }
    }
  }

  /// `w[c, a, b] = Σ x[…, c] * y[i, j, c]` over all positions: a sum for each image, joined by a binary tree.
  func filterGradient(_ x: UnsafePointer<Float>, _ y: UnsafePointer<Float>, _ w: UnsafeMutablePointer<Float>) {
    kernels.paths.count(.depthwise)
    let floats = taps * channels
    guard floats > 0 else { return }
    guard maps.count > 0 else { return w.update(repeating: 0, count: floats) }
    GEMMScratch.shared.withFloats(maps.count * floats) { sums in
      sums.update(repeating: 0, count: maps.count * floats)
      forEachChunk(maps.count, parallel: isParallel) { image in
        for row in 0..<maps.outputSize.height { sum(image, row, x, y, sums + image * floats) }
      }
      forEachPair(of: maps.count) { target, other, _ in
        let source = UnsafePointer(sums + other * floats)
        withUnsafePointer(to: source) { source in
          withUnsafePointer(to: sums + target * floats) { kernels.convolution.addToRows(1, floats, source, $0) }
        }
      }
      // From [taps, channels] to [channels, taps].
      kernels.movement.transpose2D(UnsafePointer(sums), channels, w, taps, taps, channels)
    }
  }

  /// Adds what a row of an image's output gives for each tap.
  private func sum(
    _ image: Int, _ row: Int, _ x: UnsafePointer<Float>, _ y: UnsafePointer<Float>, _ sums: UnsafeMutablePointer<Float>
  ) {
    let geometry = maps.geometry
    let upstream = y + (image * maps.outputSize.height + row) * outputRow
    for a in 0..<kernel.height {
      let source = row * geometry.stride.height - geometry.padding.top + a * geometry.dilation.height
      guard (0..<maps.inputSize.height).contains(source) else { continue }
      let line = x + (image * maps.inputSize.height + source) * inputRow
      for b in 0..<kernel.width {
        let place = columns(ofTap: b)
        kernels.convolution.addRowProducts(
          place.count, channels, line + place.input * channels, inputStep, upstream + place.output * channels,
          channels, sums + (a * kernel.width + b) * channels)
      }
    }
  }

  // MARK: Rows and columns

  /// From a pixel of the input to the one that the next position of the output meets.
  private var inputStep: Int { maps.geometry.stride.width * channels }

  private var isParallel: Bool {
    maps.count * maps.outputSize.height * outputRow * taps >= kernels.sizes.products.smallWork
  }

  /// The positions of a row of the output whose tap in column `tap` of the kernel lies in the image: the first, the column
  /// of the image it meets, and how many.
  private func columns(ofTap tap: Int) -> (output: Int, input: Int, count: Int) {
    let (stride, width) = (maps.geometry.stride.width, maps.inputSize.width)
    let start = tap * maps.geometry.dilation.width - maps.geometry.padding.left
    let first = start >= 0 ? 0 : divideUp(-start, stride)
    let end = start >= width ? 0 : (width - 1 - start) / stride + 1
    return (first, first * stride + start, max(0, min(maps.outputSize.width, end) - first))
  }

  /// Calls `body` for each of `rows` rows of all images, on several threads if there is enough to do.
  private func forEachRow(of rows: Int, _ floats: Int, _ body: (_ image: Int, _ row: Int) -> Void) {
    let size = isParallel ? max(1, Elementwise.chunk / max(1, floats * taps)) : max(1, maps.count * rows)
    Elementwise.forEachChunk(maps.count * rows, size: size) { range in
      for index in range { body(index / rows, index % rows) }
    }
  }

  // MARK: Factors

  private func factorsStart(_ a: Int, _ b: Int) -> Int { (a * kernel.width + b) * group * channels }

  /// Lends `body` the weight, `[channels, taps]`, as `[taps, group, channels]`, the same for all of a group.
  private func withFactors(_ w: UnsafePointer<Float>, _ body: (UnsafePointer<Float>) -> Void) {
    GEMMScratch.shared.withFloats(taps * group * channels) { factors in
      for member in 0..<group {
        kernels.movement.transpose2D(w, taps, factors + member * channels, group * channels, channels, taps)
      }
      body(UnsafePointer(factors))
    }
  }

  /// Adds `count` pixels times the factors of a tap: whole groups of pixels first where pixels lie side by side.
  private func add(
    _ count: Int, _ source: UnsafePointer<Float>, _ sourceStep: Int, _ factors: UnsafePointer<Float>,
    _ target: UnsafeMutablePointer<Float>, _ targetStep: Int
  ) {
    let groups = group > 1 ? count / group : 0
    let (done, length) = (groups * group, group * channels)
    if groups > 0 { kernels.convolution.addScaledRows(groups, length, source, length, factors, target, length) }
    if done < count {
      kernels.convolution.addScaledRows(
        count - done, channels, source + done * sourceStep, sourceStep, factors, target + done * targetStep, targetStep)
    }
  }
}
