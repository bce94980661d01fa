import Datasets
import LatentSystem
import Layers
import Tensor
import Training

/// What the configurations of all GANs of images with an encoder say.
public protocol EncodingGANConfiguration: ImageGANConfiguration {}

extension EncodingGANConfiguration {
  /// The configuration of the generator, and of whatever else is as in a GAN without an encoder.
  var gan: GANConfiguration {
    var gan = GANConfiguration(
      height: height, width: width, channels: channels, normalization: .none, optimizer: optimizer,
      learningRate: learningRate)
    (gan.latentSize, gan.generatorFeatures, gan.discriminatorFeatures) = (
      latentSize, generatorFeatures, discriminatorFeatures
    )
    (gan.averageDecay, gan.discriminatorLearningRate) = (averageDecay, discriminatorLearningRate)
    return gan
  }

  /// The trunk of an encoder, normalized, or of a discriminator.
  func trunk(isNormalized: Bool) -> ImageTrunk {
    ImageTrunk(
      height: height, width: width, channels: channels, features: discriminatorFeatures, isNormalized: isNormalized)
  }
}

/// A GAN of images that finds the latents of images too.
public protocol EncodingGAN: LatentEncoding, Discriminating where Configuration: EncodingGANConfiguration {
  /// Generator and discriminator as those of a GAN: what tells what is going wrong between them.
  var game: AdversarialTraining { get }
  /// The names of the optimizers.
  var optimizerNames: [String] { get }
  /// Those of them that move discriminators; if nobody says otherwise, one.
  var discriminatorOptimizerNames: Set<String> { get }
  /// The latent of each image `[N, H, W, C]` in -1...1, the most typical one, `[N, latent]`.
  func latents(of images: Tensor, in context: Context) -> Tensor
  /// One step on images in -1...1.
  func trainingStep(_ training: inout TrainingState, real: Tensor) throws -> Metrics
}

extension EncodingGAN {
  public var network: Network { game.network }
  public var latentShape: Tensor.Shape { [configuration.latentSize] }
  public var firstLatentWeight: String? { "generator.project.weight" }
  public var inputs: [InputRequirement] {
    [InputRequirement([configuration.height, configuration.width, configuration.channels])]
  }

  public var discriminatorOptimizerNames: Set<String> { [AdversarialTraining.OptimizerName.discriminator] }

  public func makeOptimizers(learningRate: Float?) -> [String: any Optimizer] {
    let rate = learningRate ?? configuration.learningRate
    let other = LearningRates.ofDiscriminator(
      configuration.discriminatorLearningRate ?? configuration.learningRate, whenGenerator: rate,
      inPlaceOf: configuration.learningRate)
    return Dictionary(
      uniqueKeysWithValues: optimizerNames.map { name in
        let own = discriminatorOptimizerNames.contains(name) ? other : rate
        return (name, configuration.optimizer.makeCheckedOptimizer(learningRate: own))
      })
  }

  public func check(batchSize: Int) throws { try configuration.gan.check(batchSize: batchSize, kind: Self.kind) }

  public func trainingStep(_ feed: inout BatchFeed, _ training: inout TrainingState) throws -> Metrics {
    try trainingStep(&training, real: feed.next().samples.signedPixels)
  }

  public var leastStepsToJudge: Int {
    AdversarialTraining.leastStepsToJudge(channels: configuration.channels)
  }

  public func warnings(for trend: TrainingTrend) -> [TrainingWarning] { game.warnings(for: trend) }

  /// The mean squared error of a pixel of a reconstruction, in 0...1, and the mean and variance of the codes.
  public func evaluate(on data: TrainingData, with state: State) -> Metrics {
    guard let source = data.main else { return Metrics() }
    var error = 0.0
    var codes: [Tensor] = []
    let size = InferenceBatch.size(source.sampleShape)
    for start in stride(from: 0, to: source.count, by: size) {
      let images = source.batch(at: Array(start..<min(source.count, start + size))).samples
      let latents = encode(images, given: .none, with: state)
      error += (decode(latents, given: .none, with: state) - images).sumOfSquares
      codes.append(latents)
    }
    let all = Tensor.concatenated(codes)
    return [
      "squared_error": error / Double(source.count * source.sampleShape.scalarCount),
      EncodingMetric.codeMean: all.mean(axes: [0]).absolute().mean().meanValue,
      EncodingMetric.codeVariance: all.variance(axes: [0]).meanValue,
    ]
  }

  public func encode(_ images: Tensor, given condition: Condition, with state: State) -> Tensor {
    latents(of: images.signedPixels, in: Context(network, state, mode: .inference))
  }

  public func decode(_ latents: Tensor, given condition: Condition, with state: State) -> Tensor {
    require(
      latents.rank == 2 && latents.shape[1] == configuration.latentSize,
      "decode: latents of shape \(latents.shape), expected [N, \(configuration.latentSize)]")
    let context = Context(network, state, mode: .inference)
    return (game.generator(latents, given: .none, in: context) + 1) * 0.5
  }

  public func scores(of images: Tensor, given condition: Condition, with state: State) -> Tensor {
    let context = Context(network, state, mode: .inference)
    return game.discriminator(images.signedPixels, given: .none, in: context).scores
  }
}
