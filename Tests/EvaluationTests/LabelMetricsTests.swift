import Foundation
import Tensor
import Testing

@testable import Evaluation

@Suite struct ClassifierScoreTests {
  @Test func asGolden() throws {
    for golden in try Golden.cases("classifierScore") {
      let (logits, splits) = try (golden.input("logits"), #require(golden.params.splits))
      let score = ClassifierScore(logits: logits, splits: splits)
      #expect(try isClose(score.scores, golden.output("scores"), tolerance: 1e-9), "\(golden.name)")
      #expect(try isClose(score.mean, golden.number("mean"), tolerance: 1e-9), "\(golden.name)")
      #expect(try isClose(score.deviation, golden.number("standardDeviation"), tolerance: 1e-8), "\(golden.name)")
      let probabilities = ClassifierScore(probabilities: logits.softmax(), splits: splits)
      #expect(isClose(probabilities.scores, score.scores, tolerance: 1e-6), "\(golden.name)")
    }
  }

  @Test func knownAnswers() {
    let one = Tensor([[0.7, 0.2, 0.1]]).gathered(at: [Int](repeating: 0, count: 50))
    #expect(abs(ClassifierScore(probabilities: one).mean - 1) < 1e-6)
    let sure = ClassifierScore(probabilities: .oneHot((0..<40).map { $0 % 10 }, classCount: 10))
    #expect(abs(sure.mean - 10) < 1e-12 && sure.deviation == 0)
    #expect(ClassifierScore(logits: Tensor([[.nan, 1], [0, 1]])).mean.isNaN)
  }

  @Test func misuseStops() async {
    var result = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = ClassifierScore(probabilities: Tensor([[0.5, 0.4]]))
    }
    expect(result, saysWhy: "ClassifierScore: the probabilities of sample 0 add up to 0.9")
    result = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = ClassifierScore(logits: Tensor.zeros([3, 2]), splits: 4)
    }
    expect(result, saysWhy: "ClassifierScore: 4 splits of 3 samples; each needs one at least")
  }
}

@Suite struct RankingQualityTests {
  @Test func asGolden() throws {
    for golden in try Golden.cases("auroc") {
      let scores = try #require(golden.inputs["scores"]).data
      let quality = RankingQuality(scores: scores, isPositive: try #require(golden.params.labels).map { $0 == 1 })
      #expect(try isClose(quality.auroc, golden.number("auroc"), tolerance: 1e-9), "\(golden.name)")
      #expect(
        try isClose(quality.averagePrecision, golden.number("averagePrecision"), tolerance: 1e-9), "\(golden.name)")
    }
  }

  @Test func invariances() {
    var generator = RandomGenerator(seed: 1)
    let scores = Tensor.normal([300], using: &generator).scalars.map { Double(($0 * 4).rounded()) }
    let isPositive = scores.map { $0 + Double(generator.uniform()) * 6 > 3 }
    let quality = RankingQuality(scores: scores, isPositive: isPositive)
    // A monotone map changes nothing; the other direction gives the complement.
    #expect(RankingQuality(scores: scores.map { exp($0) }, isPositive: isPositive) == quality)
    let reversed = RankingQuality(scores: scores.map { -$0 }, isPositive: isPositive)
    #expect(abs(reversed.auroc + quality.auroc - 1) < 1e-15 && quality.auroc > 0.5)
    let constant = RankingQuality(scores: scores.map { _ in 0 }, isPositive: isPositive)
    #expect(constant.auroc == 0.5)
    #expect(isClose(constant.averagePrecision, Double(quality.positiveCount) / 300, tolerance: 1e-15))
    let infinite = RankingQuality(
      scores: [-.infinity, 0, .infinity, .infinity], isPositive: [false, false, true, true])
    #expect(infinite.auroc == 1 && infinite.averagePrecision == 1)
    #expect(RankingQuality(scores: [.nan, 1], isPositive: [true, false]).auroc.isNaN)
  }

  @Test func misuseStops() async {
    var result = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = RankingQuality(scores: [1, 2], isPositive: [true, true])
    }
    expect(result, saysWhy: "RankingQuality: 2 positives and 0 negatives; at least one of each is needed")
    result = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = RankingQuality(scores: [1, 2], isPositive: [true])
    }
    expect(result, saysWhy: "RankingQuality: 2 scores and 1 truths; they must be equally many")
  }
}

