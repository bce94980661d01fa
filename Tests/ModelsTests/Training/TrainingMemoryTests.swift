import LatentSystem
import Layers
import Models
import Tensor
import Testing

@testable import Training

/// Models that need more memory than there is.
@Suite struct TrainingMemoryTests {
  /// Each parameter has what its optimizer remembers.
  @Test func whatParametersTake() throws {
    let vae = Trainer(try VAE(VAE.Configuration(height: 2, width: 2, latentSize: 2, hiddenSize: 8)))
    let count = vae.model.network.parameterCount
    #expect(vae.leastMemory == Double(12 * count))
    try vae.checkMemory(12 * count)
    #expect(
      throws: TrainingError.tooLarge(parameterCount: count, bytes: 12 * count, memory: 12 * count - 1)
    ) {
      try vae.checkMemory(12 * count - 1)
    }
    // Of 2×2 numbers that are moved along their gradients without a memory of them.
    #expect(Trainer(try Recorder(Recorder.Configuration())).leastMemory == 16)
  }

  /// No machine has that much: without the check, the system would end the process.
  @Test func refusedBeforeThereAreNumbers() throws {
    var configuration = VAE.Configuration(height: 2, width: 2, latentSize: 2, hiddenSize: 1 << 20)
    configuration.hiddenLayerCount = 64
    let trainer = Trainer(try VAE(configuration), length: .steps(1), batchSize: 4)
    let error = try #require(throws: TrainingError.self) { try trainer.train(on: tinyImages(4)) }
    guard case .tooLarge(let count, let bytes, let memory) = error else { throw error }
    #expect(count == trainer.model.network.parameterCount && bytes == 12 * count && memory == Machine.memory)
  }

  @Test func inWords() {
    let error = TrainingError.tooLarge(parameterCount: 2_000_000_000, bytes: 32_000_000_000, memory: 512_000_000)
    #expect(
      error.description
        == "a training of 2,000,000,000 parameters takes at least 32.0 GB of memory for them and the "
        + "optimizer's moments, and there are 512 MB")
  }
}
