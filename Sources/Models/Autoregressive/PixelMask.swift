import LatentSystem
import Layers
import Tensor

extension WeightTransform {
  /// Cuts from the kernel of a 2-D convolution what lies below its centre or to the right of it: a pixel then sees only
  /// those before it.
  ///
  /// - Parameter includesOwn: whether the centre stays, as in layers after the first (mask B of the paper); the first one
  ///   must not see the pixel that is told (mask A).
  /// - Precondition: the weight is `[out, k, k, in]` with an odd k.
  ///
  /// Reference: van den Oord, Kalchbrenner and Kavukcuoglu, "Pixel recurrent neural networks", arXiv:1601.06759.
  public static func pixelMask(includesOwn: Bool) -> WeightTransform {
    WeightTransform { shape, _ in
      require(
        shape.rank == 4 && shape[1] == shape[2] && shape[1] % 2 == 1,
        "pixelMask: a weight of shape \(shape); [out, k, k, in] with an odd k is needed")
      let (size, centre) = (shape[1], shape[1] * shape[1] / 2 + (includesOwn ? 1 : 0))
      let taps = Tensor((0..<size * size).map { $0 < centre ? 1 : 0 }, shape: [1, size, size, 1])
      // Made when it is used: an impossible size in a file must not cost its memory.
      return WeightMask(shape) { taps.broadcast(to: shape) }
    }
  }
}
