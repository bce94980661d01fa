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
  public let frechetDistance: Double
  /// The Fréchet distance of as many training samples (all, if there are fewer), drawn at random: about what samples that
  /// are as good as real ones have. Nil without training samples.
  public let frechetFloor: Double?
  /// The kernel distance to the test samples.
  public let kernelDistance: Double
  /// Its standard deviation over subsets.
  public let kernelDeviation: Double
  /// The kernel distance of as many training samples. Nil without training samples.
  public let kernelFloor: Double?
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
  /// The divergence of these from the shares among the test samples, in nats; nil too if a class does not occur there.
  public let classDivergence: Double?
  /// The number of classes that occur.
  public let classesHit: Int?
  /// The share of the samples that the judge takes for the class that they were made for.
  public let labelAccuracy: Double?
  /// Whether samples are copies: the share of pairs in which a sample is nearer to a training sample than a test sample is
  /// to its own. About ½ without copying, 1 of copies. Nil without training samples.
  public let nearerToTraining: Double?
  /// How much samples change along ways between latents, in the judge's features: ``PathLength/mean`` of spherical ways.
  /// Short is smooth. Nil of models without latents, and of samples that were there.
  public let pathLength: Double?
  /// The same along straight ways between mapped latents. Nil of models that do not map theirs.
  public let mappedPathLength: Double?
  /// How many samples were looked at.
  public let sampleCount: Int
  /// How many test samples they were compared with.
  public let testCount: Int
  /// What the samples were drawn with; nil if they were there.
  public let seed: UInt64?
  /// By whom.
  public let judge: JudgeRecord

  /// In files, the distances have the names that are usual for them.
  private enum CodingKeys: String, CodingKey {
    case frechetDistance = "fid"
    case frechetFloor = "fidFloor"
    case kernelDistance = "kid"
    case kernelDeviation = "kidDeviation"
    case kernelFloor = "kidFloor"
    case precision, recall, density, coverage, classifierScore, classShares, labelAccuracy, nearerToTraining
    case pathLength, mappedPathLength
    case classDivergence = "modeKl"
    case classesHit = "modes"
    case sampleCount, testCount, seed, judge
  }

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
  /// All training samples; nil if there are none.
  public let training: Judge.View?
  /// The share of the test samples whose class the judge tells right, if both are known.
  public let accuracy: Double?
  let sources: (test: any SampleSource, training: (any SampleSource)?)
  private let statistics: FeatureStatistics
  /// The distance of each test sample to the nearest training sample, in features.
  private let testDistances: [Double]?

  /// The fewest samples that can be compared: more than the neighbours that make a neighbourhood.
  public static let leastCount = neighbours + 1
  private static let neighbours = 5
  private static let wayCount = 1000

  /// Looks at test samples and training samples.
  ///
  /// - Parameters:
  ///   - test: what samples should be like, and no model has learned from; ``leastCount`` or more.
  ///   - training: what models learned from, ``leastCount`` or more: gives floors, and tells copies. Nil if the test
  ///     samples are not apart from what models learned from.
  ///   - limit: how many test samples are looked at.
  /// - Throws: ``CapabilityError`` if the judge learned from samples of another shape, or there are too few.
  public init(test: any SampleSource, training: (any SampleSource)?, judge: Judge, limit: Int = 10_000) throws {
    for source in [test, training].compactMap(\.self) {
      try Self.check(min(source.count, limit))
    }
    self.judge = judge
    let view = try judge.view(of: test, limit: limit)
    self.test = view
    self.training = try training.map { try judge.view(of: $0) }
    sources = (test, training)
    accuracy = view.labelAccuracy
    statistics = FeatureStatistics(of: view.features)
    testDistances = self.training.map { Memorization.distances(of: view.features, to: $0.features) }
  }

  private static func check(_ count: Int) throws {
    guard count >= leastCount else {
      throw CapabilityError("expected at least \(leastCount) samples of each kind to compare, found \(count)")
    }
  }

  /// How good new samples of a model are.
  ///
  /// - Parameters:
  ///   - model: makes the samples; if it takes classes, as many of each.
  ///   - count: how many, ``leastCount`` or more.
  ///   - seed: decides which.
  ///   - onBatch: is given each batch `[n, …]` of samples.
  /// - Throws: ``CapabilityError`` if the model makes none, or of another shape.
  public func report(
    on model: TrainedModel, count: Int = 10_000, seed: UInt64 = 0, onBatch: (Tensor) throws -> Void = { _ in }
  ) throws -> SampleReport {
    try Self.check(count)
    let view = try judge.view(ofSamples: count, from: model, seed: seed, onBatch)
    let wayCount = min(count, Self.wayCount)
    let lengths = (
      try pathLength(of: model, count: wayCount, seed: seed)?.mean,
      try mappedPathLength(of: model, count: wayCount, seed: seed)?.mean
    )
    return report(on: view, seed: seed, pathLengths: lengths)
  }

  /// How good samples are that are there already, ``leastCount`` or more, of which the first `limit` are looked at.
  /// - Throws: ``CapabilityError`` if they are of another shape, or too few.
  public func report(on samples: any SampleSource, limit: Int = 10_000) throws -> SampleReport {
    try Self.check(min(samples.count, limit))
    return report(on: try judge.view(of: samples, limit: limit), seed: nil)
  }

  private func report(
    on view: Judge.View, seed: UInt64?, pathLengths: (ofLatents: Double?, ofMapped: Double?) = (nil, nil)
  ) -> SampleReport {
    let kernel = Self.kernelDistance(test.features, view.features)
    let scores = NeighbourhoodScores(of: view.features, against: test.features, neighbours: Self.neighbours)
    let (own, real) = (histogram(view), histogram(test))
    let divergence = own.flatMap { own in real.map { own.divergence(from: $0) } }
    let asMany = training.map { $0.features.gathered(at: Self.some(view.features.shape[0], of: $0.features.shape[0])) }
    return SampleReport(
      frechetDistance: statistics.frechetDistance(to: FeatureStatistics(of: view.features)),
      frechetFloor: asMany.map { statistics.frechetDistance(to: FeatureStatistics(of: $0)) },
      kernelDistance: kernel.mean, kernelDeviation: kernel.deviation,
      kernelFloor: asMany.map { Self.kernelDistance(test.features, $0).mean },
      precision: scores.precision, recall: scores.recall, density: scores.density, coverage: scores.coverage,
      classifierScore: view.probabilities.map { ClassifierScore(probabilities: $0).mean },
      classShares: own?.shares, classDivergence: divergence.flatMap { $0.isFinite ? $0 : nil },
      classesHit: own?.classesHit, labelAccuracy: view.labelAccuracy,
      nearerToTraining: copies(among: view)?.shareNearer, pathLength: pathLengths.ofLatents,
      mappedPathLength: pathLengths.ofMapped, sampleCount: view.features.shape[0], testCount: test.features.shape[0],
      seed: seed,
      judge: SampleReport.JudgeRecord(
        kind: judge.trained.kind, checksum: judge.checksum, featureCount: judge.featureCount, accuracy: accuracy))
  }

  private func copies(among view: Judge.View) -> Memorization? {
    guard let training, let testDistances else { return nil }
    return Memorization(of: view.features, training: training.features, testDistances: testDistances)
  }

  private func histogram(_ view: Judge.View) -> ClassHistogram? {
    view.classes.flatMap { classes in judge.classCount.map { ClassHistogram(of: classes, classCount: $0) } }
  }

  /// Where `count` of all training samples are, or all: drawn at random, as a file may be in the order of its classes, and
  /// the same for everybody.
  static func some(_ count: Int, of all: Int) -> [Int] { Array(drawn(from: all).prefix(count)).sorted() }

  /// The places of all training samples in the order in which they are drawn.
  static func drawn(from all: Int) -> [Int] {
    var generator = RandomGenerator(seed: 0, stream: drawStream)
    return generator.permutation(all)
  }

  /// Not that of the subsets below.
  private static let drawStream: UInt64 = 0x666C_6F6F_72

  /// Over subsets that are the same for everybody, of at most half of the vectors so that they differ.
  private static func kernelDistance(_ real: Tensor, _ generated: Tensor) -> KernelDistance {
    var generator = RandomGenerator(seed: 0)
    let size = min(1000, max(2, min(real.shape[0], generated.shape[0]) / 2))
    return KernelDistance(between: real, and: generated, subsetSize: size, using: &generator)
  }
}
