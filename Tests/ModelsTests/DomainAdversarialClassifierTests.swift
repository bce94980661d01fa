import Datasets
import Foundation
import Layers
import Tensor
import Testing

@testable import Models
@testable import Training

@Suite struct DomainAdversarialClassifierTests {
  private static func tiny(
    _ change: (inout DomainAdversarialClassifier.Configuration) -> Void = { _ in }
  ) throws -> DomainAdversarialClassifier {
    var configuration = DomainAdversarialClassifier.Configuration(classCount: 3)
    (configuration.height, configuration.width, configuration.rampSteps) = (8, 8, 6)
    (configuration.convolutionFeatures, configuration.featureCount) = (2, 5)
    change(&configuration)
    return try DomainAdversarialClassifier(configuration)
  }

  private static func data(classCount: Int? = nil) -> TrainingData {
    TrainingData(streams: [
      "a": Noise([8, 8, 1], count: 12, classCount: 3), "b": Noise([8, 8, 1], count: 10, classCount: classCount),
    ])
  }

  private func step(
    _ model: DomainAdversarialClassifier, at step: Int, _ change: (inout State) -> Void = { _ in }
  ) throws -> (before: State, after: State, metrics: Metrics) {
    var training = model.makeTraining(seed: 1)
    change(&training.state)
    training.step = step
    training.optimizers["adam"] = SGD(learningRate: 1)
    let before = training.state
    var feed = BatchFeed(Self.data(), batchSize: 4, generator: RandomGenerator(seed: 1))
    let metrics = try model.trainingStep(&feed, &training)
    return (before, training.state, metrics)
  }

  /// λ rises from 0 to the whole: 2 / (1 + e^(-10 p)) - 1.
  @Test func reversal() throws {
    let model = try Self.tiny { ($0.rampSteps, $0.reversal) = (100, 2) }
    for step in [0, 1, 10, 50, 100, 200] {
      let share = min(1, Double(step) / 100)
      #expect(abs(Double(model.reversal(at: step)) - 2 * (2 / (1 + exp(-10 * share)) - 1)) < 1e-6)
    }
    #expect(model.reversal(at: 0) == 0)
  }

  /// Heads that know nothing have losses of ln 3 for three classes and ln 2 for two kinds.
  @Test func untrained() throws {
    let (_, _, metrics) = try step(Self.tiny(), at: 3) { state in
      for name in state.names where name.hasPrefix("head.") || name.hasPrefix("domain.") {
        state[name] = state[name].map { $0 * 0 }
      }
    }
    // What is called the loss is that of the classes, as on held-out images.
    #expect(try abs(#require(metrics["loss"]) - 1.098_612) < 1e-5)
    #expect(try abs(#require(metrics["domain_loss"]) - 0.693_147) < 1e-5)
  }

