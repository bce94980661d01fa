import Datasets
import Layers
import Tensor
import Testing

@testable import Models
@testable import Training

/// Models that are told classes.
@Suite struct ConditionalTests {
  private static func gan(_ conditioning: GANConditioning, _ base: GANConfiguration = .dcgan) throws -> DCGAN {
    var configuration = base
    (configuration.height, configuration.width, configuration.latentSize) = (8, 8, 3)
    (configuration.generatorFeatures, configuration.discriminatorFeatures) = (4, 4)
    configuration.conditioning = conditioning
    return try DCGAN(configuration)
  }

  @Test(arguments: [
    (GANConditioning.projection(classCount: 3), GANConfiguration.spectralNorm),
    (.projection(classCount: 3), .wganGP), (.auxiliary(classCount: 3), .dcgan), (.auxiliary(classCount: 3), .wganGP),
  ])
  func steps(_ conditioning: GANConditioning, _ base: GANConfiguration) throws {
    let gan = try Self.gan(conditioning, base)
    var training = gan.makeTraining(seed: 1)
    let before = training.state
    var feed = BatchFeed.noise(for: gan, batchSize: 6)
    for _ in 0..<3 {
      let metrics = try gan.trainingStep(&feed, &training)
      training.step += 1
      #expect(metrics.firstNonFinite == nil)
      #expect((metrics["class_loss"] != nil) == (conditioning == .auxiliary(classCount: 3)))
    }
    for name in before.names where name != "discriminator.score.bias" {
      #expect(training.state[name] != before[name], "\(name) never changed")
    }
  }

  /// Before anything is learned, a class head knows nothing: ln 3 nats.
  @Test func aClassHeadStartsAtTheEntropyOfTheClasses() throws {
    let gan = try Self.gan(.auxiliary(classCount: 3))
    var training = gan.makeTraining(seed: 1)
    training.state["discriminator.classifier.weight"] = training.state["discriminator.classifier.weight"].map { $0 * 0 }
    training.state["discriminator.classifier.bias"] = .zeros([3])
    var feed = BatchFeed.noise(for: gan, batchSize: 6)
    let term = try #require(try gan.trainingStep(&feed, &training)["class_loss"])
    #expect(abs(term - 1.098_612) < 1e-5)
  }

