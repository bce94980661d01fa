// What texts say as numbers.

extension Options {
  /// The number that a text says; nil if it would become 0 or infinite.
  static func finite<Number: BinaryFloatingPoint & LosslessStringConvertible>(_ text: String) -> Number? {
    Number(text).flatMap { $0.isFinite && ($0 != 0 || isZero(text)) ? $0 : nil }
  }

  /// Whether a text that says a number says 0, and none that is merely too small to be told from it.
  private static func isZero(_ text: String) -> Bool {
    let text = text.lowercased()
    let digits = text.contains("x") ? text.drop { $0 != "x" }.prefix { $0 != "p" } : text.prefix { $0 != "e" }
    return !digits.contains { $0.isHexDigit && $0 != "0" }
  }

  /// What a text turns into as a number of a type, if that is why it is not accepted.
  static func remark<Number: BinaryFloatingPoint & LosslessStringConvertible & Sendable>(
    _ type: Number.Type
  ) -> @Sendable (String) -> String? {
    { text in
      // "inf" and "nan" are meant.
      guard text.contains(where: \.isNumber), let rounded = Number(text) else { return nil }
      // Others are only a little off.
      return rounded == 0 && !isZero(text) || rounded.isInfinite || rounded == 1 && Double(text) != 1
        ? "as a number of \(8 * MemoryLayout<Number>.size) bits it is \(rounded)" : nil
    }
  }
}
