import LatentSystem
import Tensor

/// `x` where it is positive, `slope · x` elsewhere, with learned slopes; see ``Tensor/prelu(slope:)``.
///
/// Weight decay would pull the slopes towards 0, that is, towards a plain rectifier; the authors use none on them.
///
/// Reference: He et al., "Delving deep into rectifiers", arXiv:1502.01852.
public final class PReLU: Layer {
  /// `[channels]`, or `[1]` for one slope that all channels share.
  public let slope: Parameter

  /// - Parameters:
  ///   - channels: the size of the input's last axis, or 1 for one slope that all share.
  ///   - initializer: of the slopes; 0.25 if not given.
  public init(_ channels: Int = 1, initializer: Initializer = .normal(mean: 0.25, standardDeviation: 0)) {
    require(channels > 0, "PReLU: \(channels) channels; the least is 1")
    slope = Parameter([channels], initializer)
  }

  /// `[…, channels]` → `[…, channels]`; any shape if one slope is shared.
  public func callAsFunction(_ input: Tensor, in context: Context) -> Tensor {
    if slope.shape[0] > 1 { requireChannels("PReLU", input, slope.shape[0], leastRank: 1) }
    return input.prelu(slope: context[slope])
  }
}
