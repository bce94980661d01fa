import Latent
import LatentBenchmarkHarness

/// Training steps of models of volumes of 16³ voxels, without moving averages.
let volumeTraining = BenchmarkSuite(name: "train") { suite in
  for (name, objective) in [("voxel-gan", VoxelGAN.Objective.hinge), ("voxel-wgan-gp", .wasserstein)] {
    suite.benchmark("\(name)-step-b64", .items(64)) {
      var configuration = VoxelGAN.Configuration(objective: objective)
      configuration.averageDecay = nil
      return try TrainingStep(VoxelGAN(configuration), batchSize: 64)
    } body: { step in
      blackHole(try step.run())
    }
  }
  suite.benchmark("voxel-vae-step-b64", .items(64)) {
    try TrainingStep(VoxelVAE(), batchSize: 64)
  } body: { step in
    blackHole(try step.run())
  }
}
