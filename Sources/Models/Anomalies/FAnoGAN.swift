import Datasets
import LatentSystem
import Layers
import Tensor
import Training

/// A trained GAN of images with an encoder, which finds images that are unlike those that the GAN has learned.
///
/// The GAN learns normal images first, and stays as it is while the encoder learns to find the latents of its images:
///
/// ```swift
/// let gan = try Trainer(WGANGP(), length: .steps(800), batchSize: 64).train(on: normalImages)
/// let model = try FAnoGAN(over: gan)
/// var trainer = Trainer(model, length: .steps(1500), batchSize: 64)
/// trainer.initialState = try model.initialState(over: gan)
/// let trained = try trainer.train(on: normalImages)
/// let scores = try trained.anomalyScores(of: images)
/// ```
///
/// A checkpoint of it holds generator, critic and encoder.
///
/// Reference: Schlegl, Seeböck, Waldstein, Langs and Schmidt-Erfurth, "f-AnoGAN: fast unsupervised anomaly detection with
/// generative adversarial networks", Medical Image Analysis 54, 2019.
public struct FAnoGAN: GenerativeModel {
  public static let kind = "f-anogan"
  public let configuration: Configuration
  /// The three networks and how the encoder is trained.
  public let procedure: FAnoGANTraining

  /// A model of the given sizes and choices. It knows nothing before it has the numbers of a trained GAN; see
  /// ``initialState(over:seed:)``.
  /// - Throws: ``ConfigurationError`` if a value is out of range, or the GAN is of a form that it cannot be used with.
  public init(_ configuration: Configuration = Configuration()) throws {
    try configuration.validate()
    self.configuration = configuration
    let parts = Parts(configuration)
    var procedure = FAnoGANTraining(
      network: Network(parts), encoder: parts.encoder, generator: parts.generator, critic: parts.discriminator)
    procedure.featureWeight = configuration.featureWeight
    self.procedure = procedure
  }

  /// A model for a trained GAN, with the usual encoder.
  /// - Throws: ``CapabilityError`` if it is no GAN of images, ``ConfigurationError`` if it is of another form.
  public init(over gan: TrainedModel) throws { try self.init(Configuration(Self.configuration(of: gan))) }

  /// The configuration of a trained GAN of images.
  /// - Throws: ``CapabilityError`` if it is none.
  public static func configuration(of gan: TrainedModel) throws -> GANConfiguration {
    guard let model = gan.model as? any ConvolutionalGAN else {
      throw CapabilityError(
        "\(gan.kind) cannot be given an encoder: expected a GAN of images, of the kind \(WGANGP.kind), \(DCGAN.kind) or "
          + GAN.kind)
    }
    return model.configuration
  }

  /// What a training begins with: the numbers of a trained GAN, those of the moving average of its generator if it has one,
  /// and first values for the encoder.
  ///
  /// - Parameters:
  ///   - gan: one of this model's configuration.
  ///   - seed: decides the first values.
  /// - Throws: ``CapabilityError`` if it is another GAN.
  public func initialState(over gan: TrainedModel, seed: UInt64 = 0) throws -> State {
    guard try Self.configuration(of: gan) == configuration.gan else {
      throw CapabilityError("\(Self.kind) cannot begin with a \(gan.kind) of another configuration than its own")
    }
    var state = makeTraining(seed: seed).state
    state.merge((gan.averaged ?? gan).state)
    return state
  }

  public var network: Network { procedure.network }

  public var inputs: [InputRequirement] {
    [InputRequirement([configuration.gan.height, configuration.gan.width, configuration.gan.channels])]
  }

  /// What the names of the parameters begin with: `generator.…` and `discriminator.…` as in the GAN, `encoder.…`.
  private final class Parts: Module {
    let generator: ImageGenerator
    let discriminator: ImageDiscriminator
    let encoder: ImageEncoder

    init(_ configuration: Configuration) {
      let gan = configuration.gan
      generator = ImageGenerator(gan)
      discriminator = ImageDiscriminator(gan)
      encoder = ImageEncoder(
        ImageTrunk(
          height: gan.height, width: gan.width, channels: gan.channels, features: configuration.encoderFeatures,
          isNormalized: true), latentSize: gan.latentSize)
    }
  }
}

// MARK: - Training

extension FAnoGAN {
  public func makeOptimizers(learningRate: Float?) -> [String: any Optimizer] {
    let rate = learningRate ?? configuration.learningRate
    return [
      FAnoGANTraining.OptimizerName.encoder: configuration.optimizer.makeCheckedOptimizer(learningRate: rate)
    ]
  }

  public func check(batchSize: Int) throws { try configuration.gan.check(batchSize: batchSize, kind: Self.kind) }

  public func trainingStep(_ feed: inout BatchFeed, _ training: inout TrainingState) throws -> Metrics {
    try procedure.trainingStep(&training, real: feed.next().samples.signedPixels)
  }

