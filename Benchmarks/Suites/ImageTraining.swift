import Latent
import LatentBenchmarkHarness

/// Training steps of GANs that are told classes or judge packs, and of models that make images of images, without moving
/// averages. Generators of GANs have half the reference's width.
let imageTraining = BenchmarkSuite(name: "train") { suite in
  for (name, configuration) in gans {
    suite.benchmark("\(name)-step-b64", .items(64)) {
      try TrainingStep(DCGAN(configuration), batchSize: 64)
    } body: { step in
      blackHole(try step.run())
    }
  }
  suite.benchmark("cyclegan-step-b8", .items(8)) {
    try TrainingStep(CycleGAN(), batchSize: 8)
  } body: { step in
    blackHole(try step.run())
  }
  for (name, phase) in [("mse", nil), ("adversarial", PerceptualPhase(start: 0))] {
    suite.benchmark("super-resolution-\(name)-step-b64", .items(64)) {
      var configuration = SuperResolution.Configuration()
      configuration.perceptualPhase = phase
      return try TrainingStep(SuperResolution(configuration), batchSize: 64)
    } body: { step in
      blackHole(try step.run())
    }
  }
  suite.benchmark("f-anogan-encoder-step-b64", .items(64)) {
    try TrainingStep(FAnoGAN(FAnoGAN.Configuration(ofHalfWidth(.wganGP))), batchSize: 64)
  } body: { step in
    blackHole(try step.run())
  }
}

private let gans: KeyValuePairs<String, GANConfiguration> = [
  "gan-conditional": ofHalfWidth(GANConfiguration(loss: .hinge, normalization: .spectral)) {
    $0.conditioning = .projection(classCount: 10)
  },
  "ac-gan": ofHalfWidth(.dcgan) { $0.conditioning = .auxiliary(classCount: 10) },
  "packed-dcgan": ofHalfWidth(GANConfiguration(channels: 3)) { $0.techniques.packSize = 2 },
]

private func ofHalfWidth(
  _ configuration: GANConfiguration, _ change: (inout GANConfiguration) -> Void = { _ in }
) -> GANConfiguration {
  var configuration = withoutAverage(configuration)
  configuration.generatorFeatures /= 2
  change(&configuration)
  return configuration
}
