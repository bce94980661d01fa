import LatentSystem

/// A value in a JSON text, with its place in the file.
package struct JSONValue {
  /// What a value can be. Objects keep their members in the order of the text.
  package enum Content {
    case null
    case boolean(Bool)
    /// A number without fraction and exponent that fits in an `Int`.
    case integer(Int)
    /// Any other number, as it is written.
    case number(String)
    case string(String)
    case array([JSONValue])
    case object([(key: String, value: JSONValue)])
  }

  /// The position of the value's first byte in the file.
  package let offset: Int
  package let content: Content

  /// What the value is, for an error message.
  package var summary: String {
    switch content {
    case .null: "null"
    case .boolean(let value): "\(value)"
    case .integer(let value): "\(value)"
    case .number(let text): text.utf8.count > 40 ? "a number of \(text.utf8.count) characters" : text
    case .string(let text): quoted(text)
    case .array: "an array"
    case .object: "an object"
    }
  }
}

/// A reader of JSON (RFC 8259) that accepts nothing else, for texts that come from outside.
///
/// `JSONDecoder` takes the last of several members of one name and `1.0` for an integer; here both are visible or an
/// error. The values take at most 64 times the memory of the text, and that only if it is made of brackets.
package struct StrictJSON {
  /// How deep arrays and objects may lie in each other; each level is a call on the stack.
  static let nestingLimit = 16

  /// The most bytes of a member's name. Comparing texts takes Swift a time that grows with the square of the number of
  /// accents on one letter, for minutes if there are a million.
  static let nameLimit = 1000

  private let bytes: [UInt8]
  private let end: Int
  private let path: String
  private var position: Int

  /// The one value in `bytes[range]`, with white space around it.
  ///
  /// - Parameter path: for the error.
  /// - Throws: ``FileError`` for what is not JSON, not UTF-8, nested more than ``nestingLimit`` deep, or an object with
  ///   two members of one name or a name of more than ``nameLimit`` bytes.
  package static func parse(_ bytes: [UInt8], in range: Range<Int>, path: String) throws -> JSONValue {
    var reader = StrictJSON(bytes: bytes, end: range.upperBound, path: path, position: range.lowerBound)
    let value = try reader.value(depth: 0)
    reader.skipSpace()
    guard reader.position == reader.end else { throw reader.unexpected("the end of the JSON text") }
    return value
  }

  private init(bytes: [UInt8], end: Int, path: String, position: Int) {
    self.bytes = bytes
    self.end = end
    self.path = path
    self.position = position
  }

  private var next: UInt8? { position < end ? bytes[position] : nil }

  private mutating func skipSpace() {
    while let byte = next, byte == 0x20 || byte == 0x09 || byte == 0x0A || byte == 0x0D { position += 1 }
  }

  private func unexpected(_ expected: String) -> FileError {
    let found = next.map { byte in
      byte > 0x20 && byte < 0x7F ? "'\(Character(Unicode.Scalar(byte)))'" : "the byte \(hexadecimal([byte]))"
    }
    return FileError(path: path, offset: position, expected: expected, found: found ?? "the end of the JSON text")
  }

  private mutating func skip(_ character: Unicode.Scalar) -> Bool {
    guard next == UInt8(ascii: character) else { return false }
    position += 1
    return true
  }

  private mutating func expect(_ character: Unicode.Scalar, _ expected: String) throws {
    if !skip(character) { throw unexpected(expected) }
  }
}

extension StrictJSON {
  private mutating func value(depth: Int) throws -> JSONValue {
    skipSpace()
    let start = position
    let content: JSONValue.Content
    switch next {
    case UInt8(ascii: "{"): content = try object(depth: depth + 1)
    case UInt8(ascii: "["): content = try array(depth: depth + 1)
    case UInt8(ascii: "\""): content = .string(try string())
    case UInt8(ascii: "t"): content = try word("true", .boolean(true))
    case UInt8(ascii: "f"): content = try word("false", .boolean(false))
    case UInt8(ascii: "n"): content = try word("null", .null)
    default: content = try number()
    }
    return JSONValue(offset: start, content: content)
  }

  private mutating func enter(_ depth: Int) throws {
    if depth > Self.nestingLimit {
      throw FileError(
        path: path, offset: position, expected: "JSON nested at most \(Self.nestingLimit) deep", found: "deeper nesting"
      )
    }
    position += 1
    skipSpace()
  }

  private mutating func object(depth: Int) throws -> JSONValue.Content {
    try enter(depth)
    var members: [(key: String, value: JSONValue)] = []
    var keys: Set<String> = []
    if skip("}") { return .object(members) }
    while true {
      skipSpace()
      let start = position
      guard next == UInt8(ascii: "\"") else { throw unexpected("a name in quotes") }
      let key = try string()
      guard key.utf8.count <= Self.nameLimit else {
        throw FileError(
          path: path, offset: start, expected: "a name of at most \(Self.nameLimit) bytes", found: "\(key.utf8.count)")
      }
      guard keys.insert(key).inserted else {
        throw FileError(
          path: path, offset: start, expected: "a name that occurs once", found: "\(quoted(key)) again")
      }
      skipSpace()
      try expect(":", "':'")
      members.append((key, try value(depth: depth)))
      skipSpace()
      if skip("}") { return .object(members) }
      try expect(",", "',' or '}'")
    }
  }

