import Datasets
import LatentSystem
import Layers
import Tensor
import Training

/// What all models of pixels, each given those before it, have in common: they are trained on the exact negative
/// log-likelihood, tell it, and make samples a pixel after the other.
public protocol PixelModel: StepwiseSampling, LikelihoodEstimating, AnomalyScoring {
  /// Height and width of an image.
  var imageSize: Tensor.Size2D { get }
  /// What a pixel can be.
  var pixelValues: PixelValues { get }
  /// How grey pixels are taken.
  var binarization: Binarization { get }
  /// The number of classes that it is told, if any.
  var classCount: Int? { get }
  /// To what each element of a gradient, of nats a pixel, is clipped; nil for not.
  var gradientBounds: ClosedRange<Float>? { get }

  /// The negative log-likelihood of each image of a training's step in nats: `[N, H, W, 1]` → `[N]`.
  /// - Parameter step: how many steps were done before.
  func trainingLoss(of images: Tensor, given condition: Condition, step: Int, in context: Context) -> Tensor

  /// The negative log-likelihood of each image in nats: `[N, H, W, 1]` → `[N]`.
  func negativeLogLikelihood(of images: Tensor, given condition: Condition, in context: Context) -> Tensor
}

extension PixelModel {
  public var gradientBounds: ClosedRange<Float>? { nil }

  public var inputs: [InputRequirement] {
    [
      InputRequirement(
        [imageSize.height, imageSize.width, 1], condition: classCount.map { .classes($0) } ?? .none,
        binarization: binarization)
    ]
  }

  /// A pixel a step makes previews slow.
  public var isPreviewSlow: Bool { true }

  public func trainingLoss(of images: Tensor, given condition: Condition, step: Int, in context: Context) -> Tensor {
    negativeLogLikelihood(of: images, given: condition, in: context)
  }

  public func trainingStep(_ feed: inout BatchFeed, _ training: inout TrainingState) throws -> Metrics {
    let batch = feed.next()
    let (step, pixels) = (training.step, Float(imageSize.height * imageSize.width))
    // Nats a pixel are differentiated, as those who clip gradients do; to Adam their scale is nothing.
    let (_, loss) = try training.descend(with: PixelMetric.optimizer, network, clippingTo: gradientBounds) { context in
      let loss = trainingLoss(of: batch.samples, given: condition(of: batch), step: step, in: context).mean()
      return (loss / pixels, Double(loss.scalar))
    }
    return [PixelMetric.loss: loss]
  }

  /// The negative log-likelihood in nats an image and in bits a pixel, as means over the images.
  public func evaluate(on data: TrainingData, with state: State) -> Metrics {
    guard let source = data.main else { return Metrics() }
    let context = Context(network, state, mode: .inference)
    var sum = 0.0
    let size = InferenceBatch.size(source.sampleShape)
    for start in stride(from: 0, to: source.count, by: size) {
      let batch = source.batch(at: Array(start..<min(source.count, start + size)))
      sum += Double(
        negativeLogLikelihood(of: batch.samples, given: condition(of: batch), in: context).sum().scalar)
    }
    let nats = sum / Double(source.count)
    return [
      PixelMetric.negativeLogLikelihood: nats,
      PixelMetric.bits: nats / Double(imageSize.height * imageSize.width) / 0.693_147_180_559_945,
    ]
  }

  private func condition(of batch: Batch) -> Condition { classCount == nil ? .none : batch.condition }

  public func warnings(for recent: Metrics) -> [TrainingWarning] {
    let ignorance = Double(imageSize.height * imageSize.width) * logarithm(Double(pixelValues.count))
    guard let loss = recent[PixelMetric.loss], loss > ignorance else { return [] }
    return [
      TrainingWarning(
        kind: "divergence",
        text: """
          the loss is \(DecimalText.significant(loss, digits: 4)) nats, more than the \
          \(DecimalText.significant(ignorance, digits: 4)) of pixels that may be anything; a lower learning rate may help
          """)
    ]
  }

  private func logarithm(_ x: Double) -> Double { Double(Tensor(Float(x)).log().scalar) }

  // MARK: Use

  public var likelihoodKind: LikelihoodKind { .exact }

  public var likelihoodSubject: String? { pixelValues == .binary ? nil : "\(pixelValues)" }

  /// The exact log-likelihood of each image in nats, with classes that given its class: `[N, H, W, 1]` → `[N]`.
  public func logLikelihoods(
    of images: Tensor, given condition: Condition, draws: Int, with state: State, using random: inout SampleRandom
  ) -> Tensor {
    -negativeLogLikelihood(of: images, given: condition, in: Context(network, state, mode: .inference))
  }
}

/// Names in the metrics, and of the optimizer.
enum PixelMetric {
  static let optimizer = "adam"
  static let loss = "loss"
  static let negativeLogLikelihood = "nll"
  static let bits = "bits_per_pixel"
}
