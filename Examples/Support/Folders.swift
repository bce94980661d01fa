import Latent
import LatentSystem

#if canImport(FoundationEssentials)
  import FoundationEssentials
#else
  import Foundation
#endif

/// Checks, before work whose result goes to `path`, that a file can be put there.
/// - Throws: ``FileError`` if a folder or a device is there, or the folder takes no files.
func checkTarget(_ path: String) throws {
  try AtomicFile.checkPlace(path)
  let folder = URL(fileURLWithPath: path).resolvingSymlinksInPath().deletingLastPathComponent().path
  guard FileManager.default.isWritableFile(atPath: folder) else {
    throw FileError(
      path: path, expected: "a file that can be created",
      found: FileManager.default.fileExists(atPath: folder) ? "a folder that takes none" : "no such folder")
  }
}

/// Whether two paths lead to the same folder, by whatever names and links.
func isSameFolder(_ first: String, _ second: String) -> Bool {
  func resolved(_ path: String) -> String { URL(fileURLWithPath: path).resolvingSymlinksInPath().standardized.path }
  return resolved(first) == resolved(second)
}
