import Latent
import LatentBenchmarkHarness

/// Whole training steps of the reference models, optimizer included.
let training = BenchmarkSuite(name: "train") { suite in
  suite.benchmark("vae-mlp-step-b128", .items(128)) {
    try TrainingStep(VAE(VAE.Configuration()), batchSize: 128)
  } body: { step in
    blackHole(try step.run())
  }
}

/// A model and the numbers of its training, with one batch of noise that is used again and again.
private struct TrainingStep<Model: GenerativeModel> {
  private let model: Model
  private let batch: Batch
  private var training: TrainingState

  init(_ model: Model, batchSize: Int) throws {
    self.model = model
    var generator = RandomGenerator(seed: 1)
    let images = Tensor.uniform(Tensor.Shape([batchSize] + model.imageShape.sizes), using: &generator)
    batch = try ImageSet(images).batch(at: Array(0..<batchSize))
    training = model.makeTraining(seed: 1)
  }

  mutating func run() throws -> Metrics {
    let batch = batch
    return try model.trainingStep({ batch }, &training)
  }
}
