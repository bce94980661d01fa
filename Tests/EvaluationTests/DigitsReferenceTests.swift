import Foundation
import Tensor
import Testing

@testable import Evaluation

/// The metrics on real features against the numbers of SciPy, scikit-learn and scikit-image: see `generate_digits.py`.
@Suite struct DigitsReferenceTests {
  private struct Reference: Decodable {
    struct Frechet: Decodable { let test, train, floor: Double }
    struct Kernel: Decodable {
      let full, mean, deviation: Double
      let subsets: [[[Int]]]
      let values: [Double]
    }
    struct Neighbourhood: Decodable { let precision, recall, density, coverage: Double }
    struct Ranking: Decodable {
      let auroc, averagePrecision: Double
      let nearest: [Double]
    }
    struct Classifier: Decodable {
      let logits: [Double]
      let labels: [Int]
      let score, accuracy: Double
      let confusion: [[Int]]
    }
    struct Histogram: Decodable {
      let expected: [Int]
      let divergence: Double
    }
    struct Images: Decodable { let psnr, ssim: [Double] }
    struct Components: Decodable {
      let variances, shares: [Double]
      let components: [[Double]]
    }
    struct Units: Decodable {
      let variances: [Double]
      let count: Int
    }
    let frechet: Frechet
    let kid: Kernel
    let prdc: [String: Neighbourhood]
    let ranking: Ranking
    let classifier: Classifier
    let histogram: Histogram
    let images: Images
    let pca: Components
    let singularValues: [Double]
    let activeUnits: Units
  }

  private let reference: Reference
  private let train: Tensor
  private let test: Tensor
  private let generated: Tensor

  init() throws {
    func read(_ name: String) throws -> Data { try Data(contentsOf: URL(fileURLWithPath: resourcePath(name))) }
    reference = try JSONDecoder().decode(Reference.self, from: read("Golden/digits.json"))
    // What precedes the numbers in the file says their type and shape.
    let pixels = try read("Golden/digits.npy").suffix(1150 * 64)
    let all = Tensor(pixels.map { Float($0) }, shape: [1150, 64])
    (train, test, generated) = (all[0..<500], all[500..<750], all[750...])
  }

  /// Some pixels are 0 in all images, so the covariances are singular.
  @Test func frechetDistance() {
    let (a, b, c) = (FeatureStatistics(of: train), FeatureStatistics(of: test), FeatureStatistics(of: generated))
    #expect(isClose(b.frechetDistance(to: c), reference.frechet.test, tolerance: 1e-9))
    #expect(isClose(a.frechetDistance(to: c), reference.frechet.train, tolerance: 1e-9))
    #expect(isClose(a.frechetDistance(to: b), reference.frechet.floor, tolerance: 1e-9))
  }

  @Test func kernelDistance() {
    let (real, made) = (test / 16, generated / 16)
    #expect(isClose(KernelDistance(between: real, and: made).mean, reference.kid.full, tolerance: 1e-5))
    let subsets = reference.kid.subsets.map { (real: $0[0], generated: $0[1]) }
    let distance = KernelDistance(between: real, and: made, subsets: subsets)
    #expect(isClose(distance.values, reference.kid.values, tolerance: 1e-5))
    #expect(isClose(distance.mean, reference.kid.mean, tolerance: 1e-5))
    #expect(isClose(distance.deviation, reference.kid.deviation, tolerance: 1e-5))
  }

  @Test(arguments: [3, 5]) func neighbourhoodScores(_ k: Int) throws {
    let expected = try #require(reference.prdc["\(k)"])
    let scores = NeighbourhoodScores(of: generated, against: test, neighbours: k)
    #expect(isClose(scores.precision, expected.precision, tolerance: 1e-12))
    #expect(isClose(scores.recall, expected.recall, tolerance: 1e-12))
    #expect(isClose(scores.density, expected.density, tolerance: 1e-12))
    #expect(isClose(scores.coverage, expected.coverage, tolerance: 1e-12))
  }

  @Test func memorizationAndRanking() {
    let memorization = Memorization(of: generated, training: train, test: test)
    let distances = memorization.sampleDistances + memorization.testDistances
    let some = [0, 1, 399, 400, 649].map { distances[$0] }
    #expect(isClose(some, reference.ranking.nearest, tolerance: 1e-12))
    #expect(isClose(memorization.shareNearer, reference.ranking.auroc, tolerance: 1e-12))
    let quality = RankingQuality(scores: distances.map { -$0 }, isPositive: distances.indices.map { $0 < 400 })
    #expect(isClose(quality.auroc, reference.ranking.auroc, tolerance: 1e-12))
    #expect(isClose(quality.averagePrecision, reference.ranking.averagePrecision, tolerance: 1e-12))
  }

  @Test func labels() {
    let expected = reference.classifier
    let logits = Tensor(expected.logits.map { Float($0) }, shape: [250, 10])
    #expect(isClose(ClassifierScore(logits: logits).mean, expected.score, tolerance: 1e-6))
    let predicted = logits.argmax()
    let accuracy = ClassificationAccuracy(of: predicted, labels: expected.labels, classCount: 10)
    #expect(accuracy.share == expected.accuracy && accuracy.confusion == expected.confusion)
    let histogram = ClassHistogram(of: predicted, classCount: 10)
    let divergence = histogram.divergence(from: ClassHistogram(counts: reference.histogram.expected))
    #expect(isClose(divergence, reference.histogram.divergence, tolerance: 1e-12))
  }

  /// Four by four digits side by side.
  private func tiles(_ digits: Tensor) -> Tensor {
    digits[0..<96].reshaped(to: [6, 4, 4, 8, 8]).permuted([0, 1, 3, 2, 4]).reshaped(to: [6, 32, 32, 1]) / 16
  }

  @Test func images() {
    let (a, b) = (tiles(test), tiles(train))
    let mixed = (a * 3 + b) / 4
    #expect(isClose(PeakSignalToNoise(of: mixed, to: a).values, reference.images.psnr, tolerance: 1e-12))
    #expect(isClose(StructuralSimilarity(of: mixed, to: a).values, reference.images.ssim, tolerance: 1e-10))
  }

  @Test func directions() {
    let components = PrincipalComponents(of: train, count: 3)
    #expect(isClose(components.variances, reference.pca.variances, tolerance: 1e-10))
    #expect(isClose(components.varianceShares, reference.pca.shares, tolerance: 1e-10))
    for (index, expected) in reference.pca.components.enumerated() {
      #expect(isClose(components.components[index].scalars.map { Double($0) }, expected, tolerance: 1e-6))
    }
    let singular = SingularDirections(of: train[0..<20], count: 5)
    #expect(isClose(singular.values, reference.singularValues, tolerance: 1e-10))
    let units = ActiveUnits(of: train)
    #expect(isClose(units.variances, reference.activeUnits.variances, tolerance: 1e-12))
    #expect(units.count == reference.activeUnits.count)
  }
}
