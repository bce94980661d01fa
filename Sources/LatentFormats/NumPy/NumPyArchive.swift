import LatentSystem

/// NumPy's `.npz` files: a ZIP archive of arrays by name, each an `.npy` file, stored or compressed.
public struct NumPyArchive: Sendable {
  /// The names of the arrays, in the order of the file and without `.npy`.
  public let names: [String]
  private let archive: ZIPArchive
  private let members: [String: ZIPArchive.Member]
  private let path: String

  /// The archive in `bytes`, the whole contents of an `.npz` file. No array is read yet.
  ///
  /// - Parameters:
  ///   - bytes: the contents.
  ///   - path: names the file in errors.
  /// - Throws: ``FileError`` for a file that is no ZIP archive, is damaged, cut short, or has two arrays of one name.
  public init(_ bytes: [UInt8], path: String = "NumPy archive") throws {
    try self.init(ZIPArchive(bytes, path: path), path)
  }

  private init(_ archive: ZIPArchive, _ path: String) throws {
    (self.archive, self.path) = (archive, path)
    var (names, members) = ([String](), [String: ZIPArchive.Member]())
    for member in archive.members where member.name.hasSuffix(".npy") {
      let name = String(member.name.dropLast(4))
      guard members.updateValue(member, forKey: name) == nil else {
        throw FileError(path: path, expected: "arrays of different names", found: "\(quoted(name)) twice")
      }
      names.append(name)
    }
    (self.names, self.members) = (names, members)
  }

  /// The archive in the file at `path`, which stays open. Of the file only the list of its arrays is read here, and only
  /// an array itself by ``array(_:maximumSize:)``.
  /// - Throws: ``FileError``, as ``init(_:path:)``, and if the file cannot be read.
  public static func read(_ path: String) throws -> NumPyArchive {
    try NumPyArchive(ZIPArchive(RandomAccessFile(path)), path)
  }

  /// The array called `name`.
  ///
  /// - Parameters:
  ///   - name: one of ``names``.
  ///   - maximumSize: the most bytes that its `.npy` file may grow to, if it is compressed.
  /// - Throws: ``FileError`` if there is none, if the member is damaged, and as ``NumPy/decode(_:path:)``.
  public func array(_ name: String, maximumSize: Int = 1 << 30) throws -> NumPyArray {
    guard let member = members[name] else {
      throw FileError(
        path: path, expected: "an array \(quoted(name))",
        found: names.isEmpty ? content : names.map(quoted).joined(separator: ", "))
    }
    return try NumPy.decode(
      archive.contents(of: member, maximumSize: maximumSize), path: "\(path)/\(member.name)")
  }

  /// What is in the archive if there are no arrays, in words.
  package var content: String {
    func has(_ end: String) -> Bool { archive.members.contains { $0.name.hasSuffix(end) } }
    if has("/data.pkl") || has("/constants.pkl") { return "a PyTorch file" }
    if has("[Content_Types].xml") { return "an Office document" }
    if has("META-INF/MANIFEST.MF") { return "a Java archive" }
    return archive.members.isEmpty ? "an empty archive" : "a ZIP archive without .npy files"
  }

  /// Whether `bytes` begin as an `.npz` file does, and any other ZIP archive.
  package static func isArchive(_ bytes: [UInt8]) -> Bool { ZIPArchive.isArchive(bytes) }
}
