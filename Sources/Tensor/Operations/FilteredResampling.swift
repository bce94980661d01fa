import LatentSystem

// Images of twice or half the size, smoothed by the filter (1, 3, 3, 1) along both axes, with zeros around the image.

extension Tensor {
  /// Twice as high and wide: `[N, H, W, C]` → `[N, 2 H, 2 W, C]`. Along each axis `y[2j] = (x[j-1] + 3 x[j]) / 4` and
  /// `y[2j+1] = (3 x[j] + x[j+1]) / 4`.
  ///
  /// Reference: Karras et al., arXiv:1912.04958, appendix B.
  public func filteredUpsampled2d() -> Tensor {
    requireImages("filteredUpsampled2d")
    return convTranspose2d(Self.smoothing(channels: shape[3]) * 4, stride: 2, padding: 1, groups: shape[3])
  }

  /// Half as high and wide: `[N, 2 H, 2 W, C]` → `[N, H, W, C]`. Along each axis
  /// `y[j] = (x[2j-1] + 3 x[2j] + 3 x[2j+1] + x[2j+2]) / 8`.
  /// - Precondition: height and width are even.
  ///
  /// Reference: Karras et al., arXiv:1912.04958, appendix B.
  public func filteredDownsampled2d() -> Tensor {
    requireImages("filteredDownsampled2d")
    require(
      shape[1] % 2 == 0 && shape[2] % 2 == 0,
      "filteredDownsampled2d: images of shape \(shape); height and width must be even")
    return conv2d(Self.smoothing(channels: shape[3]), stride: 2, padding: 1, groups: shape[3])
  }

  private func requireImages(_ operation: StaticString) {
    require(
      rank == 4 && shape[3] >= 1, "\(operation): the input has shape \(shape); [N, H, W, C] is needed")
  }

  /// `[channels, 4, 4, 1]`, whose sum is 1 for each channel.
  private static func smoothing(channels: Int) -> Tensor {
    let taps = Tensor([1, 3, 3, 1]) / 8
    return (taps.reshaped(to: [4, 1]) * taps).reshaped(to: [1, 4, 4, 1]).broadcast(to: [channels, 4, 4, 1])
  }
}
