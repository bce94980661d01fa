import LatentSystem

/// The header of an `.npy` file, checked against the length of the file.
struct NumPyHeader {
  /// As NumPy's `max_header_size`.
  static let maximumSize = 10_000
  /// No header has more bytes, with what stands before its text.
  static let mostBytes = 12 + maximumSize

  let type: NumPyType
  let shape: [Int]
  /// Whether the first axis varies fastest.
  let isFortranOrder: Bool
  /// Where the elements begin.
  let size: Int
  /// Where they end. As NumPy does, more is left alone, unless it is another array.
  let end: Int

  /// - Parameters:
  ///   - bytes: the file, or its first bytes: ``mostBytes`` at least.
  ///   - fileSize: the bytes of the whole file; those of `bytes` if nil.
  ///   - path: names the file in errors.
  init(_ bytes: [UInt8], fileSize: Int? = nil, path: String) throws {
    let fileSize = fileSize ?? bytes.count
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
    guard let elementType = NumPyType(type) else {
      throw error(
        start, "elements of type bool, integer or float of at most 64 bits" + NumPyType.remedy(type), quoted(type))
    }
    guard let expected = product(shape, elementType.size) else {
      throw error(start, "a shape whose size fits in an Int", "\(shape)")
    }
    guard fileSize - size >= expected else {
      throw error(fileSize, "\(counted(expected, "byte")) of elements for the shape \(shape)", "\(fileSize - size)")
    }
    (self.type, self.shape, self.isFortranOrder, end) = (elementType, shape, isFortranOrder, size + expected)
  }

  /// Throws if another array follows, which several calls of `numpy.save` leave in a file and `numpy.load` passes over.
  /// - Parameter rest: what follows the elements, or its first bytes.
  func checkRest(_ rest: some Sequence<UInt8>, path: String) throws {
    guard rest.starts(with: NumPy.signature) else { return }
    throw FileError(
      path: path, offset: end,
      expected: "one array (numpy.concatenate makes one of several, numpy.savez writes them by name)", found: "another")
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
      case "descr" where type == nil:
        if skip("[") {
          position = start
          throw unexpected("one type for all elements", "a record of several (x['NAME'] is one of its arrays)")
        }
        type = try string()
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
    // As Python 2 writes large integers.
    if next == UInt8(ascii: "L") { position += 1 }
    return value
  }
}
