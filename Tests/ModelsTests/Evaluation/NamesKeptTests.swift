import Datasets
import Layers
import Tensor
import Testing

@testable import Evaluation
@testable import Models
@testable import Training

@Suite struct NamesKeptTests {
  @Test("Images keep their names if they are the same, whatever a classifier thinks of them") func names() throws {
    let digits = ImagePreparation(size: 12)(BuiltInDigits.make(count: 300))
    let classifier = try ImageClassifier(
      ImageClassifier.Configuration(height: 12, width: 12, classCount: 10, convolutionFeatures: 4, featureCount: 16))
    let judge = try Trainer(classifier, length: .steps(60), batchSize: 30, seed: 1).train(on: digits)
    let images = digits.batch(at: Array(0..<40)).samples
    var kept = try NamesKept(by: judge)
    #expect(kept.share.isNaN)
    try kept.add(images, like: images)
    #expect((kept.share, kept.count, kept.keptCount) == (1, 40, 40))
    // The names of another order.
    let other = images.gathered(at: Array(1..<40) + [0])
    let own = try judge.classProbabilities(of: images).argmax(axis: 1)
    let moved = own.dropFirst() + own.prefix(1)
    let same = zip(own, moved).count { $0 == $1 }
    try kept.add(other, like: images)
    #expect(kept.count == 80 && kept.keptCount == 40 + same && same < 40)
    let vae = try VAE(VAE.Configuration(height: 12, width: 12, latentSize: 2, hiddenSize: 4))
    let autoencoder = TrainedModel(model: vae, state: vae.makeTraining(seed: 1).state)
    #expect(throws: CapabilityError("vae cannot name images: it tells no classes")) { try NamesKept(by: autoencoder) }
    #expect(throws: CapabilityError.self) { try kept.add(.zeros([1, 8, 8, 1]), like: .zeros([1, 8, 8, 1])) }
  }
}
