import Latent
import LatentSystem

/// Checks, before work whose result goes to `path`, that a file can be put there.
/// - Throws: ``FileError`` if a folder or a device is there, or the folder takes no files.
func checkTarget(_ path: String) throws {
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

/// Whether two paths lead to the same folder, by whatever names and links.
func isSameFolder(_ first: String, _ second: String) -> Bool { SystemFile.isSame(first, second) }
