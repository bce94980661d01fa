import Datasets
import LatentSystem
import Layers
import Tensor
import Training

/// The loss of a discriminator that sees images with captions: real images with their own count 1, generated ones and real
/// ones with wrong captions ½ each. The generator's is that of the loss which scores are measured by.
///
/// Of real images with wrong captions see ``WrongCaptions``.
///
/// Reference: Reed et al., "Generative adversarial text to image synthesis", arXiv:1605.05396, algorithm 1 (GAN-CLS), whose
/// scores are measured by cross-entropy.
public struct MatchingAwareObjective: AdversarialObjective {
  public static let name = "matchingAware"
  /// Whether a score beyond a margin of 1 is good enough, ``HingeObjective``, or each is measured by its cross-entropy,
  /// ``NonSaturatingObjective``.
  public let hasMargin: Bool
  public var hasTarget: Bool { base.hasTarget }
  public var hasSignedScores: Bool { true }
  /// The loss.
  public init(hasMargin: Bool = false) { self.hasMargin = hasMargin }

  private var base: any AdversarialObjective { hasMargin ? HingeObjective() : NonSaturatingObjective() }

  public func discriminatorTerms(real scores: Tensor, target: Float) -> Tensor {
    base.discriminatorTerms(real: scores, target: target)
  }
  public func discriminatorTerms(fake scores: Tensor) -> Tensor {
    base.discriminatorTerms(fake: scores) * WrongCaptions.share
  }
  public func generatorTerms(fake scores: Tensor) -> Tensor { base.generatorTerms(fake: scores) }
  public func leastDiscriminatorLoss(smoothing: Double) -> Double? {
    base.leastDiscriminatorLoss(smoothing: smoothing)
  }
}

/// The term of real images with wrong captions, those of other images of the batch: half of what a generated image costs.
///
/// The wrong caption of an image is one in the batch that cannot be true of both, of every other image the next one, and of
/// the others the one that shares the most words: if all differed in several ways, it would do to look at the easiest, how
/// many things there are, and what they are would hardly be learned. An image for which there is none does not count.
public struct WrongCaptions: AdversarialTerm {
  public static let name = "wrong_captions"
  /// The words of captions, which say what excludes what.
  public let vocabulary: CaptionVocabulary
  /// What scores are measured by.
  public let objective: MatchingAwareObjective

  /// The term for captions of these words.
  public init(_ vocabulary: CaptionVocabulary, objective: MatchingAwareObjective = MatchingAwareObjective()) {
    (self.vocabulary, self.objective) = (vocabulary, objective)
  }

  /// How much generated images count, and how much those with wrong captions.
  static let share: Float = 0.5

  /// A wrong caption for each of `captions[places]`; nil where there is none.
  public static func wrong(
    for captions: [[Int]], at places: Range<Int>, _ vocabulary: CaptionVocabulary
  ) -> [[Int]?] {
    places.map { place in
      let own = captions[place]
      let others = (1..<max(1, captions.count)).lazy.map { captions[(place + $0) % captions.count] }
      if place % 2 == 0 { return others.first { vocabulary.exclude(own, $0) } }
      var (nearest, most) = (nil as [Int]?, -1)
      for other in others {
        let shared = other.count { $0 != 0 && own.contains($0) }
        if shared > most, vocabulary.exclude(own, other) { (nearest, most) = (other, shared) }
      }
      return nearest
    }
  }

  /// The terms of images whose scores with wrong captions are given; `counts` is 1 for those that count and 0 for others.
  func terms(_ scores: Tensor, counts: Tensor) -> Tensor { objective.discriminatorTerms(fake: scores) * counts }

  public func discriminatorTerm(_ pass: AdversarialPass) -> Tensor? {
    guard let real = pass.real, let own = real.condition.tokens else { return nil }
    let (captions, places) = wholeBatch(own, pass.context)
    let wrong = Self.wrong(for: captions, at: places, vocabulary)
    let judged = pass.discriminate(real, given: .tokens(zip(wrong, own).map { $0 ?? $1 }))
    return terms(judged.scores, counts: Tensor(wrong.map { $0 == nil ? 0 : 1 }))
  }

  /// The captions of all that hold a part of the batch, and where this part's are.
  private func wholeBatch(_ own: [[Int]], _ context: Context) -> (captions: [[Int]], places: Range<Int>) {
    guard let samples = context.samples, let length = own.first?.count, samples.globalCount > own.count else {
      return (own, own.indices)
    }
    let rows = Tensor(own.joined().map(Float.init), shape: [own.count, length])
    let all = context.reduction.sum(
      rows.padded(before: [samples.offset, 0], after: [samples.globalCount - samples.range.upperBound, 0]))
    let tokens = all.scalars.map { Int($0) }
    return (
      (0..<samples.globalCount).map { Array(tokens[$0 * length..<($0 + 1) * length]) },
      samples.range.lowerBound..<samples.range.upperBound
    )
  }
}
