import Datasets
import Layers
import Tensor
import Testing

@testable import Models
@testable import Training

/// Sums as if another holder of a part had the same numbers.
private struct Twice: BatchReduction {
  func sum(_ partial: Tensor) -> Tensor { partial * 2 }
}

@Suite struct PartsOfABatchTests {
  /// Half of a batch beside an equal half makes the step that the half alone would make: loss and gradients are means over
  /// the whole batch, whoever holds it.
  @Test func twoEqualHalves() throws {
    let vae = try VAE(VAE.Configuration(height: 4, width: 4, latentSize: 3, hiddenSize: 6))
    func step(_ change: (inout TrainingState) -> Void) throws -> (TrainingState, Metrics) {
      var training = vae.makeTraining(seed: 1)
      change(&training)
      var feed = BatchFeed.noise(for: vae, batchSize: 4)
      return (training, try vae.trainingStep(&feed, &training))
    }
    let (alone, ownMetrics) = try step { _ in }
    let (half, metrics) = try step {
      $0.reduction = Twice()
      $0.samples = Context.Samples(0..<4, of: 8)
    }
    #expect(half.state == alone.state && metrics == ownMetrics)
    // The generator has moved on as for the whole batch.
    #expect(half.random == alone.random)
    // The other half draws other numbers.
    let (_, others) = try step {
      $0.reduction = Twice()
      $0.samples = Context.Samples(4..<8, of: 8)
    }
    #expect(others["reconstruction"] != ownMetrics["reconstruction"])
  }

  /// A penalty every third step is an update of its own, with a metric of its own.
  @Test func lazyPenalties() throws {
    final class Parts: Module {
      let generator = Sequential(Dense(from: 2, to: 8), .relu, Dense(from: 8, to: 2))
      let critic = Sequential(Dense(from: 2, to: 8), .softplus, Dense(from: 8, to: 1), .reshape(to: []))
    }
    let parts = Parts()
    var procedure = AdversarialTraining(
      network: Network(parts), generator: parts.generator, discriminator: parts.critic, latentSize: 2)
    procedure.regularizer = .init(R1Penalty(weight: 1, period: 3))
    var training = procedure.makeTraining(seed: 1, generator: Adam(), discriminator: Adam())
    var random = RandomGenerator(seed: 2)
    var updates: [Int] = []
    for step in 0..<7 {
      let metrics = try procedure.step(&training) { .normal([16, 2], using: &random) }
      #expect((metrics["penalty"] != nil) == (step % 3 == 0))
      updates.append(training.optimizers["discriminator"]?.progress.step ?? 0)
    }
    #expect(updates == [2, 3, 4, 6, 7, 8, 10] && training.step == 7)
  }

  /// Scores of packs of two, and of patches.
  @Test func scoresOfOtherShapes() throws {
    final class Packed: Layer {
      let inner = Dense(from: 4, to: 1)
      func callAsFunction(_ input: Tensor, in context: Context) -> Tensor {
        inner(input.reshaped(to: [input.shape[0] / 2, 4]), in: context).squeezed(axis: 1)
      }
    }
    final class Patches: Layer {
      let inner = Dense(from: 2, to: 3)
      func callAsFunction(_ input: Tensor, in context: Context) -> Tensor { inner(input, in: context) }
    }
    final class Parts: Module {
      let generator = Dense(from: 2, to: 2)
      let critic: any Layer
      init(_ critic: any Layer) { self.critic = critic }
    }
    for critic in [Packed(), Patches()] as [any Layer] {
      let parts = Parts(critic)
      var procedure = AdversarialTraining(
        network: Network(parts), generator: parts.generator, discriminator: parts.critic, latentSize: 2)
      procedure.regularizer = .gradientPenalty()
      var training = procedure.makeTraining(seed: 1, generator: Adam(), discriminator: Adam())
      let metrics = try procedure.step(&training) { .ones([8, 2]) }
      #expect(metrics.firstNonFinite == nil && metrics["penalty"] != nil)
    }
  }
}
