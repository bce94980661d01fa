import Datasets
import Evaluation
import Layers
import Tensor
import Testing

@testable import Models
@testable import Training

/// Trainings that are made to fail, each in one way: it has to be named, in time, and nothing else may be; and healthy
/// ones, of which nothing is told.
@Suite struct FailingTrainingsTests {
  /// A training that can be made whatever its model is.
  struct Case: Sendable, CustomTestStringConvertible {
    let testDescription: String
    /// Gives the warnings, each with the first step that had it.
    let train: @Sendable () throws -> [(step: Int, warning: TrainingWarning)]

    init<Model: GenerativeModel>(
      _ name: String, _ model: Model, steps: Int, rate: Float? = nil, batchSize: Int = 32,
      on samples: any SampleSource = FailingTrainingsTests.digits, heldOut: (any SampleSource)? = nil
    ) {
      self.init(
        name, model, steps: steps, rate: rate, batchSize: batchSize, streams: TrainingData(samples),
        heldOut: heldOut.map { TrainingData($0) })
    }

    init<Model: GenerativeModel>(
      _ name: String, _ model: Model, steps: Int, rate: Float? = nil, batchSize: Int, streams: TrainingData,
      heldOut: TrainingData? = nil
    ) {
      testDescription = name
      train = {
        let trainer = Trainer(model, length: .steps(steps), batchSize: batchSize, seed: 1, learningRate: rate)
        var seen: [(Int, TrainingWarning)] = []
        _ = try trainer.train(on: streams, heldOut: heldOut) { progress in
          seen += progress.newWarnings.map { (progress.step, $0) }
        }
        return seen
      }
    }
  }

  static let digits = BuiltInDigits.make(count: 400)

  /// The digits, each in a colour of its own.
  static let colouredDigits: TensorSet = {
    var random = RandomGenerator(seed: 5)
    let colours = Tensor.uniform([digits.count, 1, 1, 3], using: &random)
    return TensorSet(digits.batch(at: Array(0..<digits.count)).samples * colours)
  }()

  /// The digits on a ground of a colour of its own.
  static let colouredGrounds: TensorSet = {
    var random = RandomGenerator(seed: 6)
    let colours = Tensor.uniform([digits.count, 1, 1, 3], using: &random)
    return TensorSet((1 - digits.batch(at: Array(0..<digits.count)).samples) * colours)
  }()

  /// Narrow networks, and learning rates for short trainings.
  static func gan(
    _ configuration: GANConfiguration, channels: Int = 1, rates: (Float, Float) = (1e-3, 1e-3),
    _ change: (inout GANConfiguration) -> Void = { _ in }
  ) -> GANConfiguration {
    var configuration = configuration
    (configuration.generatorFeatures, configuration.discriminatorFeatures) = (16, 8)
    (configuration.latentSize, configuration.channels, configuration.averageDecay) = (10, channels, nil)
    configuration.learningRate = rates.0
    configuration.discriminatorLearningRate = rates.1
    change(&configuration)
    return configuration
  }

  // MARK: - Healthy trainings

  private static var denoiser: Denoiser.Configuration {
    var configuration = Denoiser.Configuration()
    configuration.features = 4
    return configuration
  }

  static func healthy() throws -> [Case] {
    let convolutional = VAE.Configuration(latentSize: 10, architecture: .convolutional, convolutionFeatures: 8)
    let classifier = ImageClassifier.Configuration(classCount: 10, convolutionFeatures: 4, featureCount: 16)
    let unseen = BuiltInDigits.make(count: 100, seed: 1)
    return [
      Case("vae", try VAE(VAE.Configuration(latentSize: 10, hiddenSize: 100)), steps: 400, heldOut: unseen),
      Case("convolutional vae", try VAE(convolutional), steps: 200, heldOut: unseen),
      Case("conditional vae", try VAE(VAE.Configuration(hiddenSize: 100, classCount: 10)), steps: 200),
      Case("classifier", try ImageClassifier(classifier), steps: 200, heldOut: unseen),
      Case("denoiser", try Denoiser(denoiser), steps: 100, batchSize: 8, heldOut: unseen),
      Case("dcgan", try DCGAN(gan(.dcgan)), steps: 350),
      Case("least squares", try DCGAN(gan(.leastSquares)), steps: 200),
      Case("hinge and spectral normalization", try DCGAN(gan(.spectralNorm)), steps: 350),
      Case(
        "projection of classes", try DCGAN(gan(.spectralNorm) { $0.conditioning = .projection(classCount: 10) }),
        steps: 200),
      Case("wgan-gp", try WGANGP(gan(.wganGP)), steps: 60),
      Case("dcgan in colour", try DCGAN(gan(.dcgan, channels: 3)), steps: 330, on: colouredDigits),
      Case("dcgan of grounds in colour", try DCGAN(gan(.dcgan, channels: 3)), steps: 330, on: colouredGrounds),
      Case("wgan-gp in colour", try WGANGP(gan(.wganGP, channels: 3)), steps: 310, batchSize: 16, on: colouredDigits),
    ]
  }

