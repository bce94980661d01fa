import LatentSystem
import Layers
import Tensor
import Training

/// The distribution of a sample given what a decoder puts out.
public protocol ObservationModel: Sendable {
  /// How many numbers the decoder puts out for each scalar of a sample.
  var parametersPerScalar: Int { get }

  /// The negative log-likelihood of each sample in nats, `[N, …]` → `[N]`.
  /// - Parameter output: what the decoder puts out, `[N, …]`, for each scalar one number after the other.
  func negativeLogLikelihood(of samples: Tensor, given output: Tensor) -> Tensor

  /// The same for several draws of latents for each sample, `[N, …]` → `[draws · N]`: all samples with their first draw,
  /// then all with their second.
  /// - Parameter output: what the decoder puts out, `[draws · N, …]`.
  func negativeLogLikelihood(of samples: Tensor, draws: Int, given output: Tensor) -> Tensor

  /// The mean sample, flat: `[N, …]` → `[N, scalars]`.
  func mean(given output: Tensor) -> Tensor

  /// What a lower bound of the log-likelihood is under this distribution.
  var boundKind: LikelihoodKind { get }
}

extension ObservationModel {
  public func negativeLogLikelihood(of samples: Tensor, draws: Int, given output: Tensor) -> Tensor {
    negativeLogLikelihood(of: samples.tiledDraws(draws), given: output)
  }
}

/// A probability of being white for each scalar. On grey ones it is a cross-entropy.
public struct BernoulliObservation: ObservationModel {
  public var parametersPerScalar: Int { 1 }
  public var boundKind: LikelihoodKind { .crossEntropyBound }

  /// The distribution whose logits the decoder puts out.
  public init() {}

  public func negativeLogLikelihood(of samples: Tensor, given output: Tensor) -> Tensor {
    output.flattened().sigmoidCrossEntropy(targets: samples.flattened())
  }

  public func negativeLogLikelihood(of samples: Tensor, draws: Int, given output: Tensor) -> Tensor {
    output.flattened().sigmoidCrossEntropy(targets: samples.flattened(), repeats: draws)
  }

  public func mean(given output: Tensor) -> Tensor { output.flattened().sigmoid() }
}

/// Normal distributions of one deviation, whose means are the logistic function of the decoder's output.
public struct GaussianObservation: ObservationModel {
  /// The standard deviation of each scalar, above 0.
  public let standardDeviation: Float
  public var parametersPerScalar: Int { 1 }
  public var boundKind: LikelihoodKind { .lowerBound }

  /// The distribution of the given deviation.
  /// - Precondition: it is a positive number.
  public init(standardDeviation: Float) {
    require(
      standardDeviation > 0 && standardDeviation.isFinite,
      "GaussianObservation: a standard deviation of \(standardDeviation); it must be a positive number")
    self.standardDeviation = standardDeviation
  }

  public func negativeLogLikelihood(of samples: Tensor, given output: Tensor) -> Tensor {
    output.flattened().sigmoid().gaussianNegativeLogLikelihood(
      of: samples.flattened(), logVariance: Tensor(standardDeviation).log() * 2)
  }

  public func mean(given output: Tensor) -> Tensor { output.flattened().sigmoid() }
}

/// One of some levels of grey for each scalar, 0 to 1 in equal steps, whose logits the decoder puts out.
public struct CategoricalObservation: ObservationModel {
  /// The number of levels, 2 or more.
  public let levels: Int
  public var parametersPerScalar: Int { levels }
  public var boundKind: LikelihoodKind { .lowerBound }

  /// The distribution over so many levels.
  public init(levels: Int) {
    require(levels >= 2, "CategoricalObservation: \(levels) levels; the least is 2")
    self.levels = levels
  }

  /// Samples are taken to the nearest level, in the middle to the even one.
  public func negativeLogLikelihood(of samples: Tensor, given output: Tensor) -> Tensor {
    negativeLogLikelihood(of: samples, draws: 1, given: output)
  }

  public func negativeLogLikelihood(of samples: Tensor, draws: Int, given output: Tensor) -> Tensor {
    samples.requireGrey("CategoricalObservation")
    let nearest = samples.nearestPlaces(times: Float(levels - 1))
    let labels = draws == 1 ? nearest : Array(repeatElement(nearest, count: draws).joined())
    return logits(output).softmaxCrossEntropy(labels: labels)
      .reshaped(to: [draws * samples.shape[0], samples.scalarsPerSample]).summedPerSample()
  }

  public func mean(given output: Tensor) -> Tensor {
    let values = Tensor.linearSpace(from: 0, to: 1, count: levels)
    return (logits(output).softmax(axis: 1) * values).sum(axes: [1])
      .reshaped(to: [output.shape[0], output.scalarsPerSample / levels])
  }

