import Datasets
import Models
import Tensor
import Testing
import Training

@Suite struct VAETrainingTests {
  /// Over the seeds 1 to 8 the last losses had a mean of 128.9 to 131.5 nats, the held-out bound was 127.5 to 130.1.
  @Test(arguments: [1, 2] as [UInt64]) func learnsDigits(seed: UInt64) throws {
    let images = BuiltInDigits.make(count: 2000, seed: 1)
    let heldOut = BuiltInDigits.make(count: 500, seed: 2)
    let vae = try VAE(VAE.Configuration(latentSize: 10, hiddenSize: 128))
    var losses: [Double] = []
    var bounds: [Double] = []
    let trainer = Trainer(vae, length: .steps(300), batchSize: 100, seed: seed)
    let trained = try trainer.train(on: images, heldOut: heldOut) {
      losses.append($0.metrics["loss"] ?? .nan)
      if let bound = $0.heldOut?["negative_elbo"] { bounds.append(bound) }
    }
    #expect(losses[0] > 540)
    #expect((122...135).contains(losses.suffix(20).reduce(0, +) / 20))
    #expect(bounds.count == 15 && bounds[14] < bounds[0])
    #expect((122...135).contains(bounds[14]))

    // A reconstruction is closer to its image than to another digit's.
    let some = heldOut.batch(at: Array(0..<100)).samples
    let reconstructions = try trained.reconstruct(some)
    let others = heldOut.batch(at: (0..<100).map { ($0 + 1) % 100 }).samples
    let (own, other) = ((reconstructions - some).square().mean(), (reconstructions - others).square().mean())
    #expect(own.scalar < 0.4 * other.scalar)
  }
}
