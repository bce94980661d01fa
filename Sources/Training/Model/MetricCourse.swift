/// How one metric of a training has gone so far: its last values one by one, and what was before them in short.
public struct MetricCourse: Sendable, Equatable {
  /// How many of the last values are known one by one.
  public static let span = 50
  /// How many values make one of the ``means``.
  public static let meanLength = 10
  /// How many of the last ``means`` are known: they cover 400 steps.
  public static let meanCount = 40

  /// The value of the training's first step, before anything was learned; in a training that began with what another has
  /// learned, the mean of its first ``meanLength``. Nil before these, and if the training went on from a checkpoint that
  /// does not have it.
  public private(set) var first: Double?
  /// The last values, ``span`` at most, the oldest first.
  public private(set) var latest: [Double] = []
  /// The lowest ``median`` there was that is a finite number.
  public private(set) var lowestMedian: Double?
  /// Means over ``meanLength`` values in a row, which follow each other without gaps: ``meanCount`` at most, the oldest
  /// first.
  public private(set) var means: [Double] = []
  /// ``latest`` in ascending order.
  private var sorted: [Double] = []
  /// The sum and the number of the values that make the next of the means.
  private var pending = Pending(sum: 0, count: 0)

  fileprivate struct Pending: Codable, Equatable {
    var sum: Double
    var count: Int
  }

  /// A course without values.
  /// - Parameter first: the value of the training's first step.
  init(first: Double?) { self.first = first }

  /// Takes note of a value.
  mutating func add(_ value: Double) {
    if latest.count == Self.span { sorted.remove(at: place(of: latest.removeFirst())) }
    latest.append(value)
    sorted.insert(value, at: place(of: value))
    if let median, median.isFinite { lowestMedian = min(lowestMedian ?? median, median) }
    pending = Pending(sum: pending.sum + value, count: pending.count + 1)
    guard pending.count == Self.meanLength else { return }
    if means.count == Self.meanCount { means.removeFirst() }
    means.append(pending.sum / Double(pending.count))
    pending = Pending(sum: 0, count: 0)
  }

  /// Takes the mean of the first values for that of the first step.
  mutating func beginWithFirstMean() { first = means.first }

  /// The median of the last values, once there are ``TrainingWarning/leastSteps``: one wild step says nothing.
  public var median: Double? { latest.count < TrainingWarning.leastSteps ? nil : sorted[sorted.count / 2] }

  /// The median of the last values, however few there are; nil if there is none.
  var usual: Double? { sorted.isEmpty ? nil : sorted[sorted.count / 2] }

  /// The value that a share of the last ones lie below, once there are ``TrainingWarning/leastSteps``.
  /// - Precondition: `share` lies in 0..<1.
  public func quantile(_ share: Double) -> Double? {
    latest.count < TrainingWarning.leastSteps ? nil : sorted[Int(share * Double(sorted.count))]
  }

  /// The last of the ``means`` in shares of the one fifty steps before, or of the first if there are fewer: above 1 if the
  /// metric rises, 1 if both are 0. Nil if there are no two.
  public var growth: Double? {
    change.map { $0.before == 0 && $0.now == 0 ? 1 : $0.now / $0.before }
  }

  /// Whether the last of the ``means`` is at least `factor` times the one fifty steps before, or the first if there are
  /// fewer, and at least `least` above it. What changes less is rounding, or too slow to matter, whatever its ``growth``.
  /// Nil if there are no two.
  public func isRising(by factor: Double, least: Double) -> Bool? {
    change.map { $0.now - $0.before >= least && ($0.before <= 0 || $0.now >= factor * $0.before) }
  }

  /// The last of the means, and the one that it is compared with.
  private var change: (before: Double, now: Double)? {
    guard let last = means.last, means.count >= 2 else { return nil }
    return (means[max(0, means.count - 1 - Self.span / Self.meanLength)], last)
  }

  /// Where in the ascending order a value is, or would be. Infinities and NaN have their places too.
  private func place(of value: Double) -> Int {
    var (low, high) = (0, sorted.count)
    while low < high {
      let middle = (low + high) / 2
      if value.isTotallyOrdered(belowOrEqualTo: sorted[middle]) { high = middle } else { low = middle + 1 }
    }
    return low
  }
}

// MARK: - In checkpoints

extension MetricCourse {
  /// What is saved beside ``latest``.
  struct Record: Codable {
    fileprivate let first: Double?
    fileprivate let lowestMedian: Double?
    fileprivate let means: [Double]
    fileprivate let pending: Pending
  }

  var record: Record { Record(first: first, lowestMedian: lowestMedian, means: means, pending: pending) }

  /// What was saved. Files of earlier versions have the last values alone.
  init(latest: [Double], _ record: Record?) {
    first = record?.first
    self.latest = latest.suffix(Self.span)
    sorted = self.latest.sorted { !$1.isTotallyOrdered(belowOrEqualTo: $0) }
    guard let record else { return }
    lowestMedian = record.lowestMedian.flatMap { $0.isFinite ? $0 : nil }
    means = record.means.suffix(Self.meanCount)
    pending = record.pending
  }
}
