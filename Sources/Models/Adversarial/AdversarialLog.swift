import Layers
import Tensor

/// What is worth knowing of one step of an ``AdversarialTraining``; figures of several discriminator steps are averaged.
struct AdversarialLog {
  let loss: AdversarialLoss
  private(set) var discriminatorLoss: Double?
  private(set) var generatorLoss: Double?
  private var generatorGradientNorm: Double?
  private var sums: [String: Double] = [:]
  private var steps = 0.0

  init(loss: AdversarialLoss) { self.loss = loss }

  mutating func addDiscriminatorStep(
    loss: Tensor, penalty: Tensor?, realScores: Tensor, fakeScores: Tensor, real: Tensor, fake: Tensor,
    gradientNorm: Double
  ) {
    steps += 1
    let value = Double(loss.scalar)
    discriminatorLoss = value
    add("discriminator_loss", value)
    add("real_score", Double(realScores.detached().mean().scalar))
    add("fake_score", Double(fakeScores.detached().mean().scalar))
    if let penalty { add("penalty", Double(penalty.scalar)) }
    add("discriminator_gradient_norm", gradientNorm)
    add("real_spread", Self.spread(real))
    add("fake_spread", Self.spread(fake))
  }

  mutating func addGeneratorStep(loss: Tensor, gradientNorm: Double) {
    generatorLoss = Double(loss.scalar)
    generatorGradientNorm = gradientNorm
  }

  private mutating func add(_ name: String, _ value: Double) { sums[name, default: 0] += value }

  /// All figures, the most important first.
  var metrics: Metrics {
    func generator(_ name: String, _ value: Double?) -> Metrics.Entry? {
      value.map { Metrics.Entry(name: name, value: $0) }
    }
    func mean(_ name: String) -> Metrics.Entry? { sums[name].map { Metrics.Entry(name: name, value: $0 / steps) } }
    var entries = [mean("discriminator_loss"), generator("generator_loss", generatorLoss)]
    if loss == .wasserstein, let real = sums["real_score"], let fake = sums["fake_score"] {
      entries.append(Metrics.Entry(name: "wasserstein_estimate", value: (real - fake) / steps))
    }
    entries += [mean("penalty"), mean("real_score"), mean("fake_score"), mean("discriminator_gradient_norm")]
    entries += [generator("generator_gradient_norm", generatorGradientNorm), mean("real_spread"), mean("fake_spread")]
    return Metrics(entries.compactMap { $0 })
  }

  /// How different the samples of a batch are: the root of the mean variance of their scalars, `[N, …]`.
  private static func spread(_ samples: Tensor) -> Double {
    Double(samples.detached().variance(axes: [0]).mean().scalar).squareRoot()
  }
}