  @Test(arguments: try healthy()) func nothingIsToldOf(_ training: Case) throws {
    let seen = try training.train()
    #expect(seen.isEmpty, "\(seen.map { "step \($0.step): \($0.warning.text)" })")
  }

  // MARK: - Trainings that fail

  /// The training's only warnings are of one kind, which is there by a step and gives the advice.
  private func expect(_ kind: String, by step: Int, advice: String, of training: Case) throws {
    let seen = try training.train()
    let first = try #require(seen.first { $0.warning.kind == kind }, "\(training.testDescription): \(seen)")
    #expect(first.step <= step && first.warning.text.contains(advice), "\(training.testDescription): \(first)")
    #expect(seen.allSatisfy { $0.warning.kind == kind }, "\(training.testDescription): \(seen)")
  }

  @Test func divergence() throws {
    let vae = VAE.Configuration(latentSize: 10, hiddenSize: 100)
    try expect(
      "divergence", by: 30, advice: "lower learning rate", of: Case("vae", try VAE(vae), steps: 40, rate: 1))
    let classifier = ImageClassifier.Configuration(classCount: 10, convolutionFeatures: 4, featureCount: 16)
    try expect(
      "divergence", by: 50, advice: "lower learning rate",
      of: Case("classifier", try ImageClassifier(classifier), steps: 50, rate: 30))
    try expect(
      "divergence", by: 50, advice: "lower learning rate",
      of: Case("denoiser", try Denoiser(Self.denoiser), steps: 80, rate: 0.3, batchSize: 8))
    let critic = Self.gan(.wganGP, rates: (5e-3, 5e-3)) { $0.regularizer = .none }
    try expect(
      "divergence", by: 200, advice: "gradient penalty",
      of: Case("critic", try DCGAN(critic), steps: 200, batchSize: 16))
  }

  @Test func overfitting() throws {
    let (few, unseen) = (BuiltInDigits.make(count: 24), BuiltInDigits.make(count: 100, seed: 1))
    let vae = VAE.Configuration(latentSize: 20, hiddenSize: 400)
    // A hundred epochs.
    try expect(
      "overfitting", by: 300, advice: "more samples",
      of: Case("vae", try VAE(vae), steps: 300, rate: 3e-3, batchSize: 8, on: few, heldOut: unseen))
  }

  @Test func posteriorCollapse() throws {
    let vae = VAE.Configuration(latentSize: 10, hiddenSize: 100, beta: 100)
    try expect(
      "posterior-collapse", by: 50, advice: "smaller beta", of: Case("vae", try VAE(vae), steps: 100))
    var quadrants = QuadrantVAE.Configuration(givenQuadrants: 1)
    (quadrants.latentSize, quadrants.hiddenSize, quadrants.beta) = (10, 100, 100)
    try expect(
      "posterior-collapse", by: 50, advice: "smaller beta",
      of: Case("quadrants", try QuadrantVAE(quadrants), steps: 100))
  }

  @Test func aDiscriminatorThatHasWon() throws {
    let strong = Self.gan(.dcgan, rates: (1e-5, 2e-3))
    try expect(
      "discriminator-won", by: 50, advice: "a regularizer", of: Case("dcgan", try DCGAN(strong), steps: 60))
  }

  @Test func aVanishingGradient() throws {
    let strong = Self.gan(.dcgan, rates: (1e-5, 1e-2)) {
      $0.loss = .minimax
      $0.normalization = .none
    }
    try expect(
      "vanishing-gradient", by: 50, advice: "non-saturating", of: Case("dcgan", try DCGAN(strong), steps: 60))
  }

  // MARK: - Games in the plane

