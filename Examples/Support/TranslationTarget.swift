import Latent
import LatentSystem

/// Where translations are written to, as a name asks for it: a picture, a file of all of them, or a folder.
public struct TranslationTarget {
  private let path: String
  private let file: SampleFile?

  /// - Parameter others: paths that images are read from, nil for none.
  /// - Throws: ``UsageError`` if the name is that of one of them, ``FileError`` if no such file can be written.
  public init(_ path: String, besides others: [String?]) throws {
    self.path = path
    let isFile = [".png", ".npy", ".idx", ".idx.gz"].contains(where: path.hasSuffix)
    file = isFile ? try SampleFile(path) : nil
    if isFile { try checkTarget(path) }
    if others.contains(where: { $0.map { isSameFolder($0, path) } ?? false }) {
      throw UsageError("--out: expected another place than that of the images, found \"\(path)\"")
    }
  }

  /// Writes translations.
  ///
  /// - Parameters:
  ///   - images: what they were made of, for a picture.
  ///   - names: the files that these came from, for a folder; nil for a folder of IDX files.
  ///   - expected: what they should be, for a picture.
  ///   - split: which part of a data set they are, for a folder of IDX files.
  /// - Throws: ``FileError`` if that cannot be done.
  public func write(
    _ translations: ImageSet, of images: ImageSet, named names: [String]?, expected: ImageSet?, split: ImageSet.Split
  ) throws {
    if path.hasSuffix(".png") {
      let sets = [images, translations, expected].compactMap { $0?.prefix(Self.mostPictured) }
      let isMixed = sets.contains { $0.channels != translations.channels }
      return try ImageBlocks.write(isMixed ? sets.map { ImagePreparation(channels: 3)($0) } : sets, to: path)
    }
    if let file {
      var start = 0
      return try file.write(translations.count, isQuiet: true) {
        guard start < translations.count else { return nil }
        let places = Array(start..<min(translations.count, start + 1000))
        start += places.count
        return translations.batch(at: places).samples
      }
    }
    guard let names, [1, 3].contains(translations.channels) else {
      return try translations.save(to: path, split: split)
    }
    for (index, name) in Self.fileNames(Array(names.prefix(translations.count))).enumerated() {
      let own = "\(path)/\(name)"
      try SystemFile.createFolder(own.lastIndex(of: "/").map { String(own[..<$0]) } ?? path)
      try PNG.write(
        Array(translations[index]), height: translations.height, width: translations.width,
        channels: translations.channels, to: own)
    }
  }

  /// Names of pictures for those of files: with another ending, or with one more if two would become the same.
  private static func fileNames(_ names: [String]) -> [String] {
    let stems = names.map { name in name.lastIndex(of: ".").map { String(name[..<$0]) } ?? name }
    return (Set(stems).count == names.count ? stems : names).map { $0 + ".png" }
  }

  private static let mostPictured = 96
}
