/// How a series of numbers goes up and down around its mean.
public struct Swings: Sendable, Equatable {
  /// The mean.
  public let mean: Double
  /// The standard deviation.
  public let deviation: Double
  /// How often the series has gone from below the mean to above it or back, by half a standard deviation each time.
  public let alternationCount: Int
  /// The mean squared difference of neighbours in variances: about 2 if the numbers know nothing of each other, near 0 if
  /// they go up and down smoothly (von Neumann's ratio).
  public let roughness: Double
  /// The standard deviation of the later half, in that of the earlier one: below 1 if the swings die away.
  public let growth: Double

  /// The swings of a series; nil if it has fewer than four numbers, if they are all the same, or not finite.
  public init?(_ series: [Double]) {
    guard series.count >= 4 else { return nil }
    let (mean, deviation) = Self.moments(series[...])
    let earlier = Self.moments(series.prefix(series.count / 2)).deviation
    guard deviation > 0, deviation.isFinite, earlier > 0 else { return nil }
    var (count, side) = (0, 0)
    for value in series where abs(value - mean) > deviation / 2 {
      let now = value > mean ? 1 : -1
      if now == -side { count += 1 }
      side = now
    }
    let squares = zip(series, series.dropFirst()).reduce(0) { $0 + ($1.0 - $1.1) * ($1.0 - $1.1) }
    (self.mean, self.deviation, alternationCount) = (mean, deviation, count)
    roughness = squares / Double(series.count - 1) / (deviation * deviation)
    growth = Self.moments(series.suffix(series.count / 2)).deviation / earlier
  }

  private static func moments(_ series: ArraySlice<Double>) -> (mean: Double, deviation: Double) {
    let mean = series.reduce(0, +) / Double(series.count)
    let variance = series.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(series.count)
    return (mean, variance.squareRoot())
  }
}
