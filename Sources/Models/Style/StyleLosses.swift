import LatentSystem
import Tensor

extension Tensor {
  /// How features occur together, wherever they do: the products of all pairs of channels, as means over positions,
  /// divided by the number of channels. `[N, H, W, C]` → `[N, C, C]`, `Fᵀ F / (H W C)`.
  ///
  /// Reference: Gatys, Ecker and Bethge, "A neural algorithm of artistic style", arXiv:1508.06576; Johnson, Alahi and
  /// Fei-Fei, arXiv:1603.08155, equation 3.
  /// - Precondition: rank 4, and no axis is empty.
  public func gramMatrices() -> Tensor {
    require(
      rank == 4 && scalarCount > 0, "gramMatrices: shape \(shape); maps of features are needed, [N, H, W, C]")
    let (positions, channels) = (shape[1] * shape[2], shape[3])
    let features = reshaped(to: [shape[0], positions, channels])
    return features.matmul(features, transposingSelf: true) / Float(positions * channels)
  }

  /// The squared distance of the Gram matrices of maps `[N, H, W, C]` from others, `[C, C]` or `[N, C, C]`: `[N]`.
  ///
  /// Reference: Johnson, Alahi and Fei-Fei, arXiv:1603.08155, equation 4.
  public func styleError(to grams: Tensor) -> Tensor {
    (gramMatrices() - grams).square().summedPerSample()
  }

  /// The mean over the pixels of images of the squared differences between neighbours in a column and in a row, channels
  /// summed: `[N, H, W, C]` → `[N]`.
  ///
  /// Reference: Mahendran and Vedaldi, "Understanding deep image representations by inverting them", arXiv:1412.0035,
  /// section 3, with β = 2.
  /// - Precondition: rank 4, height and width of 2 or more.
  public func roughness() -> Tensor {
    require(
      rank == 4 && shape[1] >= 2 && shape[2] >= 2,
      "roughness: shape \(shape); images of 2×2 pixels or more are needed, [N, H, W, C]")
    let (height, width) = (shape[1], shape[2])
    let down = self[.all, 1..<height] - self[.all, 0..<height - 1]
    let along = self[.all, .all, 1..<width] - self[.all, .all, 0..<width - 1]
    return (down.square().summedPerSample() + along.square().summedPerSample()) / Float(height * width)
  }
}
