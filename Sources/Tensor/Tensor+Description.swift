extension Tensor: CustomStringConvertible, CustomDebugStringConvertible {
  /// The scalars in nested brackets, one row a line; of long axes only the ends.
  public var description: String {
    withScalars { scalars in
      let edge = scalarCount > 1000 ? 3 : Int.max
      let layout = TensorLayout(shape: shape, scalars: scalars, edge: edge)
      return layout.text()
    }
  }

  /// The shape, then the scalars.
  public var debugDescription: String { "Tensor\(shape) \(description)" }
}

/// Prints a tensor in nested brackets with columns of one width.
private struct TensorLayout {
  let shape: Tensor.Shape
  let scalars: UnsafeBufferPointer<Float>
  /// How many positions to show at each end of an axis.
  let edge: Int

  func text() -> String {
    if shape.rank == 0 { return NumberFormat([scalars[0]]).text(scalars[0]) }
    var shown: [Float] = []
    collect(axis: 0, offset: 0, into: &shown)
    var result = ""
    write(axis: 0, offset: 0, NumberFormat(shown), into: &result)
    return result
  }

  /// The positions to show along `axis`; nil stands for the gap.
  private func positions(_ axis: Int) -> [Int?] {
    let size = shape.sizes[axis]
    guard edge < Int.max, size > 2 * edge else { return (0..<size).map { $0 } }
    return (0..<edge).map { $0 } + [nil] + (size - edge..<size).map { $0 }
  }

  private func collect(axis: Int, offset: Int, into shown: inout [Float]) {
    guard axis < shape.rank else { return shown.append(scalars[offset]) }
    for case let position? in positions(axis) {
      collect(axis: axis + 1, offset: offset + position * shape.strides[axis], into: &shown)
    }
  }

  private func write(axis: Int, offset: Int, _ format: NumberFormat, into text: inout String) {
    guard axis < shape.rank else {
      text += format.text(scalars[offset])
      return
    }
    let isLast = axis == shape.rank - 1
    let separator =
      isLast ? " " : String(repeating: "\n", count: shape.rank - 1 - axis) + String(repeating: " ", count: axis + 1)
    text += "["
    for (number, position) in positions(axis).enumerated() {
      if number > 0 { text += separator }
      if let position {
        write(axis: axis + 1, offset: offset + position * shape.strides[axis], format, into: &text)
      } else {
        text += "..."
      }
    }
    text += "]"
  }
}

/// One way of writing numbers that suits all of a group: as many places as needed up to four, aligned.
private struct NumberFormat {
  private let isScientific: Bool
  private let places: Int
  private var width = 0

  init(_ numbers: [Float]) {
    let finite = numbers.filter(\.isFinite).map { abs(Double($0)) }
    let largest = finite.max() ?? 0
    let smallest = finite.filter { $0 > 0 }.min() ?? 1
    isScientific = largest >= 1e8 || (largest > 0 && (largest < 1e-3 || largest / smallest > 1e9))
    places =
      isScientific
      ? 4
      : (0..<4).first { p in
        finite.allSatisfy { abs(($0 * Self.power(p)).rounded() - $0 * Self.power(p)) < 1e-6 * max(1, $0) }
      } ?? 4
    width = numbers.map { unaligned($0).count }.max() ?? 0
  }

  func text(_ value: Float) -> String {
    let text = unaligned(value)
    return String(repeating: " ", count: max(0, width - text.count)) + text
  }

  private func unaligned(_ value: Float) -> String {
    if value.isNaN { return "nan" }
    if value.isInfinite { return value < 0 ? "-inf" : "inf" }
    return isScientific ? scientific(Double(value)) : fixed(Double(value), places)
  }

  private func scientific(_ value: Double) -> String {
    guard value != 0 else { return fixed(0, places) + "e+00" }
    var exponent = 0
    var mantissa = abs(value)
    while mantissa >= 10 { (mantissa, exponent) = (mantissa / 10, exponent + 1) }
    while mantissa < 1 { (mantissa, exponent) = (mantissa * 10, exponent - 1) }
    if (mantissa * Self.power(places)).rounded() >= Self.power(places + 1) { (mantissa, exponent) = (1, exponent + 1) }
    let digits = String(abs(exponent))
    return (value < 0 ? "-" : "") + fixed(mantissa, places) + (exponent < 0 ? "e-" : "e+")
      + (digits.count < 2 ? "0" : "") + digits
  }

  private func fixed(_ value: Double, _ places: Int) -> String {
    let scaled = Int64((abs(value) * Self.power(places)).rounded())
    let unit = Int64(Self.power(places))
    let sign = value < 0 && scaled != 0 ? "-" : ""
    guard places > 0 else { return sign + "\(scaled)." }
    let digits = String(scaled % unit)
    return sign + "\(scaled / unit)." + String(repeating: "0", count: places - digits.count) + digits
  }

  private static func power(_ places: Int) -> Double { (0..<places).reduce(1.0) { value, _ in value * 10 } }
}
