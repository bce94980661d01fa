import Datasets
import LatentLayersTestSupport
import Layers
import Tensor
import Testing

@testable import Models
@testable import Training

/// A loss that nobody minds.
private struct NoObjective: AdversarialObjective {
  static let name = "nothing"
  var hasTarget: Bool { false }
  func discriminatorTerms(real scores: Tensor, target: Float) -> Tensor { scores * 0 }
  func discriminatorTerms(fake scores: Tensor) -> Tensor { scores * 0 }
  func generatorTerms(fake scores: Tensor) -> Tensor { scores * 0 }
  func leastDiscriminatorLoss(smoothing: Double) -> Double? { nil }
}

@Suite struct VAEGANTests {
  private final class Parts: Module {
    let encoder: GoldenNetworks.Posterior
    let generator = GoldenNetworks.Decoder()
    let discriminator: GoldenNetworks.Critic

    init(_ golden: EncodingGolden, hasDivergence: Bool, hasFeatures: Bool) throws {
      encoder = GoldenNetworks.Posterior(noise: try golden.input("eps"), hasDivergence: hasDivergence)
      discriminator = GoldenNetworks.Critic(hasFeatures: hasFeatures)
    }
  }

  /// The networks of a golden case, of whose losses some may be silent.
  private func procedure(
    _ golden: EncodingGolden, hasDivergence: Bool = true, hasFeatures: Bool = true, hasGame: Bool = true
  ) throws -> (VAEGANTraining, TrainingState) {
    let parts = try Parts(golden, hasDivergence: hasDivergence, hasFeatures: hasFeatures)
    let network = Network(parts)
    var procedure = VAEGANTraining(
      network: network, encoder: parts.encoder, generator: parts.generator, discriminator: parts.discriminator,
      prior: FixedPrior(latents: try golden.input("zPrior")))
    procedure.featureWeight = try #require(golden.params.gamma)
    procedure.reconstructionWeight = golden.params.discriminateReconstructions == true ? 1 : 0
    procedure.sampleWeight = 1
    procedure.loss =
      hasGame ? (golden.params.form == "minimax" ? .minimax : .nonSaturating) : AdversarialLoss(NoObjective())
    procedure.equilibrium = nil
    let training = TrainingState(
      state: try golden.state(network),
      optimizers: ["encoder": SGD(learningRate: 0.1), "generator": Adam(), "discriminator": Adam()],
      random: RandomGenerator(seed: 1))
    return (procedure, training)
  }

  @Test(arguments: ["nonSaturating", "minimax", "priorSamplesOnly"]) func golden(_ name: String) throws {
    let golden = try EncodingGolden.cases("vaeGAN/\(name)")[0]
    var (procedure, training) = try procedure(golden)
    let round = procedure.round(try golden.input("x"), &training)
    let losses = [
      ("encoder", "encoderLoss"), ("generator", "decoderLoss"), ("discriminator", "discriminatorLoss"),
    ]
    for (player, loss) in losses {
      let move = try #require(round.move(player))
      #expect(try abs(Double(move.loss.scalar) - golden.output(loss)) < 1e-5)
      try golden.check(move)
    }
    #expect(try abs(#require(round["kl"]) - golden.output("prior")) < 1e-5)
    #expect(try abs(#require(round["feature_error"]) - golden.output("llike")) < 1e-5)
  }

