import LatentSystem
import Tensor

/// Batch normalization of channels, the last axis: in training with the mean and variance of the batch, in inference
/// with running statistics.
///
/// Each call in training moves the running statistics by `running = (1 - momentum) · running + momentum · batch`, where
/// the batch's variance is the unbiased one. Where the context holds a part of the batch, its
/// ``Context/reduction`` makes the statistics those of the whole.
///
/// Reference: Ioffe and Szegedy, "Batch normalization: accelerating deep network training by reducing internal covariate
/// shift", arXiv:1502.03167.
public final class BatchNorm: Layer, MixingSamples {
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
    output(for: input, then: nil, in: context)
  }

  /// The output, or `function` of it.
  func output(for input: Tensor, then function: ChannelFinish.Function?, in context: Context) -> Tensor {
    requireChannels("BatchNorm", input, scale.shape[0], leastRank: 2)
    let statistics = BatchStatistics(mean: runningMean, variance: runningVariance, momentum: momentum, epsilon: epsilon)
    return statistics.normalize(
      input, scale: context[scale], offset: context[offset], then: function, in: context)
  }
}

/// Batch normalization of channels whose scale and offset are those of each sample's class.
///
/// Reference: Dumoulin, Shlens and Kudlur, "A learned representation for artistic style", arXiv:1610.07629, section 2.2;
/// de Vries et al., "Modulating early visual processing by language", arXiv:1707.00683, section 4.
public final class ConditionalBatchNorm: MixingSamples {
  /// `[classes, channels]`.
  public let scale: Parameter
  /// `[classes, channels]`.
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
  ///   - classCount: the number of classes.
  ///   - momentum: the weight of a new batch in the running statistics, in 0...1.
  ///   - epsilon: added to the variance.
  ///   - scaleInitializer: of the scales.
  ///   - offsetInitializer: of the offsets.
  public init(
    _ channels: Int, classCount: Int, momentum: Float = 0.1, epsilon: Float = 1e-5,
    scaleInitializer: Initializer = .ones, offsetInitializer: Initializer = .zeros
  ) {
    require(
      channels > 0 && classCount > 0,
      "ConditionalBatchNorm: \(channels) channels and \(classCount) classes; the least is 1 of each")
    require(
      momentum >= 0 && momentum <= 1, "ConditionalBatchNorm: the momentum is \(momentum); it must lie in 0...1")
    scale = Parameter([classCount, channels], scaleInitializer)
    offset = Parameter([classCount, channels], offsetInitializer)
    runningMean = Buffer([channels], .zeros)
    runningVariance = Buffer([channels], .ones)
    self.momentum = momentum
    self.epsilon = epsilon
  }

  /// `[N, …, channels]` → `[N, …, channels]`.
  /// - Precondition: there are N labels, each a class; in training the batch has two values or more for each channel.
  public func callAsFunction(_ input: Tensor, labels: [Int], in context: Context) -> Tensor {
    let channels = scale.shape[1]
    requireChannels("ConditionalBatchNorm", input, channels, leastRank: 2)
    require(
      labels.count == input.shape[0],
      "ConditionalBatchNorm: \(labels.count) labels for an input of shape \(input.shape); one is needed for each sample"
    )
    let statistics = BatchStatistics(
      mean: runningMean, variance: runningVariance, momentum: momentum, epsilon: epsilon)
    return statistics.normalize(
      input, scales: context[scale].gathered(at: labels), offsets: context[offset].gathered(at: labels), in: context)
  }
}

/// Batch normalization of channels whose scale and offset are made of a vector of each sample, that of a text, say:
/// `(1 + A v) x + B v`.
///
/// Reference: de Vries et al., "Modulating early visual processing by language", arXiv:1707.00683, section 4, here with one
/// linear layer for each of the two.
public final class ModulatedBatchNorm: MixingSamples {
  /// A: vectors to what is added to a scale of 1.
  public let scale: Dense
  /// B: vectors to offsets.
  public let offset: Dense
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
  ///   - vectorSize: the length of a vector.
  ///   - momentum: the weight of a new batch in the running statistics, in 0...1.
  ///   - epsilon: added to the variance.
  ///   - initializer: of both layers' weights.
  public init(
    _ channels: Int, vectorSize: Int, momentum: Float = 0.1, epsilon: Float = 1e-5,
    initializer: Initializer = .normal(standardDeviation: 0.02)
  ) {
    require(
      channels > 0 && vectorSize > 0,
      "ModulatedBatchNorm: \(channels) channels and vectors of \(vectorSize); the least is 1 of each")
    require(
      momentum >= 0 && momentum <= 1, "ModulatedBatchNorm: the momentum is \(momentum); it must lie in 0...1")
    scale = Dense(from: vectorSize, to: channels, hasBias: false, initializer: initializer)
    offset = Dense(from: vectorSize, to: channels, hasBias: false, initializer: initializer)
    runningMean = Buffer([channels], .zeros)
    runningVariance = Buffer([channels], .ones)
    self.momentum = momentum
    self.epsilon = epsilon
  }

