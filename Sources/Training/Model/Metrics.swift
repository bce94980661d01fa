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
