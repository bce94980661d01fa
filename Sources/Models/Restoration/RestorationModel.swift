import Datasets
import LatentSystem
import Layers
import Tensor
import Training

/// What the configurations of all networks that learn to restore images say.
public protocol RestorationConfiguration: Codable, Sendable {
  /// The height of a whole image in pixels.
  var height: Int { get }
  /// The width of a whole image in pixels.
  var width: Int { get }
  /// 1 for grey images, 3 for colour.
  var channels: Int { get }
  /// The learning rate of what restores.
  var learningRate: Float { get }
  /// How the training goes on once pixels alone have been learned; nil for pixels alone to the end.
  var perceptualPhase: PerceptualPhase? { get }
}

/// Images with something missing, as a network that restores gets them.
public struct DamagedImages {
  /// What is seen, `[N, H, W, C]`; of a smaller size where that is the damage.
  public var images: Tensor
  /// 1 where a pixel is known and 0 where it is missing, `[N, H, W, 1]`; nil if all are known.
  public var known: Tensor?

  /// Damaged images, with a mask where some of their pixels are missing.
  public init(images: Tensor, known: Tensor? = nil) { (self.images, self.known) = (images, known) }
}

/// A model that restores images, and learns that from whole ones, which it damages itself: what such models have in common.
///
/// A training minimizes an error of the pixels; with a ``PerceptualPhase`` a discriminator and features judge what is
/// restored from some step on.
public protocol RestorationModel: Restoring where Configuration: RestorationConfiguration {
  /// The network that restores: what a training moves.
  var restorer: any Module { get }
  /// What judges restored images beside the error of their pixels; nil if nothing does.
  var judges: RestorationJudges? { get }
  /// The name of the figure that says how near to whole images one comes without a model.
  static var plainRatioName: String { get }

  /// Images as they are to be restored from.
  /// - Parameters:
  ///   - images: whole ones, `[N, H, W, C]` in 0...1.
  ///   - random: what is random in the damage.
  func damaged(_ images: Tensor, using random: inout SampleRandom) -> DamagedImages

  /// What the network makes of damaged images, `[N, H, W, C]`.
  func guess(_ damaged: DamagedImages, in context: Context) -> Tensor

  /// The image that a guess stands for: with everything that is known as it is, `[N, H, W, C]`.
  func composed(_ guess: Tensor, _ damaged: DamagedImages) -> Tensor

  /// What a training minimizes: the mean squared error of a pixel that is to be restored, a scalar.
  func loss(of guess: Tensor, to images: Tensor, _ damaged: DamagedImages) -> Tensor

  /// The mean squared error of the pixels of each image that are to be restored.
  func errors(of restored: Tensor, to images: Tensor, _ damaged: DamagedImages) -> [Double]

  /// What damaged images become without a model, `[N, H, W, C]` in 0...1.
  func plain(_ damaged: DamagedImages) -> Tensor

  /// What a picture shows of damaged images before the restored and the whole ones, each `[N, H, W, C]`.
  func pictures(of damaged: DamagedImages) -> [Tensor]
}

/// Where all pixels are to be restored.
extension RestorationModel {
  public func composed(_ guess: Tensor, _ damaged: DamagedImages) -> Tensor { guess }

  public func loss(of guess: Tensor, to images: Tensor, _ damaged: DamagedImages) -> Tensor {
    (guess - images).square().mean()
  }

  public func errors(of restored: Tensor, to images: Tensor, _ damaged: DamagedImages) -> [Double] {
    PeakSignal.errors(of: restored, to: images)
  }
}

// MARK: - Training

extension RestorationModel {
  public var inputs: [InputRequirement] {
    [InputRequirement([configuration.height, configuration.width, configuration.channels])]
  }

  public var damagedShape: Tensor.Shape { inputs[0].sampleShape }

  public func makeOptimizers(learningRate: Float?) -> [String: any Optimizer] {
    var optimizers: [String: any Optimizer] = [
      RestorationOptimizer.restorer: Adam(learningRate: learningRate ?? configuration.learningRate)
    ]
    if judges?.discriminator != nil, let phase = configuration.perceptualPhase {
      optimizers[RestorationOptimizer.discriminator] = Adam(
        learningRate: phase.discriminatorLearningRate, beta1: 0.5)
    }
    return optimizers
  }

