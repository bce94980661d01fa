import Datasets
import Foundation
import Layers
import Tensor
import Testing

@testable import Models
@testable import Training

/// A classifier that learns from few labels, against a generator.
@Suite struct SemiSupervisedGANTests {
  private func model(_ change: (inout SemiSupervisedGAN.Configuration) -> Void = { _ in }) throws -> SemiSupervisedGAN {
    var configuration = SemiSupervisedGAN.Configuration(
      classCount: 10, latentSize: 20, generatorWidths: [64], discriminatorWidths: [128, 64])
    change(&configuration)
    return try SemiSupervisedGAN(configuration)
  }

  private func data(_ images: ImageSet, labelled: ImageSet) -> TrainingData {
    TrainingData(streams: [TrainingData.mainStream: images, SemiSupervisedGAN.labelledStream: labelled])
  }

  /// With logits that sum to Z, real is Z / (Z + 1): the formula, term by term.
  @Test func realityLossIsTheCrossEntropyOfKPlusOneClasses() {
    let (real, fake) = (Tensor([[0.3, -1, 2], [0, 0, 0]] as [[Float]]), Tensor([[-2, 0.5, 1]] as [[Float]]))
    func z(_ row: [Double]) -> Double { row.reduce(0) { $0 + exp($1) } }
    let ofReal = [z([0.3, -1, 2]), 3].map { -log($0 / ($0 + 1)) }.reduce(0, +) / 2
    let ofFake = -log(1 / (z([-2, 0.5, 1]) + 1))
    let loss = SemiSupervisedGAN.realityLoss(real: real, generated: fake)
    #expect(abs(Double(loss.scalar) - 0.5 * (ofReal + ofFake)) < 1e-6)
  }

  /// Each update moves its own network only, and the buffers of normalization.
  @Test func eachUpdateMovesItsNetwork() throws {
    let model = try model()
    let images = BuiltInDigits.make(count: 40)
    var training = model.makeTraining(seed: 1)
    var feed = BatchFeed(data(images, labelled: images), batchSize: 20, generator: RandomGenerator(seed: 1))
    let before = training.state
    let metrics = try model.trainingStep(&feed, &training)
    for name in model.network.parameterNames { #expect(before[name] != training.state[name], "\(name)") }
    #expect(
      metrics.entries.map(\.name)
        == [
          "discriminator_loss", "class_loss", "reality_loss", "accuracy", "feature_matching", "real_spread",
          "fake_spread",
        ])
    #expect(Set(training.average?.names ?? []) == Set(training.state.names))
  }

  /// With ten labels a class it does better than by chance on images that it has not seen, and by its average too.
  @Test func learnsFromFewLabels() throws {
    let (images, unseen) = (BuiltInDigits.make(count: 2000), BuiltInDigits.make(count: 500, seed: 1))
    var generator = RandomGenerator(seed: 3)
    let labelled = images.subset(perClass: 10, using: &generator)
    let model = try model { $0.averageDecay = 0.98 }
    let trained = try Trainer(model, length: .steps(200), batchSize: 50).train(on: data(images, labelled: labelled))
    for one in [trained, try #require(trained.averaged)] {
      let error = try #require(model.evaluate(on: data(unseen, labelled: unseen), with: one.state)["error"])
      #expect(error < 0.4, "\(error)")
    }
    let samples = try trained.sample(5, seed: 1)
    #expect(samples.shape == [5, 28, 28, 1] && samples.scalars.allSatisfy { (0...1).contains($0) })
  }

  @Test func resumesInTheMiddleOfAnEpoch() throws {
    let images = BuiltInDigits.make(count: 200)
    let all = data(images, labelled: images.prefix(60))
    var checkpoint: TrainingCheckpoint?
    let whole = try Trainer(model(), length: .steps(9), batchSize: 20).train(on: all) {
      if $0.step == 4 { checkpoint = $0.checkpoint }
    }
    let middle = try #require(checkpoint)
    let rest = try Trainer(model(), length: .steps(9), batchSize: 20).train(on: all, from: middle)
    #expect(whole.state == rest.state && whole.average == rest.average)
  }

  @Test(arguments: [
    (SemiSupervisedGAN.Configuration(classCount: 1), "classCount is 1"),
    (
      SemiSupervisedGAN.Configuration(classCount: 3, discriminatorWidths: []),
      "discriminatorWidths has 0 layers, expected 1 to 64"
    ),
    (SemiSupervisedGAN.Configuration(classCount: 3, hiddenNoise: -1), "hiddenNoise is -1"),
    (SemiSupervisedGAN.Configuration(classCount: 3, averageDecay: 1), "averageDecay is 1"),
  ])
  func refusesWhatMakesNoSense(_ configuration: SemiSupervisedGAN.Configuration, _ text: String) {
    let error = #expect(throws: ConfigurationError.self) { try SemiSupervisedGAN(configuration) }
    #expect(error?.description.contains(text) == true, "\(String(describing: error))")
  }
}
