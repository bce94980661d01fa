/// How a figure on held-out samples has gone from epoch to epoch. Means over three epochs in a row are compared: what one
/// epoch gives is partly luck.
public struct HeldOutCourse: Sendable, Equatable, Codable {
  /// How many epochs are taken together.
  public static let meanLength = 3
  /// How many of the last epochs are known one by one.
  public static let span = 16

  /// The figure's name.
  public private(set) var name = ""
  /// The value after the first epoch.
  public private(set) var first: Double?
  /// The values of the last epochs, ``span`` at most, the oldest first.
  public private(set) var latest: [Double] = []
  /// What the loss on the samples that are learned from was then, as a median over steps.
  private var losses: [Double?] = []
  /// The lowest mean over three epochs.
  public private(set) var best: Epochs?

  /// The means over three epochs in a row.
  public struct Epochs: Sendable, Equatable, Codable {
    /// The figure on held-out samples.
    public let value: Double
    /// The loss on the samples that are learned from; nil if there is no metric of this name.
    public let loss: Double?
  }

  /// Takes note of an epoch's figure.
  mutating func add(_ figure: Metrics.Entry, loss: Double?) {
    // Another figure, as a model's later version may have, is another course.
    if figure.name != name { self = HeldOutCourse() }
    name = figure.name
    first = first ?? figure.value
    latest = (latest + [figure.value]).suffix(Self.span)
    losses = (losses + [loss]).suffix(Self.span)
    if let now = lastEpochs, now.value < best?.value ?? .infinity { best = now }
  }

  /// The means over the last three epochs, once there are three.
  public var lastEpochs: Epochs? {
    guard latest.count >= Self.meanLength else { return nil }
    let losses = losses.suffix(Self.meanLength).compactMap { $0 }
    return Epochs(
      value: latest.suffix(Self.meanLength).reduce(0, +) / Double(Self.meanLength),
      loss: losses.count < Self.meanLength ? nil : losses.reduce(0, +) / Double(Self.meanLength))
  }

  /// By how much an epoch differs at least from the mean of the one before and the one after, but for a quarter of the
  /// last epochs: steady rises and falls do not count, and the steep beginning of a training counts little.
  public var scatter: Double? {
    guard latest.count >= Self.meanLength else { return nil }
    let neighbours = zip(latest, latest.dropFirst(2)).map { (before, after) in (before + after) / 2 }
    let distances = zip(latest.dropFirst(), neighbours).map { (value, mean) in abs(value - mean) }
    return distances.sorted()[distances.count / 4]
  }
}
