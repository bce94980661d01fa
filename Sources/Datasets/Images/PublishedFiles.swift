import LatentFormats
import LatentSystem

/// The files of MNIST and sets like it in a folder: `train-images-idx3-ubyte`, with a dot for the second hyphen, with `.gz`,
/// and with the name of a set before it, as `emnist-letters-train-images-idx3-ubyte.gz`. Held-out images begin with `t10k`
/// or `test`. What belongs together has the same name before it.
struct PublishedFiles {
  /// What is in a file: images or their labels, with the number of axes that its name says.
  enum Content: CaseIterable {
    case images
    case labels

    fileprivate var words: String { self == .images ? "images" : "labels" }
    fileprivate var rank: Int { self == .images ? 3 : 1 }
  }

  /// A file, and what its name says.
  private struct File {
    let path: String
    /// The name of the set with a hyphen, or nothing.
    let prefix: String
    let split: ImageSet.Split
    let content: Content
    /// Of several files of the same, that of the lowest rank is taken: hyphens before dots, and those that need not be
    /// decompressed first.
    let rank: Int
  }

  private let folder: String
  private let files: [File]

  /// Those in the folder at `folder`; none if it cannot be listed.
  init(_ folder: String) {
    self.folder = folder
    let base = folder.hasSuffix("/") ? folder : folder + "/"
    files = ((try? ImageFolder.names(in: folder)) ?? []).compactMap { Self.file($0, base) }
  }

  /// The usual name.
  static func name(_ split: ImageSet.Split, _ content: Content) -> String { names(split, content)[0] }

  /// The file of a part in `folder`, or the labels that belong to its images; nil if there is none.
  ///
  /// Images of the usual name go before those of a set. The test images are those of the set of the training images, if
  /// there are some.
  ///
  /// - Throws: ``FileError`` if there are those of several sets, none of them of the usual name.
  static func find(_ folder: String, _ split: ImageSet.Split, _ content: Content) throws -> String? {
    let files = PublishedFiles(folder)
    return try files.prefix(split).flatMap { files.path(split, content, prefix: $0) }
  }

  /// The paths of all files that are of a part, of whatever set.
  func all(_ split: ImageSet.Split) -> [String] { files.filter { $0.split == split }.map(\.path) }

  /// The path of the file of a set whose name is `prefix`; that of the usual name if it is empty.
  func path(_ split: ImageSet.Split, _ content: Content, prefix: String = "") -> String? {
    files.filter { $0.split == split && $0.content == content && $0.prefix.isEqual(to: prefix) }
      .min { $0.rank < $1.rank }?.path
  }

  /// What stands before the name of a part's images; nil if there are none.
  func prefix(_ split: ImageSet.Split) throws -> String? {
    var prefixes = prefixes(split)
    if split == .test {
      let trained = self.prefixes(.train)
      if let own = trained.contains("") ? "" : trained.count == 1 ? trained[0] : nil {
        prefixes = prefixes.filter(own.isEqual)
      }
    }
    if prefixes.contains("") { return "" }
    guard prefixes.count < 2 else {
      let paths = prefixes.compactMap { path(split, .images, prefix: $0) }
      throw FileError(
        path: folder, expected: "the images of one set",
        found: paths.prefix(8).map { quoted(ImageFolder.name(of: $0)) }.joined(separator: ", "))
    }
    return prefixes.first
  }

  private func prefixes(_ split: ImageSet.Split) -> [String] {
    files.filter { $0.split == split && $0.content == .images }.reduce(into: []) { known, file in
      if !known.contains(where: file.prefix.isEqual) { known.append(file.prefix) }
    }
  }

  private static func names(_ split: ImageSet.Split, _ content: Content) -> [String] {
    (split == .train ? ["train"] : ["t10k", "test"]).flatMap { part in
      ["-", "."].map { "\(part)-\(content.words)\($0)idx\(content.rank)-ubyte" }
    }
  }

  /// The usual names of all files, and what they say.
  private static let usual: [(name: String, split: ImageSet.Split, content: Content, rank: Int)] =
    ImageSet.Split.allCases.flatMap { split in
      Content.allCases.flatMap { content in
        names(split, content).flatMap { [$0, $0 + ".gz"] }.enumerated().map { rank, name in
          (name: name, split: split, content: content, rank: rank)
        }
      }
    }

  /// What the name of an entry of a folder says; nil if it is another name, or that of a folder.
  private static func file(_ entry: String, _ base: String) -> File? {
    // Most entries of most folders are something else.
    guard entry.prefix(before: "-ubyte") != nil || entry.prefix(before: "-ubyte.gz") != nil else { return nil }
    for (name, split, content, rank) in usual {
      guard let prefix = entry.prefix(before: name), prefix.isEmpty || prefix.hasSuffix("-") else { continue }
      let kind = AtomicFile.kind(of: base + entry)
      guard kind.exists, !kind.isFolder else { return nil }
      return File(path: base + entry, prefix: prefix, split: split, content: content, rank: rank)
    }
    return nil
  }
}

extension String {
  /// Whether both are the same bytes, as names of files are compared.
  func isEqual(to other: String) -> Bool { utf8.elementsEqual(other.utf8) }

  /// What stands before `end`; nil if this does not end so.
  fileprivate func prefix(before end: String) -> String? {
    let length = utf8.count - end.utf8.count
    guard length >= 0, utf8.dropFirst(length).elementsEqual(end.utf8) else { return nil }
    return String(utf8.prefix(length))
  }
}