  private mutating func array(depth: Int) throws -> JSONValue.Content {
    try enter(depth)
    var values: [JSONValue] = []
    if skip("]") { return .array(values) }
    while true {
      values.append(try value(depth: depth))
      skipSpace()
      if skip("]") { return .array(values) }
      try expect(",", "',' or ']'")
    }
  }

  private mutating func word(_ word: StaticString, _ content: JSONValue.Content) throws -> JSONValue.Content {
    let start = position
    for scalar in "\(word)".unicodeScalars where !skip(scalar) {
      position = start
      throw unexpected("a JSON value")
    }
    return content
  }

  /// `-? (0 | [1-9] digits) (. digits)? ([eE] [+-]? digits)?`
  private mutating func number() throws -> JSONValue.Content {
    let start = position
    _ = skip("-")
    if !skip("0") { try digits(position == start ? "a JSON value" : "a digit") }
    var isInteger = true
    if skip(".") {
      isInteger = false
      try digits("a digit")
    }
    if skip("e") || skip("E") {
      isInteger = false
      if !skip("+") { _ = skip("-") }
      try digits("a digit")
    }
    let text = String(decoding: bytes[start..<position], as: UTF8.self)
    if isInteger, let integer = Int(text) { return .integer(integer) }
    return .number(text)
  }

  private mutating func digits(_ expected: String) throws {
    let start = position
    while let byte = next, UInt8(ascii: "0")...UInt8(ascii: "9") ~= byte { position += 1 }
    if position == start { throw unexpected(expected) }
  }
}

extension StrictJSON {
  private mutating func string() throws -> String {
    let start = position
    position += 1
    var units: [UInt8] = []
    while true {
      switch next {
      case UInt8(ascii: "\""):
        position += 1
        guard let text = String(validating: units, as: UTF8.self) else {
          throw FileError(path: path, offset: start, expected: "text in UTF-8", found: "bytes that are not UTF-8")
        }
        return text
      case UInt8(ascii: "\\"): try escape(&units)
      case .some(let byte) where byte >= 0x20:
        units.append(byte)
        position += 1
      default: throw unexpected("a character of a string or '\"'")
      }
    }
  }

  private mutating func escape(_ units: inout [UInt8]) throws {
    let start = position
    position += 1
    guard let byte = next else { throw unexpected("an escaped character") }
    switch byte {
    case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): units.append(byte)
    case UInt8(ascii: "b"): units.append(0x08)
    case UInt8(ascii: "f"): units.append(0x0C)
    case UInt8(ascii: "n"): units.append(0x0A)
    case UInt8(ascii: "r"): units.append(0x0D)
    case UInt8(ascii: "t"): units.append(0x09)
    case UInt8(ascii: "u"):
      position += 1
      return units.append(contentsOf: String(Character(try escapedScalar(from: start))).utf8)
    default: throw unexpected("an escaped character")
    }
    position += 1
  }

  /// The scalar behind `\u`, which takes two escapes if it lies above U+FFFF.
  private mutating func escapedScalar(from start: Int) throws -> Unicode.Scalar {
    let unit = try hexadecimalUnit()
    if let scalar = Unicode.Scalar(unit) { return scalar }
    if unit < 0xDC00, skip("\\"), skip("u") {
      let low = try hexadecimalUnit()
      let value = 0x10000 + (UInt32(unit & 0x3FF) << 10) + UInt32(low & 0x3FF)
      if 0xDC00...0xDFFF ~= low, let scalar = Unicode.Scalar(value) { return scalar }
    }
    throw FileError(path: path, offset: start, expected: "a Unicode scalar", found: "half of a surrogate pair")
  }

  private mutating func hexadecimalUnit() throws -> UInt16 {
    var unit: UInt16 = 0
    for _ in 0..<4 {
      guard let digit = next.flatMap({ Character(Unicode.Scalar($0)).hexDigitValue }) else {
        throw unexpected("a hexadecimal digit")
      }
      unit = unit << 4 | UInt16(digit)
      position += 1
    }
    return unit
  }
}

/// Writing of JSON.
package enum JSONText {
  /// `text` in quotes, with escapes where JSON wants them.
  package static func quoted(_ text: String) -> String {
    var result = "\""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "\"": result += "\\\""
      case "\\": result += "\\\\"
      case "\u{0}"..<" ": result += "\\u" + (scalar.value < 16 ? "000" : "00") + String(scalar.value, radix: 16)
      default: result.unicodeScalars.append(scalar)
      }
    }
    return result + "\""
  }

  /// `names` in the order of their bytes, which no version of Unicode changes.
  package static func sorted(_ names: some Sequence<String>) -> [String] {
    names.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
  }
}
