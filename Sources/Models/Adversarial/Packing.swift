import LatentSystem
import Tensor

extension Tensor {
  /// Packs of `size` consecutive samples, side by side in the last axis: `[N, …, C]` → `[N / size, …, size · C]`, where
  /// channel `s · C + c` of pack p is channel c of sample `p · size + s`.
  ///
  /// A discriminator that judges packs sees how samples differ, so that a generator whose samples are all alike is found
  /// out. Reference: Lin et al., "PacGAN: the power of two samples in generative adversarial networks", arXiv:1712.04086.
  /// - Precondition: rank 2 or more; N is a multiple of `size`, which is 1 or more.
  public func packed(_ size: Int) -> Tensor {
    require(size >= 1, "packed: packs of \(size); the least is 1")
    guard size > 1 else { return self }
    require(
      rank >= 2 && shape[0] % size == 0,
      "packed: samples of shape \(shape) do not make packs of \(size); [N, …, C] with a multiple of \(size) is needed")
    let (packs, channels) = (shape[0] / size, shape[rank - 1])
    let places = shape.sizes[1..<rank - 1].reduce(1, *)
    return reshaped(to: [packs, size, places, channels]).permuted([0, 2, 1, 3])
      .reshaped(to: Tensor.Shape([packs] + shape.sizes[1..<rank - 1] + [size * channels]))
  }
}
