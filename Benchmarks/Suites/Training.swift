import Latent
import LatentBenchmarkHarness

/// Whole training steps of the reference models, optimizer included.
let training = BenchmarkSuite(name: "train") { suite in
  suite.benchmark("vae-mlp-step-b128", .items(128)) {
    try TrainingStep(VAE(VAE.Configuration()), batchSize: 128)
  } body: { step in
    blackHole(try step.run())
  }
  suite.benchmark("vae-conv-step-b128", .items(128)) {
    try TrainingStep(VAE(VAE.Configuration(latentSize: 32, architecture: .convolutional)), batchSize: 128)
  } body: { step in
    blackHole(try step.run())
  }
  for (name, configuration) in variationalModels {
    suite.benchmark("\(name)-step-b128", .items(128)) {
      try TrainingStep(VAE(configuration), batchSize: 128)
    } body: { step in
      blackHole(try step.run())
    }
  }
  suite.benchmark("dcgan-step", .items(64)) {
    try TrainingStep(DCGAN(withoutAverage(.dcgan)), batchSize: 64)
  } body: { step in
    blackHole(try step.run())
  }
  suite.benchmark("wgan-gp-critic-step", .items(64)) {
    try AdversarialSteps(WGANGP(withoutAverage(.wganGP)), batchSize: 64)
  } body: { steps in
    blackHole(try steps.runDiscriminator())
  }
  suite.benchmark("wgan-gp-generator-step", .items(64)) {
    try AdversarialSteps(WGANGP(withoutAverage(.wganGP)), batchSize: 64)
  } body: { steps in
    blackHole(try steps.runGenerator())
  }
}

/// Variational autoencoders put together from other parts, on grey pixels: drawing black and white ones is the stream's.
private let variationalModels: KeyValuePairs<String, VAE.Configuration> = [
  "iwae-k1": burda { _ in },
  "iwae-k5": burda { $0.importanceSamples = 5 },
  "iwae-k50": burda { $0.importanceSamples = 50 },
  "iwae-k50-drawn": burda { ($0.importanceSamples, $0.importanceGradient) = (50, .drawn) },
  "iwae2-k50": burda { ($0.importanceSamples, $0.stochasticLayers, $0.latentSize) = (50, 2, 100) },
  "vae-conditional": VAE.Configuration(classCount: 10),
  "vae-mean-field": VAE.Configuration(latentSize: 64, hiddenSize: 256, hiddenLayerCount: 2),
  "vae-iaf": changed(VAE.Configuration(latentSize: 64, hiddenSize: 256, hiddenLayerCount: 2)) { $0.posterior = .iaf },
  "vae-ladder": changed(VAE.Configuration(latentSize: 64, hiddenSize: 512, hiddenLayerCount: 2)) {
    ($0.stochasticLayers, $0.isLadder) = (5, true)
  },
  "vae-residual-iaf": changed(VAE.Configuration(latentSize: 32, architecture: .residual)) { $0.posterior = .iaf },
]

/// The network of Burda et al. with some settings changed.
private func burda(_ change: (inout VAE.Configuration) -> Void) -> VAE.Configuration {
  changed(VAE.Configuration(latentSize: 50, hiddenSize: 200, hiddenLayerCount: 2, activation: .tanh), change)
}

private func changed(
  _ configuration: VAE.Configuration, _ change: (inout VAE.Configuration) -> Void
) -> VAE.Configuration {
  var configuration = configuration
  change(&configuration)
  return configuration
}

/// Training steps of models that make images a pixel or a code after the other; of the latter those for the codes.
let pixelTraining = BenchmarkSuite(name: "train") { suite in
  suite.benchmark("pixelcnn-step-b64", .items(64)) {
    try TrainingStep(PixelCNN(PixelCNN.Configuration(firstKernelSize: 7)), batchSize: 64)
  } body: { step in
    blackHole(try step.run())
  }
  // Two layers of 32 that add to a map as wide, the last of which goes to the end.
  for kind in PixelRNN.Recurrence.allCases {
    suite.benchmark(kind == .row ? "pixelrnn-step-b64" : "pixelrnn-\(kind)-step-b64", .items(64)) {
      try TrainingStep(
        PixelRNN(
          PixelRNN.Configuration(recurrence: kind, features: 32, mapChannels: 32, layerCount: 2, hasSkips: false)),
        batchSize: 64)
    } body: { step in
      blackHole(try step.run())
    }
  }
  suite.benchmark("made-step-b64", .items(64)) {
    try TrainingStep(MADE(MADE.Configuration()), batchSize: 64)
  } body: { step in
    blackHole(try step.run())
  }
  suite.benchmark("vq-vae-step-b128", .items(128)) {
    try TrainingStep(VQVAE(VQVAE.Configuration(codeCount: 128, codeSteps: 1_000_000)), batchSize: 128)
  } body: { step in
    blackHole(try step.run())
  }
}

