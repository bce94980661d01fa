import Datasets
import Foundation
import Layers
import Tensor
import Testing

@testable import Models
@testable import Training

/// As ``ResumeTests``, of models that learn from volumes or series, or begin with another model.
@Suite struct ResumeOfOtherSamplesTests {
  /// Ten samples make three batches of three: the stops lie at ends of epochs and within them.
  private func sameBytes<Model: GenerativeModel>(
    _ model: Model, on samples: any SampleSource, from initialState: State? = nil
  ) throws {
    let folder = try TemporaryFolder()
    func train(_ steps: Int, _ path: String) throws -> [Metrics] {
      var trainer = Trainer(model, length: .steps(steps), batchSize: 3, seed: 5, schedule: .cosine(to: 0.5, steps: 6))
      trainer.initialState = initialState
      let isThere = FileManager.default.fileExists(atPath: path)
      let checkpoint = isThere ? try TrainingCheckpoint.load(path) : nil
      var metrics: [Metrics] = []
      _ = try trainer.train(on: TrainingData(samples), from: checkpoint) { progress in
        metrics.append(progress.metrics)
        if progress.step == steps { try progress.checkpoint.save(to: path) }
      }
      return metrics
    }
    let whole = try train(6, folder.path("whole"))
    let bytes = try Data(contentsOf: URL(fileURLWithPath: folder.path("whole")))
    for stop in 1...5 {
      let path = folder.path("stop\(stop)")
      let metrics = try train(stop, path) + train(6, path)
      #expect(metrics == whole, "\(stop)")
      let isSame = try Data(contentsOf: URL(fileURLWithPath: path)) == bytes
      #expect(isSame, "\(stop)")
    }
  }

  @Test(arguments: VoxelGAN.Objective.allCases) func voxelGAN(_ objective: VoxelGAN.Objective) throws {
    var configuration = VoxelGAN.Configuration(side: 8, latentSize: 3, objective: objective)
    configuration.features = 2
    try sameBytes(VoxelGAN(configuration), on: VoxelShapes(count: 10, side: 8))
  }

  @Test func voxelVAE() throws {
    var configuration = VoxelVAE.Configuration(side: 8, latentSize: 3)
    (configuration.features, configuration.priorComponents) = (2, 3)
    try sameBytes(VoxelVAE(configuration), on: VoxelShapes(count: 10, side: 8))
  }

  /// With noise, which is drawn in each step.
  @Test func seriesVAE() throws {
    var configuration = SeriesVAE.Configuration(length: 32)
    (configuration.latentSize, configuration.features, configuration.noise) = (3, 2, 0.5)
    try sameBytes(SeriesVAE(configuration), on: BuiltInSignals(count: 10, length: 32))
  }

  /// With the numbers of a GAN, which stay, and the running statistics of the encoder, which do not.
  @Test func fAnoGAN() throws {
    var configuration = GANConfiguration.wganGP
    (configuration.height, configuration.width, configuration.latentSize) = (4, 4, 3)
    (configuration.generatorFeatures, configuration.discriminatorFeatures) = (2, 2)
    let gan = try WGANGP(configuration)
    var own = FAnoGAN.Configuration(configuration)
    own.encoderFeatures = 2
    let model = try FAnoGAN(own)
    let state = try model.initialState(over: TrainedModel(model: gan, state: gan.makeTraining(seed: 2).state), seed: 5)
    try sameBytes(model, on: tinyImages(10, side: 4), from: state)
  }
}
