/// The values a numeric option accepts: `1...`, `0...1`, `...9`, `0..<1` or ``above(_:upTo:)``.
public protocol OptionLimits<Bound> {
  /// The option's type.
  associatedtype Bound: Comparable

  /// Whether the option may have this value.
  func contains(_ value: Bound) -> Bool

  /// What follows "a whole number" in an error message, such as "of 1 or more".
  var phrase: String { get }
}

extension PartialRangeFrom: OptionLimits {
  /// "of 1 or more"
  public var phrase: String { "of \(lowerBound) or more" }
}

extension PartialRangeThrough: OptionLimits {
  /// "of 9 or less"
  public var phrase: String { "of \(upperBound) or less" }
}

extension ClosedRange: OptionLimits {
  /// "from 0 to 1"
  public var phrase: String { "from \(lowerBound) to \(upperBound)" }
}

extension Range: OptionLimits {
  /// "of at least 0 and below 1"
  public var phrase: String { "of at least \(lowerBound) and below \(upperBound)" }
}

/// Everything above a bound, but not the bound itself, as a learning rate wants it, up to another if there is one.
public struct AboveLimits<Bound: Comparable>: OptionLimits {
  let bound: Bound
  let most: Bound?

  /// Whether `value` is greater than the bound, and not greater than the other.
  public func contains(_ value: Bound) -> Bool { value > bound && most.map { value <= $0 } ?? true }

  /// "above 0.0" or "above 0.0 and up to 10.0"
  public var phrase: String { "above \(bound)" + (most.map { " and up to \($0)" } ?? "") }
}

extension AboveLimits: Sendable where Bound: Sendable {}

/// Everything above `bound`, but not `bound` itself, up to `most` if that is given.
public func above<Bound: Comparable>(_ bound: Bound, upTo most: Bound? = nil) -> AboveLimits<Bound> {
  AboveLimits(bound: bound, most: most)
}
