import Latent
import LatentBenchmarkHarness

/// Distances between two sets of 10,000 feature vectors, of as many features as they are published for.
let evaluation = BenchmarkSuite(name: "evaluation", .optional, .warmupIterations(0), .iterations(3)) { suite in
  suite.benchmark("frechet-2048") {
    FeaturePair(features: 2048)
  } body: { pair in
    blackHole(FeatureStatistics(of: pair.real).frechetDistance(to: FeatureStatistics(of: pair.generated)))
  }
  // Of each subset's products half of those within a set are needed, and those between sets.
  suite.benchmark("kernel-distance", .flops(100 * 2 * 2 * 1000 * 1000 * 2048)) {
    FeaturePair(features: 2048)
  } body: { pair in
    var generator = RandomGenerator(seed: 1)
    blackHole(KernelDistance(between: pair.real, and: pair.generated, using: &generator).mean)
  }
  suite.benchmark("prdc-10000x1000", .flops(3 * 2 * 10_000 * 10_000 * 1000)) {
    FeaturePair(features: 1000)
  } body: { pair in
    blackHole(NeighbourhoodScores(of: pair.generated, against: pair.real).density)
  }
}

/// Two sets of normal features, one a little shifted.
private struct FeaturePair {
  let real: Tensor
  let generated: Tensor

  init(features: Int) {
    var generator = RandomGenerator(seed: 1)
    real = .normal([10_000, features], using: &generator)
    generated = Tensor.normal([10_000, features], using: &generator) + 0.1
  }
}
