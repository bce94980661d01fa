import LatentSystem

// Larger images, composed of movements and arithmetic.

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
    return interpolated(axis: 1, factor.height).interpolated(axis: 2, factor.width)
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

  /// Enlarged along `axis`, 1 or 2 of images, by linear interpolation between the two nearest rows or columns.
  private func interpolated(axis: Int, _ factor: Int) -> Tensor {
    let size = shape[axis]
    if factor == 1 || size == 0 { return self.reshaped(to: shape.replacing(axis, with: size * factor)) }
    var (lower, upper, weights) = ([Int](), [Int](), [Float]())
    for index in 0..<size * factor {
      // Twice `factor` times the position, so that it is exact.
      let position = Swift.max(0, 2 * index + 1 - factor)
      lower.append(position / (2 * factor))
      upper.append(Swift.min(position / (2 * factor) + 1, size - 1))
      weights.append(Float(position % (2 * factor)) / Float(2 * factor))
    }
    let weight = Tensor(weights, shape: axis == 1 ? [weights.count, 1, 1] : [weights.count, 1])
    return gathered(at: lower, axis: axis) * (1 - weight) + gathered(at: upper, axis: axis) * weight
  }

  private func checkImages(_ operation: StaticString, _ factor: Size2D) {
    require(rank == 4, "\(operation): shape \(shape); images have four axes, [N, H, W, C]")
    require(factor.both { $0 >= 1 }, "\(operation): the factor is \(factor); the least is 1")
  }
}
