// Pooling as of images, along one axis and along three.

extension Tensor {
  /// The means of the windows of a batch of sequences; see ``averagePool2d(_:stride:padding:countsPadding:)``.
  ///
  /// - Parameters:
  ///   - size: length of a window.
  ///   - stride: distance between neighbouring windows; by default the windows lie side by side.
  ///   - padding: zeros before and after the sequence.
  ///   - countsPadding: whether the zeros of the padding count in the mean.
  /// - Returns: `[N, L', C]` with `L' = (L + before + after - size) / stride + 1`, rounded down.
  /// - Precondition: this tensor is `[N, L, C]`, the padding at each end is less than the window, and a window fits into
  ///   the padded sequence.
  public func averagePool1d(
    _ size: Int, stride: Int? = nil, padding: Padding1D = 0, countsPadding: Bool = true
  ) -> Tensor {
    Pooling("averagePool1d", self, [size], stride.map { [$0] }, [padding]).mean(self, countsPadding: countsPadding)
  }

  /// The largest values of the windows of a batch of sequences, for each channel; see ``maxPool2d(_:stride:padding:)``.
  ///
  /// - Parameters:
  ///   - size: length of a window.
  ///   - stride: distance between neighbouring windows; by default the windows lie side by side.
  ///   - padding: positions before and after the sequence, which are never the largest.
  /// - Returns: `[N, L', C]` with `L' = (L + before + after - size) / stride + 1`, rounded down.
  /// - Precondition: this tensor is `[N, L, C]`, the padding at each end is less than the window, and a window fits into
  ///   the padded sequence.
  public func maxPool1d(_ size: Int, stride: Int? = nil, padding: Padding1D = 0) -> Tensor {
    Pooling("maxPool1d", self, [size], stride.map { [$0] }, [padding]).max(self)
  }

  /// The means of the windows of a batch of volumes; see ``averagePool2d(_:stride:padding:countsPadding:)``.
  ///
  /// - Parameters:
  ///   - size: depth, height and width of a window.
  ///   - stride: distance between neighbouring windows; by default the windows lie side by side.
  ///   - padding: zeros around the volume.
  ///   - countsPadding: whether the zeros of the padding count in the mean.
  /// - Returns: `[N, D', H', W', C]` with `D' = (D + front + back - size) / stride + 1`, rounded down; height and width
  ///   likewise.
  /// - Precondition: this tensor is `[N, D, H, W, C]`, the padding on each side is less than the window, and a window fits
  ///   into the padded volume.
  public func averagePool3d(
    _ size: Size3D, stride: Size3D? = nil, padding: Padding3D = 0, countsPadding: Bool = true
  ) -> Tensor {
    Pooling("averagePool3d", self, size.sizes, stride?.sizes, padding.axes).mean(self, countsPadding: countsPadding)
  }

  /// The largest values of the windows of a batch of volumes, for each channel; see ``maxPool2d(_:stride:padding:)``.
  ///
  /// - Parameters:
  ///   - size: depth, height and width of a window.
  ///   - stride: distance between neighbouring windows; by default the windows lie side by side.
  ///   - padding: planes, rows and columns around the volume, which are never the largest.
  /// - Returns: `[N, D', H', W', C]` with `D' = (D + front + back - size) / stride + 1`, rounded down; height and width
  ///   likewise.
  /// - Precondition: this tensor is `[N, D, H, W, C]`, the padding on each side is less than the window, and a window fits
  ///   into the padded volume.
  public func maxPool3d(_ size: Size3D, stride: Size3D? = nil, padding: Padding3D = 0) -> Tensor {
    Pooling("maxPool3d", self, size.sizes, stride?.sizes, padding.axes).max(self)
  }
}
