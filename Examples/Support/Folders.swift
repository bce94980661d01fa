import Latent
import LatentSystem

/// Checks, before work whose result goes to `path`, that a file can be put there.
/// - Throws: ``FileError`` if a folder or a device is there, or the folder takes no files.
public func checkTarget(_ path: String) throws {
  try AtomicFile.checkPlace(path)
  let folder = AtomicFile.folder(for: path)
  guard AtomicFile.kind(of: folder).isFolder else {
    throw FileError(path: path, expected: "a file that can be created", found: "no such folder")
  }
  do {
    try SystemFile.checkWritable(folder)
  } catch {
    throw FileError(path: path, expected: "a file that can be created", found: "a folder that takes none")
  }
}

/// The same for a program that reads files: none of them may be written over.
///
/// - Parameter sources: what is read, nil for nothing.
/// - Throws: ``UsageError`` too, if `path` leads to one of them.
public func checkTarget(_ path: String, besides sources: [String?]) throws {
  guard !sources.contains(where: { $0.map { isSameFolder($0, path) } ?? false }) else {
    throw UsageError("--out: expected another file than those that are read, found \"\(path)\"")
  }
  try checkTarget(path)
}

/// Checks, before work that fills a folder, that it is there and takes files, or can be made.
/// - Throws: ``FileError`` if a file or something else is in its way.
func checkFolderTarget(_ path: String) throws {
  let place = whatIsThere(path)
  guard AtomicFile.kind(of: place).isFolder else {
    throw FileError(path: path, expected: "a folder that can be made", found: "a file \(place)")
  }
  do {
    try SystemFile.checkWritable(place)
  } catch {
    throw FileError(path: path, expected: "a folder that can be made", found: "a folder \(place) that takes none")
  }
}

/// Whether a folder was written by this program, which may write over it then. Somebody's images are not written over.
///
/// - Parameters:
///   - record: the name of a file that the program leaves in its folders.
///   - program: what it is called.
/// - Throws: ``UsageError`` if it is not, and there are images; or if there is a file.
func isOwnFolder(_ path: String, record: String, program: String) throws -> Bool {
  let kind = AtomicFile.kind(of: path)
  guard kind.isFolder || !kind.exists else { throw UsageError("--out: expected a folder, found a file \"\(path)\"") }
  if AtomicFile.kind(of: "\(path)/\(record)").exists { return true }
  let hasImages =
    ImageSet.exists(at: path, split: .train) || (try? ImageSet.pictureNames(in: path)) != nil
    || ImageSet.Split.allCases.contains { !ImageSet.files(in: path, split: $0).isEmpty }
  guard !hasImages else {
    throw UsageError("--out: expected a folder without images, or one that \(program) wrote, found \"\(path)\"")
  }
  return false
}

/// Whether two paths lead to the same folder or file, by whatever names and links.
func isSameFolder(_ first: String, _ second: String) -> Bool { SystemFile.isSame(first, second) }

/// Whether a path leads into a folder that is there, or to it, by whatever names and links; it need not be there itself.
func isInside(_ path: String, _ folder: String) -> Bool {
  var place = whatIsThere(path)
  if !AtomicFile.kind(of: place).isFolder {
    if SystemFile.isSame(place, folder) { return true }
    place = AtomicFile.folder(for: place)
  }
  while AtomicFile.kind(of: place).exists {
    if SystemFile.isSame(place, folder) { return true }
    let above = place + "/.."
    // The root is above itself.
    if SystemFile.isSame(place, above) { return false }
    place = above
  }
  return false
}

/// A path, or the nearest folder above it that is there.
private func whatIsThere(_ path: String) -> String {
  var place = path
  while !AtomicFile.kind(of: place).exists { place = AtomicFile.folder(for: place) }
  return place
}
