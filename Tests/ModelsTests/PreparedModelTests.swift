import Datasets
import Models
import Tensor
import Testing
import Training

@testable import Layers

/// A model that is prepared for use gives the bits that it gives otherwise.
@Suite struct PreparedModelTests {
  /// A small untrained model whose running statistics are not those of a beginning.
  private static func used(_ model: some GenerativeModel) -> TrainedModel {
    var state = model.makeTraining(seed: 4).state
    var random = RandomGenerator(seed: 5)
    for name in state.names where name.hasSuffix("runningMean") || name.hasSuffix("runningVariance") {
      state[name] = .uniform(state[name]?.shape ?? [], in: 0.2..<2, using: &random)
    }
    return TrainedModel(model: model, state: state)
  }

  private static func gan(_ change: (inout GANConfiguration) -> Void = { _ in }) -> GANConfiguration {
    var gan = GANConfiguration()
    (gan.height, gan.width, gan.latentSize, gan.generatorFeatures, gan.discriminatorFeatures) = (16, 12, 7, 32, 8)
    change(&gan)
    return gan
  }

  private static func vae(
    _ architecture: VAE.Architecture, _ change: (inout VAE.Configuration) -> Void = { _ in }
  ) throws -> VAE {
    var vae = VAE.Configuration(height: 16, width: 12, latentSize: 5, architecture: architecture, hiddenSize: 40)
    vae.convolutionFeatures = 32
    change(&vae)
    return try VAE(vae)
  }

  private static let models: [(name: String, make: @Sendable () throws -> TrainedModel)] = [
    ("DCGAN", { used(try DCGAN(gan())) }),
    ("DCGAN of colours", { used(try DCGAN(gan { $0.channels = 3 })) }),
    (
      "WGAN-GP",
      {
        var configuration = GANConfiguration.wganGP
        (configuration.height, configuration.width, configuration.generatorFeatures) = (12, 12, 32)
        return used(try WGANGP(configuration))
      }
    ),
    ("GAN with a spectral norm", { used(try GAN(gan { $0.normalization = .spectral })) }),
    ("GAN with projection", { used(try GAN(gan { $0.conditioning = .projection(classCount: 4) })) }),
    ("GAN with virtual batch norm", { used(try GAN(gan { $0.techniques.virtualBatchSize = 6 })) }),
    ("VAE, dense", { used(try vae(.dense)) }),
    ("VAE, convolutional", { used(try vae(.convolutional)) }),
    ("VAE, residual", { used(try vae(.residual)) }),
    ("VAE of classes", { used(try vae(.convolutional) { $0.classCount = 4 }) }),
    ("InfoGAN", { used(try InfoGAN()) }),
    (
      "StyleGAN",
      {
        used(
          try StyleGAN(StyleGAN.Configuration(height: 8, width: 8, latentSize: 8, features: 8, mostFeatures: 8)))
      }
    ),
  ]

  @Test(arguments: models.indices) func samplesHaveTheSameBits(index: Int) throws {
    let trained = try Self.models[index].make()
    let prepared = trained.prepared()
    let name = Self.models[index].name
    for count in [1, 9, 1] {
      let (expected, samples) = (try trained.sample(count, seed: 3), try prepared.sample(count, seed: 3))
      let isSame = samples.shape == expected.shape && samples.scalars == expected.scalars
      #expect(isSame, "\(name), \(count) samples")
    }
    #expect(prepared.state == trained.state && prepared.step == trained.step, "\(name)")
    // Normalization by class, by a reference and by styles has nothing to join but what stands at the end.
    #expect(prepared.state.preparation?.stages.isEmpty == (name == "StyleGAN"), "\(name)")
  }

  @Test func otherAbilities() throws {
    for architecture in [VAE.Architecture.dense, .convolutional, .residual] {
      let trained = Self.used(try Self.vae(architecture))
      let prepared = trained.prepared()
      let images = try trained.sample(5, seed: 1)
      #expect(try prepared.encode(images) == trained.encode(images))
      #expect(try prepared.reconstruct(images) == trained.reconstruct(images))
      #expect(try prepared.logLikelihoods(of: images, seed: 2) == trained.logLikelihoods(of: images, seed: 2))
    }
    let trained = Self.used(try DCGAN(Self.gan()))
    let images = try trained.sample(5, seed: 1)
    #expect(try trained.prepared().scores(of: images) == trained.scores(of: images))
  }

  @Test func labelsAreHeard() throws {
    let trained = Self.used(try GAN(Self.gan { $0.conditioning = .projection(classCount: 4) }))
    let prepared = trained.prepared()
    let labels = Condition.labels([3, 3, 0])
    #expect(try prepared.sample(3, given: labels, seed: 1) == trained.sample(3, given: labels, seed: 1))
    #expect(throws: CapabilityError.self) { try prepared.sample(1, given: .labels([4])) }
  }

  @Test func manyTasksFromTheFirstCallOn() async throws {
    let trained = Self.used(try DCGAN(Self.gan()))
    let expected = try (0..<32).map { try trained.sample(1 + $0 % 3, seed: UInt64($0)).scalars }
    let prepared = trained.prepared()
    try await withThrowingTaskGroup(of: (Int, [Float]).self) { group in
      for task in 0..<32 {
        group.addTask { (task, try prepared.sample(1 + task % 3, seed: UInt64(task)).scalars) }
      }
      for try await (task, scalars) in group {
        let isSame = scalars == expected[task]
        #expect(isSame, "task \(task)")
      }
    }
  }

  @Test func trainingOnDoesNotChangeIt() throws {
    let model = try DCGAN(Self.gan())
    var training = model.makeTraining(seed: 1)
    var feed = BatchFeed.noise(for: model, batchSize: 4)
    _ = try model.trainingStep(&feed, &training)
    let prepared = TrainedModel(model: model, state: training.state).prepared()
    let before = try prepared.sample(2, seed: 1).scalars
    for _ in 0..<2 { _ = try model.trainingStep(&feed, &training) }
    #expect(try prepared.sample(2, seed: 1).scalars == before)
    let later = TrainedModel(model: model, state: training.state)
    #expect(try later.sample(2, seed: 1).scalars != before)
    #expect(try later.prepared().sample(2, seed: 1).scalars == later.sample(2, seed: 1).scalars)
  }

  @Test func whatItCannotDo() throws {
    let prepared = Self.used(try DCGAN(Self.gan())).prepared()
    let error = #expect(throws: CapabilityError.self) { try prepared.decode(.ones([2, 8])) }
    #expect(error?.description.contains("[2, 8]") == true)
    #expect(throws: CapabilityError.self) { try prepared.encode(.ones([1, 16, 12, 1])) }
  }

  @Test func itIsSavedAsEver() throws {
    let folder = try TemporaryFolder()
    let prepared = Self.used(try DCGAN(Self.gan())).prepared()
    try prepared.save(to: folder.path("model"))
    let opened = try ModelRegistry.standard.load(folder.path("model"))
    #expect(opened.state == prepared.state)
    #expect(try opened.sample(2, seed: 1) == prepared.sample(2, seed: 1))
  }
}
