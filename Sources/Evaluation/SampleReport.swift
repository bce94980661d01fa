import Datasets
import Tensor
import Training

/// How good samples are, by a judge that has seen real ones: every figure that the judge and the samples allow.
///
/// ```swift
/// let judge = try Judge(ModelRegistry.standard.load("runs/train-classifier/model.safetensors"))
/// let reference = try SampleReference(test: testImages, training: images, judge: judge)
/// print(try reference.report(on: trained, seed: 1).fid)
/// ```
///
/// Figures of different judges, or of other numbers of samples, cannot be compared.
public struct SampleReport: Sendable, Equatable, Codable {
  /// The Fréchet distance to the test samples.
  public let fid: Double
  /// What the Fréchet distance of as many training samples is: no model can be expected below.
  public let fidFloor: Double
  /// The kernel distance to the test samples.
  public let kid: Double
  /// Its standard deviation over subsets.
  public let kidDeviation: Double
  /// The kernel distance of as many training samples.
  public let kidFloor: Double
  /// The share of the samples that look real.
  public let precision: Double
  /// The share of the test samples that could be generated.
  public let recall: Double
  /// In how many neighbourhoods of test samples a sample lies, divided by their number; 1 is expected.
  public let density: Double
  /// The share of test samples with a generated one in their neighbourhood.
  public let coverage: Double
  /// The exponential of the mean divergence of a sample's class probabilities from their mean; 1 to the number of classes.
  public let classifierScore: Double?
  /// The share of each class among the samples, as the judge sees them.
  public let classShares: [Double]?
  /// The divergence of these from the shares among the test samples, in nats.
  public let classKl: Double?
  /// The number of classes that occur.
  public let modes: Int?
  /// The share of the samples that the judge takes for the class that they were made for.
  public let labelAccuracy: Double?
  /// Whether samples are copies: the share of pairs in which a sample is nearer to a training sample than a test sample is
  /// to its own. ½ without copying.
  public let nearerToTraining: Double
  /// How many samples were looked at.
  public let sampleCount: Int
  /// How many test samples they were compared with.
  public let testCount: Int
  /// What the samples were drawn with; nil if they were there.
  public let seed: UInt64?
  /// By whom.
  public let judge: JudgeRecord

  /// What tells one judge from others.
  public struct JudgeRecord: Sendable, Equatable, Codable {
    /// The kind of model.
    public let kind: String
    /// CRC-32 of its numbers.
    public let checksum: String
    /// The number of features.
    public let featureCount: Int
    /// The share of the test samples whose class it tells right; nil if it tells none, or there are no labels.
    public let accuracy: Double?
  }
}

/// Test samples and training samples as a judge sees them, that others are compared with.
public struct SampleReference: Sendable {
  /// The judge.
  public let judge: Judge
  /// The test samples.
  public let test: Judge.View
  /// As many training samples.
  public let training: Judge.View
  /// The share of the test samples whose class the judge tells right, if both are known.
  public let accuracy: Double?
  private let floor: (fid: Double, kid: Double)
  private let statistics: FeatureStatistics

  /// Looks at test samples, and at as many training samples, which the floor is measured with.
  ///
  /// - Parameters:
  ///   - test: what samples should be like.
  ///   - training: what models learned from.
  ///   - limit: how many of each are looked at.
  /// - Throws: ``CapabilityError`` if the judge learned from samples of another shape.
  public init(test: any SampleSource, training: any SampleSource, judge: Judge, limit: Int = 10_000) throws {
    self.judge = judge
    self.test = try judge.view(of: test, limit: limit)
    self.training = try judge.view(of: training, limit: limit)
    let (classes, count) = (self.test.classes, self.test.features.shape[0])
    accuracy = zip(classes, test.batch(at: Array(0..<count)).labels).map { Self.agreement($0, $1) }
    statistics = FeatureStatistics(of: self.test.features)
    floor = (
      statistics.frechetDistance(to: FeatureStatistics(of: self.training.features)),
      Self.kernelDistance(self.test.features, self.training.features).mean
    )
  }

  /// How good new samples of a model are.
  ///
  /// - Parameters:
  ///   - model: makes the samples; if it takes classes, as many of each.
  ///   - count: how many.
  ///   - seed: decides which.
  ///   - onBatch: is given each batch `[n, …]` of samples.
  /// - Throws: ``CapabilityError`` if the model makes none, or of another shape.
  public func report(
    on model: TrainedModel, count: Int = 10_000, seed: UInt64 = 0, onBatch: (Tensor) throws -> Void = { _ in }
  ) throws -> SampleReport {
    var labels: [Int]?
    if case .classes(let classes)? = (model.model as? any Sampling)?.sampleConditions {
      labels = (0..<count).map { $0 % classes }
    }
    let view = try judge.view(
      ofSamples: count, from: model, given: labels.map { .labels($0) }, seed: seed, onBatch)
    return report(on: view, labels: labels, seed: seed)
  }

  /// How good samples are that are there already.
  /// - Throws: ``CapabilityError`` if they are of another shape.
  public func report(on samples: any SampleSource, limit: Int = 10_000) throws -> SampleReport {
    let view = try judge.view(of: samples, limit: limit)
    let labels = samples.batch(at: Array(0..<view.features.shape[0])).labels
    return report(on: view, labels: labels, seed: nil)
  }

  private func report(on view: Judge.View, labels: [Int]?, seed: UInt64?) -> SampleReport {
    let kernel = Self.kernelDistance(test.features, view.features)
    let scores = NeighbourhoodScores(of: view.features, against: test.features)
    let copies = Memorization(of: view.features, training: training.features, test: test.features)
    let (own, real) = (histogram(view), histogram(test))
    return SampleReport(
      fid: statistics.frechetDistance(to: FeatureStatistics(of: view.features)), fidFloor: floor.fid,
      kid: kernel.mean, kidDeviation: kernel.deviation, kidFloor: floor.kid,
      precision: scores.precision, recall: scores.recall, density: scores.density, coverage: scores.coverage,
      classifierScore: view.probabilities.map { ClassifierScore(probabilities: $0).mean },
      classShares: own?.shares, classKl: zip(own, real).map { $0.divergence(from: $1) }, modes: own?.classesHit,
      labelAccuracy: zip(view.classes, labels).map { Self.agreement($0, $1) },
      nearerToTraining: copies.shareNearer, sampleCount: view.features.shape[0], testCount: test.features.shape[0],
      seed: seed,
      judge: SampleReport.JudgeRecord(
        kind: judge.trained.kind, checksum: judge.checksum, featureCount: judge.featureCount, accuracy: accuracy))
  }

  private func histogram(_ view: Judge.View) -> ClassHistogram? {
    zip(view.classes, judge.classCount).map { ClassHistogram(of: $0, classCount: $1) }
  }

  /// The share of samples whose class is the label.
  private static func agreement(_ classes: [Int], _ labels: [Int]) -> Double {
    Double(Swift.zip(classes, labels).count { $0 == $1 }) / Double(labels.count)
  }

  /// Over subsets that are the same for everybody.
  private static func kernelDistance(_ real: Tensor, _ generated: Tensor) -> KernelDistance {
    var generator = RandomGenerator(seed: 0)
    return KernelDistance(between: real, and: generated, using: &generator)
  }
}

/// Both, or nothing.
private func zip<A, B>(_ a: A?, _ b: B?) -> (A, B)? {
  if let a, let b { (a, b) } else { nil }
}
