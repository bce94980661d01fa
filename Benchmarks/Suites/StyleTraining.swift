import Latent
import LatentBenchmarkHarness

/// The updates of a StyleGAN one by one: those of every step, and the penalty that comes every sixteenth.
let styleTraining = BenchmarkSuite(name: "train") { suite in
  suite.benchmark("stylegan-step-b32", .items(32)) {
    try AdversarialSteps(StyleGAN(withoutPenalty), batchSize: 32)
  } body: { steps in
    blackHole(try steps.runGenerator())
    blackHole(try steps.runDiscriminator())
  }
  suite.benchmark("stylegan-r1-step-b32", .items(32)) {
    try PenaltyStep(batchSize: 32)
  } body: { step in
    blackHole(try step.run())
  }
}

private let withoutPenalty = StyleGAN.Configuration(penalty: nil, averageHalfLife: nil)

/// An update of a StyleGAN's discriminator by its penalty alone.
private struct PenaltyStep {
  private let gan: AdversarialTraining
  private let real: Tensor
  private var training: TrainingState

  init(batchSize: Int) throws {
    let model = try StyleGAN(withoutPenalty)
    gan = model.procedure
    var generator = RandomGenerator(seed: 1)
    real = Tensor.uniform(Tensor.Shape([batchSize] + model.sampleShape.sizes), in: -1..<1, using: &generator)
    training = model.makeTraining(seed: 1)
  }

  mutating func run() throws -> Descent {
    let (gan, real) = (gan, real)
    return try training.descend(
      with: AdversarialTraining.OptimizerName.discriminator, gan.network,
      at: gan.network.parameterNames(of: gan.discriminator)
    ) { context in
      let penalties = R1Penalty(weight: 1.6).penalties(real: real) {
        gan.discriminator($0, given: .none, in: context).scores
      }
      return (penalties.mean(), ())
    }.descent
  }
}
