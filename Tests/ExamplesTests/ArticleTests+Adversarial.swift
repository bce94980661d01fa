import Latent
import Testing

/// The articles on adversaries.
extension ArticleTests {
  @Test func adversarialTechniques() throws {
    // Article: AdversarialTechniques
    var configuration = GANConfiguration(loss: .relativisticAverage, normalization: .spectral)
    configuration.techniques.packSize = 2
    configuration.techniques.augmentation = Augmentation([.translation, .cutout])
    let gan = try GAN(configuration)
    let trained = try Trainer(gan, length: .steps(4), batchSize: 8).train(on: BuiltInDigits.make(count: 100))

    final class Judge: Discriminator {
      let hidden = Dense(from: 4, to: 16)
      let score = Dense(from: 16, to: 1)

      func callAsFunction(_ samples: Tensor, given condition: Condition, in context: Context) -> DiscriminatorOutput {
        let features = hidden(samples, in: context).leakyReLU(slope: 0.2)
        return DiscriminatorOutput(scores: score(features, in: context).squeezed(axis: 1), features: features)
      }
    }

    final class Maker: Generator {
      let layers = Sequential(Dense(from: 2, to: 16), .relu, Dense(from: 16, to: 2))

      func callAsFunction(_ latents: Tensor, given condition: Condition, in context: Context) -> Tensor {
        layers(latents, in: context)
      }
    }

    final class Points: Module {
      let generator = Maker()
      let discriminator = Judge()
    }

    let points = Points()
    var procedure = AdversarialTraining(
      network: Network(points), generator: points.generator, discriminator: points.discriminator, prior: NormalPrior(2))
    procedure.packSize = 2  // the discriminator gets two points of two numbers as one of four
    procedure.terms = [FeatureMatching(weight: 0.1), HistoricalAveraging(weight: 0.01)]
    procedure.views = [InstanceNoise(deviation: 0.1, steps: 100)]
    var training = procedure.makeTraining(seed: 1, generator: Adam(), discriminator: Adam())
    var random = RandomGenerator(seed: 2)
    for _ in 0..<5 {
      let metrics = try procedure.step(&training) { .normal([16, 2], using: &random) }
      print(metrics)
    }
    // End of the article
    #expect(trained.step == 4 && training.step == 5 && training.memory.firstNonFinite == nil)
    try expectArticle("AdversarialTechniques")
  }

  @Test func styleBasedGenerators() throws {
    let folder = try TemporaryFolder()
    let file = folder.path("mix.png")
    // Article: StyleBasedGenerators
    let digits = BuiltInDigits.make(count: 300)
    let configuration = StyleGAN.Configuration(latentSize: 16, features: 4, mostFeatures: 8)
    let model = try StyleGAN(configuration)
    let trained = try Trainer(model, length: .steps(20), batchSize: 16, seed: 1).train(on: digits)

    let usual = try trained.averaged?.styled { $0.truncation = 0.7 }
    let mixed = try trained.styled { $0.mixedLatents = 2 }
    let images = try mixed.sample(8, seed: 1)
    let table = try trained.mixtures(rows: 3, columns: 4)
    try PNG.writeGrid(table.images, columns: table.columns, to: file)

    let latents = try trained.drawLatents(2, seed: 3)
    let mapped = try trained.map(latents)
    let between = LatentPath.straight.points(from: mapped[0], to: mapped[1], count: 5)
    let way = try trained.decode(mapped: between)
    // End of the article
    #expect(try usual?.sample(2).shape == [2, 28, 28, 1] && images.shape == [8, 28, 28, 1])
    #expect(way[0] == (try trained.decode(latents))[0] && table.images.count == 20)
    #expect(try !folder.contents("mix.png").isEmpty)
    try expectArticle("StyleBasedGenerators")
  }
}
