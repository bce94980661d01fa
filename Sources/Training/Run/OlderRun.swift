import Datasets
import LatentSystem
import Tensor

#if canImport(FoundationEssentials)
  import FoundationEssentials
#else
  import Foundation
#endif

/// The files of an older training in the folder of a run. A new one does not delete them but moves them to a folder of
/// their own, `before-1`, `before-2`, ….
struct OlderRun {
  /// The path of the folder for them.
  let path: String
  private let folder: String
  private var checkpoints: [String]

  /// The older training in `folder`; nil if there is no checkpoint of one.
  init?(in folder: String) {
    self.folder = folder
    checkpoints = RunFolder.numbered(in: folder, "model-", ".safetensors")
    if AtomicFile.kind(of: "\(folder)/model.safetensors").exists { checkpoints.append("model.safetensors") }
    guard !checkpoints.isEmpty else { return nil }
    var number = 1
    while AtomicFile.kind(of: "\(folder)/before-\(number)").exists { number += 1 }
    path = "\(folder)/before-\(number)"
  }

  /// Moves everything but the checkpoints.
  func moveRecords() throws {
    let names =
      ["metrics.jsonl", "samples.png", CaptionedImages.fileName, "curves.png"]
      + RunFolder.numbered(in: folder, "samples-", ".png")
    for name in names where AtomicFile.kind(of: "\(folder)/\(name)").exists {
      try change { try FileManager.default.moveItem(atPath: "\(folder)/\(name)", toPath: "\(path)/\(name)") }
    }
  }

  /// Moves the checkpoints, as there is about to be a new one. `model.safetensors` stays too, to be replaced.
  mutating func moveCheckpoints() throws {
    while let name = checkpoints.last {
      let (old, new) = ("\(folder)/\(name)", "\(path)/\(name)")
      try change {
        guard name == "model.safetensors" else { return try FileManager.default.moveItem(atPath: old, toPath: new) }
        // A second name for the file is enough; not every disk has them.
        do {
          try FileManager.default.linkItem(atPath: old, toPath: new)
        } catch {
          try FileManager.default.copyItem(atPath: old, toPath: new)
        }
      }
      checkpoints.removeLast()
    }
  }

  private func change(_ body: () throws -> Void) throws {
    do {
      try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
      try body()
    } catch {
      let found = "a folder or disk that does not allow it"
      throw FileError(path: path, expected: "room for the files of an older training", found: found)
    }
  }
}
