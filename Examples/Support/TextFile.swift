import Latent
import LatentSystem

/// Files of text.
public enum TextFile {
  /// Writes lines, in place of what is at `path`, when all are there.
  /// - Throws: ``FileError``.
  public static func write(_ lines: [String], to path: String) throws {
    try AtomicFile.write(Array((lines.joined(separator: "\n") + "\n").utf8), to: path)
  }
}
