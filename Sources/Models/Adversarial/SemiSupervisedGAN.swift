import Datasets
import LatentSystem
import Layers
import Tensor
import Training

/// A classifier that learns from few images with labels and many without: it also has to tell real images from those of a
/// generator, whose samples fill the room between the classes.
///
/// The discriminator gives a logit a class. Those of "generated" are fixed at 0, so an image counts as real with the
/// probability Z / (Z + 1), Z = Σ exp l. The generator matches the mean features of real images.
///
/// ```swift
/// let model = try SemiSupervisedGAN(SemiSupervisedGAN.Configuration(classCount: 10))
/// let data = TrainingData(streams: [TrainingData.mainStream: images, SemiSupervisedGAN.labelledStream: labelled])
/// let trained = try Trainer(model, length: .epochs(100), batchSize: 100).train(on: data)
/// ```
///
/// Reference: Salimans et al., "Improved techniques for training GANs", arXiv:1606.03498, section 5.
public struct SemiSupervisedGAN: GenerativeModel {
  public static let kind = "semi-supervised-gan"
  /// The stream of images with labels; the main one is of images without.
  public static let labelledStream = "labelled"

  public let configuration: Configuration
  public let network: Network
  private let modules: Modules
  private let generatorNames: Set<String>
  private let discriminatorNames: Set<String>

  /// A model of the given sizes.
  /// - Throws: ``ConfigurationError`` if a value is out of range.
  public init(_ configuration: Configuration) throws {
    try configuration.validate()
    self.configuration = configuration
    modules = Modules(configuration)
    network = Network(modules)
    generatorNames = network.parameterNames(of: modules.generator)
    // The lengths of hidden weights are those of the first batch: features that the generator has to match, and that noise
    // of a fixed size is added to, must not grow.
    let hiddenGains = modules.body.weightNorms.map { [network] in network.name(of: $0.gain) }
    discriminatorNames = network.parameterNames.subtracting(generatorNames).subtracting(hiddenGains)
  }

  public var inputs: [InputRequirement] {
    let shape: Tensor.Shape = [configuration.height, configuration.width, configuration.channels]
    return [
      InputRequirement(shape),
      InputRequirement(shape, condition: .classes(configuration.classCount), stream: Self.labelledStream),
    ]
  }

  /// What the names of the parameters begin with: `generator.…`, `body.…`, `head.…`.
  private final class Modules: Module {
    /// Latents to pixels in 0...1.
    let generator: Sequential
    /// Images to features.
    let body: Sequential
    /// Features to logits of classes.
    let head: Sequential

    init(_ configuration: Configuration) {
      let pixels = configuration.height * configuration.width * configuration.channels
      var (layers, size) = ([any Layer](), configuration.latentSize)
      for width in configuration.generatorWidths {
        layers += [Dense(from: size, to: width, hasBias: false), BatchNorm(width), .softplus]
        size = width
      }
      generator = Sequential(layers + [Dense(from: size, to: pixels, transforms: [.weightNorm()]), .sigmoid])
      (layers, size) = ([.flatten, GaussianNoise(configuration.inputNoise)], pixels)
      for (place, width) in configuration.discriminatorWidths.enumerated() {
        if place > 0 { layers.append(GaussianNoise(configuration.hiddenNoise)) }
        layers += [
          Dense(from: size, to: width, initializer: Self.direction, transforms: [.weightNorm()]), .relu,
        ]
        size = width
      }
      body = Sequential(layers)
      head = Sequential(
        GaussianNoise(configuration.hiddenNoise),
        Dense(from: size, to: configuration.classCount, initializer: Self.direction, transforms: [.weightNorm()]))
    }

    /// Only their directions count, but the longer the weights, the less a step of a given length turns them.
    private static let direction = Initializer.normal(standardDeviation: 0.1)
  }
}

// MARK: - Training

extension SemiSupervisedGAN {
  public func makeOptimizers(learningRate: Float?) -> [String: any Optimizer] {
    let adam = Adam(learningRate: learningRate ?? configuration.learningRate, beta1: 0.5)
    return [Self.generatorOptimizer: adam, Self.discriminatorOptimizer: adam]
  }

