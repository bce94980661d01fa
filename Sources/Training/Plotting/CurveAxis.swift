import LatentSystem

/// The scale of one axis of a chart: which values it covers, where they lie, and which of them carry a number.
struct CurveAxis {
  /// Values between here and `upper` are shown; on a logarithmic axis both are powers of ten.
  let lower: Double
  let upper: Double
  let isLogarithmic: Bool

  /// The marked values, ascending, and their numbers as text.
  let ticks: [(value: Double, label: String)]

  /// Axes go no further than this, and no closer to 0 than its inverse, so that spans and tick values are exact enough.
  static let largestMagnitude = 1e250

  /// An axis over values up to ``largestMagnitude`` (at least one of them) with room for about `tickCount` numbers.
  ///
  /// - Parameters:
  ///   - padding: The part of the span left free on either side of the values.
  ///   - allowsLogarithm: Whether the axis is logarithmic if all values are positive and span more than three decades.
  ///   - digits: How many a number may have before its point until it is written with an exponent.
  init(
    covering values: [Double], tickCount: Int, padding: Double = 0, allowsLogarithm: Bool = false, digits: Int = 5
  ) {
    let smallest = values.min() ?? 0
    let largest = values.max() ?? 0
    isLogarithmic = allowsLogarithm && smallest > 1 / Self.largestMagnitude && largest / 1000 > smallest
    var (low, high) = isLogarithmic ? (log10(smallest), log10(largest)) : (smallest, largest)
    // A constant gets a span of its own, and so do values that differ in their last digits only.
    let magnitude = max(abs(low), abs(high))
    if high - low <= max(1e-9 * magnitude, 1 / Self.largestMagnitude) {
      let margin = magnitude <= 1 / Self.largestMagnitude ? 1 : magnitude / 2
      (low, high) = (low - margin, high + margin)
    }
    let margin = (high - low) * padding
    (lower, upper) = (low - margin, high + margin)
    ticks =
      isLogarithmic
      ? Self.decades(from: lower, to: upper, count: tickCount)
      : Self.roundNumbers(from: lower, to: upper, count: tickCount, digits: digits)
  }

  /// Where a value lies, from 0 at the lower end of the axis to 1 at the upper one.
  func position(of value: Double) -> Double {
    ((isLogarithmic ? log10(value) : value) - lower) / (upper - lower)
  }

  /// Multiples of 1, 2 or 5 times a power of ten.
  private static func roundNumbers(
    from lower: Double, to upper: Double, count: Int, digits: Int
  ) -> [(Double, String)] {
    let step = roundStep(atLeast: (upper - lower) / Double(max(1, count)))
    let first = (lower / step).rounded(.up)
    let last = (upper / step).rounded(.down)
    guard first <= last, last - first < 100 else { return [] }
    let values = stride(from: first, through: last, by: 1).map { $0 * step }
    let largest = values.map(\.magnitude).max() ?? 0
    return values.map { ($0, label($0, step: step, largest: largest, digits: digits)) }
  }

  private static func roundStep(atLeast size: Double) -> Double {
    let power = DecimalText.powerOfTen(DecimalText.exponent(of: size))
    return ([1, 2, 5].first { $0 * power >= size } ?? 10) * power
  }

  private static func decades(from lower: Double, to upper: Double, count: Int) -> [(Double, String)] {
    let (first, last) = (Int(lower.rounded(.up)), Int(upper.rounded(.down)))
    guard first <= last else { return [] }
    let stride = max(1, (last - first + max(1, count)) / max(1, count))
    // Multiples of the stride, so that 1 is marked where it is on the axis.
    return (first...last).filter { $0 % stride == 0 }.map { exponent in
      let isPlain = (-3...4).contains(exponent)
      let label =
        isPlain ? DecimalText.fixed(DecimalText.powerOfTen(exponent), decimals: max(0, -exponent)) : "1e\(exponent)"
      return (DecimalText.powerOfTen(exponent), label)
    }
  }

  /// As many decimals as the step has; with an exponent where that would make a long number.
  private static func label(_ value: Double, step: Double, largest: Double, digits: Int) -> String {
    guard value != 0 else { return "0" }
    let stepExponent = DecimalText.exponent(of: step)
    if largest < DecimalText.powerOfTen(digits) - 0.5, stepExponent >= -4 {
      return DecimalText.fixed(value, decimals: max(0, -stepExponent))
    }
    // All numbers of the axis share the exponent of the largest, so that they can be compared.
    let exponent = DecimalText.exponent(of: largest)
    return DecimalText.fixed(value / DecimalText.powerOfTen(exponent), decimals: max(0, exponent - stepExponent))
      + "e\(exponent)"
  }
}
