import Datasets
import Layers
import Tensor
import Testing

@testable import Evaluation
@testable import Models
@testable import Training

@Suite struct FeatureErrorTests {
  private let digits = ImagePreparation(size: 12)(BuiltInDigits.make(count: 300, seed: 1))

  private func judge() throws -> TrainedModel {
    let model = try ImageClassifier(
      ImageClassifier.Configuration(height: 12, width: 12, classCount: 10, convolutionFeatures: 4, featureCount: 16))
    return TrainedModel(model: model, state: model.makeTraining(seed: 1).state)
  }

  @Test("Equal images are at 0, others of the same kind at 1, whatever the batches") func scale() throws {
    let judge = try judge()
    let images = digits.batch(at: Array(0..<300)).samples
    var equal = try FeatureError(by: judge)
    #expect(equal.value.isNaN)
    try equal.add(images, of: images)
    #expect(equal.value == 0 && equal.count == 300)
    // Every image stands for every original once: the mean distance of two different ones, exactly.
    let some = images[0..<24]
    var others = try FeatureError(by: judge)
    for turn in 1..<24 {
      let order = (0..<24).map { ($0 + turn) % 24 }
      try others.add(some.gathered(at: order), of: some)
    }
    // `value` divides by the variance of the 552 originals that it saw, of which 24 are different.
    #expect(abs(others.value - 24 / 23 * (551.0 / 552)) < 1e-3)
  }

  @Test("The value is that of the definition") func definition() throws {
    let judge = try judge()
    let (images, originals) = (digits.batch(at: Array(0..<40)).samples, digits.batch(at: Array(40..<80)).samples)
    var error = try FeatureError(by: judge)
    try error.add(images[0..<15], of: originals[0..<15])
    try error.add(images[15..<40], of: originals[15..<40])
    let (own, expected) = (try judge.features(of: images), try judge.features(of: originals))
    var (near, far) = (0.0, 0.0)
    for i in 0..<40 {
      near += (own[i] - expected[i]).sumOfSquares / 40
      for j in 0..<40 where i != j { far += (expected[i] - expected[j]).sumOfSquares / (40 * 39) }
    }
    #expect(abs(error.value / (near / far) - 1) < 1e-4)
  }

  @Test("Originals that look alike have no scale") func equalOriginals() throws {
    let images = digits.batch(at: Array(0..<8)).samples
    var error = try FeatureError(by: judge())
    try error.add(images, of: images[0..<1].broadcast(to: images.shape))
    #expect(error.value.isNaN && error.count == 8)
  }

  @Test func misuse() throws {
    let gan = try DCGAN()
    let model = TrainedModel(model: gan, state: gan.makeTraining(seed: 1).state)
    #expect(throws: CapabilityError.self) { try FeatureError(by: model) }
    var error = try FeatureError(by: judge())
    #expect(throws: CapabilityError.self) { try error.add(.zeros([1, 8, 8, 1]), of: .zeros([1, 8, 8, 1])) }
  }
}
