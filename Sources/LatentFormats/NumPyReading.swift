import LatentSystem

/// An array as ``NumPy`` reads it: a shape, and the elements in row-major order.
public struct NumPyArray: Sendable, Equatable {
  /// The elements of an array, by their type.
  public enum Elements: Sendable, Equatable {
    /// `|u1`.
    case bytes([UInt8])
    /// `<f4` or `>f4`; `<f8` or `>f8` rounded to `Float`.
    case floats([Float])
  }

  /// The size of each axis; empty for a single number.
  public let shape: [Int]

  /// As many elements as the shape says.
  public let elements: Elements
}

extension NumPy {
  /// The array in the `.npy` file at `path`.
  ///
  /// - Throws: ``FileError``, as ``decode(_:path:)``.
  public static func read(_ path: String) throws -> NumPyArray { try decode(AtomicFile.read(path), path: path) }

  /// The array in `bytes`, the whole contents of an `.npy` file of version 1.0, 2.0 or 3.0.
  ///
  /// Elements are bytes or floating-point numbers of 32 or 64 bits in row-major ("C") order. What a file claims about its
  /// size is compared with its length before anything is allocated: the elements take at most the input's size, and
  /// the header, which has at most 10,000 bytes as NumPy itself allows, nothing to speak of.
  ///
  /// - Parameters:
  ///   - bytes: the contents.
  ///   - path: names the file in errors.
  /// - Throws: ``FileError`` with the place of the trouble for a file that is not `.npy`, other versions and element
  ///   types, Fortran order, more than 64 axes, and a length that does not match the shape.
  public static func decode(_ bytes: [UInt8], path: String = "NumPy data") throws -> NumPyArray {
    let header = try NumPyHeader(bytes, path: path)
    let data = bytes[header.size...]
    let elements: NumPyArray.Elements =
      switch header.type {
      case .byte: .bytes(Array(data))
      case .float(let isBigEndian):
        .floats(
          floats(data) { (bits: UInt32) in Float(bitPattern: isBigEndian ? bits : bits.byteSwapped) })
      case .double(let isBigEndian):
        .floats(
          floats(data) { (bits: UInt64) in Float(Double(bitPattern: isBigEndian ? bits : bits.byteSwapped)) })
      }
    return NumPyArray(shape: header.shape, elements: elements)
  }

  /// The elements of `data`, whose bits `convert` gets with the first byte highest.
  private static func floats<Bits: FixedWidthInteger>(
    _ data: ArraySlice<UInt8>, _ convert: (Bits) -> Float
  ) -> [Float] {
    let size = MemoryLayout<Bits>.size
    return data.withUnsafeBytes { raw in
      (0..<raw.count / size).map {
        convert(Bits(bigEndian: raw.loadUnaligned(fromByteOffset: $0 * size, as: Bits.self)))
      }
    }
  }
}

/// The header of an `.npy` file, checked against the length of the file.
private struct NumPyHeader {
  enum ElementType: Equatable {
    case byte
    case float(isBigEndian: Bool)
    case double(isBigEndian: Bool)

    init?(_ name: String) {
      switch name {
      case "|u1": self = .byte
      case "<f4", ">f4": self = .float(isBigEndian: name.hasPrefix(">"))
      case "<f8", ">f8": self = .double(isBigEndian: name.hasPrefix(">"))
      default: return nil
      }
    }

    var size: Int {
      switch self {
      case .byte: 1
      case .float: 4
      case .double: 8
      }
    }
  }

  /// As NumPy's `max_header_size`.
  static let maximumSize = 10_000

  let type: ElementType
  let shape: [Int]
  /// Where the elements begin.
  let size: Int

  init(_ bytes: [UInt8], path: String) throws {
    func error(_ offset: Int, _ expected: String, _ found: String) -> FileError {
      FileError(path: path, offset: offset, expected: expected, found: found)
    }
    guard NumPy.isArray(bytes) else {
      throw error(0, "the first bytes of an .npy file (\(hexadecimal(NumPy.signature)))", hexadecimal(bytes))
    }
    guard bytes.count >= 8, (1...3).contains(bytes[6]), bytes[7] == 0 else {
      let found = bytes.count < 8 ? "the end of the file" : "\(bytes[6]).\(bytes[7])"
      throw error(6, "version 1.0, 2.0 or 3.0", found)
    }
    let start = bytes[6] == 1 ? 10 : 12
    guard bytes.count >= start else { throw error(bytes.count, "the header's length", "the end of the file") }
    let length = bytes[8..<start].reversed().reduce(0) { $0 << 8 | Int($1) }
    let limit = min(bytes.count - start, Self.maximumSize)
    guard length <= limit else {
      throw error(8, "a header of at most \(counted(limit, "byte"))", "one of \(length)")
    }
    size = start + length
    var dictionary = PythonDictionary(bytes: bytes, end: size, path: path, position: start)
    try dictionary.read()
    guard let type = dictionary.type, let isFortranOrder = dictionary.isFortranOrder, let shape = dictionary.shape
    else {
      throw error(start, "the keys 'descr', 'fortran_order' and 'shape'", "only some of them")
    }
    guard let elementType = ElementType(type) else {
      throw error(start, "elements of type |u1, <f4, >f4, <f8 or >f8", quoted(type))
    }
    guard !isFortranOrder else {
      throw error(start, "elements in C order (numpy.ascontiguousarray makes it)", "Fortran order")
    }
    guard let expected = product(shape, elementType.size) else {
      throw error(start, "a shape whose size fits in an Int", "\(shape)")
    }
    guard bytes.count - size == expected else {
      throw error(
        min(bytes.count, size + expected), "\(counted(expected, "byte")) of elements for the shape \(shape)",
        "\(bytes.count - size)")
    }
    self.type = elementType
    self.shape = shape
  }
}

