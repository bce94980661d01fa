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

  /// The mean sample, flat: `[N, …]` → `[N, scalars]`.
  func mean(given output: Tensor) -> Tensor

  /// What a lower bound of the log-likelihood is under this distribution.
  var boundKind: LikelihoodKind { get }
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

  public func mean(given output: Tensor) -> Tensor { output.flattened().sigmoid() }
}

/// Normal distributions of one deviation, whose means are the logistic function of the decoder's output.
public struct GaussianObservation: ObservationModel {
  /// The standard deviation of each scalar, above 0.
  public let standardDeviation: Float
  public var parametersPerScalar: Int { 1 }
  public var boundKind: LikelihoodKind { .lowerBound }

  /// The distribution of the given deviation.
  public init(standardDeviation: Float) { self.standardDeviation = standardDeviation }

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

  public func negativeLogLikelihood(of samples: Tensor, given output: Tensor) -> Tensor {
    let top = Float(levels - 1)
    // Not-a-number fails too.
    require(
      samples.scalars.allSatisfy { $0 >= 0 && $0 <= 1 },
      "CategoricalObservation: a sample has a scalar outside of 0...1")
    let nearest = samples.scalars.map { Int(($0 * top).rounded()) }
    return logits(output).softmaxCrossEntropy(labels: nearest)
      .reshaped(to: [samples.shape[0], nearest.count / samples.shape[0]]).summedPerSample()
  }

  public func mean(given output: Tensor) -> Tensor {
    let values = Tensor.linearSpace(from: 0, to: 1, count: levels)
    let count = output.shape[0]
    return (logits(output).softmax(axis: 1) * values).sum(axes: [1])
      .reshaped(to: [count, output.scalarCount / (count * levels)])
  }

  /// `[N, …]` → `[N · scalars, levels]`.
  private func logits(_ output: Tensor) -> Tensor {
    output.reshaped(to: [output.scalarCount / levels, levels])
  }
}
