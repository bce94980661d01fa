import Datasets
import LatentSystem
import Tensor

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
      try change { try SystemFile.move("\(folder)/\(name)", to: "\(path)/\(name)") }
    }
  }

  /// Moves the checkpoints, as there is about to be a new one. `model.safetensors` stays too, to be replaced.
  mutating func moveCheckpoints() throws {
    while let name = checkpoints.last {
      let (old, new) = ("\(folder)/\(name)", "\(path)/\(name)")
      try change {
        guard name == "model.safetensors" else { return try SystemFile.move(old, to: new) }
        try SystemFile.duplicate(old, as: new)
      }
      checkpoints.removeLast()
    }
  }

  private func change(_ body: () throws -> Void) throws {
    do {
      try SystemFile.createFolder(path)
      try body()
    } catch {
      let found = "a folder or disk that does not allow it"
      throw FileError(path: path, expected: "room for the files of an older training", found: found)
    }
  }
}
