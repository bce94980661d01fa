import Datasets
import LatentSystem
import Layers
import Tensor
import Training

/// The part of a variational autoencoder that gives the posterior of samples.
public protocol LatentEncoder: Module {
  /// A distribution over latents for each sample `[N, …]`.
  func posterior(of samples: Tensor, given condition: Condition, in context: Context) -> any LatentDistribution
}

/// The part of a variational autoencoder that says what latents are like before a sample is seen.
public protocol LatentPriorModel: Module {
  /// The distribution over latents of `count` samples.
  func distribution(_ count: Int, given condition: Condition, in context: Context) -> any LatentDistribution
}

/// The part of a variational autoencoder that makes samples of latents.
public protocol LatentDecoder: Module {
  /// `[N, latent]` → the parameters of an ``ObservationModel``, `[N, …]`.
  func callAsFunction(_ latents: Tensor, given condition: Condition, in context: Context) -> Tensor
}

/// The standard normal prior.
public final class StandardNormalPrior: LatentPriorModel {
  /// The number of latent variables.
  public let size: Int

  /// The prior of `size` latent variables.
  public init(_ size: Int) { self.size = size }

  public func distribution(_ count: Int, given condition: Condition, in context: Context) -> any LatentDistribution {
    StandardNormal([count, size])
  }
}

/// A prior whose means and variances are learned, for each class those of its own if there are classes.
public final class LearnedPrior: LatentPriorModel {
  /// `[classes, latent]`, one row without classes.
  public let mean: Parameter
  /// `[classes, latent]`, one row without classes.
  public let logVariance: Parameter

  /// A prior of `size` latent variables, which starts as the standard normal distribution.
  public init(_ size: Int, classCount: Int = 1) {
    require(size >= 1 && classCount >= 1, "LearnedPrior: \(size) latent variables of \(classCount) classes")
    mean = Parameter([classCount, size], .zeros)
    logVariance = Parameter([classCount, size], .zeros)
  }

  public func distribution(_ count: Int, given condition: Condition, in context: Context) -> any LatentDistribution {
    let isOne = mean.shape[0] == 1
    let rows = isOne ? Array(repeating: 0, count: count) : condition.labels ?? []
    require(rows.count == count, "LearnedPrior: \(rows.count) labels for \(count) samples; one is needed for each")
    return DiagonalGaussian(
      mean: context[mean].gathered(at: rows), logVariance: context[logVariance].gathered(at: rows))
  }
}

/// A network that gives a normal distribution with diagonal covariance for each input.
///
/// With classes, the class stands as a one-hot vector beside the input, or beside the features.
public final class GaussianEncoder: LatentEncoder {
  /// What both heads see.
  public let body: any Layer
  /// The head for the means.
  public let mean: Dense
  /// The head for the logarithms of the variances.
  public let logVariance: Dense
  /// What the logarithms of the variances are clamped to; beyond it only gradients that lead back get through.
  public let logVarianceRange: ClosedRange<Float>
  /// Where the class enters.
  public let classPlace: ClassPlace

  /// Where the class of a sample enters a network.
  public enum ClassPlace: Sendable, Equatable {
    /// Nowhere.
    case none
    /// Beside the flat input of the body, for so many classes.
    case input(classCount: Int)
    /// Beside the features that the body gives to the heads, for so many classes.
    case features(classCount: Int)
  }

  /// An encoder of the given parts.
  public init(
    body: any Layer, mean: Dense, logVariance: Dense, logVarianceRange: ClosedRange<Float>,
    classPlace: ClassPlace = .none
  ) {
    self.body = body
    self.mean = mean
    self.logVariance = logVariance
    self.logVarianceRange = logVarianceRange
    self.classPlace = classPlace
  }

  /// What both heads see of each input, `[N, …]` → `[N, features]`.
  public func features(of input: Tensor, given condition: Condition = .none, in context: Context) -> Tensor {
    var input = input
    if case .input(let classes) = classPlace { input = input.flattened().joinedWithClass(condition, classes) }
    let features = body(input, in: context)
    guard case .features(let classes) = classPlace else { return features }
    return features.joinedWithClass(condition, classes)
  }

  /// The distributions that the heads make of features, `[N, features]` → over `[N, latent]`.
  public func distribution(ofFeatures features: Tensor, in context: Context) -> DiagonalGaussian {
    DiagonalGaussian(
      mean: mean(features, in: context),
      logVariance: logVariance(features, in: context).clampedWithReturn(to: logVarianceRange))
  }

  /// The distribution for each input: `[N, …]` → over `[N, latent]`.
  public func distribution(
    of input: Tensor, given condition: Condition = .none, in context: Context
  ) -> DiagonalGaussian {
    distribution(ofFeatures: features(of: input, given: condition, in: context), in: context)
  }

  public func posterior(of samples: Tensor, given condition: Condition, in context: Context) -> any LatentDistribution {
    distribution(of: samples, given: condition, in: context)
  }
}

/// A layer as a decoder; with classes, it sees the latent and the class as a one-hot vector beside it.
public final class ClassDecoder: LatentDecoder {
  /// `[N, seen latents + classes]` → `[N, …]`.
  public let layer: any Layer
  /// The number of classes, 0 for none.
  public let classCount: Int
  /// How many variables of a latent it sees, the first ones; nil for all.
  public let seenLatents: Int?

  /// A decoder of the given layer.
  public init(_ layer: any Layer, classCount: Int = 0, seenLatents: Int? = nil) {
    self.layer = layer
    self.classCount = classCount
    self.seenLatents = seenLatents
  }

  public func callAsFunction(_ latents: Tensor, given condition: Condition, in context: Context) -> Tensor {
    let seen = seenLatents.map { latents.sliced([0..<latents.shape[0], 0..<$0]) } ?? latents
    return layer(classCount == 0 ? seen : seen.joinedWithClass(condition, classCount), in: context)
  }
}

extension Tensor {
  /// `[N, size]` with the one-hot class of each row beside it: `[N, size + classCount]`.
  func joinedWithClass(_ condition: Condition, _ classCount: Int) -> Tensor {
    let labels = condition.labels ?? []
    require(
      labels.count == shape[0],
      "VariationalModel: \(labels.count) labels for \(shape[0]) samples; one is needed for each")
    return .concatenated([self, .oneHot(labels, classCount: classCount)], axis: 1)
  }
}
