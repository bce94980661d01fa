import Datasets
import Foundation
import Layers
import Tensor
import Testing

@testable import Models
@testable import Training

@Suite struct Pix2PixTests {
  private static func tiny(_ change: (inout Pix2Pix.Configuration) -> Void = { _ in }) throws -> Pix2Pix {
    var configuration = Pix2Pix.Configuration()
    (configuration.height, configuration.width, configuration.targetChannels) = (8, 12, 3)
    (configuration.features, configuration.discriminatorFeatures) = (3, 2)
    change(&configuration)
    return try Pix2Pix(configuration)
  }

  private static let pairs = PairedSource(Noise([8, 12, 3], count: 10), given: Noise([8, 12, 1], count: 10))

  private func images(_ count: Int) -> Tensor {
    var random = RandomGenerator(seed: 2)
    return .uniform([count, 8, 12, 1], using: &random)
  }

  @Test func rows() throws {
    let model = try Self.tiny()
    let trained = TrainedModel(model: model, state: model.makeTraining(seed: 1).state)
    let images = images(8)
    let made = try trained.translate(images)
    #expect(made.shape == [8, 8, 12, 3] && made.scalars.allSatisfy { (0...1).contains($0) })
    #expect(try trained.translate(images) == made)
    for row in 0..<8 {
      #expect((try trained.translate(images[row..<row + 1])[0] - made[row]).maximumMagnitude < 1e-5)
    }
    #expect(throws: CapabilityError.self) { try trained.translate(images, direction: "b-to-a") }
    #expect(throws: CapabilityError.self) { try trained.translate(made) }
  }

  /// What was seen at the largest size goes past the smallest: pixels still count where nothing comes from below.
  @Test func whatWasSeenOnTheWayDown() {
    let network = UNetTranslator(from: 1, to: 1, features: 2, depth: 3, dropout: 0)
    let structure = Network(network)
    var random = RandomGenerator(seed: 1)
    var state = structure.initialState(using: &random)
    for name in state.names where name.hasPrefix("bottom") { state[name] = state[name].map { $0 * 0 } }
    let images = Tensor.uniform([1, 16, 16, 1], in: -1..<1, using: &random)
    let context = Context(structure, state, mode: .inference)
    #expect(network.shrink.count == 3 && network.enlarge.count == 3)
    let (made, other) = (network(images, in: context), network(-images, in: context))
    #expect(made.shape == images.shape && made != other && Set(made.scalars).count > 100)
    // The last layer gets as many features from above as from below.
    #expect(network.enlarge.last?.weight.shape == [1, 4, 4, 4])
  }

  /// Of a map of two pixels normalization would leave a sign: maps of fewer than 4×4 say how large they are.
  @Test(arguments: [(8, 12, false), (16, 16, true)]) func smallestMaps(_ height: Int, _ width: Int, isNormalized: Bool)
  {
    let network = UNetTranslator(from: 1, to: 1, features: 2, depth: 2, dropout: 0)
    let structure = Network(network)
    var random = RandomGenerator(seed: 1)
    var state = structure.initialState(using: &random)
    // Far above what is added to a variance.
    state["bottom.weight"] = state["bottom.weight"].map { $0 * 1000 }
    let images = Tensor.uniform([1, height, width, 1], in: -1..<1, using: &random)
    let made = network(images, in: Context(structure, state, mode: .inference))
    state["bottom.weight"] = state["bottom.weight"].map { $0 * 4 }
    let larger = network(images, in: Context(structure, state, mode: .inference))
    #expect(((larger - made).maximumMagnitude < 1e-4) == isNormalized)
  }

