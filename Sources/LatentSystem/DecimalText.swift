/// Numbers as text of a chosen length; `String(format:)` is not in FoundationEssentials.
package enum DecimalText {
  /// A whole number with a comma between thousands.
  package static func grouped(_ number: Int) -> String {
    let digits = String(number.magnitude)
    var result = ""
    for (index, digit) in digits.enumerated() {
      if index > 0 && (digits.count - index) % 3 == 0 { result.append(",") }
      result.append(digit)
    }
    return number < 0 ? "-" + result : result
  }

  /// Decimal text with exactly `decimals` digits after the point (0 to 15); what is too large for that, or not finite,
  /// is printed as Swift prints it.
  package static func fixed(_ value: Double, decimals: Int) -> String {
    let scale = powerOfTen(decimals)
    let scaled = (value.magnitude * scale).rounded()
    guard scaled < 9e18 else { return "\(value)" }
    let sign = value < 0 && scaled > 0 ? "-" : ""
    let whole = "\(sign)\(Int(scaled) / Int(scale))"
    guard decimals > 0 else { return whole }
    let digits = "\(Int(scaled) % Int(scale))"
    return "\(whole).\(String(repeating: "0", count: decimals - digits.count))\(digits)"
  }

  /// The number with so many significant digits, zeros too, so that a changing value keeps its width: `0.6931`, `12.50`.
  /// Below a thousandth, and where the digits before the point are too many, with an exponent: `1.250e-05`.
  package static func significant(_ value: Double, digits: Int) -> String {
    guard value.isFinite else { return "\(value)" }
    guard value != 0 else { return fixed(0, decimals: digits - 1) }
    var (mantissa, exponent) = scientific(value, digits: digits)
    if exponent >= -3 && exponent <= digits + 1 { return fixed(value, decimals: max(0, digits - 1 - exponent)) }
    mantissa += exponent < 0 ? "e-" : "e+"
    return "\(mantissa)\(exponent.magnitude < 10 ? "0" : "")\(exponent.magnitude)"
  }

  /// The mantissa with so many significant digits, and the exponent of ten. The value is finite and not 0.
  private static func scientific(_ value: Double, digits: Int) -> (mantissa: String, exponent: Int) {
    let exponent = exponent(of: value)
    // In two steps, because 1e-324 is no Double.
    let leading = exponent < -300 ? value * 1e200 / powerOfTen(exponent + 200) : value / powerOfTen(exponent)
    let mantissa = fixed(leading, decimals: digits - 1)
    // 9.9996 rounds to 10.000, which has a digit too many.
    guard mantissa.drop(while: { $0 == "-" }).hasPrefix("10") else { return (mantissa, exponent) }
    return (fixed(leading / 10, decimals: digits - 1), exponent + 1)
  }

  /// The power of ten of the first significant digit: 0 for 1 to 9.99…, −1 for 0.1. The value is finite and not 0.
  package static func exponent(of value: Double) -> Int {
    // Swift prints a Double in the shortest form that reads back, so its text holds the exact exponent.
    let text = "\(value.magnitude)"
    let parts = text.split(separator: "e")
    let shift = parts.count > 1 ? Int(parts[1]) ?? 0 : 0
    let digits = parts[0].split(separator: ".", omittingEmptySubsequences: false)
    if digits[0] != "0" { return shift + digits[0].count - 1 }
    let zeros = digits.count > 1 ? digits[1].prefix { $0 == "0" }.count : 0
    return shift - zeros - 1
  }

  /// 10 to the power of `exponent`, correctly rounded.
  package static func powerOfTen(_ exponent: Int) -> Double {
    Double("1e\(exponent)") ?? .nan
  }
}
