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

/// A prior of two layers: the second is standard normal, the first normal given the second.
///
/// Reference: Burda et al., arXiv:1509.00519, section 2.
public final class TwoLayerPrior: LatentPriorModel {
  /// The first layer given the second.
  public let first: GaussianEncoder
  /// The number of latent variables of the first layer.
  public let firstSize: Int
  /// The number of latent variables of the second layer.
  public let secondSize: Int

  /// - Parameter first: `[N, secondSize]` → a distribution over `[N, firstSize]`.
  public init(first: GaussianEncoder, firstSize: Int, secondSize: Int) {
    self.first = first
    (self.firstSize, self.secondSize) = (firstSize, secondSize)
  }

  public func distribution(_ count: Int, given condition: Condition, in context: Context) -> any LatentDistribution {
    TwoLayerDistribution(
      outer: StandardNormal([count, secondSize]), isOuterFirst: false, firstSize: firstSize
    ) { [first] second in first.posterior(of: second, given: .none, in: context) }
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
  /// What the logarithms of the variances are clamped to.
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

  /// Mean and log-variance for each input: `[N, …]` → two of `[N, latent]`.
  public func callAsFunction(
    _ input: Tensor, given condition: Condition = .none, in context: Context
  ) -> (mean: Tensor, logVariance: Tensor) {
    var input = input
    if case .input(let classes) = classPlace { input = input.flattened().joinedWithClass(condition, classes) }
    var features = body(input, in: context)
    if case .features(let classes) = classPlace { features = features.joinedWithClass(condition, classes) }
    return (mean(features, in: context), logVariance(features, in: context).clamped(to: logVarianceRange))
  }

  public func posterior(of samples: Tensor, given condition: Condition, in context: Context) -> any LatentDistribution {
    let (mean, logVariance) = self(samples, given: condition, in: context)
    return DiagonalGaussian(mean: mean, logVariance: logVariance)
  }
}

/// A layer as a decoder; with classes, it sees the latent and the class as a one-hot vector beside it.
public final class ClassDecoder: LatentDecoder {
  /// `[N, latent + classes]` → `[N, …]`.
  public let layer: any Layer
  /// The number of classes, 0 for none.
  public let classCount: Int

  /// A decoder of the given layer.
  public init(_ layer: any Layer, classCount: Int = 0) {
    self.layer = layer
    self.classCount = classCount
  }

  public func callAsFunction(_ latents: Tensor, given condition: Condition, in context: Context) -> Tensor {
    layer(classCount == 0 ? latents : latents.joinedWithClass(condition, classCount), in: context)
  }
}

/// A planar flow: `z + u · tanh(wᵀz + b)`, with u such that the map is invertible.
///
/// Reference: Rezende and Mohamed, arXiv:1505.05770, equations 10 to 12 and appendix A.1.
public final class PlanarFlow: LatentFlow {
  /// `[latent, 1]`.
  public let weight: Parameter
  /// `[latent, 1]`.
  public let direction: Parameter
  /// A scalar.
  public let bias: Parameter

  /// A flow of `size` latent variables.
  public init(_ size: Int) {
    weight = Parameter([size, 1], .normal(standardDeviation: 0.01))
    direction = Parameter([size, 1], .normal(standardDeviation: 0.01))
    bias = Parameter([], .zeros)
  }

  public func callAsFunction(_ latents: Tensor, in context: Context) -> (latents: Tensor, logDeterminant: Tensor) {
    let (w, u) = (context[weight], context[direction])
    // wᵀû = softplus(wᵀu) - 1 > -1, which keeps the map invertible.
    let product = (w * u).sum()
    let own = u + w * ((product.softplus() - 1 - product) / ((w * w).sum() + 1e-12))
    let active = (latents.matmul(w) + context[bias]).tanh()
    let slope = (1 - active.square()) * (w * own).sum()
    return (
      latents + active * own.reshaped(to: [1, own.scalarCount]),
      (1 + slope).absolute().log().squeezed(axis: 1)
    )
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
