/// Median and spread of a list of samples.
struct Statistics: Equatable {
  /// The middle sample, or the mean of the two middle ones; 0 without samples.
  let median: Double

  /// The sample standard deviation (n − 1) in percent of the mean; 0 for fewer than two samples or a mean of 0.
  let deviationPercent: Double

  init(_ samples: [Double]) {
    guard !samples.isEmpty else {
      (median, deviationPercent) = (0, 0)
      return
    }
    let sorted = samples.sorted()
    let middle = sorted.count / 2
    median = sorted.count % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2
    let mean = sorted.reduce(0, +) / Double(sorted.count)
    guard sorted.count > 1, mean != 0 else {
      deviationPercent = 0
      return
    }
    let squares = sorted.reduce(0) { $0 + ($1 - mean) * ($1 - mean) }
    deviationPercent = (squares / Double(sorted.count - 1)).squareRoot() / mean * 100
  }
}
