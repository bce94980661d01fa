import Latent
import LatentSystem

/// Files of text.
public enum TextFile {
  /// A value of a line of a table with commas, in quotation marks if it needs them (RFC 4180).
  public static func cell(_ text: String) -> String {
    guard text.contains(where: { $0 == "," || $0 == "\"" || $0.isNewline }) else { return text }
    return "\"" + text.map { $0 == "\"" ? "\"\"" : String($0) }.joined() + "\""
  }

  /// Writes lines as they are made, in place of what is at `path` when all are there.
  ///
  /// - Parameter contents: is called once, with a function that adds a line; an error from it leaves what was at `path`.
  /// - Throws: ``FileError``, and what `contents` throws.
  static func write(to path: String, _ contents: (_ add: (String) throws -> Void) throws -> Void) throws {
    try AtomicFile.write(to: path) { append in
      try withoutActuallyEscaping(append) { append in
        var waiting: [UInt8] = []
        try contents { line in
          waiting += line.utf8
          waiting.append(UInt8(ascii: "\n"))
          guard waiting.count >= 1 << 20 else { return }
          try waiting.withUnsafeBytes { try append($0) }
          waiting.removeAll(keepingCapacity: true)
        }
        try waiting.withUnsafeBytes { try append($0) }
      }
    }
  }

  /// Writes lines, in place of what is at `path`, when all are there.
  /// - Throws: ``FileError``.
  public static func write(_ lines: [String], to path: String) throws {
    try AtomicFile.write(Array((lines.joined(separator: "\n") + "\n").utf8), to: path)
  }
}