  /// Which of the three losses reaches which of the three networks: five do, with the values of the golden cases, four do
  /// not, exactly.
  @Test func eachLossReachesItsNetworksOnly() throws {
    func moves(
      _ golden: EncodingGolden, prior: Bool = false, like: Bool = false, game: Bool = false
    ) throws -> [PlayerMove] {
      var (procedure, training) = try procedure(golden, hasDivergence: prior, hasFeatures: like, hasGame: game)
      (procedure.featureWeight, procedure.divergenceWeight) = (0.5, 0.25)
      return procedure.round(try golden.input("x"), &training).moves
    }
    let ofPrior = try EncodingGolden.cases("vaeGAN/term-prior")[0]
    var (encoder, generator, discriminator) = try three(moves(ofPrior, prior: true))
    try ofPrior.check(encoder, factor: 0.25)
    #expect(generator.gradients.isZero && discriminator.gradients.isZero)
    let ofFeatures = try EncodingGolden.cases("vaeGAN/term-llike")[0]
    (encoder, generator, discriminator) = try three(moves(ofFeatures, like: true))
    try ofFeatures.check(encoder)
    try ofFeatures.check(generator, factor: 0.5)
    #expect(discriminator.gradients.isZero)
    let ofGame = try EncodingGolden.cases("vaeGAN/term-discriminatorGAN")[0]
    (encoder, generator, discriminator) = try three(moves(ofGame, game: true))
    try ofGame.check(discriminator)
    #expect(encoder.gradients.isZero && !generator.gradients.isZero)
  }

  private func three(_ moves: [PlayerMove]) throws -> (PlayerMove, PlayerMove, PlayerMove) {
    try #require(moves.map(\.name) == ["encoder", "generator", "discriminator"])
    return (moves[0], moves[1], moves[2])
  }

  /// All gradients are known before anything moves.
  @Test func theOrderOfTheUpdatesChangesNothing() throws {
    let golden = try EncodingGolden.cases("vaeGAN/nonSaturating")[0]
    let (procedure, before) = try procedure(golden)
    var results: [State] = []
    for order in [[0, 1, 2], [0, 2, 1], [1, 0, 2], [1, 2, 0], [2, 0, 1], [2, 1, 0]] {
      var training = before
      let round = procedure.round(try golden.input("x"), &training)
      try training.descend(order.map { round.moves[$0] })
      results.append(training.state)
    }
    #expect(results.allSatisfy { $0 == results[0] } && results[0] != before.state)
  }

  /// Who stays where costs are low or high.
  @Test func gate() {
    let gate = Equilibrium()
    #expect(gate.decision(real: 0.1, fake: 0.1) == .generator)
    #expect(gate.decision(real: 2, fake: 2) == .discriminator)
    #expect(gate.decision(real: 0.1, fake: 2) == .both && gate.decision(real: 2, fake: 0.1) == .both)
    #expect(gate.decision(real: 0.69, fake: 0.69) == .both)
    #expect(gate.decision(real: 0.69, fake: 0.27) == .generator)
    #expect(gate.decision(real: 1.09, fake: 0.69) == .discriminator)
  }

  private static func tiny(_ change: (inout VAEGAN.Configuration) -> Void = { _ in }) -> VAEGAN.Configuration {
    var configuration = VAEGAN.Configuration()
    (configuration.height, configuration.width, configuration.latentSize) = (8, 12, 5)
    (configuration.generatorFeatures, configuration.discriminatorFeatures) = (6, 4)
    change(&configuration)
    return configuration
  }

  /// One that stays keeps its numbers, and the steps go on.
  @Test func whoStaysDoesNotMove() throws {
    for (equilibrium, names) in [
      (Equilibrium(cost: 5, margin: 0.1), ["encoder", "generator"]),
      (Equilibrium(cost: 0.1, margin: 0.1), ["discriminator", "encoder"]),
      (Equilibrium(cost: 0.69, margin: 5), ["discriminator", "encoder", "generator"]),
    ] {
      let model = try VAEGAN(Self.tiny { $0.equilibrium = equilibrium })
      var training = model.makeTraining(seed: 1)
      var feed = BatchFeed.noise(for: model, batchSize: 6)
      let before = training.state
      let metrics = try model.trainingStep(&feed, &training)
      let changed = model.network.parameterNames.filter { before[$0] != training.state[$0] }
      let moved = Set(changed.map { String($0.prefix { $0 != "." }) })
      #expect(moved.sorted() == names)
      #expect(metrics["discriminator_moved"] == (names.contains("discriminator") ? 1 : 0))
      #expect((metrics["generator_gradient_norm"] != nil) == names.contains("generator"))
      #expect(training.optimizers["discriminator"]?.progress.step == (names.contains("discriminator") ? 1 : 0))
    }
  }

