/// What generated samples with labels are worth to a classifier, both ways round.
///
/// Both accuracies are compared with one on real test images: ``trainedOnSamples`` with that of a classifier which learned
/// as long from as many real images, ``testedOnSamples`` with that of the judge itself. A lower ``trainedOnSamples``
/// tells of samples without variety, or unlike their labels; a lower ``testedOnSamples`` of samples that do not look like
/// their labels, a higher one of a model that makes only the easiest.
///
/// Reference: Shmelkov, Schmid and Alahari, "How good is my GAN?", arXiv:1807.09499; Ravuri and
/// Vinyals, "Classification accuracy score for conditional generative models", arXiv:1905.10887.
public struct SampleClassification: Sendable, Hashable {
  /// GAN-train: on real test images, of a classifier that was trained on samples.
  public let trainedOnSamples: ClassificationAccuracy
  /// GAN-test: on samples, of a classifier that was trained on real images.
  public let testedOnSamples: ClassificationAccuracy
  /// On real test images, of the classifier of ``testedOnSamples``.
  public let real: ClassificationAccuracy
  /// On real test images, of a classifier that learned from as many real images in as many updates as that of
  /// ``trainedOnSamples``; nil if there is none.
  public let floor: ClassificationAccuracy?

  /// The accuracies.
  public init(
    trainedOnSamples: ClassificationAccuracy, testedOnSamples: ClassificationAccuracy, real: ClassificationAccuracy,
    floor: ClassificationAccuracy? = nil
  ) {
    self.trainedOnSamples = trainedOnSamples
    self.testedOnSamples = testedOnSamples
    self.real = real
    self.floor = floor
  }

  /// What is lost by training on samples rather than on as many real images for as long: the share of test images, 0 of
  /// samples that are as good. Nil without ``floor``.
  public var trainingGap: Double? { floor.map { $0.share - trainedOnSamples.share } }

  /// How much less often samples are labelled right than real test images. Negative ones are possible.
  public var testGap: Double { real.share - testedOnSamples.share }
}
