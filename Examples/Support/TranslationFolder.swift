import Latent
import LatentSystem

#if canImport(FoundationEssentials)
  import FoundationEssentials
#else
  import Foundation
#endif

/// A folder of translations: pictures of the names of those that they were made of, with their classes, or IDX files. Beside
/// them stands what they are, so that later ones take their place and nothing else is written over.
public struct TranslationFolder {
  /// What translations are made with and of.
  public struct Origin: Codable, Equatable {
    let model: String
    let direction: String
    /// The path of the images; nil for the built-in digits.
    let data: String?

    /// Translations in a direction of a model, of the images at a path.
    public init(model: String, direction: String, data: String?) {
      (self.model, self.direction, self.data) = (model, direction, data)
    }
  }

  private struct Record: Codable {
    let origin: Origin
    /// The files in the folder.
    let files: [String]
  }

  private static let recordName = "translation.json"

  private let path: String
  private let before: Record?

  /// The folder at `path`, which need not be there.
  /// - Throws: ``UsageError`` if it holds images that are no translations.
  init(_ path: String) throws {
    self.path = path
    guard try isOwnFolder(path, record: Self.recordName, program: "translate") else {
      before = nil
      return
    }
    let bytes = try AtomicFile.read("\(path)/\(Self.recordName)")
    before = try? JSONDecoder().decode(Record.self, from: Data(bytes))
    let own = Set(before?.files ?? [])
    let pictures = (try? ImageSet.pictureNames(in: path)) ?? []
    let arrays = ImageSet.Split.allCases.flatMap { ImageSet.files(in: path, split: $0) }
    let files = arrays.map { String($0.split(separator: "/").last ?? "") }
    if let other = (pictures + files).first(where: { !own.contains($0) }) {
      throw UsageError("--out: expected a folder without other images than translations, found \(other) in \"\(path)\"")
    }
  }

  /// Writes translations in place of what is there.
  /// - Parameter originals: what has the names of files and classes; without names of files they become IDX files.
  func write(_ translations: ImageSet, named originals: ImageSet, origin: Origin, split: ImageSet.Split) throws {
    guard let names = originals.fileNames, [1, 3].contains(translations.channels) else {
      return try writeArrays(translations, origin: origin, split: split)
    }
    let pictures = Self.pictureNames(names)
    let table = originals.labels.flatMap { labels in
      Self.areFolders(of: pictures, labels, originals) ? nil : Self.table(pictures, labels, originals)
    }
    try begin(Record(origin: origin, files: pictures + (table == nil ? [] : [Self.tableName])), keeping: [])
    for (index, name) in pictures.enumerated() {
      let own = "\(path)/\(name)"
      try SystemFile.createFolder(own.utf8.lastIndex(of: UInt8(ascii: "/")).map { String(own[..<$0]) } ?? path)
      try PNG.write(
        Array(translations[index]), height: translations.height, width: translations.width,
        channels: translations.channels, to: own)
    }
    if let table { try AtomicFile.write(Array(table.utf8), to: "\(path)/\(Self.tableName)") }
  }

  /// Writes IDX files. Those of the other part of the same translations stay.
  private func writeArrays(_ translations: ImageSet, origin: Origin, split: ImageSet.Split) throws {
    func names(_ part: String) -> [String] { ["\(part)-images-idx3-ubyte", "\(part)-labels-idx1-ubyte"] }
    let (own, other) = split == .train ? ("train", "t10k") : ("t10k", "train")
    let kept = before?.origin == origin ? names(other).filter { before?.files.contains($0) == true } : []
    let files = names(own).prefix(translations.labels == nil ? 1 : 2)
    try begin(Record(origin: origin, files: files + kept), keeping: kept)
    try translations.save(to: path, split: split)
  }

  /// Takes away what earlier translations left, and says what will be here. That comes first, so that what is interrupted
  /// can be begun anew.
  private func begin(_ record: Record, keeping kept: [String]) throws {
    for name in before?.files ?? [] where !kept.contains(name) && AtomicFile.kind(of: "\(path)/\(name)").exists {
      try SystemFile.remove("\(path)/\(name)")
    }
    try SystemFile.createFolder(path)
    try JSONFile.write(record, to: "\(path)/\(Self.recordName)")
  }

  /// Whether each picture lies in a folder of its class, which says it all.
  private static func areFolders(of pictures: [String], _ labels: [Int], _ originals: ImageSet) -> Bool {
    zip(pictures, labels).allSatisfy { $0.utf8.starts(with: "\(originals.className($1))/".utf8) }
  }

  /// The classes of pictures as a table.
  private static func table(_ pictures: [String], _ labels: [Int], _ originals: ImageSet) -> String {
    zip(pictures, labels).map { "\(value($0)),\(value(originals.className($1)))\n" }.joined()
  }

  private static let tableName = "labels.csv"

  /// A value of a table, in quotation marks where it needs them (RFC 4180).
  private static func value(_ text: String) -> String {
    let isPlain =
      !text.contains { $0 == "," || $0 == "\"" || $0.isNewline } && text.first?.isWhitespace != true
      && text.last?.isWhitespace != true
    return isPlain ? text : "\"" + text.replacing("\"", with: "\"\"") + "\""
  }

  /// Names of pictures for those of files: with another ending, or with one more if two would become the same.
  private static func pictureNames(_ names: [String]) -> [String] {
    let stems = names.map { String(stem($0)) }
    return (Set(stems).count == names.count ? stems : names).map { $0 + ".png" }
  }
}