  /// `[N, …, channels]` → `[N, …, channels]`, by vectors `[N, vectorSize]`.
  /// - Precondition: there are N vectors; in training the batch has two values or more for each channel.
  public func callAsFunction(_ input: Tensor, by vectors: Tensor, in context: Context) -> Tensor {
    let channels = runningMean.shape[0]
    requireChannels("ModulatedBatchNorm", input, channels, leastRank: 2)
    require(
      vectors.rank == 2 && vectors.shape[0] == input.shape[0],
      "ModulatedBatchNorm: vectors of shape \(vectors.shape) for an input of shape \(input.shape); one is needed for each sample"
    )
    let statistics = BatchStatistics(
      mean: runningMean, variance: runningVariance, momentum: momentum, epsilon: epsilon)
    return statistics.normalize(
      input, scales: 1 + scale(vectors, in: context), offsets: offset(vectors, in: context), in: context)
  }
}

/// Normalization with the statistics of a batch in training, and with running ones in inference.
private struct BatchStatistics {
  let mean: Buffer
  let variance: Buffer
  let momentum: Float
  let epsilon: Float

  /// `[N, …, channels]` → `[N, …, channels]`; scale and offset are `[channels]`, and `function` comes last.
  func normalize(
    _ input: Tensor, scale: Tensor, offset: Tensor, then function: ChannelFinish.Function? = nil, in context: Context
  ) -> Tensor {
    guard context.mode == .training else {
      let output = input.batchNorm(
        mean: context[mean], variance: context[variance], scale: scale, offset: offset, epsilon: epsilon)
      return function.map { output.applying($0) } ?? output
    }
    let (output, batchMean, batchVariance, count) =
      context.reduction is WholeBatch
      ? ofWholeBatch(input, scale, offset, function) : ofPart(input, scale, offset, function, context.reduction)
    context[mean] = context[mean] * (1 - momentum) + batchMean * momentum
    context[variance] =
      context[variance] * (1 - momentum) + batchVariance * (momentum * count / (count - 1))
    return output
  }

  /// `[N, …, channels]` → `[N, …, channels]`, with scales and offsets of each sample, `[N, channels]`.
  func normalize(_ input: Tensor, scales: Tensor, offsets: Tensor, in context: Context) -> Tensor {
    let channels = scales.shape[1]
    let normalized = normalize(input, scale: .ones([channels]), offset: .zeros([channels]), in: context)
    let shape = Tensor.Shape([input.shape[0]] + Array(repeating: 1, count: input.rank - 2) + [channels])
    return normalized * scales.reshaped(to: shape) + offsets.reshaped(to: shape)
  }

  private typealias Result = (output: Tensor, mean: Tensor, variance: Tensor, count: Float)

  private func ofWholeBatch(
    _ input: Tensor, _ scale: Tensor, _ offset: Tensor, _ function: ChannelFinish.Function?
  ) -> Result {
    let (output, mean, variance) = input.batchNorm(scale: scale, offset: offset, epsilon: epsilon, then: function)
    return (output, mean, variance, Float(input.scalarCount / scale.scalarCount))
  }

  /// The same composed of recorded sums over the parts of a batch: one for mean and count, one for the variance.
  private func ofPart(
    _ input: Tensor, _ scale: Tensor, _ offset: Tensor, _ function: ChannelFinish.Function?,
    _ reduction: any BatchReduction
  ) -> Result {
    let (channels, axes) = (scale.scalarCount, Array(0..<input.rank - 1))
    let ownCount = Tensor([Float(input.scalarCount / channels)])
    let sums = reduction.sum(.concatenated([input.sum(axes: axes), ownCount]))
    let count = sums[channels].scalar
    require(
      count >= 2, "BatchNorm: the whole batch has \(Int(count)) values for each channel; training needs two or more")
    let mean = sums[0..<channels] / count
    let centred = input - mean
    let variance = reduction.sum(centred.square().sum(axes: axes)) / count
    let output = centred * (scale * (variance + epsilon).reciprocalSquareRoot()) + offset
    return (function.map { output.applying($0) } ?? output, mean.detached(), variance.detached(), count)
  }
}

/// Stops the program if `input` is not `[N, …, channels]` with `leastRank` axes or more.
func requireChannels(_ layer: StaticString, _ input: Tensor, _ channels: Int, leastRank: Int) {
  require(
    input.rank >= leastRank && input.shape[-1] == channels,
    "\(layer): the input has shape \(input.shape); [N, …, \(channels)] with \(leastRank) axes or more is needed")
}
