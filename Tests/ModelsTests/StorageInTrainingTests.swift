import Datasets
import Layers
import Tensor
import Testing

@testable import Models
@testable import Training

#if os(macOS) || os(Linux)
  /// A steady training step asks the system for no memory. Each in a process of its own, where no other test
  /// allocates, and where no other model has filled the pool.
  @Suite struct StorageInTrainingTests {
    @Test func denseVAE() async {
      await #expect(processExitsWith: .success) {
        try expectNoAllocation(VAE(VAE.Configuration(height: 12, width: 8, latentSize: 5, hiddenSize: 24)))
      }
    }

    @Test func convolutionalVAE() async {
      await #expect(processExitsWith: .success) {
        try expectNoAllocation(
          VAE(
            VAE.Configuration(
              height: 12, width: 8, channels: 3, latentSize: 5, architecture: .convolutional, convolutionFeatures: 6)))
      }
    }

    @Test func dcgan() async {
      await #expect(processExitsWith: .success) { try expectNoAllocation(DCGAN(small(.dcgan))) }
    }

    @Test func wganGP() async {
      await #expect(processExitsWith: .success) { try expectNoAllocation(WGANGP(small(.wganGP))) }
    }

    @Test func alphaGAN() async {
      await #expect(processExitsWith: .success) {
        var configuration = AlphaGAN.Configuration()
        (configuration.height, configuration.width, configuration.codeHiddenSize) = (12, 8, 20)
        (configuration.generatorFeatures, configuration.discriminatorFeatures) = (6, 8)
        try expectNoAllocation(AlphaGAN(configuration))
      }
    }
  }

  private func small(_ configuration: GANConfiguration) -> GANConfiguration {
    var configuration = configuration
    (configuration.height, configuration.width, configuration.channels) = (12, 8, 3)
    (configuration.latentSize, configuration.generatorFeatures, configuration.discriminatorFeatures) = (10, 12, 8)
    return configuration
  }

  /// Trains on new images in each step, on one thread and on several.
  private func expectNoAllocation(_ model: some GenerativeModel) throws {
    Threads.count = 1
    var feed = BatchFeed.noise(for: model, batchSize: 16)
    var training = model.makeTraining(seed: 1)
    func step() throws {
      let metrics = try model.trainingStep(&feed, &training)
      #expect(metrics.firstNonFinite == nil)
      training.step += 1
    }
    func misses(in steps: Int) throws -> Int {
      let before = Tensor.systemAllocationCount
      for _ in 0..<steps { try step() }
      return Tensor.systemAllocationCount - before
    }
    _ = try misses(in: 5)
    #expect(try misses(in: 10) == 0)
    // What loops lend to their threads depends on how many work at the same time, which comes to an end soon.
    Threads.count = 2
    #expect(try (0..<5).contains { _ in try misses(in: 10) == 0 })
    let before = Tensor.systemAllocationCount
    Tensor.releaseIdleStorage()
    try step()
    #expect(Tensor.systemAllocationCount > before, "a step takes storage")
  }
#endif
