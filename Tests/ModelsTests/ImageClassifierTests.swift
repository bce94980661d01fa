import Datasets
import Layers
import Tensor
import Testing

@testable import Models
@testable import Training

@Suite struct ImageClassifierTests {
  private func tiny(_ height: Int = 28, _ width: Int = 28, channels: Int = 1) throws -> ImageClassifier {
    try ImageClassifier(
      ImageClassifier.Configuration(
        height: height, width: width, channels: channels, classCount: 10, convolutionFeatures: 4, featureCount: 12,
        shift: 1))
  }

  @Test(arguments: [(28, 28, 1), (4, 4, 3), (9, 6, 2)]) func shapes(height: Int, width: Int, channels: Int) throws {
    let model = try tiny(height, width, channels: channels)
    let trained = TrainedModel(model: model, state: model.makeTraining(seed: 1).state)
    var random = RandomGenerator(seed: 1)
    let images = Tensor.uniform([5, height, width, channels], using: &random)
    #expect(model.logits(of: images, with: trained.state).shape == [5, 10])
    let features = model.features(of: images, with: trained.state)
    #expect(features.shape == [5, 12] && features.scalars.allSatisfy { $0 >= 0 })
    // A batch is its rows.
    #expect(model.features(of: images[2..<3], with: trained.state)[0] == features[2])
  }

  @Test func oneLiners() throws {
    let model = try tiny()
    let trained = TrainedModel(model: model, state: model.makeTraining(seed: 1).state)
    let images = BuiltInDigits.make(count: 70).batch(at: Array(0..<70)).samples
    let probabilities = try trained.classProbabilities(of: images)
    #expect(probabilities.shape == [70, 10])
    #expect(probabilities.sum(axes: [1]).scalars.allSatisfy { abs($0 - 1) < 1e-5 })
    let features = try trained.features(of: images)
    #expect(features == model.features(of: images, with: trained.state))
    #expect(probabilities == model.logits(ofFeatures: features, with: trained.state).softmax(axis: 1))
    let gan = try DCGAN()
    let other = TrainedModel(model: gan, state: gan.makeTraining(seed: 1).state)
    let error = #expect(throws: CapabilityError.self) { try other.classProbabilities(of: images) }
    #expect(error?.description == "dcgan cannot tell classes: it knows none")
    #expect(throws: CapabilityError.self) { try trained.features(of: .zeros([2, 8, 8, 1])) }
  }

  /// Ten classes that look alike to an untrained head: ln 10 nats.
  @Test func aHeadOfZerosKnowsNothing() throws {
    let model = try tiny()
    var training = model.makeTraining(seed: 1)
    for name in training.state.names where name.hasPrefix("head") {
      training.state[name] = training.state[name].map { $0 * 0 }
    }
    let figures = model.evaluate(on: TrainingData(BuiltInDigits.make(count: 100)), with: training.state)
    #expect(abs((figures["loss"] ?? 0) - 2.302_585) < 1e-5)
    #expect(figures["accuracy"] == 0.1)
  }

  @Test func learnsTheBuiltInDigits() throws {
    let model = try tiny()
    let digits = BuiltInDigits.make(count: 2000)
    let trained = try Trainer(model, length: .epochs(4), batchSize: 50, seed: 1).train(on: digits)
    let unseen = TrainingData(BuiltInDigits.make(count: 500, seed: 9))
    let accuracy = try #require(model.evaluate(on: unseen, with: trained.state)["accuracy"])
    #expect(accuracy > 0.95)
  }

  @Test func badConfigurations() throws {
    func message(_ change: (inout ImageClassifier.Configuration) -> Void) -> String? {
      var configuration = ImageClassifier.Configuration(classCount: 10)
      change(&configuration)
      return #expect(throws: ConfigurationError.self) { try ImageClassifier(configuration) }?.description
    }
    #expect(message { $0.classCount = 1 } == "image-classifier: classCount is 1, expected 2 to 65536")
    #expect(message { $0.height = 3 } == "image-classifier: height is 3, expected 4 to 65536")
    #expect(
      message { $0.dropout = 1 } == "image-classifier: dropout is 1.0, expected 0 or more and less than 1")
    #expect(throws: ConfigurationError.self) { try tiny().check(batchSize: 1) }
  }
}
