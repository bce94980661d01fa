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

  /// The reference adds the mean cross-entropies of real and generated samples; here each of the two counts half in the
  /// discriminator's loss.
  @Test(arguments: try AdversarialCase.cases("acGAN")) func classHeadAsGolden(_ golden: AdversarialCase) throws {
    let leaves = golden.inputs.mapValues { $0.tensor.recorded() }
    func part(_ kind: String, _ labels: [Int]?) throws -> AdversarialPass.Part {
      let output = DiscriminatorOutput(
        scores: try #require(leaves[kind + "Source"]),
        heads: [AuxiliaryClassifier.head: try #require(leaves[kind + "Class"])])
      return AdversarialPass.Part(.zeros([4, 1]), .labels(try #require(labels)), latents: nil) { _, _ in output }
    }
    let (real, fake) = (try part("real", golden.params.realLabels), try part("fake", golden.params.fakeLabels))
    let pass = AdversarialPass(
      step: 0, fake: fake, real: real, random: SampleRandom(RandomGenerator(seed: 1)), context: emptyContext()
    ) { samples, _ in DiscriminatorOutput(scores: samples) }
    let loss = golden.params.form == "minimax" ? AdversarialLoss.minimax : .nonSaturating
    let source: Tensor
    let ofClass: Tensor?
    if golden.params.player == "discriminator" {
      source =
        loss.discriminatorTerms(real: real.output.scores).mean()
        + loss.discriminatorTerms(fake: fake.output.scores).mean()
      ofClass = AuxiliaryClassifier(weight: 2).discriminatorTerm(pass)
    } else {
      source = loss.generatorTerms(fake: fake.output.scores).mean()
      ofClass = AuxiliaryClassifier(weight: 1).generatorTerm(pass)
    }
    let classTerm = try #require(ofClass).mean()
    try golden.check(
      ["source": source, "class": classTerm, "loss": source + classTerm],
      from: leaves.filter { golden.gradients?[$0.key] != nil })
  }

  /// Images whose features are those of the reference, by convolutions that copy a pixel each; the fourth feature is 0.
  @Test func projectionAsGolden() throws {
    let golden = try #require(try AdversarialCase.cases("projectionDiscriminator").first)
    var configuration = GANConfiguration(height: 4, width: 4, channels: 2, normalization: .none)
    (configuration.latentSize, configuration.generatorFeatures, configuration.discriminatorFeatures) = (3, 2, 2)
    configuration.conditioning = .projection(classCount: 4)
    let gan = try DCGAN(configuration)
    var state = gan.makeTraining(seed: 1).state
    func copying(_ shape: Tensor.Shape, _ places: [Int]) -> Tensor {
      var scalars = [Float](repeating: 0, count: shape.scalarCount)
      for place in places { scalars[place] = 1 }
      return Tensor(scalars, shape: shape)
    }
    // `[out, row, column, in]`: row and column 1 of a kernel lie where a stride begins, 2 beside them.
    func place(_ out: Int, _ tap: Int, _ input: Int) -> Int { ((out * 4 + tap) * 4 + tap) * 2 + input }
    let (first, second) = ("discriminator.shrink", "discriminator.shrinkAgain")
    state[first + ".weight"] = copying([2, 4, 4, 2], [place(0, 1, 0), place(1, 1, 1)])
    state[second + ".weight"] = copying([4, 4, 4, 2], [place(0, 1, 0), place(1, 1, 1), place(2, 2, 0)])
    (state[first + ".bias"], state[second + ".bias"]) = (.zeros([2]), .zeros([4]))
    func padded(_ name: String, axis: Int) throws -> Tensor {
      let tensor = try golden.input(name)
      return .concatenated([tensor, .zeros(axis == 0 ? [1, 1] : [4, 1])], axis: axis)
    }
    state["discriminator.score.weight"] = try padded("w", axis: 0)
    state["discriminator.score.bias"] = try golden.input("b")
    state["discriminator.projection.weight"] = try padded("v", axis: 1)
    // Both rectifiers multiply what is below 0 by their slope.
    let phi = try golden.input("phi").scalars
    var pixels = [Float](repeating: 0, count: 4 * 4 * 4 * 2)
    for sample in 0..<4 {
      for (feature, (side, channel)) in [(0, 0), (0, 1), (2, 0)].enumerated() {
        let value = phi[3 * sample + feature]
        pixels[((sample * 4 + side) * 4 + side) * 2 + channel] = value < 0 ? value / 0.04 : value
      }
    }
    let context = Context(
      gan.network, state, mode: .inference,
      differentiating: gan.network.parameterNames(of: gan.procedure.discriminator))
    let labels = try #require(golden.params.labels)
    let output = gan.procedure.discriminator(
      Tensor(pixels, shape: [4, 4, 4, 2]), given: .labels(labels), in: context)
    #expect(isClose(output.scores, try golden.output("score"), tolerance: 1e-5), "\(output.scores)")
    let upstream = try #require(golden.upstream?["score"]).tensor
    let scalar = (output.scores * upstream).sum()
    let gradients = context.gradients(of: scalar)
    func expected(_ name: String) throws -> [Double] { try #require(golden.gradients?[name]).data }
    let (w, v) = (
      try #require(gradients["discriminator.score.weight"]), try #require(gradients["discriminator.projection.weight"])
    )
    #expect(isClose(w[0..<3], try expected("w"), tolerance: 1e-5))
    #expect(isClose(try #require(gradients["discriminator.score.bias"]), try expected("b"), tolerance: 1e-5))
    #expect(isClose(v[.all, 0..<3], try expected("v"), tolerance: 1e-5))
    let features = try #require(output.features)
    #expect(isClose(scalar.gradient(at: features)[.all, 0..<3], try expected("phi"), tolerance: 1e-5))
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