  /// `[N, …]` → `[N · scalars, levels]`.
  private func logits(_ output: Tensor) -> Tensor {
    output.reshaped(to: [output.scalarCount / levels, levels])
  }
}

/// Normal distributions whose means are the logistic function of the decoder's first number for a scalar, and whose
/// standard deviations are e to the second, clamped to 1/256…8; beyond that only gradients that lead back get through.
public struct LearnedGaussianObservation: ObservationModel {
  public var parametersPerScalar: Int { 2 }
  public var boundKind: LikelihoodKind { .lowerBound }

  /// Without the least deviation, scalars that are the same in all samples would have densities without limit.
  private static let logDeviations: ClosedRange<Float> = -5.545_177_4...2.079_441_5

  /// The distribution whose numbers the decoder puts out.
  public init() {}

  public func negativeLogLikelihood(of samples: Tensor, given output: Tensor) -> Tensor {
    let (mean, logDeviation) = output.parameterPairs()
    return mean.sigmoid().gaussianNegativeLogLikelihood(
      of: samples.flattened(), logVariance: logDeviation.clampedWithReturn(to: Self.logDeviations) * 2)
  }

  public func mean(given output: Tensor) -> Tensor { output.parameterPairs().0.sigmoid() }
}

/// Levels of grey from 0 to 1 in equal steps, each with the probability that a logistic distribution has in the step around
/// it, the first and the last with all beyond them too. The distribution's mean is the logistic function of the decoder's
/// first number for a scalar, the logarithm of its scale is the second, clamped to -7…3 in the same way as the deviations of
/// ``LearnedGaussianObservation``.
///
/// Reference: Kingma et al., arXiv:1606.04934, section 5.2; Salimans et al., "PixelCNN++", arXiv:1701.05517, equation 2.
public struct DiscretizedLogisticObservation: ObservationModel {
  /// The number of levels, 2 or more.
  public let levels: Int
  public var parametersPerScalar: Int { 2 }
  public var boundKind: LikelihoodKind { .lowerBound }
  private static let logScales: ClosedRange<Float> = -7...3

  /// The distribution over so many levels.
  public init(levels: Int) {
    require(levels >= 2, "DiscretizedLogisticObservation: \(levels) levels; the least is 2")
    self.levels = levels
  }

  /// Samples are taken to the nearest level, in the middle to the even one.
  public func negativeLogLikelihood(of samples: Tensor, given output: Tensor) -> Tensor {
    negativeLogLikelihood(of: samples, draws: 1, given: output)
  }

  public func negativeLogLikelihood(of samples: Tensor, draws: Int, given output: Tensor) -> Tensor {
    let top = Float(levels - 1)
    samples.requireGrey("DiscretizedLogisticObservation")
    let level = (samples.detached().flattened() * top).rounded().tiledDraws(draws)
    let (mean, logScale) = output.parameterPairs()
    let rate = (-logScale.clampedWithReturn(to: Self.logScales)).exp()
    let centre = (level / top - mean.sigmoid()) * rate
    let half = rate * (0.5 / top)
    // log(σ(a) - σ(b)) = log σ(a) + log σ(-b) + log(1 - e^(b - a)), which has no difference of nearly equal numbers.
    let below = (-(centre + half)).softplus() * (level .< top)
    let above = (centre - half).softplus() * (level .> 0)
    let step = (-(half * -2).expm1()).log() * ((level .> 0) * (level .< top))
    return (below + above - step).summedPerSample()
  }

  public func mean(given output: Tensor) -> Tensor { output.parameterPairs().0.sigmoid() }
}

extension Tensor {
  /// The two numbers for each scalar, `[N, …]` → two of `[N, scalars]`.
  fileprivate func parameterPairs() -> (Tensor, Tensor) {
    let pairs = reshaped(to: [shape[0], scalarsPerSample / 2, 2]).split(into: 2, axis: 2)
    return (pairs[0].squeezed(axis: 2), pairs[1].squeezed(axis: 2))
  }

  /// Stops the program unless all scalars lie in 0...1; not-a-number does not.
  fileprivate func requireGrey(_ observation: StaticString) {
    require(
      withScalars { $0.allSatisfy { $0 >= 0 && $0 <= 1 } }, "\(observation): a sample has a scalar outside of 0...1")
  }

  /// The nearest whole number to each scalar times `scale`, in row-major order; in the middle the even one, as
  /// ``rounded()`` has it.
  func nearestPlaces(times scale: Float) -> [Int] {
    withScalars { $0.map { Int(($0 * scale).rounded(.toNearestOrEven)) } }
  }
}
