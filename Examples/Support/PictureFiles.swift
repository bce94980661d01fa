import Latent
import LatentSystem

/// Pictures of any sizes in a file or a folder, and where what becomes of each is written to.
public struct PictureFiles {
  /// The pictures in the order of their names, byte by byte.
  public let paths: [String]
  private let targets: [String]
  private let folder: String?

  /// The picture at `path`, or those in the folder there.
  ///
  /// - Parameter out: a `.png` file for one picture; for a folder a folder, which need not be there yet, in which each gets
  ///   its own name with the ending `.png`.
  /// - Throws: ``FileError`` if there is no picture, or nothing can be written there; ``UsageError`` if `out` is of the wrong
  ///   kind or the picture itself, or two pictures would be written to one file.
  public init(_ path: String, writingTo out: String) throws {
    let kind = AtomicFile.kind(of: path)
    guard kind.isFolder else {
      guard out.hasSuffix(".png") else {
        throw UsageError("--out: expected a name that ends in .png for one picture, found \"\(out)\"")
      }
      try checkTarget(out, besides: [path])
      (paths, targets, folder) = ([path], [out], nil)
      return
    }
    guard !out.hasSuffix(".png") else {
      throw UsageError("--out: expected a folder for the pictures of a folder, found \"\(out)\"")
    }
    guard !isSameFolder(path, out) else {
      throw UsageError("--out: expected another folder than that of the pictures, found \"\(out)\"")
    }
    try checkFolderTarget(out)
    let names = try ImageSet.pictureNames(in: path)
    func joined(_ folder: String, _ name: String) -> String {
      folder.hasSuffix("/") ? folder + name : "\(folder)/\(name)"
    }
    paths = names.map { joined(path, $0) }
    targets = names.map { joined(out, Self.withoutEnding($0) + ".png") }
    folder = out
    if let twice = Dictionary(grouping: targets, by: \.self).first(where: { $1.count > 1 })?.key {
      throw UsageError("--data: expected pictures of different names, found two that would become \(twice)")
    }
  }

  /// Writes what `body` makes of each picture, a set of one.
  public func convert(_ body: (ImageSet) throws -> ImageSet) throws {
    if let folder { try SystemFile.createFolder(folder) }
    for (path, target) in zip(paths, targets) {
      let image = try body(ImageSet.load(path))
      try PNG.write(image.pixels, height: image.height, width: image.width, channels: image.channels, to: target)
    }
  }

  private static func withoutEnding(_ name: String) -> String {
    name.lastIndex(of: ".").map { String(name[..<$0]) } ?? name
  }
}
