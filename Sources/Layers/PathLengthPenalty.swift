import LatentSystem
import Tensor

/// A penalty on how differently far images move when their mapped latents do: the lengths of gradients should all be
/// like their moving mean.
///
/// For each sample `J = ∇ Σ(image · noise / √(H W))` at its mapped latents, `[layers, size]`; its length is the root of
/// the mean over the layers of the sum of squares; `a ← a + decay · (mean of the lengths - a)`; the penalty is the mean of
/// `weight · (length - a)²`.
///
/// Reference: Karras et al., "Analyzing and improving the image quality of StyleGAN", arXiv:1912.04958, section 3.2.
public struct PathLengthPenalty: Sendable, Equatable {
  /// The penalty's weight.
  public var weight: Float
  /// How far the moving mean goes towards the mean of a batch.
  public var decay: Float
  /// Whether the gradient of the penalty takes the moving mean for a constant. The reference program does not.
  public var isMeanConstant: Bool

  /// What comes of a batch.
  public struct Result {
    /// The penalty, a scalar, recorded.
    public let loss: Tensor
    /// The length of each sample, `[N]`.
    public let lengths: Tensor
    /// The moving mean after this batch, a scalar constant.
    public let mean: Tensor
  }

  /// A penalty with the given choices.
  public init(weight: Float = 2, decay: Float = 0.01, isMeanConstant: Bool = false) {
    self.weight = weight
    self.decay = decay
    self.isMeanConstant = isMeanConstant
  }

  /// The penalty of images that were made of recorded latents.
  ///
  /// - Parameters:
  ///   - images: `[N, H, W, C]`, computed from `mapped`.
  ///   - mapped: `[N, layers, size]`, recorded.
  ///   - noise: standard normal numbers of the shape of `images`.
  ///   - mean: the moving mean of the lengths so far, a scalar.
  public func callAsFunction(images: Tensor, mapped: Tensor, noise: Tensor, mean: Tensor) -> Result {
    require(
      images.rank == 4 && noise.shape == images.shape && mapped.rank == 3 && mapped.shape[0] == images.shape[0],
      "PathLengthPenalty: images of shape \(images.shape), noise of \(noise.shape), mapped latents of \(mapped.shape); [N, H, W, C] twice and [N, layers, size] are needed"
    )
    require(mean.scalarCount == 1, "PathLengthPenalty: a moving mean of shape \(mean.shape); a scalar is needed")
    let pixels = Float(images.shape[1] * images.shape[2])
    let jacobian = (images * (noise / pixels.squareRoot())).sum().gradient(at: mapped, recording: true)
    let lengths = (jacobian.square().sum(axes: [2]).mean(axes: [1]) + Self.epsilon).squareRoot()
    let old = mean.detached().reshaped(to: [])
    let new = old + (lengths.mean() - old) * decay
    let loss = (lengths - (isMeanConstant ? new.detached() : new)).square().mean() * weight
    return Result(loss: loss, lengths: lengths.detached(), mean: new.detached())
  }

  /// Inside the root, whose gradient at 0 would be infinite.
  private static let epsilon: Float = 1e-12
}
