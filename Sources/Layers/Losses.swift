import LatentSystem
import Tensor

// Losses take logits and return one value per sample: `[N, …]` → `[N]`, summed over a sample's scalars. The caller
// reduces them and says how, for instance `.mean()`.

extension Tensor {
  /// The cross-entropy in nats between targets in 0...1 and Bernoulli distributions with these logits, summed over each
  /// sample's scalars: `Σ softplus(x) - t·x`.
  ///
  /// For grey targets it is a bound, not a log-likelihood.
  /// - Parameter targets: of this tensor's shape.
  /// - Returns: `[N]`.
  public func sigmoidCrossEntropy(_ targets: Tensor) -> Tensor {
    checkTargets(targets, "sigmoidCrossEntropy")
    return (softplus() - targets * self).summedPerSample()
  }

  /// The cross-entropy in nats between labels and categorical distributions with these logits, `[N, classes]` → `[N]`.
  /// - Precondition: one label a row, each in `0..<classes`.
  public func softmaxCrossEntropy(labels: [Int]) -> Tensor {
    require(
      rank == 2 && labels.count == shape[0],
      "softmaxCrossEntropy: \(labels.count) labels for logits of shape \(shape); one is needed for each row")
    return -logSoftmax(axis: 1).gathered(alongAxis: 1, indices: labels).squeezed(axis: 1)
  }

  /// The squared distances to `targets`, summed over each sample's scalars: `[N, …]` → `[N]`.
  public func squaredError(_ targets: Tensor) -> Tensor {
    checkTargets(targets, "squaredError")
    return (self - targets).square().summedPerSample()
  }

  /// The absolute distances to `targets`, summed over each sample's scalars: `[N, …]` → `[N]`.
  public func absoluteError(_ targets: Tensor) -> Tensor {
    checkTargets(targets, "absoluteError")
    return (self - targets).absolute().summedPerSample()
  }

  /// The negative log-likelihood in nats of `targets` under normal distributions with this mean and `logVariance`,
  /// summed over each sample's scalars: `[N, …]` → `[N]`.
  /// - Parameter logVariance: broadcasts to this tensor's shape.
  public func gaussianNegativeLogLikelihood(_ targets: Tensor, logVariance: Tensor) -> Tensor {
    checkTargets(targets, "gaussianNegativeLogLikelihood")
    let logTwoPi: Float = 1.837_877_066_4
    let terms = ((self - targets).square() * (-logVariance).exp() + logVariance + logTwoPi) * 0.5
    require(
      terms.shape == shape,
      "gaussianNegativeLogLikelihood: logVariance \(logVariance.shape) does not broadcast to the mean's shape \(shape)")
    return terms.summedPerSample()
  }

  /// The Kullback–Leibler divergence in nats from the standard normal distribution of a normal distribution with this
  /// mean and `logVariance`: `-½ Σ (1 + log σ² - μ² - σ²)`, `[N, size]` → `[N]`.
  ///
  /// Reference: Kingma and Welling, "Auto-encoding variational Bayes", arXiv:1312.6114, appendix B.
  public func gaussianKL(logVariance: Tensor) -> Tensor {
    checkTargets(logVariance, "gaussianKL")
    return ((square() + logVariance.exp() - logVariance - 1) * 0.5).summedPerSample()
  }

  /// The sum over all axes but the first: `[N, …]` → `[N]`.
  public func summedPerSample() -> Tensor {
    require(rank >= 1, "summedPerSample: a scalar has no axis of samples")
    return rank == 1 ? self : sum(axes: Array(1..<rank))
  }

  private func checkTargets(_ targets: Tensor, _ operation: StaticString) {
    require(
      targets.shape == shape && rank >= 1,
      "\(operation): shapes \(shape) and \(targets.shape) must be the same and have an axis of samples")
  }
}
