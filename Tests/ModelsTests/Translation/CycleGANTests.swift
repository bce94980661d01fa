import Datasets
import Foundation
import Layers
import Tensor
import Testing

@testable import Models
@testable import Training

@Suite struct CycleGANTests {
  static func tiny(_ change: (inout CycleGAN.Configuration) -> Void = { _ in }) throws -> CycleGAN {
    var configuration = CycleGAN.Configuration()
    (configuration.height, configuration.width) = (8, 12)
    (configuration.features, configuration.blockCount, configuration.discriminatorFeatures) = (2, 1, 3)
    configuration.poolSize = 4
    change(&configuration)
    return try CycleGAN(configuration)
  }

  static func data(_ model: CycleGAN, a: Int = 12, b: Int = 10) -> TrainingData {
    let inputs = model.inputs
    return TrainingData(streams: [
      "a": Noise(inputs[0].sampleShape, count: a, classCount: 3), "b": Noise(inputs[1].sampleShape, count: b),
    ])
  }

  private func images(_ count: Int, channels: Int = 1) -> Tensor {
    var random = RandomGenerator(seed: 2)
    return .uniform([count, 8, 12, channels], using: &random)
  }

  @Test func rows() throws {
    let model = try Self.tiny {
      ($0.targetChannels, $0.identityWeight) = (3, 0)
    }
    let trained = TrainedModel(model: model, state: model.makeTraining(seed: 1).state)
    #expect(model.directions == ["a-to-b", "b-to-a"])
    for (direction, channels, others) in [("a-to-b", 1, 3), ("b-to-a", 3, 1)] {
      let images = images(8, channels: channels)
      let made = try trained.translate(images, direction: direction)
      #expect(made.shape == [8, 8, 12, others] && made.scalars.allSatisfy { (0...1).contains($0) })
      #expect(Set(made.scalars).count > 100)
      // Twice the same has the same bits, and a batch is its rows.
      #expect(try trained.translate(images, direction: direction) == made)
      for row in 0..<8 {
        let alone = try trained.translate(images[row..<row + 1], direction: direction)
        #expect((alone[0] - made[row]).maximumMagnitude < 1e-5)
      }
    }
    #expect(throws: CapabilityError.self) { try trained.translate(self.images(2), direction: "b-to-a") }
    #expect(throws: CapabilityError.self) { try trained.translate(self.images(2), direction: "a-to-c") }
  }

  /// What networks that know nothing come to: scores of 0 are half a unit from either target in the discriminators' loss,
  /// and a whole one in the translators'; images of middle grey are as far from others as these are from it.
  @Test func untrained() throws {
    let model = try Self.tiny { $0.targetWeight = 2 }
    var training = model.makeTraining(seed: 1)
    for name in training.state.names where name.contains(".score.") || name.contains(".paint.") {
      training.state[name] = training.state[name].map { $0 * 0 }
    }
    var feed = BatchFeed(Self.data(model), batchSize: 4, generator: RandomGenerator(seed: 1))
    var again = feed
    let (a, b) = (again.next("a").samples * 2 - 1, again.next("b").samples * 2 - 1)
    let distance = Double((a.absolute().mean() + b.absolute().mean()).scalar)
    let metrics = try model.trainingStep(&feed, &training)
    func expect(_ name: String, _ value: Double) throws {
      #expect(try abs(#require(metrics[name]) - value) < 1e-5, "\(name) \(metrics[name] ?? .nan)")
    }
    for name in ["discriminator_loss", "discriminator_loss_a", "discriminator_loss_b"] { try expect(name, 0.5) }
    try expect("adversarial_loss", 3)
    try expect("cycle_loss", distance)
    try expect("identity_loss", distance)
    try expect("generator_loss", 3 + 15 * distance)
    #expect(metrics["real_score"] == 0 && metrics["fake_score"] == 0 && metrics["fake_spread"] == 0)
  }

