import LatentSystem

extension [Double] {
  /// The mean; NaN of no number.
  var mean: Double { reduce(0, +) / Double(count) }

  /// The standard deviation, divided by how many there are rather than by one less; NaN of no number.
  var deviation: Double {
    let mean = mean
    return (reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(count)).squareRoot()
  }

  /// The standard deviation of what these are a few draws of, divided by one less than how many there are; NaN of fewer
  /// than two.
  var sampleDeviation: Double {
    let mean = mean
    return (reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(count - 1)).squareRoot()
  }
}
