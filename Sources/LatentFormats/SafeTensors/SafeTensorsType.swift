import LatentSystem

/// The element types of the format.
package enum SafeTensorsType: String, CaseIterable {
  case float16 = "F16"
  case bfloat16 = "BF16"
  case float32 = "F32"
  case float64 = "F64"
  case boolean = "BOOL"
  case signed8 = "I8"
  case signed16 = "I16"
  case signed32 = "I32"
  case signed64 = "I64"
  case unsigned8 = "U8"
  case unsigned16 = "U16"
  case unsigned32 = "U32"
  case unsigned64 = "U64"
  case float8WithWideRange = "F8_E5M2"
  case float8 = "F8_E4M3"
  case float8WithWideRangeWithoutZeroSign = "F8_E5M2FNUZ"
  case float8WithoutZeroSign = "F8_E4M3FNUZ"
  case float8Exponent = "F8_E8M0"
  case float6WithWideRange = "F6_E3M2"
  case float6 = "F6_E2M3"
  case float4 = "F4"
  case complex64 = "C64"

  /// Whether the elements can be read, as floats.
  package var isRead: Bool {
    switch self {
    case .float16, .bfloat16, .float32, .float64: true
    default: false
    }
  }

  /// The size of an element in bits.
  var bits: Int {
    switch self {
    case .float4: 4
    case .float6, .float6WithWideRange: 6
    case .boolean, .signed8, .unsigned8, .float8, .float8WithWideRange, .float8WithoutZeroSign,
      .float8WithWideRangeWithoutZeroSign, .float8Exponent:
      8
    case .float16, .bfloat16, .signed16, .unsigned16: 16
    case .float32, .signed32, .unsigned32: 32
    case .float64, .signed64, .unsigned64, .complex64: 64
    }
  }

  /// Rounds the little-endian elements in `bytes`, which need not be aligned, to floats.
  ///
  /// - Parameter floats: is overwritten; has room for as many floats as there are elements.
  /// - Precondition: ``isRead``.
  package func convert(_ bytes: UnsafeRawBufferPointer, to floats: UnsafeMutableBufferPointer<Float>) {
    switch self {
    case .float16:
      Self.convert(bytes, floats) { (bits: UInt16) in Self.float(fromHalf: UInt16(littleEndian: bits)) }
    case .bfloat16:
      Self.convert(bytes, floats) { (bits: UInt16) in Float(bitPattern: UInt32(UInt16(littleEndian: bits)) << 16) }
    case .float32: Self.convert(bytes, floats) { (bits: UInt32) in Float(bitPattern: UInt32(littleEndian: bits)) }
    case .float64:
      Self.convert(bytes, floats) { (bits: UInt64) in Float(Double(bitPattern: UInt64(littleEndian: bits))) }
    default: require(false, "SafeTensorsType: elements of type \(rawValue) are not read")
    }
  }

  private static func convert<Bits: FixedWidthInteger>(
    _ bytes: UnsafeRawBufferPointer, _ floats: UnsafeMutableBufferPointer<Float>, _ convert: (Bits) -> Float
  ) {
    for index in floats.indices {
      floats[index] = convert(bytes.loadUnaligned(fromByteOffset: index * MemoryLayout<Bits>.size, as: Bits.self))
    }
  }

  /// The value of an IEEE 754 half; `Float16` itself does not exist on all Apple processors.
  package static func float(fromHalf bits: UInt16) -> Float {
    let sign: Float = bits & 0x8000 == 0 ? 1 : -1
    let fraction = UInt32(bits & 0x3FF)
    switch bits >> 10 & 0x1F {
    case 0: return sign * Float(fraction) * 0x1p-24
    case 0x1F: return Float(bitPattern: (sign < 0 ? 0xFF80_0000 : 0x7F80_0000) | fraction << 13)
    case let exponent: return sign * Float(bitPattern: (UInt32(exponent) + 112) << 23 | fraction << 13)
    }
  }
}
