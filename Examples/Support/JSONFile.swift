import Latent
import LatentSystem

#if canImport(FoundationEssentials)
  import FoundationEssentials
#else
  import Foundation
#endif

/// Files of figures.
enum JSONFile {
  /// Writes a value as JSON, in place of what is at `path`: names in snake case and in order, what is not finite as text.
  /// - Throws: ``FileError``.
  static func write(_ value: some Encodable, to path: String) throws {
    let encoder = JSONEncoder()
    encoder.keyEncodingStrategy = .convertToSnakeCase
    encoder.outputFormatting = [.prettyPrinted, .sortedKeys]
    encoder.nonConformingFloatEncodingStrategy = .convertToString(
      positiveInfinity: "inf", negativeInfinity: "-inf", nan: "nan")
    try AtomicFile.write(Array(try encoder.encode(value)) + [0x0A], to: path)
  }

  /// Writes several values as a list, and a single one as itself.
  /// - Throws: ``FileError``.
  static func write(oneOrMore values: [some Encodable], to path: String) throws {
    if values.count == 1 { try write(values[0], to: path) } else { try write(values, to: path) }
  }
}
