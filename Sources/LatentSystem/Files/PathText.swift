/// Paths as text. On Linux a path is bytes, in no particular encoding: those that are not UTF-8 stand in the text as
/// characters of a range that nobody uses (U+10FF80 for the byte 80 to U+10FFFF for ff), and become bytes again on their
/// way to the system. So every file that is there can be named.
package enum PathText {
  /// What stands for the byte 0, if that needed to be said.
  private static let base: UInt32 = 0x10FF00

  /// The byte that a character of a path's text stands for; nil if it stands for itself.
  package static func byte(of scalar: Unicode.Scalar) -> UInt8? {
    (base + 0x80...base + 0xFF).contains(scalar.value) ? UInt8(scalar.value - base) : nil
  }

  /// The text of a path; other bytes have another text.
  package static func text(_ bytes: [UInt8]) -> String {
    if let text = String(validating: bytes, as: UTF8.self), isPlain(text) { return text }
    var text = String.UnicodeScalarView()
    var rest = bytes[...]
    while let first = rest.first {
      let length = first < 0x80 ? 1 : max(1, (~first).leadingZeroBitCount)
      let part = rest.prefix(length)
      // A path may hold the characters of our range themselves: then they are bytes too.
      if part.count == length, let character = String(validating: part, as: UTF8.self), isPlain(character) {
        text.append(contentsOf: character.unicodeScalars)
        rest.removeFirst(length)
      } else {
        text.append(Unicode.Scalar(base + UInt32(first)) ?? "?")
        rest.removeFirst()
      }
    }
    return String(text)
  }

  /// The text of a path that the system has given.
  package static func text(_ path: UnsafePointer<CChar>) -> String {
    text(UnsafeRawBufferPointer(start: path, count: strlen(path)).map { $0 })
  }

  /// The bytes of the path with this text.
  package static func bytes(_ text: String) -> [UInt8] {
    if isPlain(text) { return Array(text.utf8) }
    return text.unicodeScalars.flatMap { scalar in byte(of: scalar).map { [$0] } ?? Array(String(scalar).utf8) }
  }

  private static func isPlain(_ text: String) -> Bool {
    // The first byte of such a character.
    !text.utf8.contains(0xF4) || !text.unicodeScalars.contains { byte(of: $0) != nil }
  }
}

/// Calls `body` with a path as the system takes it.
package func withSystemPath<Result>(
  _ path: String, _ body: (UnsafePointer<CChar>) throws -> Result
) rethrows -> Result {
  try (PathText.bytes(path) + [0]).withUnsafeBufferPointer { bytes in
    try bytes.withMemoryRebound(to: CChar.self) { try body($0.baseAddress!) }
  }
}