  /// d(x, y) - d(x, y′) = ⟨V_y - V_y′, φ(x)⟩ (Miyato and Koyama, equation 3).
  @Test func projection() throws {
    let gan = try Self.gan(.projection(classCount: 3), .wganGP)
    var state = gan.makeTraining(seed: 1).state
    var random = RandomGenerator(seed: 2)
    state["discriminator.projection.weight"] = .normal([3, 2 * 2 * 8], using: &random)
    let images = Tensor.normal([4, 8, 8, 1], using: &random)
    let context = Context(gan.network, state, mode: .inference)
    let (first, second) = ([0, 1, 2, 0], [2, 1, 0, 1])
    let a = gan.procedure.discriminator(images, given: .labels(first), in: context)
    let b = gan.procedure.discriminator(images, given: .labels(second), in: context)
    let (features, table) = (try #require(a.features), try #require(state["discriminator.projection.weight"]))
    let expected = ((table.gathered(at: first) - table.gathered(at: second)) * features).sum(axes: [1])
    #expect((a.scores - b.scores - expected).absolute().max().scalar < 1e-4)
    #expect((expected[0]).absolute().scalar > 1e-3 && expected[1].scalar == 0)
  }

  /// Renaming the classes in both networks and the data leaves all as it is; in one network alone it does not.
  @Test func classesAreNamesOnly() throws {
    let gan = try Self.gan(.projection(classCount: 3), .wganGP)
    var state = gan.makeTraining(seed: 1).state
    var random = RandomGenerator(seed: 2)
    for name in state.names where gan.network.parameterNames.contains(name) {
      state[name] = state[name].map { $0 + .normal($0.shape, standardDeviation: 0.3, using: &random) }
    }
    let latents = Tensor.normal([3, 3], using: &random)
    func scores(_ state: State, _ labels: [Int]) -> [Float] {
      let context = Context(gan.network, state, mode: .inference)
      let images = gan.procedure.generator(latents, given: .labels(labels), in: context)
      return gan.procedure.discriminator(images, given: .labels(labels), in: context).scores.scalars
    }
    // Class c is called order[c] afterwards.
    let (order, inverse) = ([2, 0, 1], [1, 2, 0])
    func renamed(_ prefix: String, in state: State) throws -> State {
      var result = state
      for name in state.names where name.hasPrefix(prefix) {
        let tensor = try #require(state[name])
        if tensor.shape.sizes.first == 3 { result[name] = tensor.gathered(at: inverse) }
        if name == "generator.project.weight" {
          // The one-hot rows lie below those of the latents.
          result[name] = tensor.gathered(at: [0, 1, 2] + inverse.map { 3 + $0 })
        }
      }
      return result
    }
    let plain = scores(state, [0, 1, 2])
    let inGenerator = try renamed("generator", in: state)
    let inBoth = try renamed("discriminator.projection", in: inGenerator)
    #expect(zip(scores(inBoth, order), plain).allSatisfy { abs($0 - $1) < 1e-4 })
    #expect(!zip(scores(inGenerator, order), plain).allSatisfy { abs($0 - $1) < 1e-2 })
  }

  @Test func onlyRowsOfClassesThatOccurGetGradients() {
    final class Part: Module { let norm = ConditionalBatchNorm(2, classCount: 3) }
    let part = Part()
    let network = Network(part)
    var random = RandomGenerator(seed: 1)
    let state = network.initialState(using: &random)
    let input = Tensor.normal([4, 5, 2], using: &random)
    let context = Context(
      network, state, mode: .training, differentiating: network.parameterNames, random: random.split())
    let output = part.norm(input, labels: [0, 2, 0, 2], in: context)
    let gradients = context.gradients(of: (output * output * output).sum())
    for name in ["norm.scale", "norm.offset"] {
      let rows = gradients[name]?.scalars ?? []
      #expect(rows[2] == 0 && rows[3] == 0 && rows[0] != 0 && rows[4] != 0, "\(name)")
    }
    // With equal rows it is batch normalization.
    let plain = input.batchNorm(scale: .ones([2]), offset: .zeros([2]), epsilon: 1e-5).output
    #expect(output.detached() == plain)
  }

  /// What is rare among the data is as rare among what the generator is asked for.
  @Test func generatedSamplesAreOfTheClassesOfTheRealOnes() throws {
    final class Told: Generator {
      let weight = Parameter([1], .zeros)
      nonisolated(unsafe) var labels: [[Int]] = []
      func callAsFunction(_ latents: Tensor, given condition: Condition, in context: Context) -> Tensor {
        labels.append(condition.labels ?? [])
        return latents * context[weight]
      }
    }
    final class Parts: Module {
      let generator = Told()
      let critic = DiscriminatorLayer(Sequential(Dense(from: 2, to: 1), .reshape(to: [])))
    }
    let parts = Parts()
    let procedure = AdversarialTraining(
      network: Network(parts), generator: parts.generator, discriminator: parts.critic,
      prior: NormalPrior(2), conditions: .classes(3))
    var training = procedure.makeTraining(seed: 1, generator: Adam(), discriminator: Adam())
    _ = try procedure.trainingStep(&training) { (.ones([4, 2]), .labels([2, 2, 0, 2])) }
    #expect(parts.generator.labels == [[2, 2, 0, 2]])
  }

  @Test func aConditionalVAE() throws {
    for architecture in VAE.Architecture.allCases {
      let vae = try VAE(
        VAE.Configuration(
          height: 8, width: 8, latentSize: 2, architecture: architecture, hiddenSize: 9, convolutionFeatures: 3,
          classCount: 4))
      #expect(vae.inputs[0].condition == .classes(4))
      var training = vae.makeTraining(seed: 1)
      var feed = BatchFeed.noise(for: vae, batchSize: 5)
      let first = try vae.trainingStep(&feed, &training)
      #expect(abs((first["reconstruction"] ?? 0) - 64 * 0.693_147) < 3)
      let latents = Tensor.zeros([2, 2])
      let images = vae.decode(latents, given: .labels([0, 3]), with: training.state)
      #expect(images[0] != images[1])
      let posterior = vae.encode(images, given: .labels([0, 3]), with: training.state)
      #expect(posterior != vae.encode(images, given: .labels([1, 3]), with: training.state))
    }
  }

  @Test func dataWithoutLabelsAreRefusedBeforeTheFirstStep() throws {
    let vae = try VAE(VAE.Configuration(height: 2, width: 2, latentSize: 2, hiddenSize: 3, classCount: 10))
    let trainer = Trainer(vae, length: .steps(1), batchSize: 2)
    let error = try #require(throws: TrainingError.self) { try trainer.train(on: tinyImages(4)) }
    #expect(error.description == "training data: expected labels of 10 classes, found no condition")
    let many = try ImageSet(pixels: [UInt8](repeating: 7, count: 16), height: 2, width: 2, labels: [0, 1, 2, 10])
    let other = try #require(throws: TrainingError.self) { try trainer.train(on: many) }
    #expect(other.description == "training data: expected labels of 10 classes, found labels of 11 classes")
  }
}