  /// The mean score, and its terms before they are weighted.
  public func evaluate(on data: TrainingData, with state: State) -> Metrics {
    guard let source = data.main else { return Metrics() }
    let context = Context(network, state, mode: .inference)
    var sums = [Double](repeating: 0, count: FAnoGANTraining.residualNames.count)
    source.forEachBatch { batch in
      let residuals = procedure.residuals(of: batch.samples.signedPixels, encodingIn: context, elseIn: context)
      for (index, residual) in residuals.enumerated() { sums[index] += Double(residual.sum().scalar) }
    }
    let means = sums.map { $0 / Double(source.count) }
    let terms = zip(FAnoGANTraining.residualNames, means).map { Metrics.Entry(name: $0, value: $1) }
    let score = means[0] + Double(configuration.featureWeight) * means[1]
    return Metrics(
      [Metrics.Entry(name: "score", value: score)] + (configuration.featureWeight > 0 ? terms : [terms[0]]))
  }

  /// Images, each beside what generator and encoder make of it: five pairs in a row.
  public func preview(
    with state: State, from data: TrainingData, progress: (Double) throws -> Void
  ) throws -> Preview? {
    guard let source = data.main, configuration.gan.channels == 1 || configuration.gan.channels == 3 else { return nil }
    let images = source.batch(at: Array(0..<min(50, source.count))).samples
    let made = decode(encode(images, given: .none, with: state), given: .none, with: state)
    try progress(1)
    let pairs = Tensor.stacked([images, made], axis: 1)
    return Preview(
      try ImageSet(pairs.reshaped(to: Tensor.Shape([2 * images.shape[0]] + inputs[0].sampleShape.sizes))), columns: 10)
  }
}

// MARK: - Use

extension FAnoGAN: LatentEncoding, Discriminating, AnomalyScoring {
  public var latentShape: Tensor.Shape { [configuration.gan.latentSize] }
  public var firstLatentWeight: String? { "generator.project.weight" }

  public func encode(_ images: Tensor, given condition: Condition, with state: State) -> Tensor {
    procedure.encoder(images.signedPixels, in: Context(network, state, mode: .inference))
  }

  public func decode(_ latents: Tensor, given condition: Condition, with state: State) -> Tensor {
    require(
      latents.rank == 2 && latents.shape[1] == configuration.gan.latentSize,
      "decode: latents of shape \(latents.shape), expected [N, \(configuration.gan.latentSize)]")
    return (procedure.generator(latents, given: .none, in: Context(network, state, mode: .inference)) + 1) * 0.5
  }

  public func scores(of images: Tensor, given condition: Condition, with state: State) -> Tensor {
    procedure.critic(images.signedPixels, given: .none, in: Context(network, state, mode: .inference)).scores
  }

  /// ``FAnoGANTraining``'s A(x) of each image, of pixels in -1...1: `[N, H, W, C]` → `[N]`.
  public func anomalyScores(
    of images: Tensor, given condition: Condition, with state: State, using random: inout SampleRandom
  ) -> Tensor {
    procedure.scores(of: images.signedPixels, with: state)
  }
}

extension FAnoGAN {
  /// The sizes and choices of an ``FAnoGAN``.
  public struct Configuration: Codable, Sendable, Equatable {
    /// The GAN's.
    public var gan: GANConfiguration
    /// The encoder's channels at half the image size; at a quarter it has twice as many.
    public var encoderFeatures = 64
    /// κ, the weight of the critic's features in loss and score, 0 or more: 0 is the paper's izi, all else its izi_f.
    public var featureWeight: Float = 1
    /// The rule that the encoder is trained with.
    public var optimizer = OptimizerChoice.adam(beta1: 0.5, beta2: 0.999)
    /// The encoder's learning rate.
    public var learningRate: Float = 2e-4

    /// A model for a GAN of the given configuration.
    public init(_ gan: GANConfiguration = .wganGP) { self.gan = gan }

    func validate() throws {
      let checks = ConfigurationChecks(kind: FAnoGAN.kind)
      try gan.validate(kind: FAnoGAN.kind)
      try checks.check(gan.conditioning == .none, "the GAN makes images of classes, expected one that is told none")
      try checks.check(
        gan.techniques.packSize == 1,
        "the GAN's critic judges packs of \(gan.techniques.packSize) images, expected one that judges each by itself")
      try checks.check(["encoderFeatures": encoderFeatures], in: 1...65536)
      try checks.checkWeights(["featureWeight": featureWeight])
      try checks.checkRates(["learningRate": learningRate])
      try checks.check(optimizer, learningRate: learningRate)
    }
  }
}

extension FAnoGAN.Configuration: CustomStringConvertible {
  /// The values by name, in the order of their declaration.
  public var description: String { ConfigurationText.line(self) }
}