/// The bytes of `shape`, each element of `size`; `nil` if an `Int` cannot count them.
private func product(_ shape: [Int], _ size: Int) -> Int? {
  if shape.contains(0) { return 0 }
  return shape.reduce(Optional(size)) { result, axis in
    guard let (value, overflow) = result?.multipliedReportingOverflow(by: axis), !overflow else { return nil }
    // With the header it must still fit.
    return value > Int.max - 2 * NumPyHeader.maximumSize ? nil : value
  }
}

/// A reader of the one Python literal that an `.npy` header holds, such as
/// `{'descr': '<f4', 'fortran_order': False, 'shape': (3, 4), }`, and of nothing else of Python.
private struct PythonDictionary {
  static let rankLimit = 64

  let bytes: [UInt8]
  let end: Int
  let path: String
  var position: Int

  var type: String?
  var isFortranOrder: Bool?
  var shape: [Int]?

  init(bytes: [UInt8], end: Int, path: String, position: Int) {
    self.bytes = bytes
    self.end = end
    self.path = path
    self.position = position
  }

  mutating func read() throws {
    try expect("{")
    while !skip("}") {
      let start = position
      let key = try string()
      try expect(":")
      switch key {
      case "descr" where type == nil: type = try string()
      case "fortran_order" where isFortranOrder == nil: isFortranOrder = try boolean()
      case "shape" where shape == nil: shape = try tuple()
      default:
        position = start
        throw unexpected("the keys 'descr', 'fortran_order' and 'shape' once", quoted(key))
      }
      if skip("}") { break }
      try expect(",")
    }
    skipSpace()
    guard position == end else { throw unexpected("spaces after the dictionary") }
  }

  private var next: UInt8? { position < end ? bytes[position] : nil }

  private func unexpected(_ expected: String, _ found: String? = nil) -> FileError {
    let what = found ?? next.map { quoted(String(decoding: [$0], as: UTF8.self)) } ?? "the end of the header"
    return FileError(path: path, offset: position, expected: expected, found: what)
  }

  private mutating func skipSpace() {
    while let byte = next, byte == 0x20 || byte == 0x0A || byte == 0x09 || byte == 0x0D { position += 1 }
  }

  private mutating func skip(_ character: Unicode.Scalar) -> Bool {
    skipSpace()
    guard next == UInt8(ascii: character) else { return false }
    position += 1
    return true
  }

  private mutating func expect(_ character: Unicode.Scalar) throws {
    if !skip(character) { throw unexpected("'\(character)'") }
  }

  private mutating func string() throws -> String {
    skipSpace()
    guard let quote = next, quote == UInt8(ascii: "'") || quote == UInt8(ascii: "\"") else {
      throw unexpected("a text in quotes")
    }
    let start = position + 1
    guard let length = bytes[start..<end].firstIndex(of: quote).map({ $0 - start }) else {
      throw unexpected("a text in quotes", "one without an end")
    }
    position = start + length + 1
    return String(decoding: bytes[start..<start + length], as: UTF8.self)
  }

  private mutating func boolean() throws -> Bool {
    skipSpace()
    for (word, value) in [("True", true), ("False", false)] where bytes[position..<end].starts(with: word.utf8) {
      position += word.utf8.count
      return value
    }
    throw unexpected("True or False")
  }

  private mutating func tuple() throws -> [Int] {
    try expect("(")
    var sizes: [Int] = []
    while !skip(")") {
      guard sizes.count < Self.rankLimit else { throw unexpected("at most \(Self.rankLimit) axes", "more") }
      sizes.append(try integer())
      if skip(")") {
        // A number in brackets is no tuple.
        guard sizes.count > 1 else { throw unexpected("a comma in a tuple of one", "none") }
        break
      }
      try expect(",")
    }
    return sizes
  }

  private mutating func integer() throws -> Int {
    skipSpace()
    let start = position
    while let byte = next, (0x30...0x39).contains(byte) { position += 1 }
    guard let value = Int(String(decoding: bytes[start..<position], as: UTF8.self)) else {
      position = start
      throw unexpected("a size of at least 0 that fits in an Int")
    }
    return value
  }
}

extension NumPy {
  fileprivate static let signature: [UInt8] = [0x93] + Array("NUMPY".utf8)

  /// Whether `bytes` begin as an `.npy` file does.
  package static func isArray(_ bytes: [UInt8]) -> Bool { bytes.starts(with: signature) }
}
