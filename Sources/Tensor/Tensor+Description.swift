import LatentSystem

extension Tensor: CustomStringConvertible, CustomDebugStringConvertible {
  /// The scalars in nested brackets, one row a line, with up to four decimal places; of a large tensor's long axes only
  /// the ends. A scalar is written in full.
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
    if shape.rank == 0 { return "\(scalars[0])" }
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

/// One way of writing numbers that suits all of a group: aligned, with as many decimal places as all of them need, but
/// four at most. Scientific if a number is too large or too small for that.
private struct NumberFormat {
  private static let mostPlaces = 4

  private let isScientific: Bool
  private let places: Int
  private var width = 0

  init(_ numbers: [Float]) {
    let finite = numbers.filter(\.isFinite).map { abs(Double($0)) }
    let largest = finite.max() ?? 0
    let smallest = finite.filter { $0 > 0 }.min() ?? 1
    let isScientific = largest >= 1e8 || smallest < 1e-4
    self.isScientific = isScientific
    places =
      (0..<Self.mostPlaces).first { places in
        finite.allSatisfy { Self.isExact(isScientific ? Self.parts($0).mantissa : $0, places) }
      } ?? Self.mostPlaces
    width = numbers.map { unaligned($0).count }.max() ?? 0
  }

  /// Whether so many decimal places tell `value` from all other floats.
  private static func isExact(_ value: Double, _ places: Int) -> Bool {
    let scale = DecimalText.powerOfTen(places)
    return Float((value * scale).rounded() / scale) == Float(value)
  }

  /// `value` as mantissa · 10^exponent, with the mantissa in 1..<10; 0 has exponent 0.
  private static func parts(_ value: Double) -> (mantissa: Double, exponent: Int) {
    guard value != 0 else { return (0, 0) }
    let exponent = DecimalText.exponent(of: value)
    return (abs(value) / DecimalText.powerOfTen(exponent), exponent)
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
    var (mantissa, exponent) = Self.parts(value)
    let scale = DecimalText.powerOfTen(places)
    if (mantissa * scale).rounded() >= 10 * scale { (mantissa, exponent) = (1, exponent + 1) }
    let digits = String(abs(exponent))
    return (value < 0 ? "-" : "") + fixed(mantissa, places) + (exponent < 0 ? "e-" : "e+")
      + (digits.count < 2 ? "0" : "") + digits
  }

  /// A whole number keeps its point, so that it reads as a float.
  private func fixed(_ value: Double, _ places: Int) -> String {
    DecimalText.fixed(value, decimals: places) + (places == 0 ? "." : "")
  }
}
