import Datasets
import Layers
import Models
import Tensor
import Testing
import Training

@Suite struct TrainerTests {
  /// What a ``Recorder`` was given in each step of a training on `count` images.
  private func record(
    _ length: Trainer<Recorder>.Length, images count: Int = 10, batchSize: Int = 3, batchesPerStep: Int = 1,
    seed: UInt64 = 0, learningRate: Float? = nil, schedule: LearningRateSchedule = .constant, heldOut: ImageSet? = nil
  ) throws -> [TrainingProgress] {
    let trainer = Trainer(
      try Recorder(Recorder.Configuration(batchesPerStep: batchesPerStep)), length: length, batchSize: batchSize,
      seed: seed, learningRate: learningRate, schedule: schedule)
    var steps: [TrainingProgress] = []
    let trained = try trainer.train(on: tinyImages(count), heldOut: heldOut) { steps.append($0) }
    #expect(trained.step == steps.count)
    #expect(steps.allSatisfy { $0.totalSteps == steps.count })
    #expect(steps.map(\.step) == (0..<steps.count).map { $0 + 1 })
    return steps
  }

  @Test func epochsAreWholePasses() throws {
    let steps = try record(.epochs(2))
    #expect(steps.map(\.epoch) == [1, 1, 1, 2, 2, 2])
    #expect(steps.map(\.endsEpoch) == [false, false, true, false, false, true])
    for epoch in 1...2 {
      // Ten images make three batches of three; the tenth is left out.
      let seen = steps.filter { $0.epoch == epoch }.flatMap(\.metrics.places)
      #expect(seen.count == 9 && Set(seen).count == 9)
    }
  }

  @Test func stepsMayEndWithinAnEpoch() throws {
    let steps = try record(.steps(4))
    #expect(steps.map(\.epoch) == [1, 1, 1, 2])
    #expect(steps.map(\.endsEpoch) == [false, false, true, true])
    #expect(throws: TrainingError.self) { try record(.steps(0)) }
  }

  @Test func stepsOfSeveralBatches() throws {
    let steps = try record(.epochs(2), batchesPerStep: 2)
    #expect(steps.map(\.metrics.places.count) == [6, 6, 6])
    // The second step begins in the first epoch and ends in the second.
    #expect(steps.map(\.epoch) == [1, 1, 2] && steps.map(\.checkpoint.epoch) == [1, 2, 2])
    #expect(steps.map(\.endsEpoch) == [false, true, true])
  }

  @Test func orderDependsOnTheSeedAlone() throws {
    let steps = try record(.epochs(3), seed: 5)
    let other = try record(.steps(9), seed: 5, learningRate: 0.01, schedule: .linear(steps: 3))
    #expect(other.map(\.metrics.places) == steps.map(\.metrics.places))
    #expect(other.map { $0.metrics["random"] } == steps.map { $0.metrics["random"] })
    let reseeded = try record(.epochs(3), seed: 6)
    #expect(reseeded.map(\.metrics.places) != steps.map(\.metrics.places))
    #expect(reseeded.map { $0.metrics["random"] } != steps.map { $0.metrics["random"] })
  }

  @Test func sameSettingsSameNumbers() throws {
    let trainer = Trainer(try Recorder(Recorder.Configuration()), length: .steps(5), batchSize: 3, seed: 2)
    let images = try tinyImages(10)
    let first = try trainer.train(on: images)
    #expect(try trainer.train(on: images).state == first.state)
    #expect(first.state != trainer.model.makeTraining(seed: 2).state)
  }

  @Test func learningRates() throws {
    #expect(try record(.steps(2)).map { $0.metrics["rate"] } == [0.5, 0.5])
    let steps = try record(.steps(4), learningRate: 2, schedule: .linear(to: 0.5, steps: 2))
    #expect(steps.map { $0.metrics["rate"] } == [2, 1.5, 1, 1])
  }

  @Test func heldOutImages() throws {
    let steps = try record(.steps(4), heldOut: tinyImages(7))
    #expect(steps.map { $0.heldOut?["count"] } == [nil, nil, 7, 7])
    #expect(try record(.steps(4)).allSatisfy { $0.heldOut == nil })
  }

  @Test func errorsOfTheCallbackEndTheTraining() throws {
    struct Enough: Error {}
    let trainer = Trainer(try Recorder(Recorder.Configuration()), length: .steps(100), batchSize: 2)
    var steps = 0
    #expect(throws: Enough.self) {
      try trainer.train(on: tinyImages(4)) { _ in
        steps += 1
        if steps == 3 { throw Enough() }
      }
    }
    #expect(steps == 3)
  }

  @Test func imagesThatDoNotSuit() throws {
    let trainer = Trainer(try Recorder(Recorder.Configuration()), length: .steps(1), batchSize: 4)
    #expect(throws: TrainingError.tooFewSamples(count: 3, batchSize: 4, source: "training data")) {
      try trainer.train(on: tinyImages(3))
    }
    #expect(throws: TrainingError.sampleShape(expected: [2, 2, 1], found: [3, 3, 1], source: "training data")) {
      try trainer.train(on: tinyImages(4, side: 3))
    }
    #expect(
      throws: TrainingError.sampleShape(expected: [2, 2, 1], found: [3, 3, 1], source: "training data (held out)")
    ) {
      try trainer.train(on: tinyImages(4), heldOut: tinyImages(4, side: 3))
    }
    // Held-out images need not fill a batch.
    _ = try trainer.train(on: tinyImages(4), heldOut: tinyImages(1))
  }

  /// The first update makes the parameters useless; who notices depends on how many steps follow.
  @Test(arguments: [1, 2, 20]) func learningRateTooLarge(steps: Int) throws {
    let vae = try VAE(VAE.Configuration(height: 2, width: 2, latentSize: 2, hiddenSize: 8))
    let trainer = Trainer(vae, length: .steps(steps), batchSize: 4, learningRate: .greatestFiniteMagnitude)
    let error = try #require(throws: TrainingError.self) { try trainer.train(on: tinyImages(8)) }
    guard case .notFinite(let name, let step) = error else { throw error }
    #expect(step <= steps && (1...2).contains(step))
    #expect(vae.network.parameterNames.contains(name) || name == "loss", "\(name)")
    #expect(error.description.hasPrefix("step \(step): \(name) is not a finite number"))
  }
}
