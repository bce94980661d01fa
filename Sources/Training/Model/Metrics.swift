import LatentSystem

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

  /// The means of several metrics, each over those that have it.
  public static func mean(of all: [Metrics]) -> Metrics {
    var names: [String] = []
    for name in all.flatMap({ $0.entries.map(\.name) }) where !names.contains(name) { names.append(name) }
    return Metrics(
      names.map { name in
        let values = all.compactMap { $0[name] }
        return Entry(name: name, value: values.reduce(0, +) / Double(values.count))
      })
  }

  /// The number called `name`.
  public subscript(name: String) -> Double? { entries.first { $0.name == name }?.value }

  /// The first entry that is infinite or NaN, if there is one.
  public var firstNonFinite: Entry? { entries.first { !$0.value.isFinite } }
}

extension Metrics: CustomStringConvertible {
  public var description: String {
    entries.map { "\($0.name) \(DecimalText.significant($0.value, digits: 5))" }.joined(separator: "  ")
  }
}

/// The metrics of the last steps, of which the medians are looked at: one wild step says nothing.
struct RecentMetrics: Codable, Sendable, Equatable {
  /// The values of each metric, the oldest first.
  private var values: [String: [Double]] = [:]

  /// Takes note of a step.
  mutating func add(_ metrics: Metrics) {
    for entry in metrics.entries {
      values[entry.name, default: []].append(entry.value)
      if values[entry.name, default: []].count > Self.span { values[entry.name]?.removeFirst() }
    }
  }

  /// The medians, once there are enough steps to speak of.
  var metrics: Metrics? {
    let known = values.filter { $0.value.count >= Self.least }
    guard !known.isEmpty else { return nil }
    return Metrics(
      known.sorted { $0.key < $1.key }.map { name, values in
        Metrics.Entry(name: name, value: values.sorted()[values.count / 2])
      })
  }

  private static let least = TrainingWarning.leastSteps
  private static let span = 50
}

/// Something that is going wrong with a training, though every number is finite.
public struct TrainingWarning: Sendable, Equatable {
  /// How many steps it takes to tell whether something is going wrong.
  public static let leastSteps = 30
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
