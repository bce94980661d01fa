import Foundation
import Latent
import Testing

/// The code of the documentation's articles, compiled and run.
@Suite struct ArticleTests {
  @Test func trainingAClassifier() throws {
    // Article: TrainingAClassifier
    let digits = BuiltInDigits.make(count: 2000, seed: 1)
    let classifier = Sequential(
      Conv2D(from: 1, to: 8, kernelSize: 4, stride: 2, padding: 1, hasBias: false), BatchNorm(8), .relu, .flatten,
      Dense(from: 14 * 14 * 8, to: 64), .relu, Dropout(0.25), Dense(from: 64, to: 10))
    let network = Network(classifier)
    print(network.summary)

    var random = RandomGenerator(seed: 1)
    var state = network.initialState(using: &random)

    var optimizer = Adam(learningRate: 2e-3)
    optimizer.schedule = .cosine(to: 0.05, steps: 120)
    var batches = BatchStream(digits, batchSize: 50, generator: random.split())
    while optimizer.progress.step < 120 {
      let batch = batches.next()
      let labels = batch.labels ?? []
      let (loss, accuracy) = network.update(&state, with: &optimizer, using: &random) { context in
        let logits = classifier(batch.samples, in: context)
        return (logits.softmaxCrossEntropy(labels: labels).mean(), logits.accuracy(labels: labels))
      }
      if optimizer.progress.step % 40 == 0 { print("loss \(loss), accuracy \(accuracy)") }
    }

    let unseen = BuiltInDigits.make(count: 500, seed: 2)
    let all = unseen.batch(at: Array(0..<unseen.count))
    let logits = classifier(all.samples, in: Context(network, state, mode: .inference))
    print("accuracy on unseen digits: \(logits.accuracy(labels: all.labels ?? []))")

    let batch = batches.next()
    let result = network.valueAndGradients(at: state, using: &random) { context in
      classifier(batch.samples, in: context).softmaxCrossEntropy(labels: batch.labels ?? []).mean()
    }
    var gradients = result.gradients
    let norm = gradients.clip(toNorm: 1)
    optimizer.update(&state, with: gradients)
    state.merge(result.bufferUpdates)
    // End of the article
    #expect(logits.accuracy(labels: all.labels ?? []) > 0.9)
    #expect(norm > 0 && state["layers.1.runningMean"] != Tensor.zeros([8]))
    try expectArticle("TrainingAClassifier")
  }

  /// What stands between the two comments is what the article shows.
  private func expectArticle(_ name: String, file: String = #filePath) throws {
    let own = try String(contentsOfFile: file, encoding: .utf8).components(separatedBy: "// Article: \(name)\n")
    let compiled = try #require(own.dropFirst().first?.components(separatedBy: "// End of the article").first)
    let root = URL(fileURLWithPath: file).deletingLastPathComponent().deletingLastPathComponent()
      .deletingLastPathComponent()
    let article = try String(
      contentsOf: root.appendingPathComponent("Sources/Latent/Latent.docc/\(name).md"), encoding: .utf8)
    let blocks = article.components(separatedBy: "```swift\n").dropFirst().compactMap {
      $0.components(separatedBy: "```").first
    }
    func lines(_ text: String) -> [String] {
      text.split(separator: "\n").map { $0.trimmingCharacters(in: .whitespaces) }.filter { !$0.isEmpty }
    }
    #expect(!blocks.isEmpty && lines(compiled) == lines(blocks.joined()))
  }
}
