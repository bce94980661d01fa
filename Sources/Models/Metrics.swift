/// Named numbers in a fixed order, the most important first.
public struct Metrics: Sendable, Equatable, ExpressibleByDictionaryLiteral {
  /// One named number.
  public struct Entry: Sendable, Equatable, Codable {
    /// What the number is, as in `metrics.jsonl`.
    public let name: String
    /// The number.
    public let value: Double

    /// A number and its name.
    public init(name: String, value: Double) {
      self.name = name
      self.value = value
    }
  }

  /// The numbers in order.
  public private(set) var entries: [Entry] = []

  /// Metrics with the given entries.
  public init(_ entries: [Entry] = []) { self.entries = entries }

  public init(dictionaryLiteral elements: (String, Double)...) {
    entries = elements.map { Entry(name: $0.0, value: $0.1) }
  }

  /// The means of several metrics of the same names.
  static func mean(of all: [Metrics]) -> Metrics {
    guard let first = all.first else { return Metrics() }
    return Metrics(
      first.entries.indices.map { index in
        let sum = all.reduce(0) { $0 + $1.entries[index].value }
        return Entry(name: first.entries[index].name, value: sum / Double(all.count))
      })
  }

  /// The number called `name`.
  public subscript(name: String) -> Double? { entries.first { $0.name == name }?.value }

  /// The first entry that is infinite or NaN, if there is one.
  public var firstNonFinite: Entry? { entries.first { !$0.value.isFinite } }
}

/// The means of metrics over the last steps, in which older steps count less and less.
struct RecentMetrics: Sendable, Codable {
  private(set) var count = 0
  private(set) var means: [Metrics.Entry] = []

  /// Takes note of a step.
  mutating func add(_ metrics: Metrics) {
    count += 1
    let share = max(1 / Double(count), 1 / Self.span)
    means = metrics.entries.map { entry in
      let old = means.first { $0.name == entry.name }?.value ?? entry.value
      return Metrics.Entry(name: entry.name, value: old + (entry.value - old) * share)
    }
  }

  /// The means, once there are enough steps to speak of.
  var metrics: Metrics? { count < Int(Self.span) ? nil : Metrics(means) }

  private static let span = 50.0
}

/// Something that is going wrong with a training, though every number is finite.
public struct TrainingWarning: Sendable, Equatable {
  /// What it is, in one word: `collapse`. A kind is reported again only after it was over.
  public let kind: String
  /// What it is and what may help, in one sentence.
  public let text: String

  /// A warning.
  public init(kind: String, text: String) {
    self.kind = kind
    self.text = text
  }
}