  /// A half of the batch whose own costs say that both move follows the whole batch, whose costs say otherwise.
  @Test func partsOfABatchDecideAlike() throws {
    let model = try VAEGAN(Self.tiny())
    var random = RandomGenerator(seed: 4)
    let images = Tensor.uniform([8, 8, 12, 1], in: -1..<1, using: &random)
    var start = model.makeTraining(seed: 1)
    // A discriminator that tells bright images: its costs of the two halves lie far apart.
    start.state["discriminator.score.weight"] = start.state["discriminator.score.weight"].map { $0 * 200 }
    func costs(_ images: Tensor) throws -> (Double, Double) {
      var training = start
      let round = model.procedure.round(images, &training)
      return (try #require(round["real_cost"]), try #require(round["fake_cost"]))
    }
    let whole = try costs(images)
    var procedure = model.procedure
    // Nearer to the whole batch's larger cost than any half is.
    procedure.equilibrium = Equilibrium(cost: max(whole.0, whole.1), margin: 1e-3)
    let (frozen, initial) = (procedure, start)
    let expected = frozen.equilibrium?.decision(real: whole.0, fake: whole.1)
    let parts = onThreads(2) { part, reduction in
      var training = initial
      training.reduction = reduction
      training.samples = Context.Samples(4 * part..<4 * part + 4, of: 8)
      let metrics = try? frozen.trainingStep(&training, real: images[4 * part..<4 * part + 4])
      return (metrics ?? [:], training.state)
    }
    #expect(parts[0].1 == parts[1].1 && parts[0].1 != start.state)
    for (metrics, _) in parts {
      #expect(metrics["discriminator_moved"] == (expected?.discriminatorMoves == true ? 1 : 0))
      #expect(metrics["generator_moved"] == (expected?.generatorMoves == true ? 1 : 0))
      #expect(abs((metrics["real_cost"] ?? 0) - whole.0) < 1e-4 && abs((metrics["fake_cost"] ?? 0) - whole.1) < 1e-4)
    }
  }

  @Test func anUntrainedModelKnowsNothing() throws {
    let model = try VAEGAN(Self.tiny())
    var training = model.makeTraining(seed: 1)
    for name in ["weight", "bias"].map({ "discriminator.score." + $0 }) {
      training.state[name] = training.state[name].map { $0 * 0 }
    }
    var feed = BatchFeed.noise(for: model, batchSize: 6)
    let metrics = try model.trainingStep(&feed, &training)
    #expect(abs((metrics["real_cost"] ?? 0) - 0.693_147) < 1e-5 && abs((metrics["fake_cost"] ?? 0) - 0.693_147) < 1e-5)
    #expect(metrics["gradient_ratio"] == nil)
  }

  @Test func badConfigurations() throws {
    func message(_ change: (inout VAEGAN.Configuration) -> Void) -> String? {
      #expect(throws: ConfigurationError.self) { try VAEGAN(Self.tiny(change)) }?.description
    }
    #expect(message { $0.featureWeight = -1 } == "vae-gan: featureWeight is -1.0, expected 0 or more")
    #expect(message { $0.reconstructionShare = 2 } == "vae-gan: reconstructionShare is 2.0, expected 0 to 1")
    #expect(
      message { $0.equilibrium = Equilibrium(cost: -1) }
        == "vae-gan: the equilibrium is -1.0 ± 0.4, expected a positive cost and a margin of 0 or more")
    #expect(message { $0.latentSize = 0 } == "vae-gan: latentSize is 0, expected 1 to 65536")
  }
}
