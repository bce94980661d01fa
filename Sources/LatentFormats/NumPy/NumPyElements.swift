import LatentSystem

/// The elements of an `.npy` file, as they lie in it.
struct NumPyElements {
  private let data: ArraySlice<UInt8>
  private let header: NumPyHeader
  private let path: String

  init(_ bytes: [UInt8], _ header: NumPyHeader, path: String) {
    self.init(bytes[header.size..<header.end], of: header, path)
  }

  /// Some of the elements.
  init(_ data: ArraySlice<UInt8>, of header: NumPyHeader, _ path: String) {
    (self.data, self.header, self.path) = (data, header, path)
  }

  var values: NumPyArray.Elements {
    get throws {
      switch (header.type.kind, header.type.size) {
      case (.boolean, _): .floats(data.map { $0 == 0 ? 0 : 1 })
      case (.float, 2): .floats(numbers { (bits: UInt16) in SafeTensorsType.float(fromHalf: bits) })
      case (.float, 4): .floats(numbers { (bits: UInt32) in Float(bitPattern: bits) })
      case (.float, _): .floats(numbers { (bits: UInt64) in Float(Double(bitPattern: bits)) })
      case (.unsigned, 1): .bytes(Array(data))
      case (.unsigned, 2): .whole(numbers { (bits: UInt16) in Int(bits) })
      case (.unsigned, 4): .whole(try numbers { (bits: UInt32) in try whole(UInt64(bits)) })
      case (.unsigned, _): .whole(try numbers { (bits: UInt64) in try whole(bits) })
      case (.signed, 1): .whole(data.map { Int(Int8(bitPattern: $0)) })
      case (.signed, 2): .whole(numbers { (bits: UInt16) in Int(Int16(bitPattern: bits)) })
      case (.signed, 4): .whole(numbers { (bits: UInt32) in Int(Int32(bitPattern: bits)) })
      case (.signed, _): .whole(try numbers { (bits: UInt64) in try whole(Int64(bitPattern: bits)) })
      }
    }
  }

  /// The elements, of whose bits `convert` makes numbers.
  private func numbers<Bits: FixedWidthInteger, Number>(_ convert: (Bits) throws -> Number) rethrows -> [Number] {
    let size = MemoryLayout<Bits>.size
    return try data.withUnsafeBytes { raw in
      try (0..<raw.count / size).map {
        let bits = raw.loadUnaligned(fromByteOffset: $0 * size, as: Bits.self)
        return try convert(header.type.isBigEndian ? Bits(bigEndian: bits) : Bits(littleEndian: bits))
      }
    }
  }

  private func whole(_ number: some BinaryInteger) throws -> Int {
    guard let result = Int(exactly: number) else {
      throw FileError(path: path, expected: "integers that this machine can hold", found: "\(number)")
    }
    return result
  }
}

extension NumPyArray.Elements {
  /// Integers: bytes if all are.
  fileprivate static func whole(_ integers: [Int]) -> Self {
    integers.allSatisfy { (0...255).contains($0) } ? .bytes(integers.map { UInt8($0) }) : .integers(integers)
  }

  /// These elements of an array of `shape`, whose first axis varies fastest, with the last axis fastest.
  func rowMajor(_ shape: [Int]) -> Self {
    switch self {
    case .bytes(let values): .bytes(Self.rowMajor(values, shape))
    case .integers(let values): .integers(Self.rowMajor(values, shape))
    case .floats(let values): .floats(Self.rowMajor(values, shape))
    }
  }

  private static func rowMajor<Value>(_ values: [Value], _ shape: [Int]) -> [Value] {
    if values.count < 2 || shape.count < 2 { return values }
    var strides = [1]
    for size in shape.dropLast() { strides.append(strides[strides.count - 1] * size) }
    var (index, place) = ([Int](repeating: 0, count: shape.count), 0)
    var result: [Value] = []
    result.reserveCapacity(values.count)
    for _ in values.indices {
      result.append(values[place])
      var axis = shape.count - 1
      index[axis] += 1
      place += strides[axis]
      while axis > 0, index[axis] == shape[axis] {
        place += strides[axis - 1] - index[axis] * strides[axis]
        index[axis] = 0
        axis -= 1
        index[axis] += 1
      }
    }
    return result
  }
}