  public func trainingStep(_ feed: inout BatchFeed, _ training: inout TrainingState) throws -> Metrics {
    let images = feed.next().samples
    let damaged = damaged(images, using: &training.sampleRandom)
    if let phase = configuration.perceptualPhase, let judges, training.step >= phase.start {
      return try perceptualStep(&training, phase, judges, images, damaged)
    }
    let names = network.parameterNames(of: restorer)
    let (descent, _) = try training.descend(with: RestorationOptimizer.restorer, network, at: names) { context in
      (loss(of: guess(damaged, in: context), to: images, damaged), ())
    }
    return [
      RestorationMetric.loss: descent.loss, RestorationMetric.ratio: PeakSignal.ratio(ofError: descent.loss),
    ]
  }

  /// The mean squared error of a pixel that was to be restored, the mean peak signal-to-noise ratio of those in decibels,
  /// and that without a model.
  public func evaluate(on data: TrainingData, with state: State) -> Metrics {
    guard let source = data.main else { return Metrics() }
    var (error, ratio, plainRatio) = (0.0, 0.0, 0.0)
    let size = InferenceBatch.size(source.sampleShape)
    for start in stride(from: 0, to: source.count, by: size) {
      let places = start..<min(source.count, start + size)
      let images = source.batch(at: Array(places)).samples
      var random = SampleRandom(RandomGenerator(seed: 0, stream: RandomStream.order), places: places)
      let damaged = damaged(images, using: &random)
      let own = errors(of: restored(damaged, with: state), to: images, damaged)
      error += own.reduce(0, +)
      ratio += own.map(PeakSignal.ratio).reduce(0, +)
      plainRatio += errors(of: plain(damaged), to: images, damaged).map(PeakSignal.ratio).reduce(0, +)
    }
    let count = Double(source.count)
    return [
      RestorationMetric.error: error / count, RestorationMetric.ratio: ratio / count,
      Self.plainRatioName: plainRatio / count,
    ]
  }

  /// Of each of the first ten images: damaged, restored, as it is.
  public func preview(
    with state: State, from data: TrainingData, progress: (Double) throws -> Void
  ) throws -> Preview? {
    guard let source = data.main, configuration.channels == 1 || configuration.channels == 3 else { return nil }
    let images = source.batch(at: Array(0..<min(10, source.count))).samples
    var random = SampleRandom(RandomGenerator(seed: 0))
    let damaged = damaged(images, using: &random)
    let columns = pictures(of: damaged) + [restored(damaged, with: state), images]
    let all = Tensor.stacked(columns, axis: 1)
    return Preview(
      try ImageSet(all.reshaped(to: Tensor.Shape([all.shape[0] * columns.count] + inputs[0].sampleShape.sizes))),
      columns: columns.count)
  }

  /// What damaged images may have been, in 0...1 but for pixels that are known.
  func restored(_ damaged: DamagedImages, with state: State) -> Tensor {
    composed(guess(damaged, in: Context(network, state, mode: .inference)).clamped(to: 0...1), damaged)
  }
}

/// The names of the optimizers of restorers.
enum RestorationOptimizer {
  static let restorer = "adam"
  static let discriminator = AdversarialTraining.OptimizerName.discriminator
}

/// The names of the metrics of restorers.
enum RestorationMetric {
  static let loss = TrainingTrend.loss
  static let error = "squared_error"
  static let ratio = "psnr"
  static let adversarialLoss = "adversarial_loss"
  static let featureError = "feature_error"
}

/// The checks that the configurations of restorers have in common.
extension RestorationConfiguration {
  func validate(_ kind: String, isPadded multiple: Int, named reason: String = "") throws {
    let checks = ConfigurationChecks(kind: kind)
    for (name, value) in [("height", height), ("width", width)] {
      try checks.check(
        (1...65536).contains(value) && value % multiple == 0,
        "\(name) is \(value), expected a multiple of \(reason)\(multiple) up to 65536: pad or scale the images")
    }
    try checks.checkRates(["learningRate": learningRate])
    try perceptualPhase?.validate(kind, height: height, width: width)
  }
}
