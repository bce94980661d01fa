import Latent
import LatentSystem

/// Where translations are written to, as a name asks for it: a picture, a file of all of them, or a folder.
public struct TranslationTarget {
  private enum Form {
    case picture
    case file(SampleFile)
    case folder
  }

  private let path: String
  private let form: Form
  private let origin: TranslationFolder.Origin

  /// - Parameters:
  ///   - origin: what the translations are made with and of.
  ///   - others: further paths that are read, nil for none.
  /// - Throws: ``UsageError`` if the name is that of something that is read or lies in it, or is no name of a picture, a
  ///   file of samples or a folder, or is that of a folder with images that `translate` did not write; ``FileError`` if no
  ///   such file can be written.
  public init(_ path: String, origin: TranslationFolder.Origin, besides others: [String?]) throws {
    (self.path, self.origin) = (path, origin)
    if ([origin.data, origin.model] + others).contains(where: { $0.map { isInside(path, $0) } ?? false }) {
      throw UsageError("--out: expected another place than that of the images, found \"\(path)\"")
    }
    if path.hasSuffix(".png") {
      form = .picture
    } else if [".npy", ".idx", ".idx.gz"].contains(where: path.hasSuffix) {
      form = .file(try SampleFile(path))
    } else {
      form = .folder
    }
    guard case .folder = form else {
      try checkTarget(path)
      return
    }
    if let ending = Self.fileEnding(of: path), !AtomicFile.kind(of: path).isFolder {
      throw UsageError(
        "--out: expected a folder, or a name that ends in .png, .npy, .idx or .idx.gz, found \"\(path)\"; a folder whose "
          + "name ends in \(ending) is \"\(path)/\"")
    }
    _ = try TranslationFolder(path)
    try checkFolderTarget(path)
  }

  /// Checks that translations can be written in this form.
  /// - Throws: ``UsageError`` for a picture of images that are neither grey nor coloured.
  public func check(_ shapes: [Tensor.Shape]) throws {
    guard case .picture = form, let shape = shapes.first(where: { ![1, 3].contains($0[-1]) }) else { return }
    throw UsageError(
      "--out: expected grey or coloured images for a picture, found those of \(shape[-1]) channels; an .npy file takes "
        + "them")
  }

  /// Writes translations.
  ///
  /// - Parameters:
  ///   - images: what they were made of, for a picture.
  ///   - originals: what has the names of files and classes, for a folder.
  ///   - expected: what they should be, for a picture.
  ///   - split: which part of a data set they are, for a folder of IDX files.
  /// - Returns: how many of them are there.
  /// - Throws: ``FileError`` if that cannot be done.
  public func write(
    _ translations: ImageSet, of images: ImageSet, named originals: ImageSet, expected: ImageSet?, split: ImageSet.Split
  ) throws -> Int {
    switch form {
    case .picture:
      let sets = [images, translations, expected].compactMap { $0?.prefix(Self.mostPictured) }
      let isMixed = sets.contains { $0.channels != translations.channels }
      try ImageBlocks.write(isMixed ? sets.map { ImagePreparation(channels: 3)($0) } : sets, to: path)
      return min(translations.count, Self.mostPictured)
    case .file(let file):
      var start = 0
      try file.write(translations.count, isQuiet: true) {
        guard start < translations.count else { return nil }
        let places = Array(start..<min(translations.count, start + 1000))
        start += places.count
        return translations.batch(at: places).samples
      }
    case .folder:
      try TranslationFolder(path).write(translations, named: originals, origin: origin, split: split)
    }
    return translations.count
  }

  /// The ending of a name that looks like that of a file, with its dot: of a letter and up to three others.
  private static func fileEnding(of path: String) -> String? {
    guard !path.hasSuffix("/"), let name = path.split(separator: "/").last, let dot = name.lastIndex(of: "."),
      dot > name.startIndex
    else { return nil }
    let ending = name[name.index(after: dot)...]
    guard (1...4).contains(ending.count) || ending == "safetensors", ending.first?.isLetter == true,
      ending.allSatisfy({ $0.isLetter || $0.isNumber })
    else { return nil }
    return ".\(ending)"
  }

  private static let mostPictured = 96
}
