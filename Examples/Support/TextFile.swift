import Latent
import LatentSystem

/// Files of text.
public enum TextFile {
  /// A value of a line of a table with commas, in quotation marks if it needs them (RFC 4180).
  public static func cell(_ text: String) -> String {
    guard text.contains(where: { $0 == "," || $0 == "\"" || $0.isNewline }) else { return text }
    return "\"" + text.map { $0 == "\"" ? "\"\"" : String($0) }.joined() + "\""
  }

  /// Writes lines, in place of what is at `path`, when all are there.
  /// - Throws: ``FileError``.
  public static func write(_ lines: [String], to path: String) throws {
    try AtomicFile.write(Array((lines.joined(separator: "\n") + "\n").utf8), to: path)
  }
}
