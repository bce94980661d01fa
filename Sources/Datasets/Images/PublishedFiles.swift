import LatentFormats
import LatentSystem

/// The names under which MNIST and sets like it are published: `train-images-idx3-ubyte`, with a dot for the second hyphen,
/// with `.gz`, and with a name before it, as `emnist-letters-train-images-idx3-ubyte.gz`. Held-out images begin with
/// `t10k` or `test`.
enum PublishedFiles {
  /// What is in a file: images or their labels, with the number of axes that its name says.
  enum Content {
    case images
    case labels

    fileprivate var words: String { self == .images ? "images" : "labels" }
    fileprivate var rank: Int { self == .images ? 3 : 1 }
  }

  /// The usual name.
  static func name(_ split: ImageSet.Split, _ content: Content) -> String { names(split, content)[0] }

  /// The file of a part in `folder`; nil if there is none.
  /// - Throws: ``FileError`` if there are those of several sets, none of them of the usual name.
  static func find(_ folder: String, _ split: ImageSet.Split, _ content: Content) throws -> String? {
    let base = folder.hasSuffix("/") ? folder : folder + "/"
    let usual = names(split, content).flatMap { [base + $0, base + $0 + ".gz"] }
    if let path = usual.first(where: isFile) { return path }
    let others = prefixed(folder, split, content)
    guard others.count < 2 else {
      throw FileError(
        path: folder, expected: "the \(content.words) of one set",
        found: others.prefix(8).map { quoted(String($0.dropFirst(base.count))) }.joined(separator: ", "))
    }
    return others.first
  }

  /// All files in `folder` that are of a part.
  static func all(in folder: String, _ split: ImageSet.Split) -> [String] {
    let base = folder.hasSuffix("/") ? folder : folder + "/"
    return [Content.images, .labels].flatMap { content in
      names(split, content).flatMap { [base + $0, base + $0 + ".gz"] }.filter(isFile)
        + prefixed(folder, split, content)
    }
  }

  private static func names(_ split: ImageSet.Split, _ content: Content) -> [String] {
    (split == .train ? ["train"] : ["t10k", "test"]).flatMap { part in
      ["-", "."].map { "\(part)-\(content.words)\($0)idx\(content.rank)-ubyte" }
    }
  }

  /// The files with a name before the usual one.
  private static func prefixed(_ folder: String, _ split: ImageSet.Split, _ content: Content) -> [String] {
    let endings = names(split, content).flatMap { ["-" + $0, "-" + $0 + ".gz"] }
    let entries = (try? ImageFolder.names(in: folder)) ?? []
    return entries.filter { path in endings.contains(where: path.hasSuffix) && isFile(path) }
  }

  private static func isFile(_ path: String) -> Bool {
    let kind = AtomicFile.kind(of: path)
    return kind.exists && !kind.isFolder
  }
}
