import Datasets
import Layers
import Tensor
import Testing

@testable import Models
@testable import Training

/// What autoencoders tell of held-out images: what is minimized comes first, so that overfitting is told by that alone.
@Suite struct HeldOutObjectiveTests {
  private static func vae(_ change: (inout VAE.Configuration) -> Void = { _ in }) throws -> VAE {
    var configuration = VAE.Configuration(height: 2, width: 2, latentSize: 2, hiddenSize: 3)
    change(&configuration)
    return try VAE(configuration)
  }

  /// Figures on nine images of a model whose posteriors are far from the prior: N(3, 1) and N(0, 1) for both latents,
  /// with a divergence of 9 nats.
  private static func figures(_ model: some GenerativeModel) throws -> Metrics {
    var state = model.makeTraining(seed: 1).state
    for name in state.names where name.hasPrefix("encoder.") || name.hasPrefix("prior.") {
      let isHead = name.contains("mean.") || name.contains("logVariance.")
      guard isHead, let old = state[name] else { continue }
      state[name] = .zeros(like: old) + (name == "encoder.mean.bias" ? 3 : 0)
    }
    return model.evaluate(on: TrainingData(try tinyImages(9)), with: state)
  }

  private let terms = ["negative_elbo", "reconstruction", "kl"]

  @Test func theBoundOfTheTraining() throws {
    let (plain, weighted) = (try Self.figures(Self.vae()), try Self.figures(Self.vae { $0.importanceSamples = 50 }))
    #expect(plain.entries.map(\.name) == terms && weighted.entries.map(\.name) == ["loss"] + terms)
    // The terms of one latent stay what they are.
    for name in terms { #expect(weighted[name] == plain[name]) }
    let (elbo, loss) = (try #require(plain["negative_elbo"]), try #require(weighted["loss"]))
    #expect(abs(try #require(plain["kl"]) - 9) < 1e-4 && elbo > 9 && loss < elbo - 1)
    // The way in which it is differentiated changes nothing.
    let drawn = try Self.figures(
      Self.vae { ($0.importanceSamples, $0.importanceGradient) = (50, .drawn) })
    #expect(drawn["loss"] == loss)
    // The mean of bounds of one latent is the evidence lower bound, but for what is drawn.
    let single = try #require(try Self.figures(Self.vae { $0.boundCount = 400 })["loss"])
    #expect(abs(single - elbo) < 1)
  }

  @Test func freeBitsAndWeights() throws {
    let plain = try Self.figures(Self.vae())
    let (reconstruction, divergence) = (try #require(plain["reconstruction"]), try #require(plain["kl"]))
    let free = try Self.figures(Self.vae { $0.freeBits = 100 })
    #expect(abs(try #require(free["loss"]) - reconstruction - 200) < 1e-3)
    let weighted = try Self.figures(Self.vae { $0.beta = 0.5 })
    #expect(abs(try #require(weighted["loss"]) - (reconstruction + 0.5 * divergence)) < 1e-9)
  }

  @Test func missingQuadrants() throws {
    func figures(_ change: (inout QuadrantVAE.Configuration) -> Void) throws -> Metrics {
      var configuration = QuadrantVAE.Configuration(givenQuadrants: 1)
      (configuration.height, configuration.width) = (2, 2)
      (configuration.latentSize, configuration.hiddenSize) = (2, 3)
      change(&configuration)
      return try Self.figures(QuadrantVAE(configuration))
    }
    let (plain, weighted) = (try figures { _ in }, try figures { $0.importanceSamples = 50 })
    #expect(plain.entries.map(\.name) == terms + ["baseline"])
    let (elbo, baseline) = (try #require(plain["negative_elbo"]), try #require(plain["baseline"]))
    #expect(weighted.entries.first?.name == "loss")
    #expect(try #require(weighted["loss"]) < elbo + baseline - 1)
    let heavy = try #require(try figures { $0.beta = 3 }["loss"])
    let divergence = try #require(plain["kl"])
    #expect(abs(heavy - (elbo + 2 * divergence + baseline)) < 1e-3)
  }

  /// While β grows, losses are no measure: nothing is noted of the epochs up to fifty steps after the fourth.
  @Test(arguments: [(0, 16), (4, 4), (100, 0)]) func warmup(steps: Int, epochs: Int) throws {
    let vae = try Self.vae { $0.betaWarmup = steps }
    #expect(vae.warmupSteps == steps)
    var trend = TrainingTrend()
    // Two steps an epoch.
    _ = try Trainer(vae, length: .steps(60), batchSize: 4).train(on: tinyImages(9), heldOut: tinyImages(5)) {
      trend = $0.checkpoint.trend
    }
    #expect(trend.heldOut.latest.count == epochs)
  }

  @Test func warmupsOfOtherModels() throws {
    var quadrants = QuadrantVAE.Configuration(givenQuadrants: 1)
    quadrants.betaWarmup = 7
    let model = try QuadrantVAE(quadrants)
    #expect(model.warmupSteps == 7)
    #expect(try DCGAN().warmupSteps == 0)
    // What is said of a training that ends before.
    let remarks = model.remarks(onTrainingOf: 6)
    #expect(remarks.count == 1 && remarks[0].hasPrefix("betaWarmup is 7 steps, more than the 6 of the training: "))
    #expect(try Self.vae { $0.betaWarmup = 7 }.remarks(onTrainingOf: 6) == remarks)
    #expect(model.remarks(onTrainingOf: 7).isEmpty)
    #expect(try DCGAN().remarks(onTrainingOf: 1).isEmpty)
  }
}
