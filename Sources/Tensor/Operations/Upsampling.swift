import LatentSystem

// Larger images: maps along their axes, or movements.

extension Tensor {
  /// Images enlarged by repeating each pixel.
  ///
  /// ```swift
  /// let images = Tensor.ones([128, 7, 7, 256])
  /// images.upsampledNearest2d(factor: 2)   // [128, 14, 14, 256]
  /// ```
  ///
  /// - Parameter factor: how often a pixel is repeated along the height and the width.
  /// - Returns: `[N, H * factor, W * factor, C]`.
  /// - Precondition: this tensor is `[N, H, W, C]`, and the factor is at least 1.
  public func upsampledNearest2d(factor: Size2D) -> Tensor {
    checkImages("upsampledNearest2d", factor)
    let (count, height, width, channels) = (shape[0], shape[1], shape[2], shape[3])
    // Single pixels are few floats to copy at a time, unless they have many channels.
    if channels >= 8 {
      return enlarged(by: factor) { size, factor in
        AxisMap(from: size, to: size * factor) { [($0 / factor, Float(1))] }
      }
    }
    return reshaped(to: [count, height, 1, width, 1, channels])
      .broadcast(to: [count, height, factor.height, width, factor.width, channels])
      .reshaped(to: [count, height * factor.height, width * factor.width, channels])
  }

  /// Images enlarged by linear interpolation along both axes.
  ///
  /// A pixel is a square, and its value is that at its centre: output row `i` lies at `(i + 0.5) / factor - 0.5` of the
  /// input's rows (PyTorch's `align_corners=False`). Beyond the outer centres the outer values go on.
  ///
  /// ```swift
  /// let image = Tensor([[0, 4]]).reshaped(to: [1, 1, 2, 1])
  /// image.upsampledBilinear2d(factor: .init(height: 1, width: 2))   // the row 0, 1, 3, 4
  /// ```
  ///
  /// - Parameter factor: how many times higher and wider the images become.
  /// - Returns: `[N, H * factor, W * factor, C]`.
  /// - Precondition: this tensor is `[N, H, W, C]`, and the factor is at least 1.
  public func upsampledBilinear2d(factor: Size2D) -> Tensor {
    checkImages("upsampledBilinear2d", factor)
    return enlarged(by: factor) { .interpolating(from: $0, by: $1) }
  }

  /// Images with channels rearranged into pixels: each pixel's channels become a block of `factor` pixels.
  ///
  /// Channel `(c * factor.height + i) * factor.width + j` of a pixel becomes channel `c` of row `i` and column `j` of its
  /// block (PyTorch's order of channels).
  ///
  /// - Parameter factor: height and width of a block.
  /// - Returns: `[N, H * factor.height, W * factor.width, C / (factor.height * factor.width)]`.
  /// - Precondition: this tensor is `[N, H, W, C]`, the factor is at least 1, and its area divides `C`.
  ///
  /// Reference: Shi et al., "Real-time single image and video super-resolution using an efficient sub-pixel
  /// convolutional neural network", arXiv:1609.05158.
  public func pixelShuffled(factor: Size2D) -> Tensor {
    checkImages("pixelShuffled", factor)
    let (count, height, width, area) = (shape[0], shape[1], shape[2], factor.height * factor.width)
    require(
      shape[3] % area == 0,
      "pixelShuffled: shape \(shape) has \(shape[3]) channels, no multiple of the \(area) in a block of \(factor)")
    let channels = shape[3] / area
    return reshaped(to: [count, height, width, channels, factor.height, factor.width])
      .permuted([0, 1, 4, 2, 5, 3])
      .reshaped(to: [count, height * factor.height, width * factor.width, channels])
  }

  /// Images with blocks of `factor` pixels rearranged into channels: the inverse of ``pixelShuffled(factor:)``.
  ///
  /// - Parameter factor: height and width of a block.
  /// - Returns: `[N, H / factor.height, W / factor.width, C * factor.height * factor.width]`.
  /// - Precondition: this tensor is `[N, H, W, C]`, the factor is at least 1 and divides the height and the width.
  ///
  /// Reference: Shi et al., arXiv:1609.05158.
  public func pixelUnshuffled(factor: Size2D) -> Tensor {
    checkImages("pixelUnshuffled", factor)
    require(
      shape[1] % factor.height == 0 && shape[2] % factor.width == 0,
      "pixelUnshuffled: shape \(shape) does not divide into blocks of \(factor)")
    let (count, height, width, channels) = (shape[0], shape[1] / factor.height, shape[2] / factor.width, shape[3])
    return reshaped(to: [count, height, factor.height, width, factor.width, channels])
      .permuted([0, 1, 3, 5, 2, 4])
      .reshaped(to: [count, height, width, channels * factor.height * factor.width])
  }

  /// Enlarged along both axes, the rows first, by the map of a size and a factor.
  private func enlarged(by factor: Size2D, _ map: (_ size: Int, _ factor: Int) -> AxisMap) -> Tensor {
    var steps: [(axis: Int, map: AxisMap)] = []
    for (index, factor) in factor.sizes.enumerated() where factor > 1 {
      steps.append((index + 1, map(shape[index + 1], factor)))
    }
    return combined(by: steps)
  }

  private func checkImages(_ operation: StaticString, _ factor: Size2D) {
    require(rank == 4, "\(operation): shape \(shape); images have four axes, [N, H, W, C]")
    require(factor.both { $0 >= 1 }, "\(operation): the factor is \(factor); the least is 1")
  }
}

extension AxisMap {
  /// Linear interpolation between the two nearest positions, `factor` times as many.
  fileprivate static func interpolating(from size: Int, by factor: Int) -> AxisMap {
    AxisMap(from: size, to: size * factor) { index in
      // Twice `factor` times the position, so that it is exact.
      let position = max(0, 2 * index + 1 - factor)
      let (lower, weight) = (position / (2 * factor), Float(position % (2 * factor)) / Float(2 * factor))
      return [(lower, 1 - weight), (min(lower + 1, size - 1), weight)]
    }
  }
}
