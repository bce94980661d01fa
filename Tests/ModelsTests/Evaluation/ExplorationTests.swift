import Datasets
import Layers
import Tensor
import Testing

@testable import Evaluation
@testable import Models
@testable import Training

/// Looking into latents and scores.
@Suite struct ExplorationTests {
  private func gan() throws -> TrainedModel {
    var configuration = GANConfiguration.wganGP
    (configuration.height, configuration.width, configuration.latentSize) = (8, 8, 3)
    (configuration.generatorFeatures, configuration.discriminatorFeatures) = (4, 4)
    let model = try WGANGP(configuration)
    return TrainedModel(model: model, state: model.makeTraining(seed: 1).state)
  }

  @Test func aTraversalMovesOneVariableARow() throws {
    let trained = try gan()
    let images = try trained.traversal(variables: [2, 0], in: -2...2, count: 5)
    #expect(images.shape == [10, 8, 8, 1])
    let expected = try trained.decode(Tensor([0, 0, -2, 0, 0, 1, 2, 0, 0], shape: [3, 3]))
    #expect(images[0] == expected[0] && images[3] == expected[1] && images[9] == expected[2])
    #expect(images[2] == images[7], "the middle of every row is the start")
    let error = #expect(throws: CapabilityError.self) { try trained.traversal(from: Tensor([1])) }
    #expect(error?.description == "wgan-gp cannot traverse latents: expected one of shape [3], found [1]")
  }

  @Test func aManifoldIsAPlaneOfEqualShares() throws {
    let trained = try gan()
    let images = try trained.manifold(variables: (1, 2), side: 3)
    // Quantiles 1/6, 1/2 and 5/6 of the normal distribution; the second variable grows upwards.
    let q: Float = 0.967_421_6
    let expected = try trained.decode(Tensor([0, -q, q, 0, 0, 0, 0, q, -q], shape: [3, 3]))
    #expect((images[0] - expected[0]).absolute().max().scalar < 1e-5)
    #expect((images[4] - expected[1]).absolute().max().scalar < 1e-5)
    #expect((images[8] - expected[2]).absolute().max().scalar < 1e-5)
  }

  /// Layers of latents and vectors of codes are not moved variable by variable: the picture would say something false.
  @Test func variablesThatMeanNothingByThemselves() throws {
    var configuration = VAE.Configuration(height: 8, width: 8, latentSize: 4, hiddenSize: 4)
    #expect(try VAE(configuration).latentVariables == .standardNormal)
    configuration.stochasticLayers = 2
    let layers = try VAE(configuration)
    let codes = try VQVAE(
      VQVAE.Configuration(height: 8, width: 8, codeCount: 4, features: 2, priorFeatures: 2, priorLayerCount: 1))
    for (trained, text) in [
      (
        TrainedModel(model: layers, state: layers.makeTraining(seed: 1).state),
        "variable by variable: they form layers, each of which depends on the one above it"
      ),
      (
        TrainedModel(model: codes, state: codes.makeTraining(seed: 1).state),
        "variable by variable: they are vectors of codes"
      ),
    ] {
      let kind = trained.kind
      let traversal = #expect(throws: CapabilityError.self) { try trained.traversal(count: 3) }
      #expect(traversal?.description == "\(kind) cannot traverse latents \(text)")
      let manifold = #expect(throws: CapabilityError.self) { try trained.manifold(side: 2) }
      #expect(manifold?.description == "\(kind) cannot show a manifold \(text)")
    }
  }

  /// The contributions of an image's pixels sum to the difference that they explain.
  @Test func attributionsAreComplete() throws {
    let trained = try gan()
    var random = RandomGenerator(seed: 3)
    let images = Tensor.uniform([3, 8, 8, 1], using: &random)
    let black = try trained.scores(of: .zeros([3, 8, 8, 1]))
    let difference = try trained.scores(of: images) - black
    let sums = try trained.attribution(of: images, steps: 400).flattened().sum(axes: [1])
    #expect((sums - difference).absolute().max().scalar < 0.02 * difference.absolute().max().scalar)
    // From a picture to itself nothing is explained.
    #expect(try trained.attribution(of: images[0..<1], baseline: images[0]).absolute().max().scalar == 0)
  }

  @Test func saliencyIsTheGradient() throws {
    let trained = try gan()
    var random = RandomGenerator(seed: 3)
    let images = Tensor.uniform([2, 8, 8, 1], using: &random)
    let saliency = try trained.saliency(of: images)
    #expect(saliency.shape == images.shape && saliency.scalars.allSatisfy { $0 >= 0 })
    let pixel = 27
    var moved = images.scalars
    let step: Float = 1e-2
    moved[pixel] += step
    let up = try trained.scores(of: Tensor(moved, shape: images.shape))[0].scalar
    moved[pixel] -= 2 * step
    let down = try trained.scores(of: Tensor(moved, shape: images.shape))[0].scalar
    let slope = abs(up - down) / (2 * step)
    #expect(abs(slope - saliency.scalars[pixel]) < 0.05 * slope + 1e-4)
  }

  /// The coarse layers of the sample at the left, the fine ones of that above.
  @Test func tablesOfMixtures() throws {
    let model = try StyleGANTests.tiny()
    let trained = TrainedModel(model: model, state: StyleGANTests.noisy(model))
    let table = try trained.mixtures(rows: 2, columns: 3, fineFrom: 1, seed: 4)
    #expect(table.columns == 4 && table.images.count == 12)
    let mapped = try trained.map(trained.drawLatents(5, seed: 4))
    func bytes(_ mapped: Tensor) throws -> [UInt8] { try trained.decode(mapped: mapped).bytes }
    func cell(_ index: Int) -> [UInt8] { table.images.batch(at: [index]).samples.bytes }
    #expect(cell(0).allSatisfy { $0 == 0 })
    #expect(try cell(2) == bytes(mapped[3..<4]) && cell(8) == bytes(mapped[1..<2]))
    let mixed = MappedLatents.mixed([mapped[1..<2], mapped[4..<5]], crossovers: [[1]], layers: model.layerCount)
    #expect(try cell(11) == bytes(mixed) && cell(11) != cell(8) && cell(11) != cell(3))
    var error = #expect(throws: CapabilityError.self) { try trained.mixtures(rows: 1, columns: 1, fineFrom: 4) }
    #expect(error?.description == "stylegan cannot mix samples: expected a layer from 1 to 3, found 4")
    error = #expect(throws: CapabilityError.self) { try gan().mixtures(rows: 1, columns: 1) }
    #expect(error?.description == "wgan-gp cannot mix samples: it makes no images of mapped latents")
  }

  @Test func modelsWithoutTheAbility() throws {
    let vae = try VAE(VAE.Configuration(height: 8, width: 8, latentSize: 1, hiddenSize: 4))
    let trained = TrainedModel(model: vae, state: vae.makeTraining(seed: 1).state)
    let saliency = #expect(throws: CapabilityError.self) { try trained.saliency(of: .zeros([1, 8, 8, 1])) }
    #expect(saliency?.description == "vae cannot score samples: it has no discriminator")
    let manifold = #expect(throws: CapabilityError.self) { try trained.manifold() }
    #expect(manifold?.description == "vae cannot show a manifold: it has one latent variable")
  }
}
