import Datasets
import LatentLayersTestSupport
import Layers
import Tensor
import Testing

@testable import Models
@testable import Training

@Suite struct CycleGANTrainingTests {
  @Test(arguments: try TranslationGolden.cases("cycleGAN")) func golden(_ golden: TranslationGolden) throws {
    var procedure = GoldenTranslators().procedure
    procedure.cycleWeight = try #require(golden.params.cycleWeight)
    procedure.identityWeight = try #require(golden.params.identityWeight)
    let state = State(
      Dictionary(
        uniqueKeysWithValues: try procedure.network.parameterNames.map {
          ($0, try golden.input(TranslationGolden.name(of: $0)))
        }))
    var training = TrainingState(state: state, optimizers: [:], random: RandomGenerator(seed: 1))
    var memory = procedure.makeMemory(shapeA: [4, 4, 1], shapeB: [4, 4, 1])
    let round = procedure.round(&training, &memory, a: try golden.input("x"), b: try golden.input("y"))
    #expect(round.moves.map(\.name) == ["generator", "discriminator"])
    let values = [
      ("generator_loss", "generatorLoss"), ("adversarial_loss", "adversarial"), ("cycle_loss", "cycle"),
      ("discriminator_loss_a", "discriminatorXLoss"), ("discriminator_loss_b", "discriminatorYLoss"),
    ]
    for (metric, output) in values {
      #expect(try abs(#require(round[metric]) - golden.output(output)) < 1e-5, "\(metric)")
    }
    if procedure.identityWeight > 0 {
      #expect(try abs(#require(round["identity_loss"]) - golden.output("identity")) < 1e-6)
    } else {
      #expect(round["identity_loss"] == nil)
    }
    for move in round.moves {
      #expect(!move.gradients.names.isEmpty)
      for name in move.gradients.names {
        let expected = try #require(golden.gradients?[TranslationGolden.name(of: name)], "\(name)").data
        #expect(isClose(try #require(move.gradients[name]), expected, tolerance: 2e-5), "\(golden.name): \(name)")
      }
    }
    // The pools hold what the translators have made: that of b what became of x.
    for (name, output) in [("pool.a.samples", "fakeX"), ("pool.b.samples", "fakeY")] {
      let expected = try #require(golden.outputs[output]).data
      #expect(isClose(try #require(memory[name])[0..<2], expected, tolerance: 1e-5), "\(name)")
    }
  }

  private static func start(_ procedure: CycleGANTraining, seed: UInt64 = 1) -> TrainingState {
    let rule = SGD(learningRate: 0.05)
    return TrainingState(
      procedure.network, optimizers: ["generator": rule, "discriminator": rule, "classifier": rule], seed: seed
    ) { _ in procedure.makeMemory(shapeA: [4, 4, 1], shapeB: [4, 4, 1]) }
  }

  /// Two halves of a batch on two threads make the steps of the whole batch, pools and all, once these are full too.
  @Test func halves() throws {
    var random = RandomGenerator(seed: 3)
    let batches = (0..<6).map { _ in
      (a: Tensor.uniform([4, 4, 4, 1], using: &random), b: Tensor.uniform([4, 4, 4, 1], using: &random))
    }
    @Sendable func train(_ part: Range<Int>?, _ reduction: any BatchReduction) -> TrainingState? {
      var procedure = GoldenTranslators().procedure
      (procedure.poolA, procedure.poolB) = (SamplePool("pool.a", size: 6), SamplePool("pool.b", size: 6))
      var training = CycleGANTrainingTests.start(procedure)
      training.reduction = reduction
      training.samples = part.map { Context.Samples($0, of: 4) }
      for batch in batches {
        let (a, b) = (part.map { batch.a[$0] } ?? batch.a, part.map { batch.b[$0] } ?? batch.b)
        guard (try? procedure.trainingStep(&training, a: a, b: b)) != nil else { return nil }
      }
      return training
    }
    let whole = try #require(train(nil, WholeBatch()))
    let halves = onThreads(2) { part, reduction in train(part * 2..<part * 2 + 2, reduction) }
    let (first, second) = (try #require(halves[0]), try #require(halves[1]))
    #expect(first.state == second.state && first.memory == second.memory && first.random == whole.random)
    for (own, all) in [(first.state, whole.state), (first.memory, whole.memory)] {
      #expect(own.names == all.names)
      for name in all.names {
        let difference = try #require(own[name]) - #require(all[name])
        #expect(difference.maximumMagnitude < 1e-4, "\(name) \(difference.maximumMagnitude)")
      }
    }
    // Some of the 24 have been given away for older ones.
    #expect(whole.memory["pool.a.count"]?.scalars == [6])
  }

  /// A step that fails leaves parameters and pools as they were.
  @Test func aFailedStepChangesNothing() throws {
    let procedure = GoldenTranslators().procedure
    var training = Self.start(procedure)
    _ = try procedure.trainingStep(&training, a: .ones([2, 4, 4, 1]), b: .zeros([2, 4, 4, 1]))
    let before = training
    #expect(throws: TrainingError.self) {
      try procedure.trainingStep(
        &training, a: Tensor(repeating: .infinity, shape: [2, 4, 4, 1]), b: .zeros([2, 4, 4, 1]))
    }
    #expect(training.state == before.state && training.memory == before.memory)
  }

