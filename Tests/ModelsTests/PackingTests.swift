import Datasets
import Layers
import Tensor
import Testing

@testable import Models
@testable import Training

/// Discriminators that judge several samples together.
@Suite struct PackingTests {
  @Test(arguments: try AdversarialCase.cases("packing")) func asGolden(_ golden: AdversarialCase) throws {
    let x = try golden.input("x").recorded()
    let y = x.packed(try #require(golden.params.m))
    #expect(y.shape.sizes == (try #require(golden.outputs["y"]).shape))
    try golden.check(["y": y], from: ["x": x])
  }

  @Test func vectors() {
    #expect(
      Tensor([1, 2, 3, 4, 5, 6, 7, 8], shape: [4, 2]).packed(2) == Tensor([1, 2, 3, 4, 5, 6, 7, 8], shape: [2, 4]))
  }

  /// A generator that makes the same number again and again, and a discriminator that looks at pairs.
  private final class Parts: Module {
    let generator = Constant()
    let discriminator: Pairs
    init(_ look: @escaping @Sendable (Tensor, Tensor) -> Tensor) { discriminator = Pairs(look) }
  }

  private final class Constant: Layer {
    let value = Parameter([1, 1], .zeros)
    func callAsFunction(_ input: Tensor, in context: Context) -> Tensor { input * 0 + (context[value] - 1) }
  }

  private final class Pairs: Layer {
    let scale = Parameter([], .ones)
    private let look: @Sendable (Tensor, Tensor) -> Tensor
    init(_ look: @escaping @Sendable (Tensor, Tensor) -> Tensor) { self.look = look }
    func callAsFunction(_ input: Tensor, in context: Context) -> Tensor {
      look(input[0..., 0], input[0..., 1]) * context[scale]
    }
  }

  private func metrics(
    _ configure: (inout AdversarialTraining) -> Void = { _ in },
    _ look: @escaping @Sendable (Tensor, Tensor) -> Tensor
  ) throws -> Metrics {
    let parts = Parts(look)
    var procedure = AdversarialTraining(
      network: Network(parts), generator: parts.generator, discriminator: parts.discriminator, latentSize: 1)
    procedure.packSize = 2
    configure(&procedure)
    var training = procedure.makeTraining(seed: 1, generator: Adam(), discriminator: Adam())
    return try procedure.step(&training) { .ones([6, 1]) }
  }

  /// Real samples are 1, generated ones -1: a product of two is 1 if both are of one kind.
  @Test func noPackMixesRealAndFake() throws {
    let metrics = try metrics { $0 * $1 }
    #expect(metrics["real_score"] == 1 && metrics["fake_score"] == 1)
  }

  /// Between equal pairs the two are equal only if they are mixed alike; then the difference's square has no gradient,
  /// and the penalty is that of a norm of 0.
  @Test func oneMixAPack() throws {
    let metrics = try metrics(
      {
        $0.loss = .wasserstein
        $0.regularizer = .gradientPenalty(weight: 3)
      }, { ($0 - $1).square() * 1000 })
    #expect(abs((metrics["penalty"] ?? 0) - 3) < 1e-4)
  }

  private func configuration(_ packSize: Int) -> GANConfiguration {
    var configuration = GANConfiguration(height: 8, width: 8, normalization: .none)
    (configuration.latentSize, configuration.generatorFeatures, configuration.discriminatorFeatures) = (3, 4, 4)
    configuration.techniques.packSize = packSize
    return configuration
  }

  /// Packs of one are the model without packs, to the bit.
  @Test func packsOfOne() throws {
    func train(_ configuration: GANConfiguration) throws -> (TrainingState, Metrics) {
      let gan = try GAN(configuration)
      var training = gan.makeTraining(seed: 1)
      var feed = BatchFeed.noise(for: gan, batchSize: 6)
      var metrics = Metrics()
      for _ in 0..<3 { metrics = try gan.trainingStep(&feed, &training) }
      return (training, metrics)
    }
    var plain = configuration(1)
    plain.techniques = GANTechniques()
    let ((state, metrics), (expected, expectedMetrics)) = (try train(configuration(1)), try train(plain))
    #expect(state.state == expected.state && metrics == expectedMetrics && state.random == expected.random)
    let dcgan = try DCGAN(plain)
    var training = dcgan.makeTraining(seed: 1)
    var feed = BatchFeed.noise(for: dcgan, batchSize: 6)
    for _ in 0..<3 { _ = try dcgan.trainingStep(&feed, &training) }
    #expect(state.state == training.state)
  }

  /// The order in a pack matters to the discriminator, and each sample of it gets a gradient of its own.
  @Test func membersOfAPack() throws {
    let gan = try GAN(configuration(2))
    let state = gan.makeTraining(seed: 1).state
    var random = RandomGenerator(seed: 2)
    let images = Tensor.normal([4, 8, 8, 1], using: &random)
    let context = Context(gan.network, state, mode: .inference)
    func scores(_ images: Tensor) -> Tensor {
      gan.procedure.discriminator(images.packed(2), given: .none, in: context).scores
    }
    let (plain, swapped) = (scores(images), scores(images.gathered(at: [1, 0, 2, 3])))
    #expect(plain.shape == [2])
    #expect(plain.scalars[0] != swapped.scalars[0] && plain.scalars[1] == swapped.scalars[1])
    let gradient = images.gradient { scores($0).sum() }
    let norms = gradient.square().sum(axes: [1, 2, 3]).scalars
    #expect(norms.allSatisfy { $0 > 0 } && Set(norms).count == 4)
  }

  /// Used alone, an image is judged as a pack of itself.
  @Test func scoresOfImages() throws {
    let gan = try GAN(configuration(2))
    let state = gan.makeTraining(seed: 1).state
    var random = RandomGenerator(seed: 2)
    let images = Tensor.uniform([3, 8, 8, 1], using: &random)
    let scores = gan.scores(of: images, given: .none, with: state)
    #expect(scores.shape == [3])
    #expect((scores[0..<1] - gan.scores(of: images[0..<1], given: .none, with: state)).absolute().max().scalar <= 1e-6)
  }

  @Test func misuseStops() async {
    let result = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = Tensor.ones([5, 2]).packed(2)
    }
    expect(result, saysWhy: "packed: samples of shape [5, 2] do not make packs of 2")
  }
}
