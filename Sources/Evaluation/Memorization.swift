import LatentSystem
import Tensor

/// Whether samples are copies of training images: how near they lie to these, compared with test images, which the
/// model has never seen.
///
/// ```swift
/// let memorization = Memorization(of: samples, training: trainingImages, test: testImages)
/// print(memorization.shareNearer)    // ½ without copying, 1 if every sample is a copy
/// ```
///
/// Reference: Meehan, Chaudhuri and Dasgupta, "A non-parametric test to detect data-copying in generative models",
/// arXiv:2004.05675, whose statistic is ``shareNearer``, on all samples at once.
public struct Memorization: Sendable, Hashable {
  /// The distance of each sample to the nearest training image.
  public let sampleDistances: [Double]
  /// The distance of each test image to the nearest training image.
  public let testDistances: [Double]
  /// For each sample the index of the nearest training image.
  public let nearestTraining: [Int]

  /// Compares `samples` with `test`. Distances are Euclidean, between features or whole images.
  ///
  /// - Parameters:
  ///   - samples: `[N, …]`.
  ///   - training: `[M, …]`.
  ///   - test: `[K, …]`.
  /// - Precondition: equally many scalars each, at least one; no set is empty; all scalars are finite.
  public init(of samples: Tensor, training: Tensor, test: Tensor) {
    require(
      samples.rank >= 1 && test.rank >= 1 && samples.shape[0] > 0 && test.shape[0] > 0,
      "Memorization: samples of shape \(samples.shape), test images of shape \(test.shape); at least one of each is needed"
    )
    self.init(of: samples, training: training, testDistances: Self.distances(of: test, to: training))
  }

  /// The same where the distances of the test images are known, as ``distances(of:to:)`` tells them: several sets of
  /// samples are compared with the same ones then.
  /// - Precondition: as above, with at least one distance.
  public init(of samples: Tensor, training: Tensor, testDistances: [Double]) {
    require(
      samples.rank >= 1 && samples.shape[0] > 0 && !testDistances.isEmpty,
      "Memorization: samples of shape \(samples.shape), distances of \(testDistances.count) test images; at least one of each is needed"
    )
    let own = NearestNeighbours(of: samples, in: training)
    sampleDistances = own.distances.map { $0[0] }
    nearestTraining = own.indices.map { $0[0] }
    self.testDistances = testDistances
  }

  /// The distance of each of some images `[N, …]` to the nearest training image of `[M, …]`.
  /// - Precondition: equally many scalars each, at least one; there is a training image; all scalars are finite.
  public static func distances(of images: Tensor, to training: Tensor) -> [Double] {
    NearestNeighbours(of: images, in: training).distances.map { $0[0] }
  }

  /// The share of pairs of a sample and a test image in which the sample is nearer to its training image than the test
  /// image to its own; ties count half. ½ is expected of a model that does not copy; below ½ samples lie far from all
  /// data.
  public var shareNearer: Double {
    // The area under the curve of "near" as a score for "sample".
    let scores = (sampleDistances + testDistances).map { -$0 }
    let isSample = scores.indices.map { $0 < sampleDistances.count }
    return RankingQuality(scores: scores, isPositive: isSample).auroc
  }

  /// The share of the samples that are nearer to a training image than all but `quantile` of the test images are. Without
  /// copying about `quantile` is expected of many test images, and (⌊quantile · K⌋ + 1) / (K + 1) of K.
  /// - Precondition: `quantile` in 0...1.
  public func shareNearer(thanQuantile quantile: Double) -> Double {
    require(
      quantile >= 0 && quantile <= 1, "Memorization: the quantile is \(quantile); it must lie in 0...1")
    let sorted = testDistances.sorted()
    let limit = sorted[min(sorted.count - 1, Int(quantile * Double(sorted.count)))]
    return Double(sampleDistances.count { $0 < limit }) / Double(sampleDistances.count)
  }
}