  /// Each translator hears of passing for its own kind only, by weight.
  @Test func whoHearsOfWhat() throws {
    func gradients(targetWeight: Float) throws -> Gradients {
      var procedure = GoldenTranslators().procedure
      (procedure.cycleWeight, procedure.identityWeight, procedure.targetWeight) = (0, 0, targetWeight)
      var training = Self.start(procedure)
      var memory = training.memory
      var random = RandomGenerator(seed: 5)
      let round = procedure.round(
        &training, &memory, a: .uniform([2, 4, 4, 1], using: &random), b: .uniform([2, 4, 4, 1], using: &random))
      return try #require(round.move("generator")).gradients
    }
    let (none, once, twice) = (
      try gradients(targetWeight: 0), try gradients(targetWeight: 1), try gradients(targetWeight: 2)
    )
    for name in none.names {
      let (zero, one, two) = (try #require(none[name]), try #require(once[name]), try #require(twice[name]))
      if name.hasPrefix("toB.") {
        #expect(zero.maximumMagnitude == 0 && one.maximumMagnitude > 0 && two == one * 2, "\(name)")
      } else {
        #expect(zero.maximumMagnitude > 0 && zero == one && one == two, "\(name)")
      }
    }
  }

  // MARK: - Classes

  /// The sum of the pixels, for two classes of opposite sign.
  private final class Brightness: Layer {
    let weight = Parameter([1, 2], .ones)
    func callAsFunction(_ input: Tensor, in context: Context) -> Tensor {
      input.sum(axes: [1, 2, 3]).expanded(axis: 1) * context[weight]
    }
  }

  private final class GuidedParts: Module {
    let translators = GoldenTranslators()
    let classifier = Brightness()
  }

  private func guided(_ weights: [Float]) throws -> (Round, GuidedParts) {
    let parts = GuidedParts()
    var procedure = CycleGANTraining(
      network: Network(parts), toB: parts.translators.toB, toA: parts.translators.toA,
      discriminatorA: parts.translators.discriminatorA, discriminatorB: parts.translators.discriminatorB)
    (procedure.cycleWeight, procedure.identityWeight) = (0, 0)
    procedure.guidance = SemanticGuidance(parts.classifier)
    var training = Self.start(procedure)
    training.state["classifier.weight"] = Tensor(weights, shape: [1, 2])
    var memory = training.memory
    var random = RandomGenerator(seed: 5)
    let bright = Tensor.uniform([2, 4, 4, 1], in: 0.2..<0.4, using: &random)
    let round = procedure.round(
      &training, &memory, a: .concatenated([bright, -bright]), b: .uniform([4, 4, 4, 1], using: &random),
      labels: [0, 0, 1, 1])
    return (round, parts)
  }

  /// While the classifier knows nothing, the translators do not listen to it; afterwards they do.
  @Test func onceTheClassifierKnowsSomething() throws {
    // Wrong about every image: a loss above 1.
    let (early, _) = try guided([-1, 1])
    #expect(early.moves.map(\.name) == ["generator", "discriminator", "classifier"])
    #expect(try #require(early["classifier_loss"]) > 1 && early["semantic_loss"] == 0)
    #expect(try abs(#require(early["generator_loss"]) - #require(early["adversarial_loss"])) < 1e-6)
    // Right about every image: it counts.
    let (late, _) = try guided([1, -1])
    let (own, semantic) = (try #require(late["classifier_loss"]), try #require(late["semantic_loss"]))
    #expect(own < 1 && semantic > 0)
    #expect(try abs(#require(late["generator_loss"]) - #require(late["adversarial_loss"]) - semantic) < 1e-5)
    // It learns from labels only: its gradient is that of its own loss.
    let move = try #require(late.move("classifier"))
    #expect(move.gradients.names == ["classifier.weight"] && abs(Double(move.loss.scalar) - own) < 1e-6)
  }

  /// A classifier that knows nothing at all has a loss of ln 2 for two classes, and its terms one each.
  @Test func ignorance() throws {
    let (round, _) = try guided([0, 0])
    #expect(try abs(#require(round["classifier_loss"]) - 0.693_147) < 1e-5)
    #expect(try abs(#require(round["semantic_loss"]) - 2 * 0.693_147) < 1e-5)
    #expect(round["labels_kept"] == 0.5)
  }

  @Test func mistakes() async {
    var result = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      let parts = GoldenTranslators()
      _ = CycleGANTraining(
        network: Network(parts), toB: parts.toB, toA: parts.toB, discriminatorA: parts.discriminatorA,
        discriminatorB: parts.discriminatorB)
    }
    expect(result, saysWhy: "CycleGANTraining: two of the networks share parameters")
    result = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      let parts = GuidedParts()
      var procedure = CycleGANTraining(
        network: Network(parts), toB: parts.translators.toB, toA: parts.translators.toA,
        discriminatorA: parts.translators.discriminatorA, discriminatorB: parts.translators.discriminatorB)
      procedure.guidance = SemanticGuidance(parts.classifier)
      var training = CycleGANTrainingTests.start(procedure)
      _ = try procedure.trainingStep(&training, a: .ones([2, 4, 4, 1]), b: .ones([2, 4, 4, 1]))
    }
    expect(result, saysWhy: "a guidance by classes needs the labels of the samples of a")
  }
}
