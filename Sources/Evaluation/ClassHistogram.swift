import LatentSystem

/// How many samples there are of each class, or mode, and how far that is from what it should be.
///
/// ```swift
/// let made = ClassHistogram(of: judgedLabels, classCount: 10)
/// let data = ClassHistogram(of: labels, classCount: 10)
/// print(made.classesHit, "classes,", made.divergence(from: data), "nats")
/// ```
///
/// The modes of stacked images are counted by ``ModeCoverage/init(ofStacked:from:judge:seed:_:)``.
///
/// Reference: Srivastava et al., "VEEGAN: reducing mode collapse in GANs using implicit variational learning",
/// arXiv:1705.07761, on 26,000 samples; the divergence falls with their number, and is about
/// `(classes - 1) / (2 samples)` for a perfect model.
public struct ClassHistogram: Sendable, Hashable {
  /// How many samples each class has.
  public let counts: [Int]

  /// A histogram with the given counts.
  /// - Precondition: at least one class; no count is negative.
  public init(counts: [Int]) {
    require(!counts.isEmpty, "ClassHistogram: no classes; at least one is needed")
    require(!counts.contains { $0 < 0 }, "ClassHistogram: a negative count in \(counts)")
    self.counts = counts
  }

  /// The histogram of `labels`.
  /// - Precondition: at least one class; every label lies in `0..<classCount`.
  public init(of labels: [Int], classCount: Int) {
    require(classCount > 0, "ClassHistogram: \(classCount) classes; at least one is needed")
    var counts = [Int](repeating: 0, count: classCount)
    for (index, label) in labels.enumerated() {
      require(
        label >= 0 && label < classCount,
        "ClassHistogram: label \(label) at \(index) is not one of \(classCount) classes")
      counts[label] += 1
    }
    self.init(counts: counts)
  }

  /// The number of classes.
  public var classCount: Int { counts.count }

  /// The number of samples.
  public var sampleCount: Int { counts.reduce(0, +) }

  /// The share of each class; zeros without samples.
  public var shares: [Double] {
    let total = Double(max(1, sampleCount))
    return counts.map { Double($0) / total }
  }

  /// How many classes have a sample at least: of modes, how many are covered.
  public var classesHit: Int { counts.count { $0 > 0 } }

  /// The Kullback–Leibler divergence in nats of this distribution p over the classes from that of `other`, q:
  /// `Σ p log(p/q)`.
  ///
  /// 0 for equal shares; infinite if there are samples of a class that `other` has none of; NaN if either has no
  /// samples. A model that misses classes of the data has a finite one: that is why it is this way round.
  /// - Precondition: equally many classes.
  public func divergence(from other: ClassHistogram) -> Double {
    require(
      classCount == other.classCount,
      "divergence: \(classCount) classes here, \(other.classCount) there; they must be equally many")
    return other.sampleCount == 0 ? .nan : divergence(from: other.shares)
  }

  /// The same from the distribution in which all classes are equally frequent: `log(classCount)` if all samples are of
  /// one class. NaN without samples.
  public var divergenceFromUniform: Double {
    divergence(from: [Double](repeating: 1 / Double(classCount), count: classCount))
  }

  private func divergence(from expected: [Double]) -> Double {
    if sampleCount == 0 { return .nan }
    return max(0, zip(shares, expected).reduce(0) { $1.0 == 0 ? $0 : $0 + $1.0 * log($1.0 / $1.1) })
  }
}
