import Latent

/// One thing that is changed in a small GAN of points in the plane.
struct Remedy: Sendable {
  let name: String
  /// How many points the discriminator judges together.
  var packSize = 1
  /// What the discriminator is told about the other points of a batch.
  var comparison = PlaneDiscriminator.Comparison.none
  /// The discriminator's learning rate in that of the generator.
  var rateRatio: Float = 1
  /// Changes what both are trained on.
  var change: @Sendable (inout AdversarialTraining) -> Void = { _ in }

  /// The GAN as it is, and then one with each remedy.
  static func all(steps: Int) -> [Remedy] {
    [
      Remedy(name: "none"),
      Remedy(name: "pack-2", packSize: 2, change: { $0.packSize = 2 }),
      Remedy(name: "pack-4", packSize: 4, change: { $0.packSize = 4 }),
      Remedy(name: "minibatch-discrimination", comparison: .discrimination),
      Remedy(name: "minibatch-deviation", comparison: .deviation),
      Remedy(name: "feature-matching", change: { $0.terms = [FeatureMatching(weight: 1)] }),
      Remedy(name: "historical-averaging", change: { $0.terms = [HistoricalAveraging(weight: 0.01)] }),
      Remedy(name: "label-smoothing", change: { $0.labelSmoothing = 0.1 }),
      Remedy(name: "instance-noise", change: { $0.views = [InstanceNoise(deviation: 0.3, steps: steps / 2)] }),
      Remedy(name: "two-time-scales", rateRatio: 4),
      Remedy(name: "r1", change: { $0.regularizer = .r1(weight: 1) }),
      Remedy(name: "relativistic-average", change: { $0.loss = .relativisticAverage }),
      Remedy(name: "least-squares", change: { $0.loss = .leastSquares }),
      Remedy(name: "hinge", change: { $0.loss = .hinge }),
      Remedy(
        name: "wgan-gp",
        change: {
          $0.loss = .wasserstein
          $0.regularizer = .gradientPenalty(weight: 0.1)
          $0.discriminatorSteps = 5
        }),
    ]
  }
}
