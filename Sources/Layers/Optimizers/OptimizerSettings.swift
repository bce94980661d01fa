/// The numbers that an ``OptimizerChoice`` gives to the optimizer it makes, by name.
///
/// Each is read by name with its default and range. What nobody reads is an error, so a misspelt name is found.
public struct OptimizerSettings: Sendable {
  private let name: String
  private let values: [String: Float]
  private var read: Set<String> = []

  init(_ choice: OptimizerChoice) {
    name = choice.name
    values = choice.settings
  }

  /// The number called `key`, or `fallback` if none was given.
  ///
  /// - Parameters:
  ///   - key: the setting's name.
  ///   - fallback: its value if none was given.
  ///   - range: where it has to lie.
  /// - Throws: ``OptimizerChoiceError`` if it does not.
  public mutating func number(
    _ key: String, default fallback: Float, in range: some RangeExpression<Float> = 0...Float.greatestFiniteMagnitude
  ) throws -> Float {
    read.insert(key)
    let value = values[key] ?? fallback
    guard value.isFinite, range.contains(value) else {
      throw OptimizerChoiceError("\(key) of the optimizer \(name) is \(value), expected \(Self.words(range))")
    }
    return value
  }

  /// Whether the number called `key` was given and is not 0.
  public mutating func flag(_ key: String) throws -> Bool { try number(key, default: 0, in: 0...1) != 0 }

  /// Throws if a number was given that nobody has read.
  func finish() throws {
    guard let unknown = values.keys.filter({ !read.contains($0) }).min() else { return }
    let known = read.sorted().joined(separator: ", ")
    throw OptimizerChoiceError(
      "the optimizer \(name) has no setting called \(unknown); \(known.isEmpty ? "it has none" : "it has \(known)")")
  }

  private static func words(_ range: some RangeExpression<Float>) -> String {
    switch range {
    case let range as Range<Float>: "at least \(range.lowerBound) and below \(range.upperBound)"
    case let range as ClosedRange<Float> where range.upperBound == .greatestFiniteMagnitude:
      "\(range.lowerBound) or more"
    case let range as ClosedRange<Float>: "\(range.lowerBound) to \(range.upperBound)"
    default: "a number in \(range)"
    }
  }
}

/// Why an optimizer cannot be made.
public struct OptimizerChoiceError: Error, Sendable, Equatable, CustomStringConvertible {
  /// What is wrong, in one line.
  public let description: String

  /// An error with the given one-line description.
  public init(_ description: String) { self.description = description }
}