@Suite struct ClassHistogramTests {
  @Test func asGolden() throws {
    for golden in try Golden.cases("classHistogramKL") {
      let reference = ClassHistogram(counts: try #require(golden.inputs["referenceCounts"]).data.map { Int($0) })
      let histogram = ClassHistogram(of: try #require(golden.params.labels), classCount: reference.classCount)
      #expect(try histogram.counts.map { Double($0) } == golden.output("counts"))
      #expect(try isClose(histogram.divergence(from: reference), golden.number("kl"), tolerance: 1e-9))
    }
    for golden in try Golden.cases("modeCount") {
      let modes = try ClassHistogram(of: #require(golden.params.labels), classCount: #require(golden.params.modeCount))
      #expect(try Double(modes.classesHit) == golden.number("modes"))
      #expect(try isClose(modes.divergenceFromUniform, golden.number("kl"), tolerance: 1e-9))
    }
    for golden in try Golden.cases("ringModes") {
      let radius = try #require(golden.params.sigma) * #require(golden.params.radius)
      let coverage = try ModeCoverage(
        of: golden.input("samples"), centres: golden.input("centers"), radius: radius)
      #expect(try Double(coverage.modesHit) == golden.number("modes"))
      #expect(try isClose(coverage.highQualityShare, golden.number("highQualityFraction"), tolerance: 1e-9))
      let pairs = try zip(golden.output("assignment"), golden.output("highQuality")).filter { $0.1 == 1 }
      #expect(coverage.histogram == (0..<8).map { mode in pairs.count { Int($0.0) == mode } })
    }
  }

  /// Uniform triples of digits: the divergence is about (1000 - 1) / (2 · 26,000).
  @Test func stackedDigits() {
    var generator = RandomGenerator(seed: 12)
    let triples = (0..<26_000).map { _ in Int.random(in: 0..<1000, using: &generator) }
    let modes = ClassHistogram(of: triples, classCount: 1000)
    #expect(modes.classCount == 1000 && modes.classesHit == 1000 && modes.sampleCount == 26_000)
    #expect(abs(modes.divergenceFromUniform - 0.0192) < 0.002)
    let one = ClassHistogram(of: [703, 703], classCount: 1000)
    #expect(one.counts[703] == 2 && one.classesHit == 1 && abs(one.divergenceFromUniform - log(1000)) < 1e-12)
  }

  @Test func extremes() {
    let none = ClassHistogram(of: [], classCount: 3)
    #expect(none.classesHit == 0 && none.shares == [0, 0, 0] && none.divergenceFromUniform.isNaN)
    let some = ClassHistogram(counts: [1, 0, 3])
    #expect(some.divergence(from: ClassHistogram(counts: [2, 0, 6])) == 0)
    #expect(some.divergence(from: ClassHistogram(counts: [0, 1, 1])) == .infinity)
    #expect(some.divergence(from: none).isNaN)
  }

  @Test func misuseStops() async {
    let result = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = ClassHistogram(of: [0, 3], classCount: 3)
    }
    expect(result, saysWhy: "ClassHistogram: label 3 at 1 is not one of 3 classes")
  }
}

@Suite struct ClassificationAccuracyTests {
  @Test func byHand() {
    let accuracy = ClassificationAccuracy(of: [0, 1, 1, 2, 2, 0], labels: [0, 1, 2, 2, 2, 1], classCount: 4)
    #expect(accuracy.confusion == [[1, 0, 0, 0], [1, 1, 0, 0], [0, 1, 2, 0], [0, 0, 0, 0]])
    #expect(accuracy.count == 6 && accuracy.correctCount == 4 && accuracy.share == 4.0 / 6)
    #expect(accuracy.shares[1] == 0.5 && accuracy.shares[3].isNaN)
    #expect(ClassificationAccuracy(of: [], labels: [], classCount: 2).share.isNaN)
  }

  @Test func samplesAgainstRealImages() throws {
    func accuracy(_ right: Int) -> ClassificationAccuracy {
      ClassificationAccuracy(
        of: (0..<10).map { $0 < right ? 1 : 0 }, labels: [Int](repeating: 1, count: 10), classCount: 2)
    }
    let both = SampleClassification(
      trainedOnSamples: accuracy(7), testedOnSamples: accuracy(10), real: accuracy(9), floor: accuracy(8))
    #expect(abs(try #require(both.trainingGap) - 0.1) < 1e-15 && abs(both.testGap + 0.1) < 1e-15)
    let alone = SampleClassification(trainedOnSamples: accuracy(7), testedOnSamples: accuracy(10), real: accuracy(9))
    #expect(alone.trainingGap == nil)
  }

  @Test func misuseStops() async {
    let result = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = ClassificationAccuracy(of: [0], labels: [2], classCount: 2)
    }
    expect(result, saysWhy: "ClassificationAccuracy: prediction 0 of label 2 at 0; both must be one of 2 classes")
  }
}

@Suite struct BestAssignmentTests {
  @Test func asGolden() throws {
    for golden in try Golden.cases("assignmentAccuracy") {
      let assignment = try BestAssignment(
        of: #require(golden.params.codes), labels: #require(golden.params.labels),
        classCount: #require(golden.params.classes))
      #expect(try isClose(assignment.share, golden.number("accuracy"), tolerance: 1e-9))
    }
  }

  /// Against all permutations.
  @Test(arguments: 1...6) func isTheBest(_ classCount: Int) {
    var generator = RandomGenerator(seed: UInt64(classCount))
    for _ in 0..<20 {
      let codes = (0..<25).map { _ in Int.random(in: 0..<classCount, using: &generator) }
      let labels = codes.map {
        generator.uniform() < 0.5 ? ($0 + 1) % classCount : Int(generator.next() % UInt64(classCount))
      }
      let assignment = BestAssignment(of: codes, labels: labels, classCount: classCount)
      let best = permutations(classCount).map { order in zip(codes, labels).count { order[$0] == $1 } }.max()
      #expect(assignment.correctCount == best && assignment.classes.sorted() == Array(0..<classCount))
      #expect(zip(codes, labels).count { assignment.classes[$0] == $1 } == best)
    }
  }

  private func permutations(_ count: Int) -> [[Int]] {
    if count == 0 { return [[]] }
    return permutations(count - 1).flatMap { shorter in
      (0..<count).map { place in
        var order = shorter
        order.insert(count - 1, at: place)
        return order
      }
    }
  }
}
