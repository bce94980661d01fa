import Datasets
import LatentSystem
import Layers
import Tensor
import Training

/// A GAN of images, whose kinds differ in what their configuration is by default.
///
/// A program's own kind needs a name, and an initializer that makes its procedure with
/// ``AdversarialTraining/init(_:kind:)``; all else is here.
public protocol ConvolutionalGAN: LatentDecoding, Discriminating where Configuration == GANConfiguration {
  /// The two networks and how they are trained.
  var procedure: AdversarialTraining { get }
}

extension ConvolutionalGAN {
  public var network: Network { procedure.network }
  public var batchesPerStep: Int { configuration.discriminatorSteps }
  public var latentShape: Tensor.Shape { procedure.prior.shape }
  public var firstLatentWeight: String? { "generator.project.weight" }
  public var inputs: [InputRequirement] {
    [
      InputRequirement(
        [configuration.height, configuration.width, configuration.channels], condition: procedure.conditions)
    ]
  }

  public func makeOptimizers(learningRate: Float?) -> [String: any Optimizer] {
    let rate = learningRate ?? configuration.learningRate
    let other = LearningRates.ofDiscriminator(
      configuration.discriminatorLearningRate ?? configuration.learningRate, whenGenerator: rate,
      inPlaceOf: configuration.learningRate)
    // A penalty with updates of its own makes some more of them, each so much smaller.
    let pace = configuration.regularizer.term?.pace ?? 1
    return [
      AdversarialTraining.OptimizerName.generator: configuration.optimizer.makeCheckedOptimizer(learningRate: rate),
      AdversarialTraining.OptimizerName.discriminator: configuration.optimizer.paced(by: pace).makeCheckedOptimizer(
        learningRate: other * pace),
    ]
  }

  public func makeMemory(using generator: inout RandomGenerator) -> State { procedure.makeMemory() }

  public func check(batchSize: Int) throws {
    do { try configuration.techniques.check(batchSize: batchSize) } catch let error as ConfigurationError {
      throw ConfigurationError("\(Self.kind): \(error)")
    }
    try configuration.check(batchSize: batchSize, kind: Self.kind)
  }

  public func trainingStep(_ feed: inout BatchFeed, _ training: inout TrainingState) throws -> Metrics {
    try procedure.trainingStep(&training) {
      let batch = feed.next()
      return (batch.samples.signedPixels, batch.condition)
    }
  }

  public var leastStepsToJudge: Int {
    AdversarialTraining.leastStepsToJudge(channels: configuration.channels)
  }

  public func warnings(for trend: TrainingTrend) -> [TrainingWarning] { procedure.warnings(for: trend) }

  public func decode(_ latents: Tensor, given condition: Condition, with state: State) -> Tensor {
    require(
      latents.rank == 2 && latents.shape[1] == configuration.latentSize,
      "decode: latents of shape \(latents.shape), expected [N, \(configuration.latentSize)]")
    let context = Context(network, state, mode: .inference)
    return (procedure.generator(latents, given: condition, in: context) + 1) * 0.5
  }

  /// The score of each image; where packs are judged, that of a pack of the image alone.
  public func scores(of images: Tensor, given condition: Condition, with state: State) -> Tensor {
    require(
      images.rank == 4 && Array(images.shape.sizes.dropFirst()) == sampleShape.sizes,
      "scores: images of shape \(images.shape), expected [N] + \(sampleShape)")
    let context = Context(network, state, mode: .inference)
    let (signed, packSize) = (images.signedPixels, configuration.techniques.packSize)
    let judged = packSize == 1 ? signed : .concatenated(Array(repeating: signed, count: packSize), axis: 3)
    return procedure.discriminator(judged, given: condition, in: context).scores
  }
}

extension AdversarialTraining {
  /// The reference networks of a configuration, and its choices.
  /// - Parameters:
  ///   - configuration: of the networks, and how they are trained.
  ///   - kind: the model's name, for messages.
  /// - Throws: ``ConfigurationError`` if a value is out of range or two do not go together.
  public init(_ configuration: GANConfiguration, kind: String) throws {
    try configuration.validate(kind: kind)
    let parts = GANParts(configuration)
    self.init(
      network: Network(parts), generator: parts.generator, discriminator: parts.discriminator,
      prior: NormalPrior(configuration.latentSize),
      conditions: configuration.conditioning.classCount.map { .classes($0) } ?? .none)
    if case .auxiliary(_, let weight) = configuration.conditioning { terms = [AuxiliaryClassifier(weight: weight)] }
    let techniques = configuration.techniques
    terms += techniques.terms
    (views, packSize, adversarialWeight) = (techniques.views, techniques.packSize, techniques.adversarialWeight)
    if techniques.virtualBatchSize != nil { averagedTensors.remove("generator.reference") }
    loss = configuration.loss
    regularizer = configuration.regularizer
    discriminatorSteps = configuration.discriminatorSteps
    labelSmoothing = configuration.labelSmoothing
    // Within an initializer nobody else hears of that.
    ignorance = loss.ignorance(labelSmoothing)
    averageDecay = configuration.averageDecay
  }
}

/// What the names of the parameters begin with: `generator.…`, `discriminator.…`.
private final class GANParts: Module {
  let generator: ImageGenerator
  let discriminator: ImageDiscriminator

  init(_ configuration: GANConfiguration) {
    generator = ImageGenerator(configuration)
    discriminator = ImageDiscriminator(configuration)
  }
}

extension Tensor {
  /// Pixels in 0...1 as the networks of GANs see them, in -1...1.
  var signedPixels: Tensor { self * 2 - 1 }
}
