import Datasets
import Models
import Tensor
import Testing
import Training

/// A trained model is a value: tasks that use it at once do not disturb one another.
@Suite struct ConcurrentSamplingTests {
  private static func models() throws -> [TrainedModel] {
    var gan = GANConfiguration.spectralNorm
    (gan.height, gan.width, gan.latentSize, gan.generatorFeatures, gan.discriminatorFeatures) = (8, 8, 5, 8, 8)
    let vae = try VAE(VAE.Configuration(height: 8, width: 8, latentSize: 3, hiddenSize: 64))
    let images = try tinyImages(20, side: 8)
    return [
      try Trainer(vae, length: .steps(3), batchSize: 8).train(on: images),
      try Trainer(DCGAN(gan), length: .steps(3), batchSize: 8).train(on: images),
    ]
  }

  @Test(arguments: [0, 1]) func sixteenTasks(index: Int) async throws {
    let trained = try Self.models()[index]
    let serial = try (0..<16).map { try trained.sample(40 + $0, seed: UInt64($0)).scalars }
    let parallel = try await withThrowingTaskGroup(of: (Int, [Float]).self) { group in
      for task in 0..<16 {
        group.addTask { (task, try trained.sample(40 + task, seed: UInt64(task)).scalars) }
      }
      return try await group.reduce(into: [Int: [Float]]()) { $0[$1.0] = $1.1 }
    }
    #expect(parallel.count == 16)
    for task in 0..<16 {
      let isSame = parallel[task] == serial[task]
      #expect(isSame, "\(task)")
    }
  }
}