  public func check(batchSize: Int) throws {
    guard batchSize < 2 else { return }
    throw ConfigurationError(
      "\(Self.kind): batches of 1 leave batch normalization a single value; it needs two: a larger batch size helps")
  }

  public func trainingStep(_ feed: inout BatchFeed, _ training: inout TrainingState) throws -> Metrics {
    let (images, labelled) = (feed.next().samples, feed.next(Self.labelledStream))
    if training.step == 0 { scaleFirstWeights(by: images, &training) }
    let figures = try moveDiscriminator(images, labelled, &training)
    let (matching, spreads) = try moveGenerator(images, &training)
    training.updateAverage(of: Set(training.state.names), decay: configuration.averageDecay)
    return Metrics(figures.entries + [Metrics.Entry(name: Metric.matching, value: matching)] + spreads)
  }

  /// Gives each unit of the discriminator outputs of mean 0 and variance 1 over the first batch.
  ///
  /// Reference: Salimans and Kingma, "Weight normalization", arXiv:1602.07868, section 3.
  private func scaleFirstWeights(by images: Tensor, _ training: inout TrainingState) {
    // A training that begins with what another one has learned has its scales already.
    guard let first = modules.body.weightNorms.first?.gain,
      training.state[network.name(of: first)] == .ones(first.shape)
    else { return }
    let random = training.random.split()
    let context = Context(network, training.state, mode: .training, random: random, samples: training.samples)
    var features = images
    for layer in modules.body.layers + modules.head.layers {
      features = layer(features, in: context)
      guard let dense = layer as? Dense, let norm = dense.weightNorm, let bias = dense.bias else { continue }
      let mean = context.batchMean(features)
      let deviation = (context.batchMean((features - mean).square()) + Self.leastVariance).squareRoot()
      features = (features - mean) / deviation
      training.state[network.name(of: norm.gain)] = context[norm.gain] / deviation
      training.state[network.name(of: bias)] = (context[bias] - mean) / deviation
    }
  }

  private static let leastVariance: Float = 1e-6

  private func moveDiscriminator(
    _ images: Tensor, _ labelled: Batch, _ training: inout TrainingState
  ) throws -> Metrics {
    let count = images.shape[0]
    let latents = training.sampleRandom.normal([count, configuration.latentSize])
    let labels = labelled.labels ?? []
    let (descent, terms) = try training.descend(
      with: Self.discriminatorOptimizer, network, at: discriminatorNames
    ) { context in
      let samples = self.images(latents, in: context)
      // Nothing here mixes samples, so one call serves all three kinds.
      let logits = logits(Tensor.concatenated([labelled.samples, images, samples]), in: context)
        .split(counts: [count, count, count], axis: 0)
      let classes = logits[0].softmaxCrossEntropy(labels: labels).mean()
      let reality = Self.realityLoss(real: logits[1], generated: logits[2])
      let values = (Double(classes.scalar), Double(reality.scalar), logits[0].accuracy(labels: labels))
      return (classes + reality, values)
    }
    return [
      Metric.loss: descent.loss, Metric.classes: terms.0, Metric.reality: terms.1, Metric.accuracy: terms.2,
    ]
  }

  /// The cross-entropy of telling real from generated by logits of classes, beside which that of "generated" is 0:
  /// `[N, classes]` each → `[]`.
  static func realityLoss(real: Tensor, generated: Tensor) -> Tensor {
    let (ofReal, ofGenerated) = (real.logSumExp(axes: [1]), generated.logSumExp(axes: [1]))
    return ((ofReal.softplus() - ofReal).mean() + ofGenerated.softplus().mean()) * 0.5
  }