  /// The kinds move features by -λ times what they would; their own head moves as ever, the head of classes not at all.
  @Test func whoIsMoved() throws {
    func moves(reversal: Float) throws -> [String: Tensor] {
      // Three channels a group: of a channel that is normalized alone, a bias would move nothing.
      let model = try Self.tiny {
        ($0.reversal, $0.rampSteps, $0.dropout, $0.convolutionFeatures) = (reversal, 1, 0, 9)
      }
      // A head of classes that knows nothing leaves the features alone.
      let (before, after, _) = try step(model, at: 1) { state in
        state["head.layers.1.weight"] = state["head.layers.1.weight"].map { $0 * 0 }
      }
      return Dictionary(
        uniqueKeysWithValues: try before.names.map { ($0, try #require(after[$0]) - #require(before[$0])) })
    }
    let (none, once, twice) = (try moves(reversal: 0), try moves(reversal: 1), try moves(reversal: 2))
    for (name, own) in once {
      let (zero, two) = (try #require(none[name]), try #require(twice[name]))
      if name.hasPrefix("body.") {
        #expect(zero.maximumMagnitude == 0 && own.maximumMagnitude > 0, "\(name)")
        #expect((two - own * 2).maximumMagnitude < 1e-5, "\(name)")
      } else {
        #expect((two - own).maximumMagnitude == 0 && (zero - own).maximumMagnitude == 0, "\(name)")
      }
    }
  }

  /// Images without labels count by their weight, if the classifier is sure of them, and from a fifth of the ramp on.
  @Test func selfTraining() throws {
    func result(_ weight: Float, sureness: Float = 0, at step: Int = 20) throws -> (moved: Tensor, share: Double?) {
      let model = try Self.tiny {
        ($0.selfTraining, $0.sureness, $0.rampSteps, $0.reversal, $0.dropout) = (weight, sureness, 100, 0, 0)
      }
      let (before, after, metrics) = try self.step(model, at: step)
      let name = "body.layers.10.weight"
      return (try #require(after[name]) - #require(before[name]), metrics["sure_share"])
    }
    let (none, once, twice) = (try result(0), try result(1), try result(2))
    let gain = once.moved - none.moved
    #expect(gain.maximumMagnitude > 1e-4 && (twice.moved - none.moved - gain * 2).maximumMagnitude < 1e-6)
    #expect(none.share == nil && once.share == 1)
    let (unsure, early) = (try result(1, sureness: 1), try result(1, at: 19))
    #expect(unsure.moved == none.moved && unsure.share == 0)
    #expect(early.moved == none.moved && early.share == nil)
  }

  /// What it learns of images without labels are the classes that it gave them before.
  @Test func guessesAreItsOwn() throws {
    let images = try #require(Self.data()["b"]).batch(at: Array(0..<10)).samples
    /// How far it is from its own first classes after a step with the given weight.
    func distance(_ weight: Float) throws -> Float {
      let model = try Self.tiny {
        ($0.selfTraining, $0.sureness, $0.rampSteps, $0.reversal, $0.dropout) = (weight, 0, 1, 0, 0)
      }
      let (before, after, _) = try step(model, at: 1)
      let first = model.logits(of: images, with: before).argmax(axis: 1)
      return model.logits(of: images, with: after).softmaxCrossEntropy(labels: first).mean().scalar
    }
    let (none, little, more) = (try distance(0), try distance(0.02), try distance(0.04))
    #expect(little < none && more < little, "\(none), \(little), \(more)")
  }

  /// Images with labels get other colours in the training, after they were moved, and keep what they show; others do not.
  @Test func recolouring() throws {
    let ramp = Tensor([0, 1, 0.25, 0.5], shape: [1, 2, 2, 1]).broadcast(to: [6, 2, 2, 1])
    let source = TensorSet(ramp, condition: .labels([0, 1, 2, 0, 1, 2]), conditions: .classes(3))
    var configuration = DomainAdversarialClassifier.Configuration(classCount: 3)
    (configuration.height, configuration.width) = (4, 4)
    let data = TrainingData(streams: ["a": source, "b": source])
    for isRecoloured in [false, true] {
      configuration.isRecoloured = isRecoloured
      let inputs = try DomainAdversarialClassifier(configuration).inputs
      #expect(inputs.map(\.isRecoloured) == [isRecoloured, false])
      var generator = RandomGenerator(seed: 3)
      let learned = inputs[0].prepared(try #require(data["a"])).batch(at: Array(0..<6), using: &generator)
      #expect(learned.labels == [0, 1, 2, 0, 1, 2])
      var colours = Set<[Float]>()
      for image in 0..<6 {
        let pixels = learned.samples[image].scalars
        let (black, white) = (pixels[0], pixels[1])
        colours.insert(pixels)
        for (pixel, share) in zip(pixels, [0, 1, 0.25, 0.5] as [Float]) {
          #expect(abs(pixel - (black + (white - black) * share)) < 1e-6)
        }
      }
      #expect(colours.count == (isRecoloured ? 6 : 1))
    }
    // What a shift brings in has the colour of black.
    let black = TensorSet(Tensor.zeros([4, 4, 4, 1]))
    let moved = InputRequirement([4, 4, 1], shift: 2, isRecoloured: true).prepared(black)
    var generator = RandomGenerator(seed: 4)
    let batch = moved.batch(at: [0, 1, 2, 3], using: &generator).samples
    #expect((0..<4).allSatisfy { Set(batch[$0].scalars).count == 1 } && Set(batch.scalars).count == 4)
    // Held-out images stay as they are.
    let heldOut = try DomainAdversarialClassifier(configuration).prepared(data, isLearned: false)
    #expect(try #require(heldOut["a"]).batch(at: Array(0..<6)).samples == ramp)
  }

  /// The labels of the other kind are never looked at in the training; where they are known, they are held against it.
  @Test func labelsOfTheOtherKind() throws {
    let model = try Self.tiny()
    let trainer = Trainer(model, length: .steps(5), batchSize: 4, seed: 2)
    let (without, with) = (try trainer.train(on: Self.data()), try trainer.train(on: Self.data(classCount: 3)))
    #expect(without.state == with.state)
    let figures = model.evaluate(on: Self.data(classCount: 3), with: with.state)
    #expect(figures.entries.map(\.name) == ["loss", "accuracy", "target_accuracy"])
    #expect(model.evaluate(on: Self.data(), with: with.state).entries.map(\.name) == ["loss", "accuracy"])
    let images = Noise([8, 8, 1], count: 12, classCount: 3).batch(at: Array(0..<12))
    let right = try with.classProbabilities(of: images.samples).accuracy(labels: images.labels ?? [])
    #expect(try abs(#require(figures["accuracy"]) - right) < 1e-6)
  }

  @Test func goesOnToTheSameBytes() throws {
    let folder = try TemporaryFolder()
    let model = try Self.tiny { ($0.shift, $0.isRecoloured, $0.selfTraining, $0.sureness) = (1, true, 1, 0.3) }
    func train(_ steps: Int, _ path: String) throws {
      let isThere = FileManager.default.fileExists(atPath: path)
      let checkpoint = isThere ? try TrainingCheckpoint.load(path) : nil
      _ = try Trainer(model, length: .steps(steps), batchSize: 3, seed: 5).train(on: Self.data(), from: checkpoint) {
        if $0.step == steps { try $0.checkpoint.save(to: path) }
      }
    }
    try train(8, folder.path("whole"))
    for steps in [3, 8] { try train(steps, folder.path("part")) }
    let bytes = try ["whole", "part"].map { try Data(contentsOf: URL(fileURLWithPath: folder.path($0))) }
    #expect(bytes[0] == bytes[1])
  }

  static let refusals: [(String, @Sendable (inout DomainAdversarialClassifier.Configuration) -> Void)] = [
    ("height is 3, expected 4 to 65536", { $0.height = 3 }), ("classCount is 1", { $0.classCount = 1 }),
    ("dropout is 1.0, expected 0 or more", { $0.dropout = 1 }), ("rampSteps is 0", { $0.rampSteps = 0 }),
    ("reversal is -1.0, expected 0 or more", { $0.reversal = -1 }), ("shift is -1", { $0.shift = -1 }),
    ("selfTraining is -1.0, expected 0 or more", { $0.selfTraining = -1 }),
    ("sureness is 1.5, expected 0 to 1", { $0.sureness = 1.5 }),
  ]

  @Test(arguments: refusals)
  func isRefused(_ text: String, _ change: @Sendable (inout DomainAdversarialClassifier.Configuration) -> Void) throws {
    let error = try #require(throws: ConfigurationError.self) { try Self.tiny(change) }
    #expect(error.description.hasPrefix("dann: ") && error.description.contains(text), "\(error)")
  }
}
