import Datasets
import Layers
import Models
import Tensor
import Testing
import Training

/// What an opened model can do, asked without knowing which it is.
@Suite struct AbilitiesTests {
  private static func vae(classCount: Int? = nil) throws -> TrainedModel {
    let vae = try VAE(
      VAE.Configuration(height: 4, width: 4, latentSize: 2, hiddenSize: 5, classCount: classCount))
    return TrainedModel(model: vae, state: vae.makeTraining(seed: 1).state)
  }

  private static func gan(_ conditioning: GANConditioning = .none) throws -> TrainedModel {
    var configuration = GANConfiguration.wganGP
    (configuration.height, configuration.width, configuration.latentSize) = (4, 4, 3)
    (configuration.generatorFeatures, configuration.discriminatorFeatures) = (2, 2)
    configuration.conditioning = conditioning
    let gan = try WGANGP(configuration)
    return TrainedModel(model: gan, state: gan.makeTraining(seed: 1).state)
  }

  private let images = Tensor.linearSpace(from: 0, to: 1, count: 48).reshaped(to: [3, 4, 4, 1])

  private func refusal(_ body: () throws -> Tensor) throws -> String {
    try #require(throws: CapabilityError.self) { _ = try body() }.description
  }

  @Test func whatAModelLacksIsNamed() throws {
    let (gan, vae) = (try Self.gan(), try Self.vae())
    #expect(try refusal { try gan.reconstruct(images) } == "wgan-gp cannot reconstruct: it has no encoder")
    #expect(try refusal { try gan.encode(images) } == "wgan-gp cannot encode: it has no encoder")
    #expect(
      try refusal { try gan.interpolate(from: images[0], to: images[1], count: 3) }
        == "wgan-gp cannot interpolate: it has no encoder")
    #expect(try refusal { try gan.logLikelihoods(of: images) } == "wgan-gp cannot tell likelihoods: it has none")
    #expect(
      try refusal { try gan.anomalyScores(of: images) }
        == "wgan-gp cannot score anomalies: it has neither a likelihood nor a reconstruction")
    #expect(try refusal { try vae.scores(of: images) } == "vae cannot score samples: it has no discriminator")
    #expect(try refusal { try vae.translate(images) } == "vae cannot translate: it was not trained to")
    #expect(try refusal { try vae.restore(images) } == "vae cannot restore: it was not trained to")
  }

  @Test func whatDoesNotSuitIsNamed() throws {
    let (vae, conditional) = (try Self.vae(), try Self.vae(classCount: 3))
    let wide = Tensor.zeros([3, 4, 5, 1])
    #expect(
      try refusal { try vae.reconstruct(wide) }
        == "vae cannot reconstruct: expected a tensor [N, 4, 4, 1], found [3, 4, 5, 1]")
    #expect(
      try refusal { try vae.decode(.zeros([1, 3])) }
        == "vae cannot decode latents: expected a tensor [N, 2], found [1, 3]")
    #expect(
      try refusal { try vae.sample(2, given: .labels([1, 2])) }
        == "vae cannot sample: it takes no condition, found class labels")
    #expect(
      try refusal { try conditional.sample(2, given: .labels([1, 3])) }
        == "vae cannot sample: expected labels of 3 classes, found label 3")
    #expect(
      try refusal { try conditional.sample(2, given: .labels([1])) }
        == "vae cannot sample: expected labels of 3 classes, found conditions for 1 sample")
    #expect(
      try refusal { try conditional.reconstruct(images) }
        == "vae cannot reconstruct: expected labels of 3 classes, found no condition")
  }

  @Test func aVAECanDoAllThatItsPartsCan() throws {
    let vae = try Self.vae()
    let latents = try vae.encode(images)
    #expect(latents.shape == [3, 2])
    #expect(try vae.reconstruct(images) == vae.decode(latents))
    let path = try vae.interpolate(from: images[0], to: images[2], count: 5)
    #expect(path.shape == [5, 4, 4, 1])
    let ends = try vae.reconstruct(images)
    #expect((path[0] - ends[0]).absolute().max().scalar < 1e-6)
    #expect((path[4] - ends[2]).absolute().max().scalar < 1e-6)
    #expect(try vae.decode(vae.drawLatents(4, seed: 3)) == vae.sample(4, seed: 3))
    #expect(try vae.anomalyScores(of: images, seed: 2) == -vae.logLikelihoods(of: images, seed: 2))
    #expect(try vae.logLikelihoods(of: images, draws: 20).shape == [3])
  }

  /// A hundred draws are tighter than one on average.
  @Test func moreDrawsTightenTheBound() throws {
    let vae = try Self.vae()
    let one = try (0..<200).map { Double(try vae.logLikelihoods(of: images, seed: UInt64($0)).mean().scalar) }
    let many = Double(try vae.logLikelihoods(of: images, draws: 100).mean().scalar)
    #expect(many > one.reduce(0, +) / 200)
  }

  @Test func aGANScoresAndDecodes() throws {
    let gan = try Self.gan()
    #expect(try gan.scores(of: images).shape == [3])
    #expect(try gan.decode(gan.drawLatents(2)) == gan.sample(2))
  }

  /// Without a word about classes, one follows the other.
  @Test(arguments: [GANConditioning.projection(classCount: 3), .auxiliary(classCount: 3)])
  func classesTakeTurns(_ conditioning: GANConditioning) throws {
    let gan = try Self.gan(conditioning)
    #expect(try gan.sample(5) == gan.sample(5, given: .labels([0, 1, 2, 0, 1])))
    #expect(try gan.sample(5) != gan.sample(5, given: .labels([0, 1, 2, 0, 2])))
    // The class changes a sample, other samples' classes do not.
    let (some, others) = (try gan.sample(3, given: .labels([0, 1, 2])), try gan.sample(3, given: .labels([0, 2, 2])))
    #expect(some[0] == others[0] && some[2] == others[2] && some[1] != others[1])
  }

  /// Batches that are handed out one by one are those of the whole.
  @Test func samplesInBatches() throws {
    let vae = try Self.vae()
    var batches: [Tensor] = []
    try vae.forEachBatch(of: 150, seed: 4) { batches.append($0) }
    #expect(batches.count == 3)
    #expect(try Tensor.concatenated(batches) == vae.sample(150, seed: 4))
  }
}
