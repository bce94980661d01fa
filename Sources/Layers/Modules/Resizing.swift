import LatentSystem
import Tensor

// Layers without parameters that change the sizes of images or the arrangement of scalars.

extension Layer where Self == Activation {
  /// Each pixel repeated: `[N, H, W, C]` → `[N, H * factor, W * factor, C]`; see
  /// ``Tensor/upsampledNearest2d(factor:)``.
  public static func upsampledNearest2d(factor: Tensor.Size2D) -> Activation {
    Activation("upsampledNearest2d") { $0.upsampledNearest2d(factor: factor) }
  }

  /// Linear interpolation between pixels: `[N, H, W, C]` → `[N, H * factor, W * factor, C]`; see
  /// ``Tensor/upsampledBilinear2d(factor:)``.
  public static func upsampledBilinear2d(factor: Tensor.Size2D) -> Activation {
    Activation("upsampledBilinear2d") { $0.upsampledBilinear2d(factor: factor) }
  }

  /// Images in another size: `[N, H, W, C]` → `[N, height, width, C]`; see ``Tensor/resized(to:method:antialias:)``.
  public static func resized(
    to size: Tensor.Size2D, method: Tensor.ResizingMethod = .bilinear, antialias: Bool = false
  ) -> Activation {
    Activation("resized") { $0.resized(to: size, method: method, antialias: antialias) }
  }

  /// Rows and columns added around images: `[N, H, W, C]` → `[N, H + top + bottom, W + left + right, C]`; see
  /// ``Tensor/padded2d(_:mode:)``.
  public static func padded2d(_ padding: Tensor.Padding2D, mode: Tensor.PaddingMode) -> Activation {
    Activation("padded2d") { $0.padded2d(padding, mode: mode) }
  }

  /// Channels rearranged into blocks of pixels: `[N, H, W, C]` → `[N, H * height, W * width, C / (height * width)]` for
  /// a `factor` of that height and width; see ``Tensor/pixelShuffled(factor:)``.
  public static func pixelShuffle(factor: Tensor.Size2D) -> Activation {
    Activation("pixelShuffle") { $0.pixelShuffled(factor: factor) }
  }

  /// The scalars of each sample in another shape: `[N, …]` → `[N] + shape`.
  ///
  /// ```swift
  /// Sequential(Dense(from: 100, to: 7 * 7 * 256), .reshape(to: [7, 7, 256]))   // [N, 100] → [N, 7, 7, 256]
  /// ```
  ///
  /// - Parameter shape: of a sample, without the axis of the batch.
  public static func reshape(to shape: Tensor.Shape) -> Activation {
    Activation("reshape", .reshape(shape)) { input in
      require(
        input.rank >= 1 && input.shape.sizes.dropFirst().reduce(1, *) == shape.scalarCount,
        "reshape: the input has shape \(input.shape); samples of \(shape.scalarCount) scalars are needed for shape \(shape)"
      )
      return input.reshaped(to: shape.prepending(input.shape[0]))
    }
  }
}
