/// What is wrong with a file: where, what was expected there, and what was found.
///
/// Its description is one line:
/// `train-images-idx3-ubyte.gz: at byte 0: expected an IDX magic number (00 00 type rank), found 50 4b 03 04`.
public struct FileError: Error, Sendable, Equatable, CustomStringConvertible {
  /// The path, as it was given.
  public var path: String

  /// The position of the trouble in bytes from the start; `nil` if it concerns the file as a whole.
  public var offset: Int?

  /// Whether `offset` counts bytes of the decompressed contents, not of the file on disk.
  public var isOffsetInflated: Bool

  /// What a correct file has there, as a noun phrase.
  public var expected: String

  /// What is there instead, as a noun phrase.
  public var found: String

  /// Creates an error about `path`.
  public init(path: String, offset: Int? = nil, isOffsetInflated: Bool = false, expected: String, found: String) {
    self.path = path
    self.offset = offset
    self.isOffsetInflated = isOffsetInflated
    self.expected = expected
    self.found = found
  }

  /// One line: path, place, what was expected and what was found. What would be invisible, such as a control character
  /// in a file's name, is written as `\u{1b}`.
  public var description: String {
    let place = offset.map { "at byte \($0)\(isOffsetInflated ? " of the decompressed data" : ""): " } ?? ""
    return visible("\(path): \(place)expected \(expected), found \(found)")
  }
}

/// `text` in quotes for an error message: at most its first 40 Unicode scalars, all of them visible.
package func quoted(_ text: String) -> String {
  var result = "\""
  for scalar in text.unicodeScalars.prefix(40) {
    if scalar == "\"" || scalar == "\\" { result += "\\" }
    result.unicodeScalars.append(scalar)
  }
  return visible(result) + (text.unicodeScalars.dropFirst(40).isEmpty ? "" : "…") + "\""
}

/// `text` with its control characters, line ends and marks of direction replaced by their numbers, and with bytes of
/// paths that are not UTF-8 as `\xf1`.
package func visible(_ text: String) -> String {
  var result = String.UnicodeScalarView()
  for scalar in text.unicodeScalars {
    if let byte = PathText.byte(of: scalar) {
      result.append(contentsOf: "\\x\(String(byte, radix: 16))".unicodeScalars)
      continue
    }
    switch scalar.properties.generalCategory {
    case .control, .format, .lineSeparator, .paragraphSeparator, .privateUse, .unassigned:
      result.append(contentsOf: "\\u{\(String(scalar.value, radix: 16))}".unicodeScalars)
    default: result.append(scalar)
    }
  }
  return String(result)
}

/// The first `limit` of `bytes` in hexadecimal for an error message, such as `50 4b 03 04`; `nothing` if empty.
package func hexadecimal(_ bytes: some Sequence<UInt8>, limit: Int = 8) -> String {
  let text = bytes.prefix(limit).map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }
  return text.isEmpty ? "nothing" : text.joined(separator: " ")
}

/// `1 byte`, `2 bytes`: a count with its noun for an error message.
package func counted(_ count: Int, _ noun: String) -> String { "\(count) \(noun)\(count == 1 ? "" : "s")" }
