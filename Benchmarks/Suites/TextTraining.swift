import Latent
import LatentBenchmarkHarness

/// Training steps of GANs that read captions, without a moving average, and the scenes that they learn from.
let textTraining = BenchmarkSuite(name: "train") { suite in
  for (name, design) in [("text-to-image", TextToImage.Design.published), ("text-to-image-refined", .refined)] {
    suite.benchmark("\(name)-step-b64", .items(64)) {
      try CaptionStep(design, batchSize: 64)
    } body: { step in
      blackHole(try step.run())
    }
  }
  suite.benchmark("captioned-digits-b64", .items(64)) {
    try CaptionedDigits(BuiltInDigits.make(count: 1000), count: 64)
  } body: { scenes in
    blackHole(scenes.batch(at: Array(0..<64)))
  }
}

/// A model and the numbers of its training, with one batch of noise that has captions of scenes.
private struct CaptionStep {
  private let model: TextToImage
  private var feed: BatchFeed
  private var training: TrainingState

  init(_ design: TextToImage.Design, batchSize: Int) throws {
    var configuration = TextToImage.Configuration(vocabulary: DigitScene.vocabulary)
    (configuration.averageDecay, configuration.design) = (nil, design)
    model = try TextToImage(configuration)
    var generator = RandomGenerator(seed: 1)
    let images = Tensor.uniform([batchSize, 28, 28, 1], using: &generator)
    let captions = try (0..<batchSize).map { index in
      try configuration.vocabulary.tokens(of: DigitScene.all[index * 37 % DigitScene.all.count].caption)
    }
    let source = TensorSet(images, condition: .tokens(captions), conditions: configuration.vocabulary.conditions)
    feed = BatchFeed(TrainingData(source), batchSize: batchSize, generator: generator)
    training = model.makeTraining(seed: 1)
  }

  mutating func run() throws -> Metrics { try model.trainingStep(&feed, &training) }
}
