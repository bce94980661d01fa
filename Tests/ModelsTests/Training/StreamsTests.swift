import Datasets
import Foundation
import LatentSystem
import LatentTestSupport
import Layers
import Tensor
import Testing

@testable import Models
@testable import Training

/// A model that learns from two streams and keeps a pool of samples: the mean of what lies between them.
private struct Pairs: GenerativeModel {
  struct Configuration: Codable, Sendable, Equatable { var size = 3 }
  static let kind = "pairs"
  let configuration: Configuration
  let network: Network
  private let part: Part

  private final class Part: Module {
    let mean: Parameter
    init(_ size: Int) { mean = Parameter([size], .normal(standardDeviation: 1)) }
  }

  init(_ configuration: Configuration) throws {
    self.configuration = configuration
    part = Part(configuration.size)
    network = Network(part)
  }

  var inputs: [InputRequirement] {
    ["a", "b"].map { InputRequirement([configuration.size], stream: $0) }
  }

  func makeOptimizers(learningRate: Float?) -> [String: any Optimizer] {
    ["adam": Adam(learningRate: learningRate ?? 0.1)]
  }

  func makeMemory(using generator: inout RandomGenerator) -> State {
    State(["pool": .normal([4, configuration.size], using: &generator)])
  }

  func trainingStep(_ feed: inout BatchFeed, _ training: inout TrainingState) throws -> Metrics {
    let (a, b) = (feed.next("a"), feed.next("b"))
    let pool = training.memory["pool"] ?? .zeros([4, configuration.size])
    training.memory["pool"] = .concatenated([pool[1..<4], a.samples[0..<1]])
    let (descent, _) = try training.descend(with: "adam", network) { context in
      ((a.samples - b.samples + pool.mean(axes: [0]) - context[part.mean]).square().mean(), ())
    }
    return ["loss": descent.loss, "place": Double(a.indices[0] * 100 + b.indices[0])]
  }
}

@Suite struct StreamsTests {
  private static let data = TrainingData(streams: ["a": Noise([3], count: 10), "b": Noise([3], count: 7)])

  private func train(_ steps: Int, _ path: String, from checkpoint: TrainingCheckpoint? = nil) throws -> [Metrics] {
    var metrics: [Metrics] = []
    let trainer = Trainer(try Pairs(Pairs.Configuration()), length: .steps(steps), batchSize: 2, seed: 3)
    _ = try trainer.train(on: Self.data, from: checkpoint) {
      metrics.append($0.metrics)
      if $0.step == steps { try $0.checkpoint.save(to: path) }
    }
    return metrics
  }

  /// Positions of both streams and the pool are in the checkpoint: a training that is stopped goes on to the same bytes.
  @Test(arguments: [1, 4, 6]) func goesOnWithEveryStream(stop: Int) throws {
    try withTemporaryFolder { folder in
      let registry = ModelRegistry().registering(Pairs.self)
      let whole = try train(9, folder + "/whole")
      let first = try train(stop, folder + "/part")
      let checkpoint = try TrainingCheckpoint.load(folder + "/part", registry: registry)
      #expect(checkpoint.batchesTaken == ["a": stop, "b": stop])
      #expect(checkpoint.training.memory.names == ["pool"])
      let rest = try train(9, folder + "/part", from: checkpoint)
      #expect(first + rest == whole)
      #expect(try AtomicFile.read(folder + "/part") == AtomicFile.read(folder + "/whole"))
      #expect(Set(whole.map { $0["place"] ?? 0 }).count > 4)
    }
  }

  @Test func aMissingStreamIsNamed() throws {
    let trainer = Trainer(try Pairs(Pairs.Configuration()), length: .steps(1), batchSize: 2)
    let error = try #require(throws: TrainingError.self) { try trainer.train(on: Noise([3], count: 10)) }
    #expect(error.description == "training data: expected a stream of samples called a, found data")
  }

  /// Which order one stream has does not depend on what other streams there are.
  @Test func streamsAreIndependent() {
    func order(_ names: [String], of name: String) -> [Int] {
      let streams = Dictionary(uniqueKeysWithValues: names.map { ($0, Noise([1], count: 12) as any SampleSource) })
      var feed = BatchFeed(
        TrainingData(streams: streams), batchSize: 4, generator: RandomGenerator(seed: 1))
      return (0..<6).flatMap { _ in
        for other in names where other != name { _ = feed.next(other) }
        return feed.next(name).indices
      }
    }
    #expect(order(["a"], of: "a") == order(["a", "b", "c"], of: "a"))
    #expect(order(["a", "b"], of: "a") != order(["a", "b"], of: "b"))
  }

