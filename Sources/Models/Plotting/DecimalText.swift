/// Decimal text with exactly `decimals` digits after the point (0 to 15); what is too large for that, or not finite,
/// is printed as Swift prints it.
func fixed(_ value: Double, decimals: Int) -> String {
  let scale = powerOfTen(decimals)
  let scaled = (value.magnitude * scale).rounded()
  guard scaled < 9e18 else { return "\(value)" }
  let sign = value < 0 && scaled > 0 ? "-" : ""
  let whole = "\(sign)\(Int(scaled) / Int(scale))"
  guard decimals > 0 else { return whole }
  let digits = "\(Int(scaled) % Int(scale))"
  return "\(whole).\(String(repeating: "0", count: decimals - digits.count))\(digits)"
}

/// The power of ten of the first significant digit: 0 for 1 to 9.99…, −1 for 0.1. The value is finite and not 0.
func decimalExponent(_ value: Double) -> Int {
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
func powerOfTen(_ exponent: Int) -> Double {
  Double("1e\(exponent)") ?? .nan
}