  /// - Returns: its loss, and how different images and samples are.
  private func moveGenerator(
    _ images: Tensor, _ training: inout TrainingState
  ) throws -> (loss: Double, spreads: [Metrics.Entry]) {
    let latents = training.sampleRandom.normal([images.shape[0], configuration.latentSize])
    let (descent, spreads) = try training.descend(
      with: Self.generatorOptimizer, network, at: generatorNames
    ) { context in
      let samples = self.images(latents, in: context)
      let real = context.batchMean(modules.body(images, in: context))
      let own = context.batchMean(modules.body(samples, in: context))
      return (FeatureMatching().distance(real, own), GANMetric.spreads(real: images, fake: samples))
    }
    return (descent.loss, spreads)
  }

  /// Samples that are alike, and a discriminator that is far worse than one that guesses.
  public func warnings(for trend: TrainingTrend) -> [TrainingWarning] {
    let ignorance = log(Double(configuration.classCount)) + log(2)
    var found = [AdversarialTraining.collapse(trend)].compactMap(\.self)
    if let loss = trend[Metric.loss], loss > AdversarialTraining.mostLoss * ignorance {
      found.append(
        TrainingWarning(
          kind: TrainingWarning.Kind.divergence,
          text: """
            the training diverges: the discriminator's loss is \(DecimalText.significant(loss, digits: 3)), where \
            \(DecimalText.significant(ignorance, digits: 2)) is that of guessing; a lower learning rate may help
            """))
    }
    return found
  }

  /// The share of the samples whose class is told wrong.
  public func evaluate(on data: TrainingData, with state: State) -> Metrics {
    guard let source = data[Self.labelledStream] else { return Metrics() }
    var errors = 0.0
    let size = InferenceBatch.size(source.sampleShape)
    for start in stride(from: 0, to: source.count, by: size) {
      let batch = source.batch(at: Array(start..<min(source.count, start + size)))
      let labels = batch.labels ?? []
      errors += (1 - logits(of: batch.samples, with: state).accuracy(labels: labels)) * Double(labels.count)
    }
    return [Metric.error: errors / Double(source.count)]
  }

  private static let generatorOptimizer = "generator"
  private static let discriminatorOptimizer = "discriminator"

  private enum Metric {
    static let loss = "discriminator_loss"
    static let classes = "class_loss"
    static let reality = "reality_loss"
    static let matching = "feature_matching"
    static let accuracy = "accuracy"
    static let error = "error"
  }
}

// MARK: - Use

extension SemiSupervisedGAN: LatentDecoding, Classifying {
  public var latentShape: Tensor.Shape { [configuration.latentSize] }
  public var firstLatentWeight: String? { "generator.layers.0.weight" }
  public var classCount: Int { configuration.classCount }
  public var featureCount: Int { configuration.discriminatorWidths.last ?? 0 }

  public func decode(_ latents: Tensor, given condition: Condition, with state: State) -> Tensor {
    require(
      latents.rank == 2 && latents.shape[1] == configuration.latentSize,
      "decode: latents of shape \(latents.shape), expected [N, \(configuration.latentSize)]")
    return images(latents, in: Context(network, state, mode: .inference))
  }

  public func features(of samples: Tensor, with state: State) -> Tensor {
    require(
      samples.rank == 4 && Array(samples.shape.sizes.dropFirst()) == sampleShape.sizes,
      "\(Self.kind): images of shape \(samples.shape), expected [N] + \(sampleShape)")
    return modules.body(samples, in: Context(network, state, mode: .inference))
  }

  public func logits(ofFeatures features: Tensor, with state: State) -> Tensor {
    modules.head(features, in: Context(network, state, mode: .inference))
  }

  private func images(_ latents: Tensor, in context: Context) -> Tensor {
    modules.generator(latents, in: context).reshaped(to: Tensor.Shape([latents.shape[0]] + sampleShape.sizes))
  }

  private func logits(_ samples: Tensor, in context: Context) -> Tensor {
    modules.head(modules.body(samples, in: context), in: context)
  }
}

extension Dense {
  fileprivate var weightNorm: WeightNorm? { transforms.compactMap { $0 as? WeightNorm }.first }
}

extension Sequential {
  fileprivate var weightNorms: [WeightNorm] { layers.compactMap { ($0 as? Dense)?.weightNorm } }
}
