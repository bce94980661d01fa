import LatentSystem
import Tensor

// Normalizations of each sample by itself: the same in training and in inference.

/// Layer normalization: mean 0 and variance 1 over the last axes, then a scale and an offset for each of their
/// positions.
///
/// Reference: Ba, Kiros and Hinton, "Layer normalization", arXiv:1607.06450.
public final class LayerNorm: Layer {
  /// Of the shape of the normalized axes.
  public let scale: Parameter
  /// Of the shape of the normalized axes.
  public let offset: Parameter
  /// What is added to the variance.
  public let epsilon: Float

  /// - Parameters:
  ///   - shape: the sizes of the input's last axes, which share a mean and a variance.
  ///   - epsilon: added to the variance.
  ///   - scaleInitializer: of the scale.
  ///   - offsetInitializer: of the offset.
  public init(
    _ shape: Tensor.Shape, epsilon: Float = 1e-5, scaleInitializer: Initializer = .ones,
    offsetInitializer: Initializer = .zeros
  ) {
    require(
      shape.rank >= 1 && shape.scalarCount > 0, "LayerNorm: shape \(shape); one axis or more is needed, and none empty")
    scale = Parameter(shape, scaleInitializer)
    offset = Parameter(shape, offsetInitializer)
    self.epsilon = epsilon
  }

  /// `[…] + shape` → `[…] + shape`.
  public func callAsFunction(_ input: Tensor, in context: Context) -> Tensor {
    let shape = scale.shape
    require(
      input.shape.sizes.suffix(shape.rank) == shape.sizes[...],
      "LayerNorm: the input has shape \(input.shape); its last axes must be \(shape)")
    return input.layerNorm(
      axisCount: shape.rank, scale: context[scale], offset: context[offset], epsilon: epsilon)
  }
}

/// Normalization by the root mean square of the last axes, then a scale for each of their positions.
///
/// Reference: Zhang and Sennrich, "Root mean square layer normalization", arXiv:1910.07467.
public final class RMSNorm: Layer {
  /// Of the shape of the normalized axes.
  public let scale: Parameter
  /// What is added to the mean of the squares.
  public let epsilon: Float

  /// - Parameters:
  ///   - shape: the sizes of the input's last axes, which share a mean.
  ///   - epsilon: added to the mean of the squares.
  ///   - scaleInitializer: of the scale.
  public init(_ shape: Tensor.Shape, epsilon: Float = 1e-5, scaleInitializer: Initializer = .ones) {
    require(
      shape.rank >= 1 && shape.scalarCount > 0, "RMSNorm: shape \(shape); one axis or more is needed, and none empty")
    scale = Parameter(shape, scaleInitializer)
    self.epsilon = epsilon
  }

  /// `[…] + shape` → `[…] + shape`.
  public func callAsFunction(_ input: Tensor, in context: Context) -> Tensor {
    let shape = scale.shape
    require(
      input.shape.sizes.suffix(shape.rank) == shape.sizes[...],
      "RMSNorm: the input has shape \(input.shape); its last axes must be \(shape)")
    return input.rmsNorm(axisCount: shape.rank, scale: context[scale], epsilon: epsilon)
  }
}

/// Group normalization: within each sample, mean 0 and variance 1 over a group of neighbouring channels at all
/// positions, then a scale and an offset for each channel.
///
/// Reference: Wu and He, "Group normalization", arXiv:1803.08494.
public final class GroupNorm: Layer {
  /// `[channels]`.
  public let scale: Parameter
  /// `[channels]`.
  public let offset: Parameter
  /// How many groups the channels form.
  public let groups: Int
  /// What is added to the variance.
  public let epsilon: Float

  /// - Parameters:
  ///   - channels: the size of the input's last axis.
  ///   - groups: how many groups the channels form; it divides their number.
  ///   - epsilon: added to the variance.
  ///   - scaleInitializer: of the scale.
  ///   - offsetInitializer: of the offset.
  public init(
    _ channels: Int, groups: Int, epsilon: Float = 1e-5, scaleInitializer: Initializer = .ones,
    offsetInitializer: Initializer = .zeros
  ) {
    require(
      channels > 0 && groups > 0 && channels % groups == 0,
      "GroupNorm: \(channels) channels do not form \(groups) groups of equal size")
    scale = Parameter([channels], scaleInitializer)
    offset = Parameter([channels], offsetInitializer)
    self.groups = groups
    self.epsilon = epsilon
  }

  /// `[N, …, channels]` → `[N, …, channels]`.
  public func callAsFunction(_ input: Tensor, in context: Context) -> Tensor {
    requireChannels("GroupNorm", input, scale.shape[0], leastRank: 2)
    return input.groupNorm(groups: groups, scale: context[scale], offset: context[offset], epsilon: epsilon)
  }
}

/// Instance normalization: within each sample, each channel gets mean 0 and variance 1 over all positions, then a scale
/// and an offset.
///
/// Reference: Ulyanov, Vedaldi and Lempitsky, "Instance normalization: the missing ingredient for fast stylization",
/// arXiv:1607.08022.
public final class InstanceNorm: Layer {
  /// `[channels]`, nil for 1.
  public let scale: Parameter?
  /// `[channels]`, nil for 0.
  public let offset: Parameter?
  /// What is added to the variance.
  public let epsilon: Float
  private let channels: Int

  /// - Parameters:
  ///   - channels: the size of the input's last axis.
  ///   - isAffine: whether there are a scale and an offset.
  ///   - epsilon: added to the variance.
  ///   - scaleInitializer: of the scale.
  ///   - offsetInitializer: of the offset.
  public init(
    _ channels: Int, isAffine: Bool = true, epsilon: Float = 1e-5, scaleInitializer: Initializer = .ones,
    offsetInitializer: Initializer = .zeros
  ) {
    require(channels > 0, "InstanceNorm: \(channels) channels; the least is 1")
    scale = isAffine ? Parameter([channels], scaleInitializer) : nil
    offset = isAffine ? Parameter([channels], offsetInitializer) : nil
    self.channels = channels
    self.epsilon = epsilon
  }

  /// `[N, …, channels]` → `[N, …, channels]`.
  /// - Precondition: there are two positions or more between the samples and the channels.
  public func callAsFunction(_ input: Tensor, in context: Context) -> Tensor {
    requireChannels("InstanceNorm", input, channels, leastRank: 3)
    return input.instanceNorm(
      scale: scale.map { context[$0] }, offset: offset.map { context[$0] }, epsilon: epsilon)
  }
}

extension Layer where Self == Activation {
  /// Each vector along the last axis scaled to a mean square of 1; see ``Tensor/pixelNormalized(epsilon:)``.
  public static func pixelNorm(epsilon: Float = 1e-8) -> Activation {
    Activation("pixelNorm") { $0.pixelNormalized(epsilon: epsilon) }
  }
}
