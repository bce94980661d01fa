import Latent
import LatentBenchmarkHarness

/// How the time and the memory of a training step of every family grow with the batch and with the image, which is grey:
/// models as they are by default, without moving averages. Those of the DCGAN are in ``scaling``.
let familyScaling = BenchmarkSuite(name: "growth", .optional, .memory) { suite in
  addVariational(to: &suite)
  addPixelModels(to: &suite)
  addAdversarial(to: &suite)
  addImageToImage(to: &suite)
  for (side, batchSize) in [(16, 16), (16, 64), (16, 256), (32, 16)] {
    suite.benchmark("voxel-vae/\(side)x\(side)x\(side)-b\(batchSize)", .items(batchSize)) {
      try TrainingStep(VoxelVAE(VoxelVAE.Configuration(side: side)), batchSize: batchSize)
    } body: { step in
      blackHole(try step.run())
    }
    suite.benchmark("voxel-gan/\(side)x\(side)x\(side)-b\(batchSize)", .items(batchSize)) {
      var configuration = VoxelGAN.Configuration(side: side)
      configuration.averageDecay = nil
      return try TrainingStep(VoxelGAN(configuration), batchSize: batchSize)
    } body: { step in
      blackHole(try step.run())
    }
  }
}

private func addVariational(to suite: inout BenchmarkSuite) {
  addFamily("vae", to: &suite) { try VAE(sized(VAE.Configuration(), \.height, \.width, $0)) }
  addFamily("vae-conv", to: &suite) {
    try VAE(sized(VAE.Configuration(latentSize: 32, architecture: .convolutional), \.height, \.width, $0))
  }
  addFamily("vae-residual-iaf", to: &suite) {
    var configuration = VAE.Configuration(latentSize: 32, architecture: .residual)
    configuration.posterior = .iaf
    return try VAE(sized(configuration, \.height, \.width, $0))
  }
  addFamily("iwae-k50", to: &suite, batchSizes: [16, 64, 256]) {
    var configuration = VAE.Configuration(latentSize: 50, hiddenSize: 200, hiddenLayerCount: 2, activation: .tanh)
    configuration.importanceSamples = 50
    return try VAE(sized(configuration, \.height, \.width, $0))
  }
  addFamily("vq-vae", to: &suite) {
    try VQVAE(sized(VQVAE.Configuration(codeCount: 128, codeSteps: 1_000_000), \.height, \.width, $0))
  }
}

private func addPixelModels(to suite: inout BenchmarkSuite) {
  addFamily("made", to: &suite) { try MADE(sized(MADE.Configuration(), \.height, \.width, $0)) }
  addFamily("pixelcnn", to: &suite, batchSizes: [16, 64, 256]) {
    try PixelCNN(sized(PixelCNN.Configuration(), \.height, \.width, $0))
  }
  addFamily("pixelrnn", to: &suite, batchSizes: [16, 64, 256]) {
    try PixelRNN(sized(PixelRNN.Configuration(), \.height, \.width, $0))
  }
}

private func addAdversarial(to suite: inout BenchmarkSuite) {
  addFamily("wgan-gp", to: &suite) {
    try WGANGP(sized(withoutAverage(.wganGP), \.height, \.width, $0))
  }
  addFamily("infogan", to: &suite) {
    var configuration = InfoGAN.Configuration()
    configuration.averageDecay = nil
    return try InfoGAN(sized(configuration, \.height, \.width, $0))
  }
  addFamily("vae-gan", to: &suite) {
    var configuration = VAEGAN.Configuration()
    configuration.averageDecay = nil
    return try VAEGAN(sized(configuration, \.height, \.width, $0))
  }
  addFamily("alpha-gan", to: &suite) {
    var configuration = AlphaGAN.Configuration()
    configuration.averageDecay = nil
    return try AlphaGAN(sized(configuration, \.height, \.width, $0))
  }
  addFamily("stylegan", to: &suite, batchSizes: [16, 64, 256]) {
    try StyleGAN(sized(StyleGAN.Configuration(averageHalfLife: nil), \.height, \.width, $0))
  }
}

private func addImageToImage(to suite: inout BenchmarkSuite) {
  addFamily("cyclegan", to: &suite, batchSizes: [1, 8, 32]) {
    var configuration = CycleGAN.Configuration()
    (configuration.height, configuration.width) = ($0, $0)
    return try CycleGAN(configuration)
  }
  addFamily("super-resolution", to: &suite) {
    try SuperResolution(SuperResolution.Configuration(height: $0, width: $0))
  }
  addFamily("classifier", to: &suite) {
    try ImageClassifier(sized(ImageClassifier.Configuration(classCount: 10), \.height, \.width, $0))
  }
}

/// Steps on images of 28 × 28 in batches of several sizes, and on larger images in the smallest of more than one.
private func addFamily<Model: GenerativeModel>(
  _ name: String, to suite: inout BenchmarkSuite, batchSizes: [Int] = [16, 64, 256, 512],
  _ make: @escaping @Sendable (_ size: Int) throws -> Model
) {
  let large = batchSizes[0] == 1 ? batchSizes[1] : batchSizes[0]
  for (size, batchSize) in batchSizes.map({ (28, $0) }) + [(64, large), (128, large)] {
    suite.benchmark("\(name)/\(size)x\(size)x1-b\(batchSize)", .items(batchSize)) {
      try TrainingStep(make(size), batchSize: batchSize)
    } body: { step in
      blackHole(try step.run())
    }
  }
}

/// A configuration for square images.
private func sized<Configuration>(
  _ configuration: Configuration, _ height: WritableKeyPath<Configuration, Int>,
  _ width: WritableKeyPath<Configuration, Int>, _ size: Int
) -> Configuration {
  var configuration = configuration
  (configuration[keyPath: height], configuration[keyPath: width]) = (size, size)
  return configuration
}
