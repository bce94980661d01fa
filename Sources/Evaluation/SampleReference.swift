import Datasets
import LatentSystem
import Tensor
import Training

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
  private let floors = Floors()
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
    let floor = floor(view.features.shape[0])
    return SampleReport(
      frechetDistance: statistics.frechetDistance(to: FeatureStatistics(of: view.features)),
      frechetFloor: floor?.frechetDistance,
      kernelDistance: kernel.mean, kernelDeviation: kernel.deviation,
      kernelFloor: floor?.kernelDistance,
      precision: scores.precision, recall: scores.recall, density: scores.density, coverage: scores.coverage,
      precisionFloor: floor?.scores.precision, recallFloor: floor?.scores.recall, densityFloor: floor?.scores.density,
      coverageFloor: floor?.scores.coverage,
      classifierScore: view.probabilities.map { ClassifierScore(probabilities: $0).mean },
      classifierScoreFloor: floor?.classifierScore,
      classShares: own?.shares, classDivergence: divergence.flatMap { $0.isFinite ? $0 : nil },
      classesHit: own?.classesHit, labelAccuracy: view.labelAccuracy,
      nearerToTraining: copies(among: view)?.shareNearer, pathLength: pathLengths.ofLatents,
      mappedPathLength: pathLengths.ofMapped, sampleCount: view.features.shape[0], testCount: test.features.shape[0],
      seed: seed,
      judge: SampleReport.JudgeRecord(
        kind: judge.trained.kind, checksum: judge.checksum, featureCount: judge.featureCount, accuracy: accuracy))
  }

  /// The figures that `count` training samples have; nil if there are none.
  private func floor(_ count: Int) -> Floors.Figures? {
    guard let training else { return nil }
    if let known = floors[count] { return known }
    let places = Self.some(count, of: training.features.shape[0])
    let some = training.features.gathered(at: places)
    let floor = Floors.Figures(
      frechetDistance: statistics.frechetDistance(to: FeatureStatistics(of: some)),
      kernelDistance: Self.kernelDistance(test.features, some).mean,
      scores: NeighbourhoodScores(of: some, against: test.features, neighbours: Self.neighbours),
      classifierScore: training.probabilities.map { ClassifierScore(probabilities: $0.gathered(at: places)).mean })
    floors[count] = floor
    return floor
  }

  /// Nil if there is nothing to compare with, or a feature is not finite: that has no nearest one.
  private func copies(among view: Judge.View) -> Memorization? {
    guard let training, let testDistances, view.features.isAllFinite else { return nil }
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
