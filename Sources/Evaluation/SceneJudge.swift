import Datasets
import LatentSystem
import Tensor
import Training

/// Classifiers that tell what a picture of digits shows: which digit, how many, of what size and stroke. They say whether
/// a model that makes such pictures of captions has made what was asked for.
///
/// ```swift
/// let judge = try SceneJudge([.digit: ofDigits, .count: ofCounts])
/// let agreement = try judge.agreement(of: trained, on: DigitScene.all, samplesPerScene: 10)
/// print(agreement.share(of: .count))
/// ```
public struct SceneJudge: Sendable {
  /// What tells each attribute.
  public let classifiers: [DigitScene.Attribute: TrainedModel]

  /// A judge out of a classifier for each attribute that is to be told.
  /// - Throws: ``CapabilityError`` if one is none, or knows other classes than its attribute has.
  public init(_ classifiers: [DigitScene.Attribute: TrainedModel]) throws {
    for (attribute, trained) in classifiers {
      guard let model = trained.model as? any Classifying, model.classCount == attribute.classCount else {
        throw CapabilityError(
          "\(trained.kind) cannot tell the \(attribute) of a scene: a classifier of \(attribute.classCount) classes is needed"
        )
      }
    }
    self.classifiers = classifiers
  }

  /// What images agree with, and how many there are.
  public struct Agreement: Sendable, Equatable {
    /// The number of images.
    public internal(set) var count = 0
    /// How many show what they should, attribute by attribute.
    public internal(set) var hits: [DigitScene.Attribute: Int] = [:]
    /// How many show all that they should.
    public internal(set) var wholeHits = 0

    /// The share of images whose attribute is right; NaN without images or a classifier of it.
    public func share(of attribute: DigitScene.Attribute) -> Double {
      hits[attribute].map { Double($0) / Double(count) } ?? .nan
    }

    /// The share of images of which all is right that can be told; NaN without images.
    public var wholeShare: Double { Double(wholeHits) / Double(count) }
  }

  /// How images `[N, H, W, 1]` agree with the scenes that they should show.
  /// - Throws: ``CapabilityError`` if the images have another shape than a classifier learned from.
  /// - Precondition: there is a scene for each image.
  public func agreement(of images: Tensor, with scenes: [DigitScene]) throws -> Agreement {
    require(
      images.shape[0] == scenes.count,
      "SceneJudge: \(images.shape[0]) images and \(scenes.count) scenes; each image needs one")
    var result = Agreement(count: scenes.count)
    var isWhole = scenes.map { _ in true }
    for (attribute, classifier) in classifiers {
      let found = try classifier.classProbabilities(of: images).argmax(axis: 1)
      let isHit = zip(found, scenes).map { $0 == $1.label(of: attribute) }
      result.hits[attribute] = isHit.count { $0 }
      isWhole = zip(isWhole, isHit).map { $0 && $1 }
    }
    result.wholeHits = isWhole.count { $0 }
    return result
  }

  /// How drawn scenes agree with themselves: what the judge itself is worth.
  public func agreement(of scenes: CaptionedDigits) throws -> Agreement {
    let size = InferenceBatch.size(scenes.sampleShape)
    return try stride(from: 0, to: scenes.count, by: size).reduce(into: Agreement()) { sum, start in
      let places = Array(start..<min(scenes.count, start + size))
      sum += try agreement(of: scenes.batch(at: places).samples, with: places.map(scenes.scene))
    }
  }

  /// How the samples of a model agree with the whole captions of `scenes`, of which it makes as many each.
  ///
  /// - Parameters:
  ///   - trained: a model that is told in words what to make.
  ///   - samplesPerScene: 1 or more.
  ///   - seed: decides the samples.
  ///   - onBatch: called after every batch with its size; what it throws ends it.
  /// - Throws: ``CapabilityError`` if it is not told anything in words, ``CaptionError`` if it does not know these.
  public func agreement(
    of trained: TrainedModel, on scenes: [DigitScene], samplesPerScene: Int, seed: UInt64 = 0,
    onBatch: (Int) throws -> Void = { _ in }
  ) throws -> Agreement {
    let captions = try trained.captions(scenes.map(\.caption))
    var sum = Agreement()
    func wanted(_ places: Range<Int>) -> Condition { captions.rows(at: places.map { $0 / samplesPerScene }) }
    try trained.forEachBatch(of: scenes.count * samplesPerScene, conditions: wanted, seed: seed) { samples in
      let places = sum.count..<sum.count + samples.shape[0]
      sum += try agreement(of: samples, with: places.map { scenes[$0 / samplesPerScene] })
      try onBatch(samples.shape[0])
    }
    return sum
  }
}

extension SceneJudge.Agreement {
  /// That of both sets of images.
  public static func += (sum: inout SceneJudge.Agreement, other: SceneJudge.Agreement) {
    sum.count += other.count
    sum.wholeHits += other.wholeHits
    sum.hits.merge(other.hits, uniquingKeysWith: +)
  }
}
