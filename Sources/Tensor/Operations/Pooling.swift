// Pooling of images. What pooling of sequences, images and volumes has in common is in PoolingWindows.

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
    Pooling("averagePool2d", self, size.sizes, stride?.sizes, padding.axes).mean(self, countsPadding: countsPadding)
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
    Pooling("maxPool2d", self, size.sizes, stride?.sizes, padding.axes).max(self)
  }
}
