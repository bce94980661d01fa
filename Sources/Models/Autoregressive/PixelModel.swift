import Datasets
import LatentSystem
import Layers
import Tensor
import Training

/// What all models of pixels, each given those before it, have in common: they are trained on the exact negative
/// log-likelihood, tell it, and make samples a pixel after the other.
///
/// With several distributions a step of a training takes one after the other, and the model is their mixture: the likelihood
/// is the mean of theirs, and a sample is made from one that is drawn.
public protocol PixelModel: StepwiseSampling, LikelihoodEstimating, AnomalyScoring
where Configuration: PixelConfiguration {
  /// The distributions of images that its network gives, one or more.
  var distributions: [PixelDistribution] { get }
  /// To what each element of a gradient, of nats a pixel, is clipped; nil for not.
  var gradientBounds: ClosedRange<Float>? { get }
}

extension PixelModel {
  public var gradientBounds: ClosedRange<Float>? { nil }

  public var inputs: [InputRequirement] {
    [
      InputRequirement(
        [configuration.height, configuration.width, 1],
        condition: configuration.classCount.map { .classes($0) } ?? .none, binarization: configuration.binarization)
    ]
  }

  public func makeOptimizers(learningRate: Float?) -> [String: any Optimizer] {
    [PixelMetric.optimizer: Adam(learningRate: learningRate ?? 1e-3)]
  }

  /// A pixel a step makes previews slow.
  public var isPreviewSlow: Bool { true }

  public func trainingStep(_ feed: inout BatchFeed, _ training: inout TrainingState) throws -> Metrics {
    let batch = feed.next()
    let distribution = distributions[training.step % distributions.count]
    let pixels = Float(pixelCount)
    // Nats a pixel are differentiated, as those who clip gradients do; to Adam their scale is nothing.
    let (_, loss) = try training.descend(with: PixelMetric.optimizer, network, clippingTo: gradientBounds) { context in
      let loss = distribution.negativeLogLikelihood(
        of: batch.samples, given: condition(of: batch), in: context
      ).meanOrZero()
      return (loss / pixels, Double(loss.scalar))
    }
    return [PixelMetric.loss: loss]
  }

  /// The negative log-likelihood in nats an image and in bits a pixel, as means over the images.
  public func evaluate(on data: TrainingData, with state: State) -> Metrics {
    guard let source = data.main else { return Metrics() }
    let context = Context(network, state, mode: .inference)
    var sum = 0.0
    for batch in source.batchesInOrder() {
      sum += Double(
        negativeLogLikelihood(of: batch.samples, given: condition(of: batch), in: context).sum().scalar)
    }
    let nats = sum / Double(source.count)
    return [
      PixelMetric.negativeLogLikelihood: nats,
      PixelMetric.bits: nats / Double(pixelCount) / 0.693_147_180_559_945,
    ]
  }

  private func condition(of batch: Batch) -> Condition {
    configuration.classCount == nil ? .none : batch.condition
  }

  private var pixelCount: Int { configuration.height * configuration.width }

  public func warnings(for trend: TrainingTrend) -> [TrainingWarning] {
    let ignorance = Double(pixelCount) * log(Double(configuration.values.count))
    guard let loss = trend[PixelMetric.loss], loss > ignorance else { return [] }
    return [
      TrainingWarning(
        kind: TrainingWarning.Kind.divergence,
        text: """
          the loss is \(DecimalText.significant(loss, digits: 4)) nats, more than the \
          \(DecimalText.significant(ignorance, digits: 4)) of pixels that may be anything; a lower learning rate may help
          """)
    ]
  }

  // MARK: Use

  public var likelihoodKind: LikelihoodKind { .exact }

  public var likelihoodSubject: String? { configuration.values == .binary ? nil : "\(configuration.values)" }

  /// The exact log-likelihood of each image in nats, with classes that given its class: `[N, H, W, 1]` → `[N]`.
  public func logLikelihoods(
    of images: Tensor, given condition: Condition, draws: Int, with state: State, using random: inout SampleRandom
  ) -> Tensor {
    -negativeLogLikelihood(of: images, given: condition, in: Context(network, state, mode: .inference))
  }

  /// The exact negative log-likelihood of each image in nats: `[N, H, W, 1]` → `[N]`.
  public func negativeLogLikelihood(of images: Tensor, given condition: Condition, in context: Context) -> Tensor {
    let all = distributions.map { $0.negativeLogLikelihood(of: images, given: condition, in: context) }
    guard all.count > 1 else { return all[0] }
    return Tensor(Float(all.count)).log() - (-Tensor.stacked(all)).logSumExp(axes: [0])
  }

  /// Of several distributions each continues as many of the samples as any other; see ``MADE``.
  public func sample(
    _ count: Int, continuing start: PartialSamples?, given condition: Condition, with state: State,
    using random: inout SampleRandom, progress: (Double) throws -> Void
  ) rethrows -> Tensor {
    let context = Context(network, state, mode: .inference)
    guard distributions.count > 1 else {
      return try distributions[0].sample(
        count, continuing: start, given: condition, in: context, using: &random, progress: progress)
    }
    let choices = random.uniform([count]).scalars.map {
      min(Int($0 * Float(distributions.count)), distributions.count - 1)
    }
    let draws = random.uniform([count, pixelCount, configuration.values.drawsPerPixel])
    var (samples, done) = (Tensor.zeros(Tensor.Shape([count] + sampleShape.sizes)), 0)
    for (choice, distribution) in distributions.enumerated() {
      let places = choices.indices.filter { choices[$0] == choice }
      if places.isEmpty { continue }
      let images = try distribution.sample(
        from: draws.gathered(at: places), continuing: start?.rows(at: places),
        given: condition.rows(at: condition == .none ? [] : places), in: context
      ) { try progress((Double(done) + $0 * Double(places.count)) / Double(count)) }
      for (index, place) in places.enumerated() { samples[place] = images[index] }
      done += places.count
    }
    return samples
  }
}

/// Names in the metrics, and of the optimizer.
enum PixelMetric {
  static let optimizer = "adam"
  static let loss = TrainingTrend.loss
  static let negativeLogLikelihood = "nll"
  static let bits = "bits_per_pixel"
}
