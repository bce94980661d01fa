import LatentSystem
import Layers
import Tensor
import Training

/// What keeps translations from changing what an image shows: a classifier, which learns from the labels of the one kind
/// and judges both.
///
/// What a labelled image becomes should still be of its class, and what an image without label becomes of the class that
/// the classifier sees in it. It counts once the classifier knows something.
///
/// Reference: Hoffman et al., "CyCADA: cycle-consistent adversarial domain adaptation", arXiv:1711.03213, section 3.
public struct SemanticGuidance: Sendable {
  /// Images to a score for each class, `[N, …]` → `[N, classes]`.
  public let classifier: any Layer
  /// The weight of both terms in the translators' loss, 0 or more.
  public var weight: Float = 1
  /// The classifier's loss in nats below which the terms count.
  public var mostLoss = 1.0

  /// A guidance by the given classifier.
  public init(_ classifier: any Layer) { self.classifier = classifier }

  /// What it comes to in a step, each a scalar.
  struct Terms {
    /// The classifier's own loss.
    let classifierLoss: Tensor
    /// What the translators minimize; nil while the classifier knows too little.
    let translatorLoss: Tensor?
    /// The share of translations that the classifier takes for what they were made of.
    let labelsKept: Double
  }

  func terms(
    a: Tensor, b: Tensor, toB: Tensor, toA: Tensor, labels: [Int], in context: Context, _ training: TrainingState
  ) -> Terms {
    let own = classifier(a, in: context).softmaxCrossEntropy(labels: labels).mean()
    let isReady = training.wholeBatchMeans([own])[0] < mostLoss
    let ofTranslations = classifier(toB, in: context)
    var loss: Tensor?
    if isReady {
      let seen = classifier(b, in: context).detached().argmax(axis: 1)
      loss =
        ofTranslations.softmaxCrossEntropy(labels: labels).mean()
        + classifier(toA, in: context).softmaxCrossEntropy(labels: seen).mean()
    }
    return Terms(
      classifierLoss: own, translatorLoss: loss, labelsKept: ofTranslations.detached().accuracy(labels: labels))
  }
}
