import LatentSystem
import Tensor

/// Each channel of each image gets two brightnesses drawn from 0..<1, one in place of 0 and one in place of 1; what is
/// between them stays between them, in proportion. Of white digits on black, any colour on any other becomes: what is
/// learned of them holds whatever the colours.
public struct RandomRecolouring: SampleTransform {
  public let description = "recoloured at random"

  /// The only one there is.
  public init() {}

  /// - Precondition: `images` is `[N, H, W, C]`.
  public func callAsFunction(_ images: Tensor, using generator: inout RandomGenerator) -> Tensor {
    require(images.rank == 4, "RandomRecolouring: samples of shape \(images.shape); images [N, H, W, C] are needed")
    let levels: Tensor.Shape = [images.shape[0], 1, 1, images.shape[3]]
    let black = Tensor.uniform(levels, using: &generator)
    let white = Tensor.uniform(levels, using: &generator)
    return black + (white - black) * images
  }
}
