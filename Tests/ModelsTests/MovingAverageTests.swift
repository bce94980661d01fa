import Datasets
import Layers
import Tensor
import Testing

@testable import Models
@testable import Training

@Suite struct MovingAverageTests {
  private func configuration(decay: Float?) -> GANConfiguration {
    var configuration = GANConfiguration.dcgan
    (configuration.height, configuration.width, configuration.latentSize) = (4, 4, 3)
    (configuration.generatorFeatures, configuration.discriminatorFeatures) = (2, 2)
    configuration.averageDecay = decay
    return configuration
  }

  private func train(_ gan: DCGAN, steps: Int, after: (TrainingState) -> Void) throws {
    var training = gan.makeTraining(seed: 2)
    var feed = BatchFeed.noise(for: gan, batchSize: 5)
    for _ in 0..<steps {
      _ = try gan.trainingStep(&feed, &training)
      after(training)
      training.step += 1
    }
  }

  /// The decay is min(d, (1 + t) / (10 + t)); running statistics are averaged like weights, the discriminator is not.
  @Test func againstTheFormula() throws {
    let gan = try DCGAN(configuration(decay: 0.3))
    var expected: [String: [Double]] = [:]
    var step = 0
    try train(gan, steps: 8) { training in
      let decay = min(0.3, (1 + Double(step)) / (10 + Double(step)))
      for name in training.state.names where name.hasPrefix("generator.") {
        let now = training.state[name]?.scalars.map(Double.init) ?? []
        expected[name] = expected[name].map { old in zip(old, now).map { decay * $0 + (1 - decay) * $1 } } ?? now
      }
      #expect(training.average?.names == expected.keys.sorted())
      for (name, values) in expected {
        let found = training.average?[name]?.scalars ?? []
        #expect(zip(found, values).allSatisfy { abs(Double($0) - $1) < 1e-5 }, "\(name) after step \(step)")
      }
      step += 1
    }
    #expect(expected["generator.projectNorm.runningVariance"] != nil)
  }

  @Test func noneUnlessAskedFor() throws {
    try train(DCGAN(configuration(decay: nil)), steps: 2) { #expect($0.average == nil) }
  }

  @Test func moving() {
    var state = State(["a": Tensor([1, 2]), "b": Tensor([4])])
    let copy = state
    state.move(towards: State(["a": Tensor([3, -2]), "b": Tensor([0]), "c": Tensor([7])]), by: 0.25)
    #expect(state == State(["a": Tensor([1.5, 1]), "b": Tensor([3])]))
    #expect(copy["a"] == Tensor([1, 2]))
  }

  @Test func averagesAreSavedAndLoaded() throws {
    let gan = try DCGAN(configuration(decay: 0.5))
    var last: TrainingState?
    try train(gan, steps: 3) { last = $0 }
    let training = try #require(last)
    let trained = TrainedModel(gan, training)
    let folder = try TemporaryFolder()
    try trained.save(to: folder.path("model"))
    let loaded = try ModelRegistry.standard.load(folder.path("model"))
    #expect(loaded.state == trained.state && loaded.average == trained.average)
    let averaged = try #require(loaded.averaged)
    #expect(
      averaged.average == nil && averaged.state["generator.paint.bias"] == training.average?["generator.paint.bias"])
    #expect(averaged.state["discriminator.score.bias"] == training.state["discriminator.score.bias"])
    #expect(try averaged.sample(2) != loaded.sample(2))
  }
}