  /// What is told of a game on points, each kind with the first step that had it.
  private func play(
    _ game: PointGame, steps: Int, _ optimizer: any Optimizer, discriminator: (any Optimizer)? = nil,
    configure: (inout AdversarialTraining) -> Void = { _ in }, points: (inout RandomGenerator) -> Tensor
  ) throws -> [String: Int] {
    var gan = AdversarialTraining(
      network: Network(game), generator: game.generator, discriminator: game.discriminator, latentSize: 4)
    configure(&gan)
    var training = gan.makeTraining(seed: 1, generator: optimizer, discriminator: discriminator ?? optimizer)
    var (random, trend, seen) = (RandomGenerator(seed: 2), TrainingTrend(), [String: Int]())
    for step in 1...steps {
      trend.add(try gan.step(&training) { points(&random) })
      for warning in gan.warnings(for: trend) where seen[warning.kind] == nil { seen[warning.kind] = step }
    }
    return seen
  }

  /// A point that chases another one, by turns with a discriminator that has a slope only: they circle around each other
  /// for ever (Mescheder, Geiger and Nowozin, arXiv:1801.04406, section 2).
  @Test func oscillation() throws {
    let game = PointGame(generator: Point(), discriminator: Sequential(Dense(from: 1, to: 1, hasBias: false)))
    let seen = try play(
      game, steps: 400, SGD(learningRate: 0.03), configure: { $0.loss = .wasserstein }, points: { _ in .zeros([8, 1]) })
    #expect(Array(seen.keys) == ["oscillation"] && seen["oscillation"] ?? .max <= 400, "\(seen)")
    // A penalty on the gradient at real samples damps the circles.
    let damped = try play(
      game, steps: 400, SGD(learningRate: 0.03),
      configure: {
        $0.loss = .wasserstein
        $0.regularizer = .r1(weight: 1)
      }, points: { _ in .zeros([8, 1]) })
    #expect(damped["oscillation"] == nil, "\(damped)")
  }

  /// A generator that can paint in grey only, of images that each have one colour.
  @Test func oneHue() throws {
    let game = PointGame(generator: GreyPainter(), discriminator: Sequential(.flatten, Dense(from: 4 * 4 * 3, to: 1)))
    let seen = try play(
      game, steps: 310, Adam(learningRate: 1e-3),
      points: { Tensor.uniform([32, 1, 1, 3], using: &$0) * Tensor.ones([1, 4, 4, 1]) })
    #expect(seen["hue-collapse"] == 300, "\(seen)")
  }

  /// A plain game on eight clusters, which comes down to one of them.
  @Test func collapse() throws {
    func network(from count: Int, to outputs: Int) -> Sequential {
      Sequential(
        Dense(from: count, to: 32, initializer: .heUniform), .relu, Dense(from: 32, to: 32, initializer: .heUniform),
        .relu, Dense(from: 32, to: outputs))
    }
    let game = PointGame(generator: network(from: 4, to: 2), discriminator: network(from: 2, to: 1))
    let seen = try play(
      game, steps: 300, Adam(learningRate: 1e-2), points: { GaussianMixture.ring().sample(64, using: &$0) * 0.5 })
    #expect(Array(seen.keys) == ["collapse"], "\(seen)")
  }
}

/// A generator and a discriminator of points.
private final class PointGame: Module {
  let generator: any Layer
  let discriminator: Scores

  init(generator: any Layer, discriminator: any Layer) {
    (self.generator, self.discriminator) = (generator, Scores(discriminator))
  }

  /// `[N, 1]` as `[N]`.
  final class Scores: Layer {
    let layer: any Layer
    init(_ layer: any Layer) { self.layer = layer }
    func callAsFunction(_ input: Tensor, in context: Context) -> Tensor { layer(input, in: context).squeezed(axis: 1) }
  }
}

/// The same point whatever the latents are: `[N, …]` → `[N, 1]`.
private final class Point: Layer {
  let place = Parameter([1, 1], .ones)
  func callAsFunction(_ input: Tensor, in context: Context) -> Tensor {
    context[place] + Tensor.zeros([input.shape[0], 1])
  }
}

/// Latents to grey images in colour: `[N, 4]` → `[N, 4, 4, 3]`.
private final class GreyPainter: Layer {
  let paint = Dense(from: 4, to: 16)
  func callAsFunction(_ input: Tensor, in context: Context) -> Tensor {
    paint(input, in: context).sigmoid().reshaped(to: [input.shape[0], 4, 4, 1]) * Tensor.ones([1, 1, 1, 3])
  }
}