  @Test func memoryOfAnotherShapeIsRefused() throws {
    try withTemporaryFolder { folder in
      let path = folder + "/model"
      _ = try train(1, path)
      var (tensors, texts) = try SafeTensors.read(path)
      texts["latent.checksum"] = nil
      tensors["memory/pool"] = .zeros([5, 3])
      try SafeTensors.write(tensors, metadata: texts, to: path)
      let registry = ModelRegistry().registering(Pairs.self)
      let error = try #require(throws: FileError.self) { try TrainingCheckpoint.load(path, registry: registry) }
      #expect(
        error.description.hasSuffix(
          "expected a tensor \"memory/pool\" of shape [4, 3], found tensor \"memory/pool\" of shape [5, 3]"))
      // Without its training, the model opens all the same.
      #expect(try registry.load(path).step == 1)
    }
  }

  /// A checkpoint of the second version, in which there was one stream of images: five steps, which go on to eight.
  @Test func theSecondVersionGoesOn() throws {
    let path = fixturePath("checkpoints/vae-version-2.safetensors")
    let checkpoint = try TrainingCheckpoint.load(path)
    #expect(checkpoint.step == 5 && checkpoint.batchesTaken == ["data": 5])
    let vae = try VAE(VAE.Configuration(height: 4, width: 4, latentSize: 2, hiddenSize: 3))
    let trainer = Trainer(vae, length: .steps(8), batchSize: 3, seed: 5)
    let images = try tinyImages(10, side: 4)
    let resumed = try trainer.train(on: images, from: checkpoint)
    // Written by kernels of one kind, and gone on with by those of another: not the same bits, but the same training.
    let whole = try trainer.train(on: images).state
    for name in whole.names {
      let difference = try #require(resumed.state[name]) - #require(whole[name])
      #expect(difference.absolute().max().scalar < 1e-5, "\(name)")
    }
    #expect(checkpoint.trained.state != whole)
  }

  @Test func anotherLearningRateIsTakenOverAndTold() throws {
    try withTemporaryFolder { folder in
      let images = try tinyImages(9)
      func train(_ steps: Int, rate: Float?) throws {
        let run = try RunFolder(folder + "/out")
        let checkpoint = try run.checkpoint(registry: ModelRegistry().registering(Recorder.self))
        try run.begin(from: checkpoint)
        let trainer = Trainer(
          try Recorder(Recorder.Configuration()), length: .steps(steps), batchSize: 3, learningRate: rate)
        _ = try trainer.train(on: images, from: checkpoint) { try run.record($0) }
      }
      try train(2, rate: nil)
      try train(4, rate: 0.125)
      let lines = String(decoding: try AtomicFile.read(folder + "/out/metrics.jsonl"), as: UTF8.self).split(
        separator: "\n")
      #expect(lines.map { $0.contains("\"rate\":0.5") } == [true, true, false, false])
      #expect(lines.map { $0.contains("\"rate\":0.125") } == [false, false, true, true])
      #expect(
        lines.map { $0.contains("\"change\":\"learning rate was the model's, is 0.125\"") } == [
          false, false, true, false,
        ])
    }
  }

  @Test func ratesThatAreNone() throws {
    for rate in [0, -1, Float.infinity, .nan] {
      let trainer = Trainer(
        try Recorder(Recorder.Configuration()), length: .steps(1), batchSize: 2, learningRate: rate)
      #expect(throws: ConfigurationError.self) { try trainer.train(on: tinyImages(4)) }
    }
  }

  @Test func batchNormalizationOfASingleValue() throws {
    var configuration = GANConfiguration.dcgan
    (configuration.height, configuration.width, configuration.latentSize) = (4, 4, 3)
    let trainer = Trainer(try DCGAN(configuration), length: .steps(1), batchSize: 1)
    let error = try #require(throws: ConfigurationError.self) { try trainer.train(on: tinyImages(4, side: 4)) }
    #expect(error.description.contains("batches of 1 leave batch normalization one value"))
  }

  /// A schedule that has come to 0 is said.
  @Test func aScheduleThatIsOver() throws {
    let trainer = Trainer(
      try Recorder(Recorder.Configuration()), length: .steps(6), batchSize: 3, schedule: .linear(to: 0, steps: 3))
    var steps: [Int] = []
    _ = try trainer.train(on: tinyImages(9)) { progress in
      if progress.newWarnings.contains(where: { $0.kind == "schedule-over" }) { steps.append(progress.step) }
    }
    #expect(steps == [4])
  }

  @Test func trainingInTheBackground() async throws {
    let trainer = Trainer(try Recorder(Recorder.Configuration()), length: .steps(20), batchSize: 3, seed: 2)
    let data = TrainingData(try tinyImages(9))
    var steps: [Int] = []
    var finished: TrainedModel?
    for try await update in trainer.updates(on: data) {
      switch update {
      case .step(let step): steps.append(step.number)
      case .finished(let trained): finished = trained
      }
    }
    #expect(steps == steps.sorted() && steps.last == 20)
    #expect(try finished?.state == trainer.train(on: data).state)
    // A task that is cancelled ends its training.
    let endless = Trainer(try Recorder(Recorder.Configuration()), length: .steps(1_000_000_000), batchSize: 3)
    let task = Task { try await endless.trainInBackground(on: data) }
    task.cancel()
    await #expect(throws: CancellationError.self) { try await task.value }
  }
}