  /// Stopped at any step, in the middle of the passes over both streams, it goes on to the same bytes, with pools that
  /// have been full for long.
  @Test func goesOnToTheSameBytes() throws {
    let folder = try TemporaryFolder()
    let model = try Self.tiny {
      ($0.classCount, $0.isMirrored, $0.poolSize) = (3, true, 5)
    }
    let data = Self.data(model)
    func train(_ steps: Int, _ path: String) throws -> [Metrics] {
      let isThere = FileManager.default.fileExists(atPath: path)
      let checkpoint = isThere ? try TrainingCheckpoint.load(path) : nil
      let trainer = Trainer(model, length: .steps(steps), batchSize: 3, seed: 5, schedule: .linear(steps: 20))
      var metrics: [Metrics] = []
      _ = try trainer.train(on: data, from: checkpoint) { progress in
        metrics.append(progress.metrics)
        if progress.step == steps { try progress.checkpoint.save(to: path) }
      }
      return metrics
    }
    let whole = try train(14, folder.path("whole"))
    let bytes = try Data(contentsOf: URL(fileURLWithPath: folder.path("whole")))
    for stop in [1, 2, 7, 13] {
      let path = folder.path("stop\(stop)")
      let metrics = try train(stop, path) + train(14, path)
      #expect(metrics == whole, "\(stop)")
      let isSame = try Data(contentsOf: URL(fileURLWithPath: path)) == bytes
      #expect(isSame, "\(stop)")
    }
    let opened = try TrainingCheckpoint.load(folder.path("whole"))
    #expect(
      opened.training.memory.names.sorted() == ["pool.a.count", "pool.a.samples", "pool.b.count", "pool.b.samples"])
    #expect(opened.training.memory["pool.a.count"]?.scalars == [5])
    #expect(opened.training.optimizers.keys.sorted() == ["classifier", "discriminator", "generator"])
  }

  @Test func previewAndFigures() throws {
    let model = try Self.tiny { ($0.targetChannels, $0.identityWeight) = (3, 0) }
    let state = model.makeTraining(seed: 1).state
    let data = Self.data(model, a: 5, b: 70)
    let preview = try #require(try model.preview(with: state, from: data) { _ in })
    #expect(preview.columns == 6 && preview.images.count == 48 && preview.images.sampleShape == [8, 12, 3])
    let trained = TrainedModel(model: model, state: state)
    let figures = model.evaluate(on: data, with: state)
    func error(_ images: Tensor, _ there: String, _ back: String) throws -> Double {
      let again = try trained.translate(trained.translate(images, direction: there), direction: back)
      return Double((again - images).absolute().mean().scalar)
    }
    let errors = [
      try error(#require(data["a"]).batch(at: Array(0..<5)).samples, "a-to-b", "b-to-a"),
      try error(#require(data["b"]).batch(at: Array(0..<70)).samples, "b-to-a", "a-to-b"),
    ]
    #expect(try abs(#require(figures["cycle_error"]) - (errors[0] + errors[1]) / 2) < 1e-5)
    #expect(figures["labels_kept"] == nil && figures.entries.first?.name == "cycle_error")
    let guided = try Self.tiny { $0.classCount = 3 }
    let kept = guided.evaluate(on: Self.data(guided), with: guided.makeTraining(seed: 1).state)["labels_kept"]
    #expect(try (0...1).contains(#require(kept)))
  }

  /// Digits and the same digits with black and white exchanged: a way back and an identity loss bring them close to each
  /// other without a pair.
  @Test func learnsToExchangeBlackAndWhite() throws {
    var configuration = CycleGAN.Configuration()
    (configuration.features, configuration.blockCount, configuration.discriminatorFeatures) = (4, 1, 8)
    (configuration.learningRate, configuration.identityWeight) = (2e-3, 0)
    let model = try CycleGAN(configuration)
    let digits = BuiltInDigits.make(count: 400)
    let others = BuiltInDigits.make(count: 400, seed: 1)
    let inverted = TensorSet(1 - others.batch(at: Array(0..<400)).samples)
    let data = TrainingData(streams: ["a": digits, "b": inverted])
    let trained = try Trainer(model, length: .steps(150), batchSize: 8, seed: 1).train(on: data)
    let unseen = BuiltInDigits.make(count: 32, seed: 9).batch(at: Array(0..<32)).samples
    let made = try trained.translate(unseen, direction: "a-to-b")
    // The mean of the inverted digits is far above that of the digits; nobody said so of these.
    let (before, after) = (unseen.mean().scalar, made.mean().scalar)
    #expect(before < 0.3 && after > 0.6, "\(before) \(after)")
    let figures = model.evaluate(on: data, with: trained.state)
    #expect(try #require(figures["cycle_error"]) < 0.1)
  }

  /// A picture without anything in it has constant maps at all layers. What rounding leaves of them is not enlarged, so
  /// the gradients of a batch with one are as large as those of others.
  @Test(arguments: [0, 100, 255] as [UInt8]) func emptyPictures(grey: UInt8) throws {
    var configuration = CycleGAN.Configuration()
    (configuration.features, configuration.discriminatorFeatures) = (4, 4)
    let model = try CycleGAN(configuration)
    func norms(_ a: ImageSet) throws -> [Double] {
      let data = TrainingData(streams: ["a": a, "b": BuiltInDigits.make(count: 4, seed: 1).edges()])
      var norms: [Double] = []
      _ = try Trainer(model, length: .steps(3), batchSize: 4, seed: 1).train(on: data) {
        norms.append($0.metrics["generator_gradient_norm"] ?? .nan)
      }
      return norms
    }
    let digits = BuiltInDigits.make(count: 4)
    let empty = [UInt8](repeating: grey, count: digits.imageSize)
    let some = try ImageSet(pixels: empty + digits.pixels[digits.imageSize...], height: 28, width: 28)
    let (usual, found) = (try norms(digits), try norms(some))
    #expect(zip(usual, found).allSatisfy { $1 < 3 * $0 }, "\(usual) \(found)")
  }

  /// Squares of gradients may outgrow their numbers while all that they move stays finite, and does not move any more.
  @Test func whatOptimizersRememberIsFinite() throws {
    let model = try Self.tiny()
    let trainer = Trainer(model, length: .steps(5), batchSize: 4)
    var checkpoint: TrainingCheckpoint?
    _ = try trainer.train(on: Self.data(model)) { if $0.step == 1 { checkpoint = $0.checkpoint } }
    var broken = try #require(checkpoint)
    let name = "toB.entry.weight.square"
    let square = try #require(broken.training.optimizers["generator"]?.progress.moments[name])
    broken.training.optimizers["generator"]?.progress.moments[name] = square + Float.infinity
    // The first pass over the images ends after the third step.
    let error = try #require(throws: TrainingError.self) { try trainer.train(on: Self.data(model), from: broken) }
    #expect(error == .notFinite("the moment \(name) of the optimizer generator", step: 3))
  }

  /// Maps that vary are normalized as ever, to the last bit; of constant ones nothing is left and nothing passes.
  @Test func constantMaps() throws {
    var random = RandomGenerator(seed: 4)
    let varied = Tensor.uniform([2, 5, 6, 3], using: &random)
    let weights = Tensor.uniform([2, 5, 6, 3], in: -1..<1, using: &random)
    func gradient(_ maps: Tensor, _ normalized: (Tensor) -> Tensor) -> Tensor {
      let recorded = maps.recorded()
      return (normalized(recorded) * weights).sum().gradients(at: [recorded])[0]
    }
    #expect(varied.normalizedMaps() == varied.instanceNorm())
    #expect(gradient(varied) { $0.normalizedMaps() } == gradient(varied) { $0.instanceNorm() })
    for level: Float in [0.1, -3, 1e-3, 1000] {
      let constant = Tensor(repeating: level, shape: [2, 5, 6, 3]) * (1 + (varied - 0.5) * 2e-7)
      #expect(constant.normalizedMaps().maximumMagnitude == 0, "\(level)")
      #expect(gradient(constant) { $0.normalizedMaps() }.maximumMagnitude == 0, "\(level)")
    }
    // What is left where weights cancel out.
    #expect(((varied - 0.5) * 2e-7).normalizedMaps().maximumMagnitude == 0)
    // A grey level more at one pixel of an otherwise black picture is seen.
    var pixels = [Float](repeating: -1, count: 28 * 28)
    pixels[300] += 2 / 255
    let picture = Tensor(pixels, shape: [1, 28, 28, 1])
    let map = Conv2D(from: 1, to: 1, kernelSize: 7, padding: 3, paddingMode: .reflect, hasBias: false)
    let network = Network(map)
    let state = network.initialState(using: &random)
    let seen = map(picture, in: Context(network, state, mode: .inference)).normalizedMaps()
    #expect(seen.maximumMagnitude > 0.001, "\(seen.maximumMagnitude)")
  }

  static let refusals: [(String, @Sendable (inout CycleGAN.Configuration) -> Void)] = [
    ("multiples of 4", { $0.height = 30 }), ("multiples of 4", { $0.width = 4 }),
    ("channels is 0, expected 1 to 4096", { $0.channels = 0 }),
    ("features is 0, expected 1 to 4096", { $0.features = 0 }),
    ("blockCount is -1, expected 0 to 100", { $0.blockCount = -1 }),
    ("poolSize is -1, expected 0 to 65536", { $0.poolSize = -1 }),
    ("cycleWeight is -1.0, expected 0 or more", { $0.cycleWeight = -1 }),
    ("semanticWeight is nan, expected 0 or more", { $0.semanticWeight = .nan }),
    ("learningRate is 0.0, expected a positive number", { $0.learningRate = 0 }),
    ("images of 1 and 3 channels cannot stay as they are", { $0.targetChannels = 3 }),
    ("one classifier sees both", { ($0.targetChannels, $0.identityWeight, $0.classCount) = (3, 0, 10) }),
    ("classCount is 1, expected 2 to 65536", { $0.classCount = 1 }),
    ("nothing", { $0.optimizer = OptimizerChoice("nothing") }),
  ]

  @Test(arguments: refusals)
  func isRefused(_ text: String, _ change: @Sendable (inout CycleGAN.Configuration) -> Void) throws {
    let error = try #require(throws: ConfigurationError.self) { try Self.tiny(change) }
    #expect(error.description.hasPrefix("cyclegan: ") && error.description.contains(text), "\(error)")
  }

  @Test func dataThatDoNotSuit() throws {
    let trainer = Trainer(try Self.tiny { $0.classCount = 2 }, length: .steps(1), batchSize: 2)
    #expect(throws: TrainingError.self) { try trainer.train(on: Noise([8, 12, 1], count: 10)) }
    // Three classes, where the model has two.
    #expect(throws: TrainingError.self) { try trainer.train(on: Self.data(trainer.model)) }
    let unlabelled = TrainingData(streams: ["a": Noise([8, 12, 1]), "b": Noise([8, 12, 1])])
    #expect(throws: TrainingError.self) { try trainer.train(on: unlabelled) }
    // Fewer images of one kind than a batch has.
    let few = Trainer(try Self.tiny(), length: .steps(1), batchSize: 11)
    #expect(throws: TrainingError.self) { try few.train(on: Self.data(few.model)) }
  }

  @Test func choices() throws {
    let (pictures, digits) = (CycleGAN.Configuration.pictures, CycleGAN.Configuration.digits)
    #expect(pictures.isMirrored && !digits.isMirrored && !CycleGAN.Configuration().isMirrored)
    #expect(digits.identityWeight == 0 && digits.cycleWeight == 1 && digits.targetWeight == 2)
    #expect(try CycleGAN(pictures).inputs.allSatisfy { $0.isMirrored && $0.sampleShape == [64, 64, 3] })
    #expect(try CycleGAN(digits).inputs.allSatisfy { !$0.isMirrored && $0.condition == .none })
    let model = try Self.tiny { $0.classCount = 3 }
    #expect(model.inputs.map(\.condition) == [.classes(3), .none])
    let coded = try JSONDecoder().decode(
      CycleGAN.Configuration.self, from: JSONEncoder().encode(model.configuration))
    #expect(coded == model.configuration)
  }

  @Test func sizesOfParts() async {
    var result = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = PatchDiscriminator(from: 1, features: 2, depth: 0)
    }
    expect(result, saysWhy: "PatchDiscriminator: 1 channels, 2 features, 0 halves; the least is 1 of each")
    result = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = ResidualTranslator(from: 1, to: 1, features: 0, blockCount: 2)
    }
    expect(result, saysWhy: "ResidualTranslator: 1 channels to 1, 0 features, 2 blocks")
  }
}
