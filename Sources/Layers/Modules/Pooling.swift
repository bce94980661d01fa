import Tensor

// Layers without parameters that pool sequences, images and volumes.

extension Layer where Self == Activation {
  // MARK: Images

  /// The means of windows: `[N, H, W, C]` → `[N, H', W', C]`; see
  /// ``Tensor/averagePool2d(_:stride:padding:countsPadding:)``.
  public static func averagePool2d(
    _ size: Tensor.Size2D, stride: Tensor.Size2D? = nil, padding: Tensor.Padding2D = 0, countsPadding: Bool = true
  ) -> Activation {
    Activation("averagePool2d") {
      $0.averagePool2d(size, stride: stride, padding: padding, countsPadding: countsPadding)
    }
  }

  /// The largest values of windows: `[N, H, W, C]` → `[N, H', W', C]`; see ``Tensor/maxPool2d(_:stride:padding:)``.
  public static func maxPool2d(
    _ size: Tensor.Size2D, stride: Tensor.Size2D? = nil, padding: Tensor.Padding2D = 0
  ) -> Activation {
    Activation("maxPool2d") { $0.maxPool2d(size, stride: stride, padding: padding) }
  }

  /// The means of as many windows as there shall be pixels: `[N, H, W, C]` → `[N, height, width, C]`, whatever the size
  /// before; see ``Tensor/adaptiveAveragePool2d(to:)``. To size 1 it is the mean of whole images.
  public static func adaptiveAveragePool2d(to size: Tensor.Size2D) -> Activation {
    Activation("adaptiveAveragePool2d") { $0.adaptiveAveragePool2d(to: size) }
  }

  // MARK: Sequences

  /// The means of windows: `[N, L, C]` → `[N, L', C]`; see
  /// ``Tensor/averagePool1d(_:stride:padding:countsPadding:)``.
  public static func averagePool1d(
    _ size: Int, stride: Int? = nil, padding: Tensor.Padding1D = 0, countsPadding: Bool = true
  ) -> Activation {
    Activation("averagePool1d") {
      $0.averagePool1d(size, stride: stride, padding: padding, countsPadding: countsPadding)
    }
  }

  /// The largest values of windows: `[N, L, C]` → `[N, L', C]`; see ``Tensor/maxPool1d(_:stride:padding:)``.
  public static func maxPool1d(_ size: Int, stride: Int? = nil, padding: Tensor.Padding1D = 0) -> Activation {
    Activation("maxPool1d") { $0.maxPool1d(size, stride: stride, padding: padding) }
  }

  /// The means of as many windows as there shall be positions: `[N, L, C]` → `[N, size, C]`; see
  /// ``Tensor/adaptiveAveragePool1d(to:)``.
  public static func adaptiveAveragePool1d(to size: Int) -> Activation {
    Activation("adaptiveAveragePool1d") { $0.adaptiveAveragePool1d(to: size) }
  }

  // MARK: Volumes

  /// The means of windows: `[N, D, H, W, C]` → `[N, D', H', W', C]`; see
  /// ``Tensor/averagePool3d(_:stride:padding:countsPadding:)``.
  public static func averagePool3d(
    _ size: Tensor.Size3D, stride: Tensor.Size3D? = nil, padding: Tensor.Padding3D = 0, countsPadding: Bool = true
  ) -> Activation {
    Activation("averagePool3d") {
      $0.averagePool3d(size, stride: stride, padding: padding, countsPadding: countsPadding)
    }
  }

  /// The largest values of windows: `[N, D, H, W, C]` → `[N, D', H', W', C]`; see
  /// ``Tensor/maxPool3d(_:stride:padding:)``.
  public static func maxPool3d(
    _ size: Tensor.Size3D, stride: Tensor.Size3D? = nil, padding: Tensor.Padding3D = 0
  ) -> Activation {
    Activation("maxPool3d") { $0.maxPool3d(size, stride: stride, padding: padding) }
  }

  /// The means of as many windows as there shall be positions: `[N, D, H, W, C]` → `[N, depth, height, width, C]`; see
  /// ``Tensor/adaptiveAveragePool3d(to:)``.
  public static func adaptiveAveragePool3d(to size: Tensor.Size3D) -> Activation {
    Activation("adaptiveAveragePool3d") { $0.adaptiveAveragePool3d(to: size) }
  }
}