/// Training steps of GANs with codes and encoders, without moving averages and with all networks moving.
let codeTraining = BenchmarkSuite(name: "train") { suite in
  suite.benchmark("infogan-step-b128", .items(128)) {
    var configuration = InfoGAN.Configuration()
    (configuration.headFeatures, configuration.averageDecay) = (64, nil)
    return try TrainingStep(InfoGAN(configuration), batchSize: 128)
  } body: { step in
    blackHole(try step.run())
  }
  suite.benchmark("vae-gan-step-b64", .items(64)) {
    var configuration = VAEGAN.Configuration()
    (configuration.equilibrium, configuration.averageDecay) = (nil, nil)
    return try TrainingStep(VAEGAN(configuration), batchSize: 64)
  } body: { step in
    blackHole(try step.run())
  }
  suite.benchmark("alpha-gan-step-b64", .items(64)) {
    var configuration = AlphaGAN.Configuration()
    configuration.averageDecay = nil
    return try TrainingStep(AlphaGAN(configuration), batchSize: 64)
  } body: { step in
    blackHole(try step.run())
  }
}

/// Samples of the reference DCGAN's generator, and of a PixelCNN with its caches.
let generation = BenchmarkSuite(name: "generate") { suite in
  suite.benchmark("pixelcnn-b64", .items(64)) {
    try untrained(PixelCNN(PixelCNN.Configuration(firstKernelSize: 7)))
  } body: { trained in
    blackHole(try trained.sample(64, seed: 1))
  }
  suite.benchmark("stylegan-b64", .items(64)) {
    try untrained(StyleGAN())
  } body: { trained in
    blackHole(try trained.sample(64, seed: 1))
  }
  for count in [64, 1] {
    suite.benchmark("dcgan-b\(count)", .items(count)) {
      try untrained(DCGAN())
    } body: { trained in
      blackHole(try trained.sample(count, seed: 1))
    }
    suite.benchmark("dcgan-b\(count)-prepared", .items(count)) {
      try untrained(DCGAN()).prepared()
    } body: { trained in
      blackHole(try trained.sample(count, seed: 1))
    }
  }
}

private func untrained(_ model: some GenerativeModel) -> TrainedModel {
  TrainedModel(model: model, state: model.makeTraining(seed: 1).state)
}

/// What PyTorch's steps, which these are compared with, do: no moving average.
func withoutAverage(_ configuration: GANConfiguration) -> GANConfiguration {
  var configuration = configuration
  configuration.averageDecay = nil
  return configuration
}

/// The two kinds of steps of a GAN, one by one, on a batch of noise.
struct AdversarialSteps {
  private let gan: AdversarialTraining
  private let real: Tensor
  private var training: TrainingState

  init(_ model: some ConvolutionalGAN, batchSize: Int) throws {
    self.init(model, model.procedure, batchSize)
  }

  init(_ model: StyleGAN, batchSize: Int) throws { self.init(model, model.procedure, batchSize) }

  private init(_ model: some Sampling, _ procedure: AdversarialTraining, _ batchSize: Int) {
    gan = procedure
    var generator = RandomGenerator(seed: 1)
    real = Tensor.uniform(Tensor.Shape([batchSize] + model.sampleShape.sizes), in: -1..<1, using: &generator)
    training = model.makeTraining(seed: 1)
  }

  mutating func runDiscriminator() throws -> Metrics { try gan.discriminatorStep(&training, real: real) }

  mutating func runGenerator() throws -> Metrics { try gan.generatorStep(&training, count: real.shape[0]) }
}

/// A model and the numbers of its training, with one batch of noise for each of its streams, of all classes if it takes
/// some, that is used again and again.
struct TrainingStep<Model: GenerativeModel> {
  private let model: Model
  private var feed: BatchFeed
  private var training: TrainingState

  init(_ model: Model, batchSize: Int) throws {
    self.model = model
    var generator = RandomGenerator(seed: 1)
    let indices = Array(0..<batchSize)
    var streams: [String: any SampleSource] = [:]
    for input in model.inputs {
      let images = Tensor.uniform(Tensor.Shape([batchSize] + input.sampleShape.sizes), using: &generator)
      var condition = Condition.none
      if case .classes(let count) = input.condition { condition = .labels(indices.map { $0 % count }) }
      streams[input.stream] = OneBatch(
        batch: Batch(samples: images, condition: condition, indices: indices), sampleShape: input.sampleShape)
    }
    feed = BatchFeed(TrainingData(streams: streams), batchSize: batchSize, generator: generator)
    training = model.makeTraining(seed: 1)
  }

  mutating func run() throws -> Metrics { try model.trainingStep(&feed, &training) }
}

/// The same batch again and again.
private struct OneBatch: SampleSource {
  let batch: Batch
  let sampleShape: Tensor.Shape
  var count: Int { batch.indices.count }
  func fingerprint(withConditions: Bool) -> UInt32 { 0 }
  func batch(at indices: [Int]) -> Batch { batch }
}
