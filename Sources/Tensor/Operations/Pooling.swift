import LatentSystem

// Pooling of images, composed of movements and reductions.

extension Tensor {
  /// The means of the windows of a batch of images.
  ///
  /// ```swift
  /// let images = Tensor.ones([128, 28, 28, 64])
  /// images.averagePool2d(2)                         // [128, 14, 14, 64]
  /// images.averagePool2d(3, stride: 1, padding: 1)  // [128, 28, 28, 64]
  /// ```
  ///
  /// Rows and columns at the end that do not fill a window are left out. For the mean of whole images write
  /// `mean(axes: [1, 2])`.
  ///
  /// - Parameters:
  ///   - size: height and width of a window.
  ///   - stride: distance between neighbouring windows; by default the windows lie side by side.
  ///   - padding: zeros around the image.
  ///   - countsPadding: whether the zeros of the padding count in the mean. If not, a window's mean is that of its part
  ///     within the image.
  /// - Returns: `[N, H', W', C]` with `H' = (H + top + bottom - size) / stride + 1`, rounded down; the width likewise.
  /// - Precondition: this tensor is `[N, H, W, C]`, the padding on each side is less than the window, and a window fits
  ///   into the padded image.
  public func averagePool2d(
    _ size: Size2D, stride: Size2D? = nil, padding: Padding2D = 0, countsPadding: Bool = true
  ) -> Tensor {
    let geometry = ConvolutionGeometry(kernel: size, stride: stride ?? size, padding: padding)
    let means = windows("averagePool2d", geometry, paddedWith: 0).mean(axes: [2, 4])
    if countsPadding || padding == 0 { return means }
    // The mean over the padded window of 1 within the image and 0 around it is the share of the image in the window.
    let image = Tensor.ones([1, shape[1], shape[2], 1])
    return means / image.windows("averagePool2d", geometry, paddedWith: 0).mean(axes: [2, 4])
  }

  /// The largest values of the windows of a batch of images, for each channel. Ties share the gradient equally, as in
  /// ``max(axes:keepingDimensions:)``.
  ///
  /// ```swift
  /// let images = Tensor.ones([128, 28, 28, 64])
  /// images.maxPool2d(2)                        // [128, 14, 14, 64]
  /// images.maxPool2d(3, stride: 2, padding: 1) // [128, 14, 14, 64]
  /// ```
  ///
  /// Rows and columns at the end that do not fill a window are left out.
  ///
  /// - Parameters:
  ///   - size: height and width of a window.
  ///   - stride: distance between neighbouring windows; by default the windows lie side by side.
  ///   - padding: rows and columns around the image, which are never the largest.
  /// - Returns: `[N, H', W', C]` with `H' = (H + top + bottom - size) / stride + 1`, rounded down; the width likewise.
  /// - Precondition: this tensor is `[N, H, W, C]`, the padding on each side is less than the window, and a window fits
  ///   into the padded image.
  public func maxPool2d(_ size: Size2D, stride: Size2D? = nil, padding: Padding2D = 0) -> Tensor {
    let geometry = ConvolutionGeometry(kernel: size, stride: stride ?? size, padding: padding)
    return windows("maxPool2d", geometry, paddedWith: -.infinity).max(axes: [2, 4])
  }

  /// The windows of a batch of images `[N, H, W, C]`, as `[N, H', height, W', width, C]`.
  private func windows(
    _ operation: StaticString, _ geometry: ConvolutionGeometry, paddedWith value: Float
  ) -> Tensor {
    require(rank == 4, "\(operation): shape \(shape); images have four axes, [N, H, W, C]")
    let (size, stride, padding) = (geometry.kernel, geometry.stride, geometry.padding)
    require(size.both { $0 >= 1 }, "\(operation): the window's size is \(size); the least is 1")
    require(stride.both { $0 >= 1 }, "\(operation): the stride is \(stride); the least is 1")
    require(
      [padding.top, padding.bottom].allSatisfy { (0..<size.height).contains($0) }
        && [padding.left, padding.right].allSatisfy { (0..<size.width).contains($0) },
      "\(operation): the padding is \(padding); each side must be at least 0 and less than the window \(size)")
    let count = geometry.outputSize(for: Size2D(height: shape[1], width: shape[2]))
    require(
      shape[1] >= 1 && shape[2] >= 1 && count.both { $0 >= 1 },
      "\(operation): window \(size) does not fit into shape \(shape) with padding \(padding)")

    var image = self
    if padding != 0 {
      image = padded(
        before: [0, padding.top, padding.left, 0], after: [0, padding.bottom, padding.right, 0], with: value)
    }
    if stride == size {
      let (height, width) = (count.height * size.height, count.width * size.width)
      if image.shape[1] != height || image.shape[2] != width {
        image = image.sliced([0..<shape[0], 0..<height, 0..<width])
      }
    } else {
      image = image.gathered(at: Self.positions(count.height, stride.height, size.height), axis: 1)
        .gathered(at: Self.positions(count.width, stride.width, size.width), axis: 2)
    }
    return image.reshaped(to: [shape[0], count.height, size.height, count.width, size.width, shape[3]] as Shape)
  }

  /// The positions in each of `count` windows along one axis, one window after the other.
  private static func positions(_ count: Int, _ stride: Int, _ size: Int) -> [Int] {
    (0..<count).flatMap { window in (0..<size).map { window * stride + $0 } }
  }
}
