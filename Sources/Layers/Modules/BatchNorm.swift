import Tensor

/// Batch normalization of channels, the last axis: in training with the mean and variance of the batch, in inference
/// with running statistics.
///
/// Each call in training moves the running statistics by `running = (1 - momentum) · running + momentum · batch`, where
/// the batch's variance is the unbiased one.
///
/// Reference: Ioffe and Szegedy, "Batch normalization: accelerating deep network training by reducing internal covariate
/// shift", arXiv:1502.03167.
public final class BatchNorm: Layer {
  /// `[channels]`.
  public let scale: Parameter
  /// `[channels]`.
  public let offset: Parameter
  /// `[channels]`, starting at 0.
  public let runningMean: Buffer
  /// `[channels]`, starting at 1.
  public let runningVariance: Buffer
  /// The weight of a new batch in the running statistics.
  public let momentum: Float
  /// What is added to the variance.
  public let epsilon: Float

  /// - Parameters:
  ///   - channels: the size of the input's last axis.
  ///   - momentum: the weight of a new batch in the running statistics, in 0...1.
  ///   - epsilon: added to the variance.
  ///   - scaleInitializer: of the scale.
  ///   - offsetInitializer: of the offset.
  public init(
    _ channels: Int, momentum: Float = 0.1, epsilon: Float = 1e-5, scaleInitializer: Initializer = .ones,
    offsetInitializer: Initializer = .zeros
  ) {
    require(channels > 0, "BatchNorm: \(channels) channels; the least is 1")
    require(momentum >= 0 && momentum <= 1, "BatchNorm: the momentum is \(momentum); it must lie in 0...1")
    scale = Parameter([channels], scaleInitializer)
    offset = Parameter([channels], offsetInitializer)
    runningMean = Buffer([channels], .zeros)
    runningVariance = Buffer([channels], .ones)
    self.momentum = momentum
    self.epsilon = epsilon
  }

  /// `[N, …, channels]` → `[N, …, channels]`.
  /// - Precondition: in training the batch has two values or more for each channel.
  public func callAsFunction(_ input: Tensor, in context: Context) -> Tensor {
    requireChannels("BatchNorm", input, scale.shape[0], leastRank: 2)
    let (scale, offset) = (context[scale], context[offset])
    guard context.mode == .training else {
      return input.batchNorm(
        mean: context[runningMean], variance: context[runningVariance], scale: scale, offset: offset, epsilon: epsilon)
    }
    let (output, mean, variance) = input.batchNorm(scale: scale, offset: offset, epsilon: epsilon)
    let count = Float(input.scalarCount / scale.scalarCount)
    context[runningMean] = context[runningMean] * (1 - momentum) + mean * momentum
    context[runningVariance] =
      context[runningVariance] * (1 - momentum) + variance * (momentum * count / (count - 1))
    return output
  }
}

/// Stops the program if `input` is not `[N, …, channels]` with `leastRank` axes or more.
func requireChannels(_ layer: StaticString, _ input: Tensor, _ channels: Int, leastRank: Int) {
  require(
    input.rank >= leastRank && input.shape[-1] == channels,
    "\(layer): the input has shape \(input.shape); [N, …, \(channels)] with \(leastRank) axes or more is needed")
}