  /// Where the discriminator scores everything 0, both know no better than ln 2 a score; the translator's error counts a
  /// hundred times.
  @Test func untrained() throws {
    let model = try Self.tiny()
    var training = model.makeTraining(seed: 1)
    for name in training.state.names where name.contains(".score.") || name.hasPrefix("translator.enlarge.1.") {
      training.state[name] = training.state[name].map { $0 * 0 }
    }
    var feed = BatchFeed(TrainingData(Self.pairs), batchSize: 4, generator: RandomGenerator(seed: 1))
    var again = feed
    let distance = Double((again.next().samples * 2 - 1).absolute().mean().scalar)
    let metrics = try model.trainingStep(&feed, &training)
    #expect(try abs(#require(metrics["discriminator_loss"]) - 2 * 0.693_147) < 1e-5)
    #expect(try abs(#require(metrics["adversarial_loss"]) - 0.693_147) < 1e-5)
    #expect(try abs(#require(metrics["absolute_error"]) - distance) < 1e-5)
    #expect(try abs(#require(metrics["generator_loss"]) - 0.693_147 - 100 * distance) < 1e-3)
  }

  /// The discriminator judges pairs: the same image of something else has another score. Its gradient is half of that of
  /// the loss that is told, and no error reaches it.
  @Test func pairs() throws {
    let model = try Self.tiny { $0.dropout = 0 }
    var training = model.makeTraining(seed: 1)
    let (a, b) = (images(4) * 2 - 1, Tensor.concatenated(Array(repeating: images(4), count: 3), axis: 3) * 2 - 1)
    let round = model.procedure.round(&training, a: a, b: b)
    #expect(round.moves.map(\.name) == ["generator", "discriminator"])
    let names = model.network.parameterNames.filter { $0.hasPrefix("discriminator.") }
    let context = Context(
      model.network, training.state, mode: .training, differentiating: names, random: RandomGenerator(seed: 1))
    func scores(_ a: Tensor, _ b: Tensor) -> Tensor {
      model.procedure.discriminator(.concatenated([a, b], axis: 3), in: context)
    }
    #expect(scores(a, b) != scores(-a, b) && scores(a, b).shape == [4, 2, 3])
    let made = model.procedure.translator(a, in: context).detached()
    let loss = (-scores(a, b)).softplus().mean() + scores(a, made).softplus().mean()
    let own = try #require(round.move("discriminator")).gradients
    let expected = context.gradients(of: loss)
    for name in names {
      let (found, whole) = (try #require(own[name]), try #require(expected[name]))
      #expect((found * 2 - whole).maximumMagnitude < 1e-5 * max(1, whole.maximumMagnitude), "\(name)")
    }
    // Without an adversarial loss only distance moves the translator, whoever judges.
    let distant = try Self.tiny { ($0.adversarialWeight, $0.dropout) = (0, 0) }
    let alone = distant.procedure.round(&training, a: a, b: b)
    let move = try #require(alone.move("generator"))
    #expect(abs(Double(move.loss.scalar) - 100 * (round["absolute_error"] ?? 0)) < 1e-3)
    #expect(alone.moves.map(\.name) == ["generator"] && alone["discriminator_loss"] == nil)
  }

  @Test func goesOnToTheSameBytes() throws {
    let folder = try TemporaryFolder()
    func train(_ steps: Int, _ path: String) throws -> [Metrics] {
      let isThere = FileManager.default.fileExists(atPath: path)
      let checkpoint = isThere ? try TrainingCheckpoint.load(path) : nil
      var metrics: [Metrics] = []
      let trainer = Trainer(try Self.tiny(), length: .steps(steps), batchSize: 3, seed: 5)
      _ = try trainer.train(on: Self.pairs, from: checkpoint) { progress in
        metrics.append(progress.metrics)
        if progress.step == steps { try progress.checkpoint.save(to: path) }
      }
      return metrics
    }
    let whole = try train(8, folder.path("whole"))
    let metrics = try train(4, folder.path("part")) + train(8, folder.path("part"))
    let isSame = try ["whole", "part"].map { try Data(contentsOf: URL(fileURLWithPath: folder.path($0))) }
    #expect(metrics == whole && isSame[0] == isSame[1])
  }

  /// Other partners make another training, which does not go on.
  @Test func partnersBelongToTheTraining() throws {
    let trainer = Trainer(try Self.tiny(), length: .steps(2), batchSize: 3)
    var checkpoint: TrainingCheckpoint?
    _ = try trainer.train(on: Self.pairs) { if $0.step == 1 { checkpoint = $0.checkpoint } }
    let before = try #require(checkpoint)
    try trainer.validate(before, on: TrainingData(Self.pairs))
    let images = Tensor.ones([10, 8, 12, 1])
    let others = PairedSource(Noise([8, 12, 3], count: 10), given: TensorSet(images))
    #expect(throws: TrainingError.self) { try trainer.validate(before, on: TrainingData(others)) }
    // Images without partners, and with such of another shape.
    #expect(throws: TrainingError.self) { try trainer.train(on: Noise([8, 12, 3], count: 10)) }
    let wide = PairedSource(Noise([8, 12, 3], count: 10), given: Noise([8, 16, 1], count: 10))
    #expect(throws: TrainingError.self) { try trainer.train(on: wide) }
  }

  @Test func learnsDigitsOfTheirEdges() throws {
    var configuration = Pix2Pix.Configuration()
    (configuration.features, configuration.discriminatorFeatures, configuration.learningRate) = (8, 8, 2e-3)
    let model = try Pix2Pix(configuration)
    func pairs(_ count: Int, seed: UInt64) -> PairedSource {
      let digits = BuiltInDigits.make(count: count, seed: seed)
      return PairedSource(digits, given: digits.edges())
    }
    let unseen = pairs(50, seed: 9)
    let trained = try Trainer(model, length: .steps(150), batchSize: 16, seed: 1).train(on: pairs(800, seed: 0))
    let batch = unseen.batch(at: Array(0..<50))
    let edges = try #require(batch.condition.tensor)
    let figures = model.evaluate(on: TrainingData(unseen), with: trained.state)
    let made = try trained.translate(edges)
    let error = Double((made - batch.samples).absolute().mean().scalar)
    #expect(try abs(#require(figures["absolute_error"]) - error) < 1e-5)
    #expect(figures.entries.first?.name == "absolute_error")
    // Nearer to the digits than the edges are, and than black is.
    let distances = [(edges - batch.samples).absolute().mean(), batch.samples.absolute().mean()]
    #expect(distances.allSatisfy { error < 0.5 * Double($0.scalar) }, "\(error) \(distances)")
    let preview = try #require(try model.preview(with: trained.state, from: TrainingData(unseen)) { _ in })
    #expect(preview.columns == 3 && preview.images.count == 24)
  }

  static let refusals: [(String, @Sendable (inout Pix2Pix.Configuration) -> Void)] = [
    ("multiples of 4 up to 4096", { $0.height = 10 }), ("multiples of 16 up to", { $0.depth = 4 }),
    ("one of them more than that", { ($0.height, $0.width) = (4, 4) }),
    ("depth is 0, expected 1 to 10", { $0.depth = 0 }), ("channels is 0, expected", { $0.channels = 0 }),
    ("discriminatorFeatures is 0, expected 1 to 4096", { $0.discriminatorFeatures = 0 }),
    ("dropout is 1.0, expected 0 or more", { $0.dropout = 1 }),
    ("errorWeight is -1.0, expected 0 or more", { $0.errorWeight = -1 }),
    ("learningRate is -1.0, expected a positive", { $0.learningRate = -1 }),
  ]

  @Test(arguments: refusals)
  func isRefused(_ text: String, _ change: @Sendable (inout Pix2Pix.Configuration) -> Void) throws {
    let error = try #require(throws: ConfigurationError.self) { try Self.tiny(change) }
    #expect(error.description.hasPrefix("pix2pix: ") && error.description.contains(text), "\(error)")
  }

  @Test(arguments: [(28, 28, 2), (32, 32, 4), (64, 64, 5), (256, 256, 6), (48, 64, 4), (6, 4, 1), (2, 2, 0), (7, 8, 0)])
  func depths(height: Int, width: Int, depth: Int) throws {
    #expect(Pix2Pix.Configuration.greatestDepth(height: height, width: width) == depth)
    guard depth > 0 else { return }
    _ = try Self.tiny { ($0.height, $0.width, $0.depth) = (height, width, depth) }
  }
}
