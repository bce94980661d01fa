import LatentSystem
import Tensor

// Losses take logits and return one value per sample, `[N, …]` → `[N]`, **summed** over a sample's scalars. The caller
// reduces them and says how, for instance `.mean()`.
//
// PyTorch's default is another: `BCEWithLogitsLoss`, `MSELoss`, `L1Loss` and `HuberLoss` mean over everything, samples and
// scalars. `loss.mean() / Float(scalars per sample)` is that. `CrossEntropyLoss` means over samples as `.mean()` does.

extension Tensor {
  /// The squared distances to `targets`, summed over each sample's scalars: `[N, …]` → `[N]`.
  ///
  /// PyTorch's `MSELoss` means over a sample's scalars too.
  /// - Parameter targets: of this tensor's shape.
  public func squaredError(to targets: Tensor) -> Tensor {
    checkTargets(targets, "squaredError")
    return (self - targets).square().summedPerSample()
  }

  /// The absolute distances to `targets`, summed over each sample's scalars: `[N, …]` → `[N]`.
  ///
  /// PyTorch's `L1Loss` means over a sample's scalars too.
  /// - Parameter targets: of this tensor's shape.
  public func absoluteError(to targets: Tensor) -> Tensor {
    checkTargets(targets, "absoluteError")
    return (self - targets).absolute().summedPerSample()
  }

  /// Huber's loss, summed over each sample's scalars: `d² / 2` for a distance `d` up to `delta`, and the straight line
  /// `delta · (d - delta / 2)` that goes on from there: `[N, …]` → `[N]`.
  ///
  /// PyTorch's `HuberLoss` means over a sample's scalars too; its `SmoothL1Loss` is this divided by `delta`.
  ///
  /// Reference: Huber, "Robust estimation of a location parameter", Annals of Mathematical Statistics 35 (1964).
  /// - Parameters:
  ///   - targets: of this tensor's shape.
  ///   - delta: where the parabola ends.
  /// - Precondition: `delta > 0`.
  public func huberError(to targets: Tensor, delta: Float = 1) -> Tensor {
    checkTargets(targets, "huberError")
    require(delta > 0 && delta.isFinite, "huberError: delta is \(delta); it must be positive")
    let distance = (self - targets).absolute()
    let near = distance.clamped(to: 0...delta)
    // near · (distance - near / 2) is both pieces in one.
    return (near * (distance - near * 0.5)).summedPerSample()
  }

  /// 1 minus the cosine of the angle to `targets`, both taken as one vector per sample: 0 for the same direction, 2 for
  /// opposite ones: `[N, …]` → `[N]`.
  public func cosineError(to targets: Tensor, epsilon: Float = 1e-8) -> Tensor {
    1 - cosineSimilarity(to: targets, epsilon: epsilon)
  }

  /// The cosine of the angle between this tensor and `other`, both taken as one vector per sample: `[N, …]` → `[N]`.
  ///
  /// - Parameters:
  ///   - other: of this tensor's shape.
  ///   - epsilon: the least product of the two lengths that is divided by, so that a zero vector has the cosine 0, with a
  ///     finite gradient.
  public func cosineSimilarity(to other: Tensor, epsilon: Float = 1e-8) -> Tensor {
    checkTargets(other, "cosineSimilarity")
    require(epsilon > 0, "cosineSimilarity: epsilon is \(epsilon); it must be positive")
    let lengths = square().summedPerSample() * other.square().summedPerSample()
    // Inside the root, where a gradient can meet 0.
    let product = lengths.maximum(Tensor(epsilon * epsilon))
    return (self * other).summedPerSample() * product.reciprocalSquareRoot()
  }

  /// The negative log-likelihood in nats of `targets` under normal distributions with this mean and `logVariance`,
  /// summed over each sample's scalars: `[N, …]` → `[N]`.
  /// - Parameters:
  ///   - targets: of this tensor's shape.
  ///   - logVariance: broadcasts to this tensor's shape.
  public func gaussianNegativeLogLikelihood(of targets: Tensor, logVariance: Tensor) -> Tensor {
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

  func checkTargets(_ targets: Tensor, _ operation: StaticString) {
    require(
      targets.shape == shape && rank >= 1,
      "\(operation): shapes \(shape) and \(targets.shape) must be the same and have an axis of samples")
  }
}
